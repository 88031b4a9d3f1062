// No false alarm: many cores in step.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// All cores say that they are there before any goes on: a barrier of semaphores, and what it orders.
TEST(RaceLegalManyCores, ABarrierOfFourCores) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 1);\n"
        "const uint32_t x = get_absolute_logical_x(), page = get_write_ptr(0);\n"
        "noc_async_read(get_noc_addr(x, INPUT), page, 64), noc_async_read_barrier();\n"
        "noc_async_write(page, get_noc_addr(x, OUTPUT), 64), noc_async_write_barrier();\n"
        "for (uint32_t other = 0; other < 4; ++other)\n"
        "    noc_semaphore_inc(get_noc_addr(NOC_X(other), NOC_Y(0), get_semaphore(0)), 1);\n"
        "noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 4);\n"
        "noc_async_read(get_noc_addr((x + 1) % 4, OUTPUT), page, 64), noc_async_read_barrier();",
        "");
    program.last_core = {3, 0};
    program.semaphores = {0};
    expect_clean(program);
}

// As matmul does it: one core reads a block and multicasts it into the circular buffers of all, whose readers push it.
TEST(RaceLegalManyCores, AMulticastIntoCircularBuffers) {
    FaultyProgram program = dataflow_program(
        "volatile uint32_t* ready = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "volatile uint32_t* valid = reinterpret_cast<volatile uint32_t*>(get_semaphore(1));\n"
        "for (uint32_t page = 0; page < 8; ++page) {\n"
        "    cb_reserve_back(0, 1);\n"
        "    const uint32_t to = get_write_ptr(0);\n"
        "    if (get_absolute_logical_x() == 0) {\n"
        "        noc_async_read(get_noc_addr(page, INPUT), to, 64), noc_async_read_barrier();\n"
        "        noc_semaphore_wait(ready, 2), noc_semaphore_set(ready, 0);\n"
        "        noc_async_write_multicast(to, get_noc_multicast_addr(NOC_X(0), NOC_Y(0), NOC_X(2), "
        "NOC_Y(0), to), 64, 2);\n"
        "        noc_semaphore_set(valid, 1);\n"
        "        noc_semaphore_set_multicast(get_semaphore(1), get_noc_multicast_addr(NOC_X(0), NOC_Y(0), "
        "NOC_X(2), "
        "NOC_Y(0), get_semaphore(1)), 2);\n"
        "        noc_async_writes_flushed();\n"
        "    } else {\n"
        "        noc_semaphore_set(valid, 0);\n"
        "        noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);\n"
        "        noc_semaphore_wait(valid, 1);\n"
        "    }\n"
        "    cb_push_back(0, 1);\n"
        "}\n"
        "noc_async_write_barrier();",
        "for (uint32_t page = 0; page < 8; ++page) {\n"
        "    cb_wait_front(0, 1);\n"
        "    if (page % 3 == get_absolute_logical_x())\n"
        "        noc_async_write(get_read_ptr(0), get_noc_addr(page, OUTPUT), 64), "
        "noc_async_write_barrier();\n"
        "    cb_pop_front(0, 1);\n"
        "}");
    program.last_core = {2, 0};
    program.semaphores = {0, 0};
    expect_clean(program);
}

}  // namespace
}  // namespace loom::testing
