// Every line of shapes/layernorm.txt meets the error bars, with NaN and infinity kept in their row.
#include <gtest/gtest.h>

#include "support/shape_line.hpp"

namespace loom::testing {
namespace {

class ShapesFile : public ::testing::TestWithParam<LayernormProblem> {};

TEST_P(ShapesFile, WithinTheBars) {
    EXPECT_EQ(failure(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(, ShapesFile,
                         ::testing::ValuesIn(read_shape_file(LOOM_SOURCE_DIR "/shapes/layernorm.txt")),
                         [](const auto& line) { return test_name(line.param); });

}  // namespace
}  // namespace loom::testing
