// An .npy header that lies is refused as FILE_DAMAGED, by a sentence that names the lie.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

struct Lie {
    std::string bytes;
    std::string reason;
};

Lie header(std::string_view dict, std::string reason) {
    return {npy_bytes(dict, 8), std::move(reason)};
}

Lie shape(std::string_view tuple, std::string reason) {
    return header(fmt::format("{{'shape': {}, 'descr': '<f4', 'fortran_order': False}}", tuple),
                  std::move(reason));
}

void expect_all_refused(const std::vector<Lie>& lies) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.npy";
    for (const Lie& lie : lies) {
        write_bytes(path, lie.bytes);
        EXPECT_EQ(error_of_reading(path),
                  fmt::format("FILE_DAMAGED: {} is not a whole npy file: {}.", path, lie.reason));
    }
}

TEST(TensorFileHostileNpy, StartsThatLie) {
    const std::string magic = "\x93NUMPY";
    expect_all_refused({
        {"", "it does not begin with \\x93NUMPY"},
        {"PK\3\4 a zip of arrays", "it does not begin with \\x93NUMPY"},
        {magic + "\1", "its 7 bytes cannot hold a version"},
        {magic + std::string("\4\0abcd", 6), "its version 4.0 is not 1.0, 2.0 or 3.0"},
        {magic + std::string("\0\0abcd", 6), "its version 0.0 is not 1.0, 2.0 or 3.0"},
        {magic + "\1\1abcd", "its version 1.1 is not 1.0, 2.0 or 3.0"},
        {magic + std::string("\1\0\2", 3), "its 9 bytes cannot hold a header length"},
        {magic + std::string("\2\0\2\0\0", 5), "its 11 bytes cannot hold a header length"},
        {magic + std::string("\1\0\xff\xff{}", 6),
         "its header of 65535 bytes goes beyond the file's 12 bytes"},
        {magic + std::string("\2\0\xff\xff\xff\xff{}", 8),
         "its header of 4294967295 bytes goes beyond the file's 14 bytes"},
        {magic + std::string("\3\0", 2) + little_endian_bytes(1000001, 4) + std::string(1000001, ' '),
         "its header of 1000001 bytes is over the limit of 1000000"},
    });
}

TEST(TensorFileHostileNpy, DictsThatAreNotTheFormats) {
    expect_all_refused({
        header("", "its header lacks '{' at character 0"),
        header("{", "its header lacks ''' at character 1"),
        header("{}", "its header has no 'descr'"),
        header("{'descr': '<f4'}", "its header has no 'fortran_order'"),
        header("{'descr': '<f4', 'fortran_order': False}", "its header has no 'shape'"),
        header("{} x", "its header lacks its end at character 3"),
        header("{'descr' '<f4'}", "its header lacks ':' at character 9"),
        header("{'descr': '<f4' 'x'", "its header lacks ',' or '}' at character 16"),
        header("{'descr': '<f4", "its header lacks a closing quote at character 14"),
        header("{'descr': \"<f4'", "its header lacks a closing quote at character 15"),
        header("{'descr': '\\x3cf4'}", "its header lacks a plain character at character 11"),
        header("{'descr': '" + std::string(65, 'f') + "'}",
               "its header lacks a closing quote at character 75"),
        header("{'descr': 4}", "its header lacks ''' at character 10"),
        header("{'descr': '<f4', 'descr': '<f4'}", "its header has an unknown or second key 'descr'"),
        header("{'order': 1}", "its header has an unknown or second key 'order'"),
        header("{'fortran_order': 0}", "its header lacks True or False at character 18"),
    });
}

TEST(TensorFileHostileNpy, ShapesThatAreNoneOrDoNotFitTheData) {
    std::string ones;
    for (int i = 0; i < 65; ++i) ones += "1,";
    expect_all_refused({
        shape("2", "its header lacks '(' at character 10"),
        shape("(2)", "its header lacks ',' at character 12"),
        shape("(-2,)", "its header lacks a dimension at character 11"),
        shape("(2,,)", "its header lacks a dimension at character 13"),
        shape("(,)", "its header lacks a dimension at character 11"),
        shape("(2 1)", "its header lacks ',' at character 13"),
        shape("(2, 1 1)", "its header lacks ',' or ')' at character 16"),
        shape("(02,)", "its header lacks a number without a leading 0 at character 12"),
        shape("(4294967296,)", "its header has a dimension over the limit of 2^32 - 1 at character 11"),
        shape("(99999999999999999999,)",
              "its header has a dimension over the limit of 2^32 - 1 at character 11"),
        shape("(" + ones + ")", "its shape has more than 64 dimensions"),
        shape("(3,)", "it has 8 bytes of data, but [3] in float32 takes 12 bytes"),
        shape("()", "it has 8 bytes of data, but [] in float32 takes 4 bytes"),
        shape("(0,)", "it has 8 bytes of data, but [0] in float32 takes 0 bytes"),
        // 4 * 4294836226 * 2147549185 is 8 in 64 bits that wrap: just the bytes that are there.
        shape("(4294836226, 2147549185)",
              "it has 8 bytes of data, but [4294836226, 2147549185] in float32 takes over 2^64 bytes"),
    });
}

}  // namespace
}  // namespace loom::tensor_file_testing
