// A problem line reads as its problem, and the problem prints as that line.
#include <gtest/gtest.h>

#include <set>

#include "support/error_text.hpp"
#include "support/shape_line.hpp"

namespace loom::testing {
namespace {

TEST(ShapeLine, SaysWhatDiffersFromTheDefault) {
    for (const std::string line :
         {"bfloat16 4x512x768", "float32 0x32", "bfloat16 7 data=one-huge mean=100 std=0.5 eps=1e-12",
          "float32 3x5 gamma=bfloat16 beta=none grid=3x2", "bfloat16 3x5 gamma=none beta=float32",
          "float32 2x3x4 arch=blackhole memory=L1 output=DRAM fidelity=LoFi dst=bf16 sync=full seed=9"})
        EXPECT_EQ(shape_line(parse_shape_line(line)), line);
}

TEST(ShapeLine, TakesKeysInAnyOrderAndDefaultsSpelledOut) {
    EXPECT_EQ(shape_line(parse_shape_line(" float32  3x5 seed=1 eps=1e-5 mean=2 beta=float32 output=DRAM")),
              "float32 3x5 mean=2");
}

TEST(ShapeLine, RefusesWhatItDoesNotKnow) {
    const auto refusal = [](const char* line) { return error_text([line] { parse_shape_line(line); }); };
    EXPECT_EQ(refusal("float32"), "OPTION: Problem line: 'float32' has no dtype and shape.");
    EXPECT_EQ(refusal("float64 3x5"),
              "OPTION: Problem line: float64 is none of the 2 words for this; the first is bfloat16.");
    EXPECT_EQ(refusal("float32 3x"), "OPTION: Problem line: '' is no number.");
    EXPECT_EQ(refusal("float32 3x5 mean"), "OPTION: Problem line: 'mean' is not key=value.");
    EXPECT_EQ(refusal("float32 3x5 median=3"), "OPTION: Problem line: there is no key 'median'.");
    EXPECT_EQ(refusal("float32 3x5 grid=3"), "OPTION: Problem line: '3' is no grid.");
}

TEST(ShapeFile, HoldsEachProblemOnce) {
    std::set<std::string> lines;
    for (const LayernormProblem& problem : read_shape_file(LOOM_SOURCE_DIR "/shapes/layernorm.txt"))
        EXPECT_TRUE(lines.insert(shape_line(problem)).second) << shape_line(problem);
    EXPECT_EQ(error_text([] { read_shape_file("/dev/null"); }), "OPTION: /dev/null holds no problem line.");
}

}  // namespace
}  // namespace loom::testing
