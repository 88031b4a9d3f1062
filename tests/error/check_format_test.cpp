// Formats are set by hand: the unpackers and the packer take bytes for what they were last told, not for what the buffer holds.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// c_0 holds bfloat16; c_1 and c_16 what the test says. The start-up sets SrcA and SrcB to c_0 and the packer to `packer`.
FaultyProgram mixed(const std::string& setup, const std::string& math, DataFormat other, DataFormat output,
                    const std::string& packer = "16") {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, " + packer + ");\n" + setup +
            "\n"
            "cb_wait_front(0, 2), cb_wait_front(1, 1), cb_reserve_back(16, 1), tile_regs_acquire();\n" +
            math +
            "\n"
            "tile_regs_commit(), tile_regs_wait();\n"
            "pack_tile(0, 16);\n"
            "tile_regs_release(), cb_push_back(16, 1), cb_pop_front(0, 2), cb_pop_front(1, 1);",
        {.inputs = 2, .others = 1, .other_format = other, .output_format = output});
    return program;
}
constexpr DataFormat kBf16 = DataFormat::Float16_b;
constexpr DataFormat kFp32 = DataFormat::Float32;

TEST(CheckFormat, ACopyOfFloat32WithSrcAInBfloat16) {
    expect_fault(mixed("copy_tile_init(1);", "REPAIR(reconfig_data_format_srca(1);) copy_tile(1, 0, 0);",
                       kFp32, kBf16),
                 "FORMAT: core (0,0) compute MATH, source.cpp:5: copy_tile: SrcA is set up for Float16_b, "
                 "and c_1 holds Float32. Call reconfig_data_format_srca first.");
}

TEST(CheckFormat, TheSecondOperandIsFloat32) {
    expect_fault(mixed("add_tiles_init(0, 1);",
                       "REPAIR(reconfig_data_format(0, 1);) add_tiles(0, 1, 0, 0, 0);", kFp32, kBf16),
                 "FORMAT: core (0,0) compute MATH, source.cpp:5: add_tiles: SrcB is set up for Float16_b, "
                 "and c_1 holds Float32. Call reconfig_data_format first.");
}

// On the way back, too: the float32 operand is gone, its format is not.
TEST(CheckFormat, TheNextOpIsBfloat16Again) {
    expect_fault(
        mixed("reconfig_data_format(0, 1), add_tiles_init(0, 1);",
              "add_tiles(0, 1, 0, 0, 0); REPAIR(reconfig_data_format(0, 0);) add_tiles(0, 0, 0, 1, 0);",
              kFp32, kBf16),
        "FORMAT: core (0,0) compute MATH, source.cpp:5: add_tiles: SrcB is set up for Float32, "
        "and c_0 holds Float16_b. Call reconfig_data_format first.");
}

TEST(CheckFormat, ThePackerIsSetUpForTheInput) {
    expect_fault(mixed("copy_tile_init(0); REPAIR(pack_reconfig_data_format(16);)", "copy_tile(0, 0, 0);",
                       kBf16, kFp32, "0"),
                 "FORMAT: core (0,0) compute PACK, source.cpp:7: pack_tile: the packer is set up for "
                 "Float16_b, and c_16 holds Float32. Call pack_reconfig_data_format first.");
}

// The form that names the old buffer skips the work where formats agree; here it is told of the wrong one.
TEST(CheckFormat, AReconfigurationFromTheWrongBuffer) {
    expect_fault(mixed("copy_tile_init(1); reconfig_data_format_srca(FAULT(1) REPAIR(0), 1);",
                       "copy_tile(1, 0, 0);", kFp32, kBf16),
                 "FORMAT: core (0,0) compute MATH, source.cpp:5: copy_tile: SrcA is set up for Float16_b, "
                 "and c_1 holds Float32. Call reconfig_data_format_srca first.");
}

TEST(CheckFormat, OnlySrcBIsReconfigured) {
    expect_fault(mixed("mul_tiles_init(1, 1);",
                       "FAULT(reconfig_data_format_srcb(1);) REPAIR(reconfig_data_format(1, 1);) "
                       "mul_tiles(1, 1, 0, 0, 0);",
                       kFp32, kBf16),
                 "FORMAT: core (0,0) compute MATH, source.cpp:5: mul_tiles: SrcA is set up for Float16_b, "
                 "and c_1 holds Float32. Call reconfig_data_format first.");
}

