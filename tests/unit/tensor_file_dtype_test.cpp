// Files of other dtypes and orders are refused by FILE_DTYPE, never converted.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

TEST(TensorFileDtype, SafetensorsHoldsBF16AndF32) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    for (const char* dtype : {"I64", "F16", "F64", "bf16", "", "BOOL"}) {
        write_bytes(
            path, safetensors_bytes(
                      fmt::format(R"({{"w":{{"dtype":"{}","shape":[1],"data_offsets":[0,8]}}}})", dtype), 8));
        EXPECT_EQ(error_of_reading(path),
                  fmt::format(
                      R"(FILE_DTYPE: tensor "w" of {}: dtype "{}" is unsupported; in safetensors files Loom )"
                      R"(reads and writes "BF16" and "F32".)",
                      path, dtype));
    }
}

TEST(TensorFileDtype, TensorsThatNobodyAskedForMayHaveAnyDtype) {
    const TemporaryFolder folder;
    const std::string header = R"({"ids":{"dtype":"I4","shape":[5000000000,0],"data_offsets":[0,4]},)"
                               R"("w":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}})";
    write_bytes(folder / "x.safetensors", safetensors_bytes(header, 8));
    EXPECT_EQ(read_tensor(folder / "x.safetensors:w").shape, Shape{2});
}

TEST(TensorFileDtype, NpyHoldsLittleEndianFloat32InCOrder) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.npy";
    struct Row {
        const char *descr, *order, *shown;
    };
    for (const Row& row :
         {Row{"'>f4'", "False", "'>f4'"}, Row{"'|b1'", "False", "'|b1'"}, Row{"'<f8'", "False", "'<f8'"},
          Row{"'<f4'", "True", "'<f4' in Fortran order"}, Row{"'<i4'", "True", "'<i4' in Fortran order"},
          Row{"[('a', '<f4')]", "False", "record"}}) {
        write_bytes(path, npy_bytes(fmt::format("{{'descr': {}, 'fortran_order': {}, 'shape': (1, 2)}}",
                                                row.descr, row.order),
                                    8));
        EXPECT_EQ(
            error_of_reading(path),
            fmt::format(
                "FILE_DTYPE: {}: dtype {} is unsupported; in npy files Loom reads and writes '<f4' in C "
                "order.",
                path, row.shown));
    }
}

TEST(TensorFileDtype, Bfloat16IsNotWrittenToNpy) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.npy";
    EXPECT_EQ(
        error_of([&] { write_tensor(path, counting_tensor({2}, DataType::BFLOAT16)); }),
        fmt::format(
            "FILE_DTYPE: {}: dtype bfloat16 is unsupported; in npy files Loom reads and writes '<f4' in C "
            "order.",
            path));
    EXPECT_EQ(folder.count_files(), 0);
}

}  // namespace
}  // namespace loom::tensor_file_testing
