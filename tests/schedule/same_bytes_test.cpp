// The bytes of a result do not depend on the grid, on the number of host threads or on the schedule.
#include <gtest/gtest.h>

#include "support/layernorm_problem.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

LayernormProblem problem() {
    return {.shape = {1, 2, 160, 96}, .mean = 5, .seed = seed()};
}

TEST(SameBytes, OnEveryGrid) {
    LayernormProblem on = problem();
    const LayernormData data(on);
    on.device.grid = {1, 1};
    const HostTensor one = run(on, data);
    for (const CoreCoord grid : {CoreCoord{3, 2}, CoreCoord{8, 8}, CoreCoord{2, 5}}) {
        on.device.grid = grid;
        EXPECT_EQ(run(on, data).data, one.data) << grid.x << "x" << grid.y;
    }
}

TEST(SameBytes, OnOneAndTwoAndMoreHostThreads) {
    const LayernormProblem on = problem();
    const LayernormData data(on);
    runtime::LaunchOptions options;
    options.threads = 1;
    const HostTensor one = run(on, data, options);
    for (const unsigned threads : {2u, 3u, 16u}) {
        options.threads = threads;
        EXPECT_EQ(run(on, data, options).data, one.data) << threads << " threads";
    }
}

TEST(SameBytes, UnderTwentySchedules) {
    const LayernormProblem on = problem();
    const LayernormData data(on);
    const HostTensor plain = run(on, data);
    for (std::uint64_t schedule = 1; schedule <= 20; ++schedule) {
        runtime::LaunchOptions options;
        options.seed = schedule;
        EXPECT_EQ(run(on, data, options).data, plain.data) << "seed " << schedule;
    }
}

}  // namespace
}  // namespace loom::testing
