// No false alarm: ops under their inits, formats mixed and reconfigured, sums that begin at zero.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// bfloat16 in, float32 between, bfloat16 out, each change with its reconfiguration; the old/new form as well.
TEST(CheckLegalInits, FormatsMixedAndReconfigured) {
    expect_clean(one_tile_program(
        "add_tiles_init(0, 1);",
        "add_tiles(0, 1, 0, 0, 0); reconfig_data_format_srcb(1, 0); add_tiles(0, 0, 0, 1, 1); "
        "reconfig_data_format_srca(0, 1); copy_tile_init(1); copy_tile(1, 0, 2); "
        "reconfig_data_format(0, 0); mul_tiles_init(0, 0); mul_tiles(0, 0, 0, 1, 2);",
        "pack_tile(2, 16);", {.inputs = 2, .others = 1, .other_format = DataFormat::Float32}));
}

// mul_tiles and reduce_tile add to DST: a section that release has cleared is zero to them.
TEST(CheckLegalInits, SumsStartFromAClearedSection) {
    expect_clean(
        one_tile_program("mul_tiles_init(0, 1);",
                         "mul_tiles(0, 1, 0, 0, 0), mul_tiles(0, 1, 1, 0, 0); "
                         "reduce_init<SUM, REDUCE_ROW>(0, 1, 16); "
                         "for (uint32_t i = 0; i < 2; ++i) reduce_tile<SUM, REDUCE_ROW>(0, 1, i, 0, 1);",
                         "pack_tile(1, 16); reduce_uninit();"));
}

// After a reduction only column 0 counts; the SFPU works on all of it, under the mask.
TEST(CheckLegalInits, AnSfpuFunctionOfASumUnderTheMask) {
    expect_clean(one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16); rsqrt_tile_init();",
                                  "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0); rsqrt_tile(0);",
                                  "pack_tile(0, 16); reduce_uninit();"));
}

// The scaler lies in SrcA where the kernel is of the newer sort.
TEST(CheckLegalInits, AScalerInEitherSource) {
    expect_clean(one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16); reconfig_data_format(1, 0);",
                                  "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                                  "pack_tile(0, 16); reduce_uninit();",
                                  {.inputs = 2, .others = 1, .other_format = DataFormat::Float32}));
}

// Two packs into one tile: the first clears what the second adds to.
TEST(CheckLegalInits, AccumulationInL1OntoWhatWasPacked) {
    expect_clean(
        one_tile_program("copy_tile_init(0);", "copy_tile(0, 0, 0), copy_tile(0, 1, 1);",
                         "pack_tile<true>(0, 16, 0); pack_reconfig_l1_acc(1); pack_tile<true>(1, 16, 0); "
                         "pack_reconfig_l1_acc(0);"));
}

// The start-up calls of older kernels set formats, and one of them the copy too.
TEST(CheckLegalInits, OlderStartUps) {
    for (const char* start_up : {"unary_op_init_common(0, 16);", "init_sfpu(0, 16);",
                                 "binary_op_init_common(0, 0, 16), copy_tile_to_dst_init_short(0);"})
        expect_clean(
            compute_program(std::string(start_up) +
                            "\ncb_wait_front(0, 1), cb_reserve_back(16, 1), tile_regs_acquire();\n"
                            "copy_tile(0, 0, 0);\n"
                            "tile_regs_commit(), tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                            "cb_push_back(16, 1), cb_pop_front(0, 1);"));
}

// One result in two formats.
TEST(CheckLegalInits, ThePackerIsReconfiguredInBetween) {
    FaultyProgram program =
        one_tile_program("copy_tile_init(0), cb_reserve_back(24, 1);", "copy_tile(0, 0, 0);",
                         "pack_tile(0, 16); pack_reconfig_data_format(16, 24); pack_tile(0, 24); "
                         "pack_reconfig_data_format(24, 16); "
                         "cb_push_back(24, 1); cb_wait_front(24, 1);");
    program.cbs.push_back({.index = 24, .page_bytes = 4096, .format = DataFormat::Float32});
    expect_clean(program);
}

// c_0 is not there; inits that name no buffer do not ask for it.
TEST(CheckLegalInits, AProgramWithoutTheFirstBuffer) {
    expect_clean(
        compute_program("compute_kernel_hw_startup(1, 1, 16), copy_tile_init(1), rsqrt_tile_init();\n"
                        "cb_wait_front(1, 1), cb_reserve_back(16, 1), tile_regs_acquire();\n"
                        "copy_tile(1, 0, 0), rsqrt_tile(0), tile_regs_commit(), tile_regs_wait();\n"
                        "pack_tile(0, 16), tile_regs_release(), cb_push_back(16, 1), cb_pop_front(1, 1);",
                        {.inputs = 0, .others = 1}));
}

}  // namespace
}  // namespace loom::testing
