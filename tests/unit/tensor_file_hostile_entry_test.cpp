// A tensor's row of a safetensors header that lies is refused as FILE_DAMAGED, by a sentence that names the
// lie.
#include <fmt/ranges.h>

#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

struct Lie {
    std::string fields;  ///< of tensor "w", in a file with 8 bytes of data
    std::string reason;
};

void expect_all_refused(const std::vector<Lie>& lies) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    for (const Lie& lie : lies) {
        write_bytes(path, safetensors_bytes(fmt::format(R"({{"w":{{{}}}}})", lie.fields), 8));
        EXPECT_EQ(error_of_reading(path),
                  fmt::format("FILE_DAMAGED: {} is not a whole safetensors file: {}.", path, lie.reason));
    }
}

TEST(TensorFileHostileEntry, FieldsOfTheWrongKind) {
    const std::string shape_is = R"(shape of tensor "w" is not an array of whole numbers under 2^64)";
    const std::string offsets_are =
        R"(data_offsets of tensor "w" is not an array of whole numbers under 2^64)";
    expect_all_refused({
        {R"("dtype":1)", R"(dtype of tensor "w" is not a string)"},
        {R"("dtype":["F32"])", R"(dtype of tensor "w" is not a string)"},
        {R"("shape":2)", shape_is},
        {R"("shape":"2")", shape_is},
        {R"("shape":[-2])", shape_is},
        {R"("shape":[2.0])", shape_is},
        {R"("shape":[true])", shape_is},
        {R"("shape":[[2]])", shape_is},
        {R"("shape":[{}])", shape_is},
        {R"("shape":[18446744073709551616])", shape_is},
        {R"("data_offsets":null)", offsets_are},
        {R"("data_offsets":[-1,8])", offsets_are},
        {R"("data_offsets":[0,1e1])", offsets_are},
    });
}

TEST(TensorFileHostileEntry, FieldsThatAreMissingDoubleOrUnknown) {
    expect_all_refused({
        {R"("shape":[2],"data_offsets":[0,8])", R"(tensor "w" has no dtype)"},
        {R"("dtype":"F32","data_offsets":[0,8])", R"(tensor "w" has no shape)"},
        {R"("dtype":"F32","shape":[2])", R"(tensor "w" has no data_offsets)"},
        {R"("dtype":"F32","dtype":"F32")", R"(tensor "w" has dtype twice)"},
        {R"("shape":[2],"shape":[2])", R"(tensor "w" has shape twice)"},
        {R"("strides":[1])", R"(tensor "w" has an unknown field "strides")"},
        {R"("dtype":"F32","shape":[2],"data_offsets":[0])", R"(data_offsets of tensor "w" is not a pair)"},
        {R"("data_offsets":[0,4,8])", R"(data_offsets of tensor "w" has more than 2 numbers)"},
        {fmt::format(R"("shape":[{}])", fmt::join(std::vector<int>(65, 1), ",")),
         R"(shape of tensor "w" has more than 64 numbers)"},
        {R"("dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{)", R"(its header has "w" twice)"},
    });
}

TEST(TensorFileHostileEntry, BytesThatTheFileOrTheShapeDoesNotHave) {
    const auto offsets = [](std::string_view pair) {
        return fmt::format(R"("dtype":"F32","shape":[2],"data_offsets":{})", pair);
    };
    const auto shape = [](std::string_view sizes) {
        return fmt::format(R"("dtype":"F32","shape":{},"data_offsets":[0,8])", sizes);
    };
    expect_all_refused({
        {offsets("[8,0]"), R"(tensor "w" has data_offsets [8, 0], which end before they begin)"},
        {offsets("[0,9]"), R"(tensor "w" has data_offsets [0, 9] in 8 bytes of data)"},
        {offsets("[9,9]"), R"(tensor "w" has data_offsets [9, 9] in 8 bytes of data)"},
        {offsets("[0,18446744073709551615]"),
         R"(tensor "w" has data_offsets [0, 18446744073709551615] in 8 bytes of data)"},
        {offsets("[0,7]"), R"(tensor "w" has data_offsets [0, 7], but [2] in float32 takes 8 bytes)"},
        {shape("[]"), R"(tensor "w" has data_offsets [0, 8], but [] in float32 takes 4 bytes)"},
        {shape("[2,0]"), R"(tensor "w" has data_offsets [0, 8], but [2, 0] in float32 takes 0 bytes)"},
        // 4 * 4294836226 * 2147549185 is 8 in 64 bits that wrap: just the bytes that are there.
        {shape("[4294836226,2147549185]"),
         R"(tensor "w" has data_offsets [0, 8], but [4294836226, 2147549185] in float32 takes over )"
         "2^64 bytes"},
        {shape("[4294967296]"), R"(tensor "w" has a dimension of 4294967296, over the limit of 2^32 - 1)"},
        {shape("[0,4294967296]"), R"(tensor "w" has a dimension of 4294967296, over the limit of 2^32 - 1)"},
    });
}

}  // namespace
}  // namespace loom::tensor_file_testing
