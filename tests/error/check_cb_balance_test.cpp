// What was pushed is popped by the end: pages that stay behind mean that two kernels count differently, and the next shape
// hangs.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbBalance, OnePageIsNeverPopped) {
    expect_fault(dataflow_program(push_pages(0, "INPUT", 4, 64),
                                  "for (uint32_t page = 0; page < FAULT(3) REPAIR(4); ++page) {\n"
                                  "    cb_wait_front(0, 1);\n"
                                  "    cb_pop_front(0, 1);\n"
                                  "}"),
                 "CB_UNBALANCED: core (0,0) writer, source.cpp:4: cb_pop_front: c_0 ends unbalanced: 4 "
                 "pages pushed, 3 popped. Pop each page that was pushed, or none of them ever.");
}

// Nobody even waits for it: a result that compute packs and the writer forgets.
TEST(CheckCbBalance, ABufferIsPushedAndNobodyWaitsForIt) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "cb_push_back(0, 4);",
                                  "REPAIR(cb_wait_front(0, 4); cb_pop_front(0, 4);)"),
                 "CB_UNBALANCED: core (0,0) reader, source.cpp:3: cb_push_back: c_0 ends unbalanced: 4 "
                 "pages pushed, 0 popped. Pop each page that was pushed, or none of them ever.");
}

// A mean of two tile rows, popped after the first one only.
TEST(CheckCbBalance, ComputeKeepsATileOfItsOwn) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 24);\n"
        "copy_tile_init(0);\n"
        "for (uint32_t i = 0; i < 2; ++i) {\n"
        "    cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), "
        "cb_pop_front(0, 1);\n"
        "    cb_reserve_back(24, 1), tile_regs_wait(), pack_tile(0, 24), tile_regs_release();\n"
        "    cb_push_back(24, 1);\n"
        "    cb_wait_front(24, 1), tile_regs_acquire(), copy_tile(24, 0, 0), tile_regs_commit();\n"
        "    FAULT(if (i == 0)) cb_pop_front(24, 1);\n"
        "    cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), "
        "cb_push_back(16, 1);\n"
        "}",
        {.inputs = 2, .outputs = 2});
    program.cbs.push_back({.index = 24});
    expect_fault(program,
                 "CB_UNBALANCED: core (0,0) compute UNPACK, source.cpp:9: cb_pop_front: c_24 ends "
                 "unbalanced: 2 pages pushed, 1 popped. Pop each page that was pushed, or none of them "
                 "ever.");
}

}  // namespace
}  // namespace loom::testing
