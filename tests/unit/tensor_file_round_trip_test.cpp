// What is written is read back: shape, dtype and every byte, in both formats.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

const Shape kShapes[] = {
    {}, {1}, {5}, {3, 7}, {2, 3, 5}, {2, 1, 3, 4}, {0}, {4, 0}, {0, 4294967295, 4294967295, 4294967295}};

TEST(TensorFileRoundTrip, SafetensorsKeepsBothDtypesAtEveryRank) {
    const TemporaryFolder folder;
    for (const DataType dtype : {DataType::BFLOAT16, DataType::FLOAT32}) {
        for (const Shape& shape : kShapes) {
            const HostTensor tensor = counting_tensor(shape, dtype);
            write_tensor(folder / "x.safetensors", tensor);
            EXPECT_TRUE(same(read_tensor(folder / "x.safetensors"), tensor)) << to_string(shape);
        }
    }
}

TEST(TensorFileRoundTrip, NpyKeepsFloat32AtEveryRank) {
    const TemporaryFolder folder;
    for (const Shape& shape : kShapes) {
        const HostTensor tensor = counting_tensor(shape, DataType::FLOAT32);
        write_tensor(folder / "x.npy", tensor);
        EXPECT_TRUE(same(read_tensor(folder / "x.npy"), tensor)) << to_string(shape);
    }
}

// Reading goes by pieces of a megabyte; this is two of them and a part.
TEST(TensorFileRoundTrip, KeepsTensorsOfManyPieces) {
    const TemporaryFolder folder;
    const HostTensor tensor = counting_tensor({641, 1021}, DataType::FLOAT32);
    for (const char* file : {"x.safetensors", "x.npy"}) {
        write_tensor(folder / file, tensor);
        EXPECT_TRUE(same(read_tensor(folder / file), tensor)) << file;
    }
}

// 65 dimensions are over the reader's limit; the writer keeps to it too.
TEST(TensorFileRoundTrip, KeepsTheMostDimensionsAFileMayHave) {
    const TemporaryFolder folder;
    const HostTensor tensor = counting_tensor(Shape(64, 1), DataType::FLOAT32);
    for (const char* file : {"x.safetensors", "x.npy"}) {
        write_tensor(folder / file, tensor);
        EXPECT_TRUE(same(read_tensor(folder / file), tensor)) << file;
    }
}

}  // namespace
}  // namespace loom::tensor_file_testing
