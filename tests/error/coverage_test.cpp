// Every error code is provoked by some test, or is on the short list of those that cannot be.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "util/error.hpp"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;

// Codes that no test provokes, and why. An entry that a test does provoke must go.
const std::map<std::string, std::string> kNotProvoked;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> codes() {
    const std::string table = read(fs::path(LOOM_SOURCE_DIR) / "src/util/error_codes.def");
    const std::regex row(R"(\nLOOM_ERROR\((\w+),)");
    std::vector<std::string> names;
    for (std::sregex_iterator at(table.begin(), table.end(), row), end; at != end; ++at)
        names.push_back((*at)[1]);
    return names;
}

// All tests but this one.
std::string tests() {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(LOOM_SOURCE_DIR) / "tests")) {
        const fs::path& path = entry.path();
        const bool test = path.filename().string().ends_with("_test.cpp") || path.extension() == ".py";
        if (test && path.filename() != "coverage_test.cpp") all += read(path);
    }
    return all;
}

TEST(Coverage, EveryErrorCodeHasATest) {
    const std::string all = tests();
    ASSERT_GT(codes().size(), 40u);
    for (const std::string& code : codes()) {
        const bool provoked = std::regex_search(all, std::regex("\\b" + code + "\\b"));
        EXPECT_NE(provoked, kNotProvoked.contains(code))
            << code << (provoked ? " is on the list, but some test names it" : " occurs in no test");
    }
}

TEST(Coverage, TheListNamesCodes) {
    const std::vector<std::string> all = codes();
    for (const auto& [code, reason] : kNotProvoked)
        EXPECT_TRUE(std::ranges::find(all, code) != all.end()) << code;
}

}  // namespace
}  // namespace loom::testing
