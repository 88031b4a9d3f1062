// A file cut short anywhere is FILE_DAMAGED: never half a tensor, never a crash.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

void expect_damaged_at_every_cut(const std::string& path) {
    const std::string whole = read_bytes(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_bytes(path, whole.substr(0, size));
        EXPECT_TRUE(error_of_reading(path).starts_with("FILE_DAMAGED: " + path))
            << size << " of " << whole.size();
    }
}

TEST(TensorFileTruncated, SafetensorsIsDamagedAtEveryByte) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.safetensors", counting_tensor({3, 5}, DataType::BFLOAT16));
    expect_damaged_at_every_cut(folder / "x.safetensors");
}

TEST(TensorFileTruncated, NpyIsDamagedAtEveryByte) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.npy", counting_tensor({3, 5}, DataType::FLOAT32));
    expect_damaged_at_every_cut(folder / "x.npy");
}

TEST(TensorFileTruncated, SafetensorsIsDamagedEvenWhereTheTensorAskedForIsWhole) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                               R"("b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}})";
    write_bytes(path, safetensors_bytes(header, 7));
    EXPECT_EQ(
        error_of_reading(path + ":a"),
        fmt::format(
            R"(FILE_DAMAGED: {} is not a whole safetensors file: tensor "b" has data_offsets [4, 8] in )"
            "7 bytes of data.",
            path));
}

TEST(TensorFileTruncated, NpyWithBytesToSpareIsDamagedToo) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.npy";
    write_tensor(path, counting_tensor({3, 5}, DataType::FLOAT32));
    write_bytes(path, read_bytes(path) + '\0');
    EXPECT_EQ(error_of_reading(path),
              fmt::format(
                  "FILE_DAMAGED: {} is not a whole npy file: it has 61 bytes of data, but [3, 5] in float32 "
                  "takes 60 bytes.",
                  path));
}

}  // namespace
}  // namespace loom::tensor_file_testing
