// Every line of shapes/layernorm.txt meets the error bars, with NaN and infinity kept in their row.
#include <gtest/gtest.h>

#include <cctype>

#include "support/shape_line.hpp"

namespace loom::testing {
namespace {

class ShapesFile : public ::testing::TestWithParam<LayernormProblem> {};

TEST_P(ShapesFile, WithinTheBars) {
    EXPECT_EQ(failure(GetParam()), "");
}

// "bfloat16 33x65 eps=1e-5" becomes bfloat16_33x65_eps_1em5.
std::string test_name(const ::testing::TestParamInfo<LayernormProblem>& info) {
    std::string name;
    for (const char c : shape_line(info.param))
        name += c == '-' ? 'm' : std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return name;
}

INSTANTIATE_TEST_SUITE_P(, ShapesFile,
                         ::testing::ValuesIn(read_shape_file(LOOM_SOURCE_DIR "/shapes/layernorm.txt")),
                         test_name);

}  // namespace
}  // namespace loom::testing
