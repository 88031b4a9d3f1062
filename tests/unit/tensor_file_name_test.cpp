// A name says which file, which format and which tensor.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

constexpr std::string_view kTwoTensors = R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                         R"("a:1":{"dtype":"I8","shape":[],"data_offsets":[4,5]}})";

TEST(TensorFileName, PicksTheTensorAfterTheFirstColon) {
    const TemporaryFolder folder;
    const HostTensor tensor = counting_tensor({3}, DataType::BFLOAT16);
    for (const char* name :
         {"weight", "a:b", "x.safetensors:y", "w.npy", "", "a/b", "\xc3\xa9\n\"\\", "tensor"}) {
        const std::string place = (folder / "x.safetensors:") + name;
        write_tensor(place, tensor);
        EXPECT_TRUE(same(read_tensor(place), tensor)) << name;
        EXPECT_TRUE(same(read_tensor(folder / "x.safetensors"), tensor)) << name;
        EXPECT_EQ(folder.count_files(), 1) << name;
    }
}

TEST(TensorFileName, CallsATensorWithoutANameTensor) {
    const TemporaryFolder folder;
    const HostTensor tensor = counting_tensor({3}, DataType::FLOAT32);
    write_tensor(folder / "x.safetensors", tensor);
    EXPECT_TRUE(same(read_tensor(folder / "x.safetensors:tensor"), tensor));
}

TEST(TensorFileName, RefusesOtherEndings) {
    for (const char* name :
         {"", "x", "x.npz", "x.NPY", "npy", "x.npy:y", "x.safetensors.gz", "x.npy/", "x:y"}) {
        const std::string expected = fmt::format(
            "FILE_KIND: {} names no tensor file: its ending must be .safetensors, .safetensors:tensor or "
            ".npy.",
            name);
        EXPECT_EQ(error_of_reading(name), expected);
        EXPECT_EQ(error_of([&] { write_tensor(name, HostTensor{{0}, DataType::FLOAT32, {}}); }), expected);
    }
}

TEST(TensorFileName, ListsTheTensorsWhenTheNamedOneIsMissing) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    write_bytes(path, safetensors_bytes(kTwoTensors, 5));
    EXPECT_EQ(error_of_reading(path + ":c\n"),
              fmt::format(R"(FILE_TENSOR_MISSING: {} holds no tensor "c\n"; it holds "a:1", "b".)", path));
    write_bytes(path, safetensors_bytes("{}", 0));
    EXPECT_EQ(error_of_reading(path + ":c"),
              fmt::format(R"(FILE_TENSOR_MISSING: {} holds no tensor "c"; it holds none.)", path));
    EXPECT_EQ(error_of_reading(path),
              fmt::format("FILE_TENSOR_MISSING: {} holds no tensor to read; it holds none.", path));
}

TEST(TensorFileName, AsksForAChoiceOnlyWhenThereIsOne) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    write_bytes(path, safetensors_bytes(kTwoTensors, 5));
    EXPECT_EQ(error_of_reading(path),
              fmt::format(R"(FILE_TENSOR_CHOICE: {0} holds 2 tensors; pick one as {0}:NAME from "a:1", "b".)",
                          path));
}

TEST(TensorFileName, ListsAtMostEightTensors) {
    const TemporaryFolder folder;
    std::string header;
    for (int i = 10; i < 30; ++i) {
        header += fmt::format(R"({}"{}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                              i == 10 ? '{' : ',', i);
    }
    const std::string path = folder / "x.safetensors";
    write_bytes(path, safetensors_bytes(header + "}", 4));
    EXPECT_EQ(
        error_of_reading(path + ":9"),
        fmt::format(R"(FILE_TENSOR_MISSING: {} holds no tensor "9"; it holds "10", "11", "12", "13", "14", )"
                    R"("15", "16", "17" and 12 more.)",
                    path));
}

}  // namespace
}  // namespace loom::tensor_file_testing
