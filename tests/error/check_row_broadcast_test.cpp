// What exact numerics do and the chip does not: a row of 16-bit data, spread into a 32-bit DST.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Spreads a part of c_0, of this format, into DST tile 0.
FaultyProgram spread(const std::string& part, DataFormat format, bool fp32_dst) {
    const std::string type = "BroadcastType::" + part;
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 16);\n"
        "FAULT(unary_bcast_init<" +
            type +
            ">(0);) REPAIR(copy_tile_init(0);)\n"
            "cb_wait_front(0, 1), cb_reserve_back(16, 1), tile_regs_acquire();\n"
            "FAULT(unary_bcast<" +
            type + ">(0, 0, 0); unary_bcast_uninit<" + type +
            ">(0);) REPAIR(copy_tile(0, 0, 0);)\n"
            "tile_regs_commit(), tile_regs_wait();\n"
            "pack_tile(0, 16);\n"
            "tile_regs_release(), cb_push_back(16, 1), cb_pop_front(0, 1);",
        {.inputs = 1, .input_format = format, .output_format = format});
    program.config.fp32_dest_acc_en = fp32_dst;
    return program;
}
constexpr DataFormat kBf16 = DataFormat::Float16_b;
constexpr DataFormat kFp32 = DataFormat::Float32;

TEST(CheckRowBroadcast, ARowOfBfloat16IntoA32BitDst) {
    expect_fault(
        spread("ROW", kBf16, true),
        "ROW_BROADCAST: core (0,0) compute MATH, source.cpp:5: unary_bcast: c_0 holds Float16_b and DST has "
        "32 bits: the chip writes rows of 16 bits into it, which are no numbers. Call sfpu_mul_bcast_row or "
        "sfpu_add_bcast_row on a copied tile, or turn fp32_dest_acc_en off.");
}

TEST(CheckRowBroadcast, WhatTheChipDoesRight) {
    for (const auto& [part, format, fp32_dst] :
         {std::tuple{"COL", kBf16, true}, std::tuple{"SCALAR", kBf16, true}, std::tuple{"ROW", kBf16, false},
          std::tuple{"ROW", kFp32, true}})
        EXPECT_EQ(found_in(check(spread(part, format, fp32_dst), Variant::faulty)), "clean") << part;
}

}  // namespace
}  // namespace loom::testing
