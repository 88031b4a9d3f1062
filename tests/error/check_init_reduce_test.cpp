// A reduction has an init for each dimension; after its uninit, the next op needs its own init again.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckInitReduce, UnderAMultiplication) {
    expect_fault(
        one_tile_program("FAULT(mul_tiles_init(0, 1);) REPAIR(reduce_init<SUM, REDUCE_ROW>(0, 1, 16);)",
                         "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                         "pack_tile(0, 16); REPAIR(reduce_uninit();)"),
        "OP_INIT: core (0,0) compute MATH, source.cpp:5: reduce_tile: the FPU is set up for "
        "mul_tiles (line 3). Call reduce_init<REDUCE_ROW> first.");
}

TEST(CheckInitReduce, OfColumnsUnderRows) {
    expect_fault(one_tile_program("reduce_init<SUM, FAULT(REDUCE_ROW) REPAIR(REDUCE_COL)>(0, 1, 16);",
                                  "reduce_tile<SUM, REDUCE_COL>(0, 1, 0, 0, 0);",
                                  "pack_tile(0, 16); reduce_uninit();"),
                 "OP_INIT: core (0,0) compute MATH, source.cpp:5: reduce_tile: the FPU is set up for "
                 "reduce_tile<REDUCE_ROW> (line 3). Call reduce_init<REDUCE_COL> first.");
}

TEST(CheckInitReduce, AnOpBehindTheUninit) {
    expect_fault(
        one_tile_program("mul_tiles_init(0, 1), reduce_init<SUM, REDUCE_ROW>(0, 1, 16), reduce_uninit();",
                         "REPAIR(mul_tiles_init(0, 1);) mul_tiles(0, 1, 0, 0, 0);"),
        "OP_INIT: core (0,0) compute MATH, source.cpp:5: mul_tiles: the FPU is set up for "
        "nothing. Call mul_init first.");
}

// The init before the loop is gone after the first turn.
TEST(CheckInitReduce, AnInitBeforeTheLoopIsOverwrittenInIt) {
    expect_fault(
        compute_program(
            "compute_kernel_hw_startup(0, 1, 16), copy_tile_init(0);\n"
            "cb_wait_front(0, 1), cb_wait_front(1, 1), cb_reserve_back(16, 2);\n"
            "for (uint32_t i = 0; i < 2; ++i) {\n"
            "    tile_regs_acquire();\n"
            "    REPAIR(copy_tile_init(0);)\n"
            "    copy_tile(0, 0, 0);\n"
            "    reduce_init<SUM, REDUCE_SCALAR>(0, 1, 16), reduce_tile<SUM, REDUCE_SCALAR>(0, 1, 0, 0, 0);\n"
            "    tile_regs_commit(), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), "
            "reduce_uninit();\n"
            "}\n"
            "cb_push_back(16, 2), cb_pop_front(0, 1), cb_pop_front(1, 1);",
            {.others = 1, .outputs = 2}),
        "OP_INIT: core (0,0) compute MATH, source.cpp:7: copy_tile: the FPU is set up for "
        "nothing. Call copy_init first.");
}

}  // namespace
}  // namespace loom::testing
