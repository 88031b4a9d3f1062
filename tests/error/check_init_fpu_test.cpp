// An op runs under its own init: the unpackers, the FPU and the SFPU do what they were last programmed for, whatever is called.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

void expect_op_init(const std::string& setup, const std::string& math, const std::string& message) {
    expect_fault(one_tile_program(setup, math), message);
}

TEST(CheckInitFpu, NoInitAtAll) {
    expect_op_init("REPAIR(copy_tile_init(0);)", "copy_tile(0, 0, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: copy_tile: the FPU is set up for "
                   "nothing. Call copy_init first.");
}

TEST(CheckInitFpu, ACopyUnderAnAdd) {
    expect_op_init("add_tiles_init(0, 0);",
                   "add_tiles(0, 0, 0, 1, 0); REPAIR(copy_tile_init(0);) copy_tile(0, 0, 1);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: copy_tile: the FPU is set up for "
                   "add_tiles (line 3). Call copy_init first.");
}

TEST(CheckInitFpu, AnAddUnderACopy) {
    expect_op_init("FAULT(copy_tile_init(0);) REPAIR(add_tiles_init(0, 0);)", "add_tiles(0, 0, 0, 1, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: add_tiles: the FPU is set up for "
                   "copy_tile (line 3). Call add_init first.");
}

TEST(CheckInitFpu, AMultiplicationUnderAnAdd) {
    expect_op_init("FAULT(add_tiles_init(0, 0);) REPAIR(mul_tiles_init(0, 0);)", "mul_tiles(0, 0, 0, 1, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: mul_tiles: the FPU is set up for "
                   "add_tiles (line 3). Call mul_init first.");
}

TEST(CheckInitFpu, ASubtractionUnderAMultiplication) {
    expect_op_init("FAULT(mul_tiles_init(0, 0);) REPAIR(sub_tiles_init(0, 0);)", "sub_tiles(0, 0, 0, 1, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: sub_tiles: the FPU is set up for "
                   "mul_tiles (line 3). Call sub_init first.");
}

// Each broadcast is an init of its own, though operands and op are the same.
TEST(CheckInitFpu, NoBroadcastUnderAScalar) {
    expect_op_init("FAULT(sub_tiles_bcast_scalar_init_short(0, 1);) REPAIR(sub_tiles_init(0, 1);)",
                   "sub_tiles(0, 1, 0, 0, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: sub_tiles: the FPU is set up for "
                   "sub_tiles_bcast_scalar (line 3). Call sub_init first.");
}

TEST(CheckInitFpu, AUnaryBroadcastUnderAnother) {
    expect_op_init(
        "FAULT(unary_bcast_init<BroadcastType::COL>(0);) REPAIR(unary_bcast_init<BroadcastType::SCALAR>(0);"
        ")",
        "unary_bcast<BroadcastType::SCALAR>(0, 0, 0); unary_bcast_uninit<BroadcastType::SCALAR>(0);",
        "OP_INIT: core (0,0) compute MATH, source.cpp:5: unary_bcast: the FPU is set up for "
        "unary_bcast<COL> (line 3). Call unary_bcast_init<SCALAR> first.");
}

TEST(CheckInitFpu, AnOpThatReusesDstUnderOneThatDoesNot) {
    expect_op_init("copy_tile_init(0);",
                   "copy_tile(0, 0, 0); REPAIR(binary_dest_reuse_tiles_init<ELWADD, "
                   "EltwiseBinaryReuseDestType::DEST_TO_SRCA>(0);) FAULT(add_tiles_init(0, 0);) "
                   "binary_dest_reuse_tiles<ELWADD, EltwiseBinaryReuseDestType::DEST_TO_SRCA>(0, 1, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: add_reuse_dest_tiles: the FPU is set "
                   "up for add_tiles (line 5). Call add_reuse_dest_init<DEST_TO_SRCA> "
                   "first.");
}

TEST(CheckInitFpu, DstOnTheOtherSide) {
    expect_op_init("copy_tile_init(0);",
                   "copy_tile(0, 0, 0); binary_dest_reuse_tiles_init<ELWSUB, "
                   "EltwiseBinaryReuseDestType::FAULT(DEST_TO_SRCA) REPAIR(DEST_TO_SRCB)>(0); "
                   "binary_dest_reuse_tiles<ELWSUB, EltwiseBinaryReuseDestType::DEST_TO_SRCB>(0, 1, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: sub_reuse_dest_tiles: the FPU is set "
                   "up for sub_reuse_dest_tiles<DEST_TO_SRCA> (line 5). Call "
                   "sub_reuse_dest_init<DEST_TO_SRCB> first.");
}

TEST(CheckInitFpu, AnInitOfABufferThatIsNotThere) {
    expect_op_init("copy_tile_init(FAULT(5) REPAIR(0));", "copy_tile(0, 0, 0);",
                   "CB_MISSING: core (0,0) compute UNPACK, source.cpp:3: an init call: this core has no "
                   "circular buffer c_5. Describe it in the program, or use one that is there.");
}

// Each broadcast is an init of its own, though operands and op are the same.
TEST(CheckInitFpu, ColumnsUnderTheInitWithoutBroadcast) {
    expect_op_init("FAULT(mul_tiles_init(0, 1);) REPAIR(mul_bcast_cols_init_short(0, 1);)",
                   "mul_tiles_bcast_cols(0, 1, 0, 0, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: mul_tiles_bcast_cols: the FPU is set up "
                   "for mul_tiles (line 3). Call mul_bcast_cols_init first.");
}

TEST(CheckInitFpu, RowsUnderColumns) {
    expect_op_init("FAULT(add_bcast_cols_init_short(0, 1);) REPAIR(add_bcast_rows_init_short(0, 1);)",
                   "add_tiles_bcast_rows(0, 1, 0, 0, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: add_tiles_bcast_rows: the FPU is set up "
                   "for add_tiles_bcast_cols (line 3). Call add_bcast_rows_init first.");
}

TEST(CheckInitFpu, AScalarUnderRows) {
    expect_op_init("FAULT(mul_bcast_rows_init_short(0, 1);) REPAIR(mul_tiles_bcast_scalar_init_short(0, 1);)",
                   "mul_tiles_bcast_scalar(0, 1, 0, 0, 0);",
                   "OP_INIT: core (0,0) compute MATH, source.cpp:5: mul_tiles_bcast_scalar: the FPU is set "
                   "up for mul_tiles_bcast_rows (line 3). Call mul_bcast_scalar_init first.");
}

}  // namespace
}  // namespace loom::testing
