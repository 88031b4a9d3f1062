// Buffers that share L1 are used one after the other: nothing on the chip keeps one from the other's pages.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// c_1 lies where c_0 does. The twin waits until all of c_0 has been popped before it fills c_1.
TEST(CheckCbOverlap, TheAliasIsFilledWhilePagesAreThere) {
    FaultyProgram program =
        dataflow_program(push_pages(0, "INPUT", 4, 64) +
                             "REPAIR(cb_reserve_back(0, 4);)\n"
                             "cb_reserve_back(1, 1);\n"
                             "noc_async_read(get_noc_addr(4, INPUT), get_write_ptr(1), 64);\n"
                             "noc_async_read_barrier();\n"
                             "cb_push_back(1, 1);",
                         pop_pages(0, "OUTPUT", 4, 64) + "cb_wait_front(1, 1);\ncb_pop_front(1, 1);");
    program.cbs[0].alias = 1;
    expect_fault(program,
                 "CB_OVERLAP: core (0,0) reader, source.cpp:10: noc_async_read: writes over pages of c_0 "
                 "that core (0,0) reader, source.cpp:6: cb_push_back has pushed and nobody has popped: "
                 "both buffers lie there. Pop those pages first, or give each buffer L1 of its own.");
}

// PACK puts the copy where the input still waits to be read for the second time.
TEST(CheckCbOverlap, ComputePacksOverItsInput) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 24), copy_tile_init(0), cb_wait_front(0, 1);\n"
        "tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit();\n"
        "REPAIR(cb_pop_front(0, 1);)\n"
        "cb_reserve_back(24, 1), tile_regs_wait();\n"
        "REPAIR(cb_reserve_back(0, 1);)\n"
        "pack_tile(0, 24);\n"
        "cb_push_back(24, 1), tile_regs_release();\n"
        "FAULT(tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_pop_front(0, 1);)\n"
        "FAULT(tile_regs_wait(), tile_regs_release();)\n"
        "cb_wait_front(24, 1), tile_regs_acquire(), copy_tile(24, 0, 0), tile_regs_commit(), "
        "cb_pop_front(24, 1);\n"
        "cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), cb_push_back(16, "
        "1);");
    program.cbs[0].alias = 24;
    expect_fault(program,
                 "CB_OVERLAP: core (0,0) compute PACK, source.cpp:7: pack_tile: writes over pages of c_0 "
                 "that core (0,0) reader, source.cpp:6: cb_push_back has pushed and nobody has popped: "
                 "both buffers lie there. Pop those pages first, or give each buffer L1 of its own.");
}

}  // namespace
}  // namespace loom::testing
