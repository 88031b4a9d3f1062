// Bytes that are no program, or a hostile one, are refused in one sentence: no crash, no endless work.
#include <random>
#include <set>

#include "unit/program_file_testing.hpp"

namespace loom::testing {
namespace {

bool is_one_sentence(const std::string& error) {
    return error.starts_with("PROGRAM_FILE: p.json: ") && error.find('\n') == std::string::npos &&
           error.size() < 700;
}

TEST(ProgramFileHostile, SyntaxErrorsNameLineAndColumn) {
    EXPECT_TRUE(complaint_about("{\n  \"loom_program\": 1,\n  \"kernels\": [}\n")
                    .starts_with("PROGRAM_FILE: p.json: line 3, column 15: syntax error"))
        << complaint_about("{\n  \"loom_program\": 1,\n  \"kernels\": [}\n");
    EXPECT_TRUE(complaint_about("").starts_with("PROGRAM_FILE: p.json: line 1, column 1: "));
}

TEST(ProgramFileHostile, AKeyTwiceIsRefusedWithItsPlace) {
    EXPECT_EQ(complaint_about(R"({"loom_program": 1, "tensors": [{}, {"name": "x", "name": "y"}]})"),
              "PROGRAM_FILE: p.json: /tensors/1/name: expected this key once, got it twice.");
}

TEST(ProgramFileHostile, NestingAndSizeHaveBounds) {
    EXPECT_EQ(
        complaint_about(R"({"kernels": )" + std::string(1000000, '[')),
        "PROGRAM_FILE: p.json: /kernels/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: values are nested more than 16 deep.");
    std::string keys = "{";
    for (int i = 0; i < 2000; ++i) keys += fmt::format("\"k{}\": 0, ", i);
    EXPECT_EQ(complaint_about(keys),
              "PROGRAM_FILE: p.json: /k1024: expected at most 1024 keys in an object, got more.");
    EXPECT_EQ(complaint_about(std::string((16u << 20) + 1, ' ')),
              "PROGRAM_FILE: p.json: expected at most 16777216 bytes, got 16777217.");
}

TEST(ProgramFileHostile, OtherThanAnObject) {
    for (const char* text : {"[]", "1", "null", "\"text\"", "{}", "true"})
        EXPECT_TRUE(is_one_sentence(complaint_about(text))) << text << complaint_about(text);
}

TEST(ProgramFileHostile, EachValueReplacedByEachKindIsReadOrRefused) {
    const Json flat = small_program_json().flatten();
    const std::vector<Json> values{nullptr,
                                   true,
                                   -1,
                                   0,
                                   1e300,
                                   18446744073709551615u,
                                   "",
                                   "x",
                                   Json::array(),
                                   Json::object(),
                                   Json::array({Json::array()})};
    std::set<std::string> places;
    for (const auto& [pointer, old] : flat.items())
        for (Json::json_pointer at(pointer); !at.empty(); at.pop_back()) places.insert(at.to_string());
    for (const std::string& place : places)
        for (const Json& value : values) {
            const std::string error = complaint_about(with(place, value).dump());
            EXPECT_TRUE(error == "(nothing was thrown)" || is_one_sentence(error))
                << place << " " << value << ": " << error;
        }
}

TEST(ProgramFileHostile, EveryBeginningIsRefused) {
    const std::string text = small_program_json().dump();
    for (std::size_t bytes = 0; bytes < text.size(); bytes += 7)
        EXPECT_TRUE(is_one_sentence(complaint_about(text.substr(0, bytes)))) << bytes;
}

TEST(ProgramFileHostile, FlippedBytesAreReadOrRefused) {
    const std::string text = small_program_json().dump();
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        std::string flipped = text;
        for (int flips = 0; flips < 3; ++flips) flipped[random() % text.size()] = static_cast<char>(random());
        const std::string error = complaint_about(flipped);
        EXPECT_TRUE(error == "(nothing was thrown)" || is_one_sentence(error)) << flipped << "\n" << error;
    }
}

TEST(ProgramFileHostile, NoFileAtAll) {
    EXPECT_EQ(error_text([] { read_program_file("/nonexistent/p.json"); }),
              "FILE_UNREADABLE: Cannot read /nonexistent/p.json: No such file or directory.");
}

}  // namespace
}  // namespace loom::testing
