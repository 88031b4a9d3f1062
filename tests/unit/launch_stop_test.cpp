// A run that is asked to stop ends with STOPPED, wherever its threads are, and the device can be used again.
#include <gtest/gtest.h>

#include <thread>

#include "observe/checker/check.hpp"
#include "support/error_text.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

// Pages go from reader to writer for hours.
void endless(SmallProgram& program) {
    program.tile_cb(0, 2);
    program.reader(R"(void kernel_main() {
        for (uint64_t i = 0; i < 1ull << 40; ++i) {
            cb_reserve_back(0, 1);
            cb_push_back(0, 1);
        }
    })");
    program.writer(R"(void kernel_main() {
        for (uint64_t i = 0; i < 1ull << 40; ++i) {
            cb_wait_front(0, 1);
            cb_pop_front(0, 1);
        }
    })");
}

constexpr const char* kStopped =
    "STOPPED: The run was stopped before its end, as its caller asked; what it was to write is not whole.";

class LaunchStop : public ::testing::TestWithParam<std::tuple<unsigned, std::uint64_t>> {};

TEST_P(LaunchStop, EndsARunOnSeveralCores) {
    const auto [threads, seed] = GetParam();
    SmallProgram program({.grid = {2, 2}, .threads = threads});
    program.cores = CoreRangeSet(CoreRange({0, 0}, {1, 1}));
    endless(program);
    std::atomic<bool> stop{false};
    runtime::LaunchOptions options;
    options.stop = &stop;
    options.seed = seed;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop = true;
    });
    EXPECT_EQ(error_text([&] { program.run(options); }), kStopped);
}

INSTANTIATE_TEST_SUITE_P(Threads, LaunchStop,
                         ::testing::Combine(::testing::Values(1u, 3u), ::testing::Values(0u, 7u)));

TEST(LaunchStop, ASetFlagEndsACheckThatFindsNothing) {
    SmallProgram program;
    endless(program);
    const std::atomic<bool> stop{true};
    CheckOptions options;
    options.stop = &stop;
    EXPECT_EQ(error_text([&] { check_program(program.device, program.descriptor, options); }), kStopped);
}

TEST(LaunchStop, AFlagThatIsNotSetChangesNothing) {
    SmallProgram program;
    const std::atomic<bool> stop{false};
    runtime::LaunchOptions options;
    options.stop = &stop;
    program.reader("void kernel_main() { REPORT(0, 5); }");
    program.run(options);
    EXPECT_EQ(program.reported(0), 5u);
}

}  // namespace
}  // namespace loom::testing
