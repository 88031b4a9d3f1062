// L1 of another core is written through the NoC: its own kernels see nothing of that but a semaphore.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Core (0,0) sends a page to the same place of core (1,0), which has said that it is ready, and which writes the page to
// the output.
FaultyProgram sending(const std::string& send, const std::string& receive) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 1);\n"
        "const uint32_t page = get_write_ptr(0);\n"
        "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "volatile uint32_t* ready = reinterpret_cast<volatile uint32_t*>(get_semaphore(1));\n"
        "if (get_absolute_logical_x() == 0) {\n"
        "    noc_semaphore_wait(ready, 1);\n"
        "    noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "    const uint64_t there = get_noc_addr(NOC_X(1), NOC_Y(0), page);\n"
        "    const uint64_t bell = get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0));\n" +
            send +
            "\n} else {\n"
            "    noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(1)), 1);\n" +
            receive +
            "\n"
            "    noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
            "}\n(void)word;",
        "");
    program.last_core = {1, 0};
    program.semaphores = {0, 0};
    return program;
}

TEST(RaceInL1OfAnotherCore, TheReceiverDoesNotWait) {
    expect_fault(
        sending("noc_async_write(page, there, 64), noc_semaphore_inc(bell, 1), noc_async_write_barrier();",
                "REPAIR(noc_semaphore_wait(word, 1);)"),
        "RACE: core (0,0) reader, source.cpp:11: noc_async_write: writes bytes that core (1,0) "
        "reader, source.cpp:15: noc_async_write reads, and nothing orders the two. Order the two "
        "by a circular buffer, a semaphore or a barrier.");
}

// Told first, sent later.
TEST(RaceInL1OfAnotherCore, TheBellRingsBeforeTheData) {
    expect_fault(sending("FAULT(noc_semaphore_inc(bell, 1);)\n"
                         "noc_async_write(page, there, 64);\n"
                         "noc_async_write_barrier();\n"
                         "REPAIR(noc_semaphore_inc(bell, 1);)",
                         "noc_semaphore_wait(word, 1);"),
                 "RACE: core (1,0) reader, source.cpp:18: noc_async_write: reads bytes that core (0,0) "
                 "reader, source.cpp:12: noc_async_write writes, and nothing orders the two. Order the "
                 "two by a circular buffer, a semaphore or a barrier.");
}

// The second page lands on the first while the receiver still sends that one on.
TEST(RaceInL1OfAnotherCore, TheSenderDoesNotWaitForItsReceiver) {
    expect_fault(sending("noc_async_write(page, there, 64), noc_semaphore_inc(bell, 1);\n"
                         "noc_async_write_barrier();\n"
                         "REPAIR(noc_semaphore_wait(word, 1);)\n"
                         "noc_async_write(page, there, 64);\n"
                         "noc_async_write_barrier(), noc_semaphore_inc(bell, 1);",
                         "noc_semaphore_wait_min(word, 1);\n"
                         "noc_async_write(page, get_noc_addr(1, OUTPUT), 64), noc_async_write_barrier();\n"
                         "noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);\n"
                         "noc_semaphore_wait_min(word, 2);"),
                 "RACE: core (0,0) reader, source.cpp:14: noc_async_write: writes bytes that core (1,0) "
                 "reader, source.cpp:19: noc_async_write reads, and nothing orders the two. Order the two "
                 "by a circular buffer, a semaphore or a barrier.");
}

TEST(RaceInL1OfAnotherCore, AMulticastWithoutASemaphore) {
    expect_fault(
        sending("const uint64_t row = get_noc_multicast_addr(NOC_X(0), NOC_Y(0), NOC_X(1), NOC_Y(0), page);\n"
                "noc_async_write_multicast(page, row, 64, 1);\n"
                "noc_async_write_barrier();\n"
                "REPAIR(noc_semaphore_inc(bell, 1);)",
                "REPAIR(noc_semaphore_wait(word, 1);)"),
        "RACE: core (0,0) reader, source.cpp:12: noc_async_write_multicast: writes bytes that "
        "core (1,0) reader, source.cpp:18: noc_async_write reads, and nothing orders the two. "
        "Order the two by a circular buffer, a semaphore or a barrier.");
}

// The receiver takes the semaphore back to 0 when it likes, and an increment of the next round is lost.
TEST(RaceInL1OfAnotherCore, TheSemaphoreIsResetTooLate) {
    const FaultyProgram program =

        sending(
            "for (uint32_t i = 0; i < 3; ++i) {\n"
            "    noc_semaphore_inc(bell, 1);\n"
            "    REPAIR(noc_semaphore_wait(word, 1), noc_semaphore_set(word, 0);)\n"
            "}\n"
            "noc_async_write(page, there, 64), noc_async_write_barrier();\n"
            "noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(1)), 1);",
            "for (uint32_t i = 0; i < 3; ++i) {\n"
            "    noc_semaphore_wait_min(word, 1), noc_semaphore_set(word, 0);\n"
            "    REPAIR(noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);)\n"
            "}\n"
            "noc_semaphore_wait(ready, 1);");
    const CheckReport report = check(program, Variant::faulty);
    ASSERT_FALSE(report.clean());
    EXPECT_EQ(report.findings.front().code, Code::HANG);
    EXPECT_EQ(found_in(check(program, Variant::repaired)), "clean");
}

}  // namespace
}  // namespace loom::testing
