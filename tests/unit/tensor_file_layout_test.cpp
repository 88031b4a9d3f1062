// The files that Loom writes, byte for byte: other readers depend on their headers and alignment.
#include <cstring>

#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

HostTensor letters(const Shape& shape, DataType dtype, std::string_view data) {
    HostTensor tensor{shape, dtype, std::vector<std::byte>(data.size())};
    std::memcpy(tensor.data.data(), data.data(), data.size());
    return tensor;
}

TEST(TensorFileLayout, SafetensorsIsLengthHeaderData) {
    const TemporaryFolder folder;
    write_tensor(folder / "x.safetensors:w\"", letters({3, 1}, DataType::BFLOAT16, "abcdef"));
    EXPECT_EQ(read_bytes(folder / "x.safetensors"),
              std::string("\x40\0\0\0\0\0\0\0", 8) +
                  R"({"w\"":{"dtype":"BF16","shape":[3,1],"data_offsets":[0,6]}}     abcdef)");
    write_tensor(folder / "x.safetensors", letters({}, DataType::FLOAT32, "abcd"));
    EXPECT_EQ(read_bytes(folder / "x.safetensors"),
              std::string("\x40\0\0\0\0\0\0\0", 8) +
                  R"({"tensor":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}      abcd)");
}

TEST(TensorFileLayout, NpyIsWhatNumpySaves) {
    const TemporaryFolder folder;
    struct Row {
        Shape shape;
        const char *tuple, *data;
    };
    for (const Row& row :
         {Row{{}, "()", "abcd"}, Row{{2}, "(2,)", "abcdefgh"}, Row{{1, 2}, "(1, 2)", "abcdefgh"}}) {
        write_tensor(folder / "x.npy", letters(row.shape, DataType::FLOAT32, row.data));
        const std::string dict =
            fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", row.tuple);
        EXPECT_EQ(read_bytes(folder / "x.npy"),
                  std::string("\x93NUMPY\1\0\x76\0", 10) + fmt::format("{:<117}\n", dict) + row.data);
    }
}

TEST(TensorFileLayout, DataBeginsAlignedWhateverTheHeadersLength) {
    const TemporaryFolder folder;
    std::string name = "x.safetensors:";
    Shape shape;
    for (int i = 0; i < 64; ++i) {
        name += 'n';
        shape.push_back(1);
        const HostTensor tensor = letters(shape, DataType::FLOAT32, "\xff\xff\xff\xff");
        write_tensor(folder / name, tensor);
        EXPECT_EQ(read_bytes(folder / "x.safetensors").find('\xff') % 8, 0u) << i;
        write_tensor(folder / "x.npy", tensor);
        EXPECT_EQ(read_bytes(folder / "x.npy").find('\xff') % 64, 0u) << i;
    }
}

}  // namespace
}  // namespace loom::tensor_file_testing
