// Each SFPU function loads constants of its own in its init.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

void expect_sfpu_init(const std::string& init, const std::string& function, const std::string& message) {
    expect_fault(
        one_tile_program("copy_tile_init(0); " + init, "copy_tile(0, 0, 0), copy_tile(0, 1, 1), " + function),
        message);
}

TEST(CheckInitSfpu, NoInitAtAll) {
    expect_sfpu_init("REPAIR(rsqrt_tile_init();)", "rsqrt_tile(0);",
                     "OP_INIT: core (0,0) compute MATH, source.cpp:5: rsqrt_tile: the SFPU is set up for "
                     "nothing. Call rsqrt_tile_init first.");
}

TEST(CheckInitSfpu, ARootUnderAnother) {
    expect_sfpu_init("FAULT(sqrt_tile_init();) REPAIR(rsqrt_tile_init();)", "rsqrt_tile(0);",
                     "OP_INIT: core (0,0) compute MATH, source.cpp:5: rsqrt_tile: the SFPU is set up for "
                     "sqrt_tile (line 3). Call rsqrt_tile_init first.");
}

TEST(CheckInitSfpu, AScalarUnderAReciprocal) {
    expect_sfpu_init("FAULT(recip_tile_init();) REPAIR(binop_with_scalar_tile_init();)",
                     "add_unary_tile(0, 0x3f800000);",
                     "OP_INIT: core (0,0) compute MATH, source.cpp:5: add_unary_tile: the SFPU is set up for "
                     "recip_tile (line 3). Call binop_with_scalar_tile_init first.");
}

TEST(CheckInitSfpu, ASquareUnderAScalar) {
    expect_sfpu_init("FAULT(binop_with_scalar_tile_init();) REPAIR(square_tile_init();)", "square_tile(0);",
                     "OP_INIT: core (0,0) compute MATH, source.cpp:5: square_tile: the SFPU is set up for "
                     "binop_with_scalar_tile (line 3). Call square_tile_init first.");
}

TEST(CheckInitSfpu, AProductInDstUnderASum) {
    expect_sfpu_init(
        "FAULT(add_binary_tile_init();) REPAIR(mul_binary_tile_init();)", "mul_binary_tile(0, 1, 0);",
        "OP_INIT: core (0,0) compute MATH, source.cpp:5: mul_binary_tile: the SFPU is set up for "
        "add_binary_tile (line 3). Call mul_binary_tile_init first.");
}

TEST(CheckInitSfpu, AFillUnderANegation) {
    expect_sfpu_init("FAULT(negative_tile_init();) REPAIR(fill_tile_init();)", "fill_tile(0, 1.0f);",
                     "OP_INIT: core (0,0) compute MATH, source.cpp:5: fill_tile: the SFPU is set up for "
                     "negative_tile (line 3). Call fill_tile_init first.");
}

// The FPU's init is none of the SFPU's: a copy between the two functions changes nothing.
TEST(CheckInitSfpu, TheFirstOfTwoFunctionsInALoop) {
    expect_sfpu_init(
        "square_tile_init();",
        "square_tile(0); abs_tile_init(); abs_tile(0); REPAIR(square_tile_init();) square_tile(1);",
        "OP_INIT: core (0,0) compute MATH, source.cpp:5: square_tile: the SFPU is set up for "
        "abs_tile (line 5). Call square_tile_init first.");
}

}  // namespace
}  // namespace loom::testing
