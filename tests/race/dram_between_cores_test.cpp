// Two cores and one page of DRAM: only semaphores order cores, and only what has landed counts.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Core (0,0) runs `first`, core (1,0) `second`; each has a page of c_0 reserved, at `page`, and one semaphore, `word`.
FaultyProgram two_cores(const std::string& first, const std::string& second) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "const uint32_t page = get_write_ptr(0);\n"
        "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "noc_async_read(get_noc_addr(get_absolute_logical_x(), INPUT), page, 64), noc_async_read_barrier();\n"
        "if (get_absolute_logical_x() == 0) {\n" +
            first + "\n} else {\n" + second + "\n}\n(void)word;",
        "");
    program.last_core = {1, 0};
    program.semaphores = {0};
    return program;
}
constexpr const char* kTellSecond =
    "noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1), noc_async_write_barrier();";

TEST(RaceInDram, TwoCoresWriteOnePage) {
    const std::string write =
        "noc_async_write(page, get_noc_addr(FAULT(0) REPAIR(get_absolute_logical_x()), OUTPUT), 64);\n"
        "noc_async_write_barrier();";
    expect_fault(two_cores(write, write),
                 "RACE: core (1,0) reader, source.cpp:10: noc_async_write: writes bytes that core (0,0) "
                 "reader, source.cpp:7: noc_async_write writes, and nothing orders the two. Order the two "
                 "by a circular buffer, a semaphore or a barrier.");
}

TEST(RaceInDram, OneCoreReadsWhatTheOtherWrites) {
    expect_fault(
        two_cores("noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
                  "REPAIR(noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);)",
                  "REPAIR(noc_semaphore_wait(word, 1);)\n"
                  "noc_async_read(get_noc_addr(0, OUTPUT), page, 64), noc_async_read_barrier();"),
        "RACE: core (1,0) reader, source.cpp:11: noc_async_read: reads bytes that core (0,0) "
        "reader, source.cpp:7: noc_async_write writes, and nothing orders the two. Order the two "
        "by a circular buffer, a semaphore or a barrier.");
}

// The semaphore overtakes the data: they go to different places.
TEST(RaceInDram, TheSemaphoreIsRaisedBeforeTheWriteHasLanded) {
    expect_fault(two_cores("noc_async_write(page, get_noc_addr(0, OUTPUT), 64);\n"
                           "FAULT(noc_async_writes_flushed();) REPAIR(noc_async_write_barrier();)\n" +
                               std::string(kTellSecond),
                           "noc_semaphore_wait(word, 1);\n"
                           "noc_async_read(get_noc_addr(0, OUTPUT), page, 64), noc_async_read_barrier();"),
                 "RACE: core (1,0) reader, source.cpp:12: noc_async_read: reads bytes that core (0,0) "
                 "reader, source.cpp:7: noc_async_write writes, and nothing orders the two. Call "
                 "noc_async_write_barrier there before this thread is told.");
}

// The wait is there, on the wrong side of the read.
TEST(RaceInDram, TheWaitComesAfterTheRead) {
    expect_fault(
        two_cores("noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n" +
                      std::string(kTellSecond),
                  "REPAIR(noc_semaphore_wait(word, 1);)\n"
                  "noc_async_read(get_noc_addr(0, OUTPUT), page, 64), noc_async_read_barrier();\n"
                  "noc_semaphore_wait(word, 1);"),
        "RACE: core (1,0) reader, source.cpp:11: noc_async_read: reads bytes that core (0,0) "
        "reader, source.cpp:7: noc_async_write writes, and nothing orders the two. Order the two "
        "by a circular buffer, a semaphore or a barrier.");
}

// A page that is read before it is overwritten needs order as well: the reader must say that it is done.
TEST(RaceInDram, AnInputIsOverwrittenWhileTheOtherCoreReadsIt) {
    expect_fault(
        two_cores("noc_async_read(get_noc_addr(2, INPUT), page, 64), noc_async_read_barrier();\n"
                  "REPAIR(noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);)",
                  "REPAIR(noc_semaphore_wait(word, 1);)\n"
                  "noc_async_write(page, get_noc_addr(2, INPUT), 64), noc_async_write_barrier();"),
        "RACE: core (1,0) reader, source.cpp:11: noc_async_write: writes bytes that core (0,0) "
        "reader, source.cpp:7: noc_async_read reads, and nothing orders the two. Order the two "
        "by a circular buffer, a semaphore or a barrier.");
}

// What the kernel itself has written is no more there than for others: a read may overtake the write.
TEST(RaceInDram, AKernelReadsBackWhatItHasNotSeenLand) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "const uint32_t page = get_write_ptr(0);\n"
                         "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                         "noc_async_write(page, get_noc_addr(0, OUTPUT), 64);\n"
                         "REPAIR(noc_async_write_barrier();)\n"
                         "noc_async_read(get_noc_addr(0, OUTPUT), page + 64, 64), noc_async_read_barrier();\n"
                         "noc_async_write_barrier();",
                         ""),
        "NOC_WRITE_EARLY: core (0,0) reader, source.cpp:7: noc_async_read: what core (0,0) reader, "
        "source.cpp:5: noc_async_write sends may not be there yet. Call noc_async_write_barrier between the "
        "two.");
}

}  // namespace
}  // namespace loom::testing
