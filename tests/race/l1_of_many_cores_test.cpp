// L1 that several cores reach: data, and the word that it is there, may go different ways.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// One of two senders is enough to get past the wait.
TEST(RaceInL1OfManyCores, AWaitForOneOfTwoSenders) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 2);\n"
        "const uint32_t x = get_absolute_logical_x();\n"
        "const uint32_t page = get_write_ptr(0);\n"
        "if (x < 2) {\n"
        "    noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(1)), 1);\n"
        "    noc_async_read(get_noc_addr(x, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_async_write(page, get_noc_addr(NOC_X(2), NOC_Y(0), page + 64 * x), 64);\n"
        "    noc_semaphore_inc(get_noc_addr(NOC_X(2), NOC_Y(0), get_semaphore(0)), 1);\n"
        "    noc_async_write_barrier();\n"
        "} else {\n"
        "    for (uint32_t to = 0; to < 2; ++to)\n"
        "        noc_semaphore_inc(get_noc_addr(NOC_X(to), NOC_Y(0), get_semaphore(1)), 1);\n"
        "    volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "    noc_semaphore_wait_min(word, FAULT(1) REPAIR(2));\n"
        "    noc_async_write(page, get_noc_addr(0, OUTPUT), 64);\n"
        "    noc_async_write(page + 64, get_noc_addr(1, OUTPUT), 64);\n"
        "    noc_async_write_barrier();\n"
        "}",
        "");
    program.last_core = {2, 0};
    program.semaphores = {0, 0};
    expect_fault(program,
                 "RACE: core (0,0) reader, source.cpp:8: noc_async_write: writes bytes that core (2,0) "
                 "reader, source.cpp:16: noc_async_write reads, and nothing orders the two. Order the two "
                 "by a circular buffer, a semaphore or a barrier.");
}

// The other direction: a core fetches a page from its neighbour before it is there.
TEST(RaceInL1OfManyCores, APageIsFetchedBeforeItIsThere) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 2);\n"
        "const uint32_t page = get_write_ptr(0);\n"
        "if (get_absolute_logical_x() == 0) {\n"
        "    noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);\n"
        "} else {\n"
        "    REPAIR(noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);)\n"
        "    noc_async_read(get_noc_addr(NOC_X(0), NOC_Y(0), page), page + 64, 64), "
        "noc_async_read_barrier();\n"
        "    noc_async_write(page + 64, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
        "}",
        "");
    program.last_core = {1, 0};
    program.semaphores = {0};
    expect_fault(program,
                 "RACE: core (1,0) reader, source.cpp:9: noc_async_read: reads bytes that core (0,0) "
                 "reader, source.cpp:5: noc_async_read writes, and nothing orders the two. Order the two "
                 "by a circular buffer, a semaphore or a barrier.");
}

// Data to one core, the bell to another: they go different ways.
TEST(RaceInL1OfManyCores, TheBellGoesToAThirdCore) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 2);\n"
        "const uint32_t x = get_absolute_logical_x(), page = get_write_ptr(0);\n"
        "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "if (x == 1) noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);\n"
        "if (x == 0) {\n"
        "    noc_semaphore_wait(word, 1);\n"
        "    noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_async_write(page, get_noc_addr(NOC_X(1), NOC_Y(0), page), 64);\n"
        "    FAULT(noc_async_writes_flushed();) REPAIR(noc_async_write_barrier();)\n"
        "    noc_semaphore_inc(get_noc_addr(NOC_X(2), NOC_Y(0), get_semaphore(0)), 1), "
        "noc_async_write_barrier();\n"
        "}\n"
        "if (x == 2) {\n"
        "    noc_semaphore_wait(word, 1);\n"
        "    noc_async_read(get_noc_addr(NOC_X(1), NOC_Y(0), page), page, 64), noc_async_read_barrier();\n"
        "}",
        "");
    program.last_core = {2, 0};
    program.semaphores = {0};
    expect_fault(program,
                 "RACE: core (2,0) reader, source.cpp:15: noc_async_read: reads bytes that core (0,0) "
                 "reader, source.cpp:9: noc_async_write writes, and nothing orders the two. Call "
                 "noc_async_write_barrier there before this thread is told.");
}

}  // namespace
}  // namespace loom::testing
