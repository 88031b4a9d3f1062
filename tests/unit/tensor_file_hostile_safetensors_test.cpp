// A safetensors header that lies is refused as FILE_DAMAGED, by a sentence that names the lie.
#include "tensor_file_testing.hpp"

namespace loom::tensor_file_testing {
namespace {

struct Lie {
    std::string bytes;
    std::string reason;
};

Lie header(std::string_view json, std::string reason) {
    return {safetensors_bytes(json, 8), std::move(reason)};
}

void expect_all_refused(const std::vector<Lie>& lies) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    for (const Lie& lie : lies) {
        write_bytes(path, lie.bytes);
        const std::string expected =
            fmt::format("FILE_DAMAGED: {} is not a whole safetensors file: {}.", path, lie.reason);
        EXPECT_EQ(error_of_reading(path), expected);
        EXPECT_EQ(error_of_reading(path + ":w"), expected);
    }
}

TEST(TensorFileHostileSafetensors, LengthsThatLie) {
    expect_all_refused({
        {"", "its 0 bytes cannot hold the 8-byte header length"},
        {"1234567", "its 7 bytes cannot hold the 8-byte header length"},
        {little_endian_bytes(3, 8) + "{}", "its header of 3 bytes goes beyond the file's 10 bytes"},
        {std::string(8, '\xff'), "its header of 18446744073709551615 bytes goes beyond the file's 8 bytes"},
        {std::string(8, '\0'), "its header does not begin with {"},
    });
}

// A sparse file: it costs no disk, and the refusal must come before the header is read.
TEST(TensorFileHostileSafetensors, HeadersOverTheFormatsLimit) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.safetensors";
    write_bytes(path, little_endian_bytes(100'000'001, 8));
    std::filesystem::resize_file(path, 200'000'000);
    EXPECT_EQ(
        error_of_reading(path),
        fmt::format(
            "FILE_DAMAGED: {} is not a whole safetensors file: its header of 100000001 bytes is over the "
            "limit of 100000000.",
            path));
}

TEST(TensorFileHostileSafetensors, HeadersThatAreNotTheFormatsJson) {
    expect_all_refused({
        header("[]", "its header does not begin with {"),
        header(" {}", "its header does not begin with {"),
        header("\xef\xbb\xbf{}", "its header does not begin with {"),
        header("{", "its header is not JSON at character 2"),
        header("{} {}", "its header is not JSON at character 4"),
        header("{\"\xff\":1}", "its header is not JSON at character 3"),
        header(R"({"w":1e999})", "its header is not JSON at character 10"),
        header(std::string_view("{}\0junk", 7), "its header holds a NUL"),
        header(R"({"w":1})", R"(entry "w" is not a JSON object)"),
        header(R"({"w":[]})", R"(entry "w" is not a JSON object)"),
        header(R"({"\u0001\n":null})", R"(entry "\u0001\n" is not a JSON object)"),
        header(R"({"__metadata__":"pt"})", R"(entry "__metadata__" is not a JSON object)"),
        header(R"({"__metadata__":{"format":1}})", R"(metadata "format" is not a string)"),
        header(R"({"__metadata__":{"format":{}}})", R"(metadata "format" is not a string)"),
        header(R"({"__metadata__":{},"__metadata__":{}})", R"(its header has "__metadata__" twice)"),
        header(fmt::format(R"({{"{}":0}})", std::string(1000, 'n')),
               fmt::format(R"(entry "{}"... is not a JSON object)", std::string(64, 'n'))),
    });
}

}  // namespace
}  // namespace loom::tensor_file_testing
