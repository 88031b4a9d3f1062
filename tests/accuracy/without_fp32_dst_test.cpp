// What docs/accuracy_on_the_chip.md says of a 16-bit DST: every step is rounded to bfloat16, and the bars do not hold.
#include <gtest/gtest.h>

#include "support/layernorm_problem.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

LayernormAccuracy with_16_bit_dst(Numerics numerics, DataType dtype, double mean) {
    const LayernormProblem problem{.shape = {64, 64},
                                   .device = {.grid = {1, 1}, .numerics = numerics},
                                   .dtype = dtype,
                                   .parameter_dtype = dtype,
                                   .mean = mean,
                                   .seed = seed(),
                                   .config = {.fp32_dest_acc_en = false}};
    const LayernormData data(problem);
    return accuracy(problem, data, run(problem, data));
}

class Without32Bits : public ::testing::TestWithParam<std::tuple<Numerics, DataType>> {};

TEST_P(Without32Bits, OnAverageAHundredthIsWrongAroundZeroAndTheBarsAreMissed) {
    const auto [numerics, dtype] = GetParam();
    const LayernormAccuracy got = with_16_bit_dst(numerics, dtype, 0);
    EXPECT_EQ(got.wrong_nonfinite, 0u);
    EXPECT_LT(got.mean_error, 0.01);
    EXPECT_FALSE(got.within_bars());
}

INSTANTIATE_TEST_SUITE_P(, Without32Bits,
                         ::testing::Combine(::testing::Values(Numerics::silicon, Numerics::exact),
                                            ::testing::Values(DataType::BFLOAT16, DataType::FLOAT32)));

// The mean itself is rounded to 8 bits.
TEST(Without32BitsOfDst, ALargeMeanInBfloat16IsLost) {
    EXPECT_GT(with_16_bit_dst(Numerics::exact, DataType::BFLOAT16, 100).mean_error, 0.02);
    EXPECT_GT(with_16_bit_dst(Numerics::silicon, DataType::BFLOAT16, 100).mean_error, 0.02);
}

}  // namespace
}  // namespace loom::testing
