// Stage 6: the kernels compile at run time, and a mistake in one comes back in the compiler's own words.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "program/program_edit.hpp"
#include "support/layernorm_problem.hpp"
#include "support/source_lines.hpp"

namespace loom::testing {
namespace {

TEST(KernelsCompile, AllThreeForEveryCombinationOfGammaAndBeta) {
    for (const bool gamma : {false, true})
        for (const bool beta : {false, true}) {
            const PlacedLayernorm placed({.shape = {32, 96}, .gamma = gamma, .beta = beta});
            EXPECT_EQ(error_of([&] { Program(placed.descriptor(), placed.device); }), "(nothing was thrown)");
        }
}

// The kernel's own text with one name misspelt; it must not be called what it was.
std::filesystem::path misspelt(const std::string& file, const std::string& right, const std::string& wrong) {
    std::ifstream original(std::string(LOOM_SOURCE_DIR) + "/" + file);
    std::string text{std::istreambuf_iterator<char>(original), {}};
    const std::size_t at = text.find(right);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, right.size(), wrong);
    const auto path = std::filesystem::temp_directory_path() / "loom_misspelt_kernel.cpp";
    std::ofstream(path) << text;
    return path;
}

TEST(KernelsCompile, AMistakeGivesTheCompilersOwnLines) {
    const PlacedLayernorm placed({.shape = {32, 32}});
    ProgramDescriptor descriptor = placed.descriptor();
    const auto path =
        misspelt(kCompute, "cb_reserve_back(cb_centre, Wt);", "cb_reserve_bakc(cb_centre, Wt);");
    replace_kernel(descriptor, "compute", path.string());
    std::optional<Code> code;
    const std::string message = error_of([&] { Program(descriptor, placed.device); }, &code);
    EXPECT_EQ(code, Code::KERNEL_COMPILE);
    const int line = line_of(kCompute, "cb_reserve_back(cb_centre, Wt);");
    ASSERT_NE(line, 0);
    EXPECT_TRUE(message.starts_with(path.string() + " does not compile as UNPACK:\n")) << message;
    EXPECT_NE(message.find(path.string() + ":" + std::to_string(line) + ":5: error:"), std::string::npos)
        << message;
    EXPECT_NE(message.find("cb_reserve_bakc"), std::string::npos) << message;
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace loom::testing
