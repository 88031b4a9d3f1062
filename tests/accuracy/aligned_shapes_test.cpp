// Aligned shapes meet the error bars, on normal data and on data of mean 100 and standard deviation 1.
#include <gtest/gtest.h>

#include "support/layernorm_problem.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

class AlignedShapes : public ::testing::TestWithParam<Shape> {};

void expect_within_bars(const LayernormProblem& problem) {
    const LayernormData data(problem);
    const LayernormAccuracy got = accuracy(problem, data, run(problem, data));
    EXPECT_TRUE(got.within_bars()) << to_string(problem.shape) << " mean " << problem.mean << ": max error "
                                   << got.max_error << " of " << got.max_bar << ", mean error "
                                   << got.mean_error << " of " << got.mean_bar << ", " << got.wrong_nonfinite
                                   << " not finite";
}

TEST_P(AlignedShapes, NormalData) {
    expect_within_bars({.shape = GetParam(), .seed = seed()});
}

TEST_P(AlignedShapes, MeanOf100) {
    expect_within_bars({.shape = GetParam(), .mean = 100, .seed = seed()});
}

TEST_P(AlignedShapes, BlackholeGivesTheSameBytes) {
    LayernormProblem problem{.shape = GetParam(), .seed = seed()};
    const LayernormData data(problem);
    const HostTensor wormhole = run(problem, data);
    problem.device.arch = Arch::BLACKHOLE;
    EXPECT_EQ(run(problem, data).data, wormhole.data);
}

INSTANTIATE_TEST_SUITE_P(, AlignedShapes,
                         ::testing::Values(Shape{32, 32}, Shape{64, 64}, Shape{1, 1, 32, 1024},
                                           Shape{1, 1, 1024, 32}, Shape{2, 3, 64, 128}, Shape{4, 512, 768},
                                           Shape{1, 1, 128, 3072}, Shape{1, 1, 4096, 1024}),
                         [](const auto& param) {
                             std::string name;
                             for (const std::uint32_t size : param.param)
                                 name += (name.empty() ? "" : "x") + std::to_string(size);
                             return name;
                         });

// A row of one value has no variance: what is left is beta, whatever gamma and epsilon are.
TEST(ConstantRows, GiveBeta) {
    const LayernormProblem problem{.shape = {32, 768}, .mean = 3.0, .deviation = 0, .epsilon = 1e-12f};
    const LayernormData data(problem);
    const HostTensor output = run(problem, data);
    for (std::size_t row = 0; row < 32; ++row) {
        const auto first = output.data.begin() + static_cast<std::ptrdiff_t>(row * 768 * 2);
        EXPECT_TRUE(std::equal(first, first + 768 * 2, data.beta->data.begin())) << "row " << row;
    }
}

}  // namespace
}  // namespace loom::testing
