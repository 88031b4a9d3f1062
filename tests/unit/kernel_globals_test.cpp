// A kernel's globals belong to one thread of one core, and begin anew with each launch, as on the chip.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

constexpr const char* kCounts = R"(
    uint32_t calls = 10;
    static uint32_t zero[4];
    void kernel_main() {
        ++calls;
        ++zero[2];
        REPORT(get_absolute_logical_x(), calls * 100 + zero[2]);
    })";

TEST(KernelGlobals, AreEachCoresOwn) {
    for (const unsigned threads : {1u, 2u}) {
        SmallProgram program({.grid = {4, 1}, .threads = threads});
        program.cores = CoreRangeSet(CoreRange({0, 0}, {3, 0}));
        program.cb(0, 64, 1);
        program.reader(kCounts);
        program.run();
        for (std::uint32_t core = 0; core < 4; ++core) EXPECT_EQ(program.reported(core), 1101u) << core;
    }
}

TEST(KernelGlobals, BeginAnewWithEachLaunch) {
    for (int launch = 0; launch < 3; ++launch) {
        SmallProgram program;
        program.cb(0, 64, 1);
        program.reader(kCounts);
        program.run();
        EXPECT_EQ(program.reported(0), 1101u) << launch;
    }
}

}  // namespace
}  // namespace loom::testing