TEST(CheckFormat, ReuseOfDstTakesItsTileFromSrcB) {
    expect_fault(mixed("copy_tile_init(0);",
                       "copy_tile(0, 0, 0); binary_dest_reuse_tiles_init<ELWADD, "
                       "EltwiseBinaryReuseDestType::DEST_TO_SRCA>(1); FAULT(reconfig_data_format_srca(1);) "
                       "REPAIR(reconfig_data_format_srcb(1);) "
                       "binary_dest_reuse_tiles<ELWADD, EltwiseBinaryReuseDestType::DEST_TO_SRCA>(1, 0, 0);",
                       kFp32, kBf16),
                 "FORMAT: core (0,0) compute MATH, source.cpp:5: add_reuse_dest_tiles: SrcB is set up "
                 "for Float16_b, and c_1 holds Float32. Call reconfig_data_format_srcb first.");
}

TEST(CheckFormat, ReduceWithAScalerOfAnotherFormat) {
    expect_fault(mixed("reduce_init<SUM, REDUCE_SCALAR>(0, 1, 16);",
                       "REPAIR(reconfig_data_format(0, 1);) reduce_tile<SUM, REDUCE_SCALAR>(0, 1, 0, 0, 0); "
                       "reduce_uninit();",
                       kFp32, kBf16),
                 "FORMAT: core (0,0) compute MATH, source.cpp:5: reduce_tile: SrcB is set up for "
                 "Float16_b, and c_1 holds Float32. Call reconfig_data_format first.");
}

TEST(CheckFormat, NoStartUp) {
    expect_fault(compute_program(
                     "REPAIR(compute_kernel_hw_startup(0, 0, 16);)\n"
                     "copy_tile_init(0), cb_wait_front(0, 1), cb_reserve_back(16, 1), tile_regs_acquire();\n"
                     "copy_tile(0, 0, 0);\n"
                     "tile_regs_commit(), tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                     "cb_push_back(16, 1), cb_pop_front(0, 1);"),
                 "OP_INIT: core (0,0) compute UNPACK, source.cpp:3: copy_init: the thread is set up for "
                 "nothing. Call compute_kernel_hw_startup first.");
}

// Starting up sets DST and the packer back, and MATH is in the middle of a section.
TEST(CheckFormat, AStartUpInsideASection) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 16), copy_tile_init(0), cb_wait_front(0, 1);\n"
                        "cb_reserve_back(16, 1), tile_regs_acquire();\n"
                        "FAULT(compute_kernel_hw_startup(0, 16);)\n"
                        "copy_tile(0, 0, 0), tile_regs_commit(), tile_regs_wait(), pack_tile(0, 16);\n"
                        "tile_regs_release(), cb_push_back(16, 1), cb_pop_front(0, 1);"),
        "STARTUP_INSIDE: core (0,0) compute MATH, source.cpp:4: compute_kernel_hw_startup: this starts DST "
        "and "
        "the packer afresh, inside tile_regs_acquire .. tile_regs_commit. Start up once, before any other "
        "call.");
}

TEST(CheckFormat, TilizeOfFloat32WithSrcAInBfloat16) {
    expect_fault(compute_program("compute_kernel_hw_startup(FAULT(16) REPAIR(0), 16), cb_wait_front(0, 1), "
                                 "cb_reserve_back(16, 1);\n"
                                 "tilize_init(0, 1, 16);\n"
                                 "tilize_block(0, 1, 16);\n"
                                 "tilize_uninit(0, 16), cb_push_back(16, 1), cb_pop_front(0, 1);",
                                 {.input_format = kFp32}),
                 "FORMAT: core (0,0) compute MATH, source.cpp:4: tilize_block: SrcA is set up for "
                 "Float16_b, and c_0 holds Float32. Call reconfig_data_format_srca first.");
}

TEST(CheckFormat, UntilizeWithThePackerInTheFormatOfTheTiles) {
    expect_fault(
        one_tile_program(
            "copy_tile_init(0); FAULT(pack_reconfig_data_format(0);) pack_untilize_dest_init<1>(16);",
            "copy_tile(0, 0, 0);", "pack_untilize_dest<1>(16), pack_untilize_uninit(16);",
            {.inputs = 2, .others = 1, .output_format = kFp32}),
        "FORMAT: core (0,0) compute PACK, source.cpp:7: pack_untilize_dest: the packer is set up "
        "for Float16_b, and c_16 holds Float32. Call pack_reconfig_data_format first.");
}

}  // namespace
}  // namespace loom::testing
