// A consumer reads the pages that it has waited for, and none that it has popped: the producer may be there already.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbReadWindow, AWriteToTheNocOfMoreThanWasWaitedFor) {
    expect_fault(
        dataflow_program(push_pages(0, "INPUT", 4, 64),
                         "FAULT(cb_wait_front(0, 3);) REPAIR(cb_wait_front(0, 4);)\n"
                         "for (uint32_t page = 0; page < 4; ++page)\n"
                         "    noc_async_write(get_read_ptr(0) + 64 * page, get_noc_addr(page, OUTPUT), 64);\n"
                         "noc_async_write_barrier();\n"
                         "cb_wait_front(0, 4);\n"
                         "cb_pop_front(0, 4);"),
        "READ_OUTSIDE_WINDOW: core (0,0) writer, source.cpp:4: noc_async_write: reads bytes 192 "
        "to 256 of c_0; it has waited for 3 pages of 64 bytes, from byte 0. Wait for what is "
        "read, and read it before it is popped.");
}

// The pointer was taken before the pop, so it looks right; the reader refills the page meanwhile.
TEST(CheckCbReadWindow, ALoadAfterThePop) {
    expect_fault(
        dataflow_program(push_pages(0, "INPUT", 4, 64),
                         "cb_wait_front(0, 4);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_read_ptr(0));\n"
                         "REPAIR(uint32_t first = *word;)\n"
                         "cb_pop_front(0, 4);\n"
                         "FAULT(uint32_t first = *word;)\n"
                         "if (first == 0) cb_wait_front(0, 1);"),
        "READ_OUTSIDE_WINDOW: core (0,0) writer, source.cpp:6: a load: reads bytes 0 to 4 of "
        "c_0; it has waited for 0 pages of 64 bytes, from byte 0. Wait for what is read, and "
        "read it before it is popped.");
}

// What compute itself pushed needs a wait too: PACK is another thread, and UNPACK runs ahead of it.
TEST(CheckCbReadWindow, ComputeReadsItsOwnTileWithoutAWait) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 24), copy_tile_init(0);\n"
        "cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_pop_front(0, "
        "1);\n"
        "cb_reserve_back(24, 1), tile_regs_wait(), pack_tile(0, 24), tile_regs_release(), cb_push_back(24, "
        "1);\n"
        "REPAIR(cb_wait_front(24, 1);)\n"
        "tile_regs_acquire();\n"
        "copy_tile(24, 0, 0);\n"
        "tile_regs_commit(), cb_wait_front(24, 1), cb_pop_front(24, 1);\n"
        "cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), cb_push_back(16, "
        "1);");
    program.cbs.push_back({.index = 24});
    expect_fault(program,
                 "READ_OUTSIDE_WINDOW: core (0,0) compute UNPACK, source.cpp:7: a tile operand: reads "
                 "bytes 0 to 2048 of c_24; it has waited for 0 pages of 2048 bytes, from byte 0. Wait for "
                 "what is read, and read it before it is popped.");
}

}  // namespace
}  // namespace loom::testing
