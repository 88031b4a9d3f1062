// Stage 7: the values are those of the reference, and each circular buffer ends as it should.
#include <gtest/gtest.h>

#include "support/cb_balance.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

TEST(Values, OneTile) {
    const LayernormProblem problem{.shape = {32, 32}};
    const LayernormData data(problem);
    const LayernormAccuracy got = accuracy(problem, data, run(problem, data));
    EXPECT_TRUE(got.within_bars()) << got.max_error << " " << got.mean_error;
    EXPECT_GT(got.max_error, 0) << "no rounding at all: was anything compared?";
}

TEST(Values, GammaAndBetaAreEachOptional) {
    for (const bool gamma : {false, true})
        for (const bool beta : {false, true}) {
            const LayernormProblem problem{.shape = {64, 96}, .gamma = gamma, .beta = beta};
            const LayernormData data(problem);
            const LayernormAccuracy got = accuracy(problem, data, run(problem, data));
            EXPECT_TRUE(got.within_bars()) << gamma << beta << ": " << got.max_error << " " << got.mean_error;
        }
}

// Persistent buffers keep their pages; all others give back what they were given.
TEST(Values, PagesPushedArePagesPopped) {
    PlacedLayernorm placed({.shape = {7 * 32, 96}, .device = {.grid = {3, 1}}});
    const Program program(placed.descriptor(), placed.device);
    CbBalance balance;
    runtime::LaunchOptions options;
    options.observer = &balance;
    enqueue(placed.device, program, options);
    EXPECT_EQ(balance.unbalanced(placed.notes().circular_buffers), "");

    constexpr std::uint64_t cores = 3, tile_rows = 7, Wt = 3;
    EXPECT_EQ(balance.pages(0).pushed, 32 * tile_rows);
    EXPECT_EQ(balance.pages(16).pushed, 32 * tile_rows);
    EXPECT_EQ(balance.pages(24).pushed, Wt * tile_rows);
    EXPECT_EQ(balance.pages(4).pushed, cores);
    EXPECT_EQ(balance.pages(5).popped, cores);
    for (const std::uint32_t persistent : {2u, 3u, 6u, 7u}) {
        EXPECT_GT(balance.pages(persistent).pushed, 0u) << "c_" << persistent;
        EXPECT_EQ(balance.pages(persistent).popped, 0u) << "c_" << persistent;
    }
}

}  // namespace
}  // namespace loom::testing
