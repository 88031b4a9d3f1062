// Files that other writers make, legal though laid out unlike Loom's own, are read.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

std::string as_text(const HostTensor& tensor) {
    return {reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()};
}

TEST(TensorFileForeign, SafetensorsWithMetadataSpacesHolesAndAnyOrder) {
    const TemporaryFolder folder;
    const std::string header =
        "{\"w\" : {\"data_offsets\":[3, 7],\n\t\"shape\":[2, 1], \"dtype\":\"BF16\"},"
        "\"__metadata__\":{\"format\":\"pt\",\"\":\"\"}}   ";
    write_bytes(folder / "x.safetensors", safetensors_bytes(header, 0) + "...DATA..");
    const HostTensor tensor = read_tensor(folder / "x.safetensors");
    EXPECT_EQ(as_text(tensor), "DATA");
    EXPECT_EQ(tensor.shape, (Shape{2, 1}));
    EXPECT_EQ(tensor.dtype, DataType::BFLOAT16);
}

TEST(TensorFileForeign, NpyOfEveryVersionAndSpelling) {
    const TemporaryFolder folder;
    const std::string dicts[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }   \n",
        "{\"shape\":(2,1,),\"fortran_order\":False,\"descr\":\"<f4\"}",
        " { 'fortran_order' : False , 'shape' : ( 2 , 1 ) , 'descr' : '<f4' } ",
    };
    for (const std::string& dict : dicts) {
        for (const char version : {'\1', '\2', '\3'}) {
            const std::string length = little_endian_bytes(dict.size(), version == '\1' ? 2 : 4);
            write_bytes(folder / "x.npy",
                        std::string("\x93NUMPY") + version + '\0' + length + dict + "SOMEDATA");
            const HostTensor tensor = read_tensor(folder / "x.npy");
            EXPECT_EQ(as_text(tensor), "SOMEDATA") << dict;
            EXPECT_EQ(tensor.shape, (Shape{2, 1})) << dict;
            EXPECT_EQ(tensor.dtype, DataType::FLOAT32) << dict;
        }
    }
}

}  // namespace
}  // namespace loom::tensor_file_testing
