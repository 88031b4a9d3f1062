// Semaphores between two cores, on one host thread and on two.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

class KernelSemaphore : public ::testing::TestWithParam<unsigned> {
protected:
    // Two cores run `source`. Arguments: 0 or 1, and the NoC coordinates of the other core.
    SmallProgram& pair(const std::string& source, std::uint32_t initial_value) {
        program_.cores = CoreRangeSet(CoreRange({0, 0}, {1, 0}));
        program_.cb(0, 64, 1);
        program_.descriptor.semaphores = {{0, program_.cores, initial_value}};
        KernelDescriptor& kernel = program_.reader(
            "#define SEMAPHORE reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0))\n"
            "void kernel_main() {\n"
            "const uint32_t me = get_arg_val<uint32_t>(0);\n"
            "const uint32_t other_x = get_arg_val<uint32_t>(1), other_y = get_arg_val<uint32_t>(2);\n" +
            source + "}");
        for (const std::uint32_t me : {0u, 1u}) {
            const CoreCoord other = program_.device.chip().noc_of({1 - me, 0});
            kernel.runtime_args.push_back({{me, 0}, {me, other.x, other.y}});
        }
        return program_;
    }

private:
    SmallProgram program_{{.grid = {2, 1}, .threads = GetParam()}};
};

TEST_P(KernelSemaphore, TurnsAreTaken) {
    SmallProgram& program = pair(R"(
        const uint64_t other = get_noc_addr(other_x, other_y, get_semaphore(0));
        for (uint32_t turn = 0; turn < 100; ++turn) {
            if (me == 0) noc_semaphore_inc(other, 1);
            noc_semaphore_wait(SEMAPHORE, turn + 1);
            if (me == 1) noc_semaphore_inc(other, 1);
        }
        REPORT(me, *SEMAPHORE);
    )",
                                 0);
    program.run();
    EXPECT_EQ(program.reported(0), 100u);
    EXPECT_EQ(program.reported(1), 100u);
}

// An increment may come before the core that waits for it has begun: semaphores are set before any kernel
// runs.
TEST_P(KernelSemaphore, AnEarlyIncrementIsKept) {
    SmallProgram& program = pair(R"(
        if (me == 0) noc_semaphore_inc(get_noc_addr(other_x, other_y, get_semaphore(0)), 3);
        if (me == 1) {
            noc_semaphore_wait_min(SEMAPHORE, 6);
            REPORT(0, *SEMAPHORE);
            noc_semaphore_set(SEMAPHORE, 1);
            noc_semaphore_wait(SEMAPHORE, 1);
            REPORT(1, *SEMAPHORE);
        }
    )",
                                 4);
    program.run();
    EXPECT_EQ(program.reported(0), 7u);
    EXPECT_EQ(program.reported(1), 1u);
}

// What was written before an increment is there when the increment is seen.
TEST_P(KernelSemaphore, DataGoesAheadOfTheIncrement) {
    SmallProgram& program = pair(R"(
        const uint32_t cb = get_write_ptr(0);
        if (me == 0) {
            *reinterpret_cast<volatile uint32_t*>(cb) = 4711;
            noc_async_write(cb, get_noc_addr(other_x, other_y, cb), 4);
            noc_semaphore_inc(get_noc_addr(other_x, other_y, get_semaphore(0)), 1);
        } else {
            noc_semaphore_wait(SEMAPHORE, 1);
            REPORT(0, *reinterpret_cast<volatile uint32_t*>(cb));
        }
    )",
                                 0);
    runtime::LaunchOptions options;
    options.seed = 3;
    program.run(options);
    EXPECT_EQ(program.reported(0), 4711u);
}

// A semaphore is a word of L1: a plain write over the NoC sets it as well, and wakes the one who waits.
TEST_P(KernelSemaphore, MayBeSetByAWrite) {
    SmallProgram& program = pair(R"(
        const uint32_t word = get_write_ptr(0);
        const uint64_t other = get_noc_addr(other_x, other_y, get_semaphore(0));
        for (uint32_t turn = 1; turn <= 100; ++turn) {
            if (me == 1) noc_semaphore_wait(SEMAPHORE, turn);
            *reinterpret_cast<volatile uint32_t*>(word) = turn;
            noc_async_write(word, other, 4);
            noc_async_write_barrier();
            if (me == 0) noc_semaphore_wait(SEMAPHORE, turn);
        }
        REPORT(me, *SEMAPHORE);
    )",
                                 0);
    program.run();
    EXPECT_EQ(program.reported(0), 100u);
    EXPECT_EQ(program.reported(1), 100u);
}

INSTANTIATE_TEST_SUITE_P(HostThreads, KernelSemaphore, ::testing::Values(1u, 2u),
                         [](const auto& instance) { return std::to_string(instance.param); });

}  // namespace
}  // namespace loom::testing
