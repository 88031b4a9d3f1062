// A section starts out undefined: sums take that for zero, the SFPU takes whatever lies there.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckDstUndefined, APackOfATileThatNobodyComputed) {
    expect_fault(one_tile_program("copy_tile_init(0);", "copy_tile(0, 0, FAULT(1) REPAIR(0));"),
                 "DST_UNDEFINED: core (0,0) compute PACK, source.cpp:7: pack_tile: nothing has written "
                 "DST tile 0 since tile_regs_acquire. Copy or compute into it first.");
}

TEST(CheckDstUndefined, AnSfpuFunctionOfATileThatNobodyComputed) {
    expect_fault(one_tile_program("copy_tile_init(0), rsqrt_tile_init();",
                                  "copy_tile(0, 0, 0), rsqrt_tile(FAULT(1) REPAIR(0));"),
                 "DST_UNDEFINED: core (0,0) compute MATH, source.cpp:5: rsqrt_tile: nothing has written "
                 "DST tile 1 since tile_regs_acquire. Copy or compute into it first.");
}

TEST(CheckDstUndefined, ASumInDstOfATileThatNobodyComputed) {
    expect_fault(
        one_tile_program("copy_tile_init(0), add_binary_tile_init();",
                         "copy_tile(0, 0, 0); REPAIR(copy_tile(0, 1, 1);) add_binary_tile(0, 1, 0);"),
        "DST_UNDEFINED: core (0,0) compute MATH, source.cpp:5: add_binary_tile: nothing has "
        "written DST tile 1 since tile_regs_acquire. Copy or compute into it first.");
}

TEST(CheckDstUndefined, AnOpThatReusesATileThatNobodyComputed) {
    expect_fault(one_tile_program(
                     "copy_tile_init(0);",
                     "REPAIR(copy_tile(0, 0, 0);) binary_dest_reuse_tiles_init<ELWADD, "
                     "EltwiseBinaryReuseDestType::DEST_TO_SRCA>(0); "
                     "binary_dest_reuse_tiles<ELWADD, EltwiseBinaryReuseDestType::DEST_TO_SRCA>(0, 0, 0);"),
                 "DST_UNDEFINED: core (0,0) compute MATH, source.cpp:5: add_reuse_dest_tiles: nothing "
                 "has written DST tile 0 since tile_regs_acquire. Copy or compute into it first.");
}

TEST(CheckDstUndefined, ACopyOfATileThatNobodyComputed) {
    expect_fault(one_tile_program(
                     "copy_tile_init(0), copy_dest_values_init();",
                     "copy_tile(0, 0, 0); copy_dest_values<DataFormat::Float16_b>(FAULT(2) REPAIR(0), 1);",
                     "pack_tile(1, 16);"),
                 "DST_UNDEFINED: core (0,0) compute MATH, source.cpp:5: copy_dest_values: nothing has "
                 "written DST tile 2 since tile_regs_acquire. Copy or compute into it first.");
}

// Release cleared the section: what the last one computed is not there any more.
TEST(CheckDstUndefined, ATileOfTheLastSection) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), square_tile_init();\n"
                        "cb_wait_front(0, 1), cb_reserve_back(16, 2);\n"
                        "for (uint32_t i = 0; i < 2; ++i) {\n"
                        "    tile_regs_acquire();\n"
                        "    FAULT(if (i == 0)) copy_tile(0, 0, 0);\n"
                        "    square_tile(0);\n"
                        "    tile_regs_commit(), tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                        "}\n"
                        "cb_push_back(16, 2), cb_pop_front(0, 1);",
                        {.outputs = 2}),
        "DST_UNDEFINED: core (0,0) compute MATH, source.cpp:7: square_tile: nothing has written "
        "DST tile 0 since tile_regs_acquire. Copy or compute into it first.");
}

// An untilizing pack writes all tiles of its block.
TEST(CheckDstUndefined, AnUntilizedBlockWithATileMissing) {
    FaultyProgram program = one_tile_program(
        "copy_tile_init(0); pack_untilize_dest_init<2>(16);",
        "copy_tile(0, 0, 0); REPAIR(copy_tile(0, 1, 1);)",
        "cb_reserve_back(16, 2), pack_untilize_dest<2>(16), pack_untilize_uninit(16), cb_push_back(16, 1);",
        {2, 1, 2});
    expect_fault(program,
                 "DST_UNDEFINED: core (0,0) compute PACK, source.cpp:7: pack_untilize_dest: nothing has "
                 "written DST tile 1 since tile_regs_acquire. Copy or compute into it first.");
}

}  // namespace
}  // namespace loom::testing
