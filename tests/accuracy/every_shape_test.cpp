// Any height and width, in both dtypes: pad rows and columns reach neither a statistic nor the output.
#include <gtest/gtest.h>

#include "support/layernorm_problem.hpp"
#include "support/seed.hpp"

namespace loom::testing {
namespace {

constexpr DataType kBf16 = DataType::BFLOAT16;
constexpr DataType kF32 = DataType::FLOAT32;

class EveryShape : public ::testing::TestWithParam<Shape> {};

// L1 is full of NaN, so a pad column that reaches a sum, or a pad row that reaches the output, shows.
void expect_within_bars(const LayernormProblem& problem) {
    const LayernormData data(problem);
    const LayernormAccuracy got = accuracy(problem, data, run(problem, data));
    EXPECT_TRUE(got.within_bars()) << to_string(problem.shape) << " " << name_of(problem.dtype) << " mean "
                                   << problem.mean << ": max error " << got.max_error << " of " << got.max_bar
                                   << ", mean error " << got.mean_error << " of " << got.mean_bar << ", "
                                   << got.wrong_nonfinite << " not finite";
}

TEST_P(EveryShape, InBothDtypesAndWithLargeMeans) {
    for (const DataType dtype : {kBf16, kF32})
        for (const double mean : {0.0, 100.0, 1000.0})
            expect_within_bars({.shape = GetParam(),
                                .dtype = dtype,
                                .parameter_dtype = dtype,
                                .mean = mean,
                                .seed = seed()});
}

INSTANTIATE_TEST_SUITE_P(, EveryShape,
                         ::testing::Values(Shape{1, 1}, Shape{1}, Shape{31}, Shape{33, 65}, Shape{2049, 65},
                                           Shape{197, 768}, Shape{7, 1}, Shape{2, 3, 5, 7}, Shape{61, 127},
                                           Shape{1, 31, 97}, Shape{64, 1000}, Shape{3, 33, 32}),
                         [](const auto& param) {
                             std::string name;
                             for (const std::uint32_t size : param.param)
                                 name += (name.empty() ? "" : "x") + std::to_string(size);
                             return name;
                         });

TEST(EveryDtype, OfGammaAndBetaBesideThatOfTheInput) {
    for (const DataType dtype : {kBf16, kF32})
        for (const DataType parameters : {kBf16, kF32})
            expect_within_bars(
                {.shape = {40, 100}, .dtype = dtype, .parameter_dtype = parameters, .seed = seed()});
}

TEST(EveryMemory, OfInputAndOutput) {
    const LayernormProblem plain{.shape = {70, 200}, .seed = seed()};
    const LayernormData data(plain);
    const HostTensor expected = run(plain, data);
    for (const MemoryConfig input : {DRAM_MEMORY_CONFIG, L1_MEMORY_CONFIG})
        for (const MemoryConfig output : {DRAM_MEMORY_CONFIG, L1_MEMORY_CONFIG})
            for (const Arch arch : {Arch::WORMHOLE_B0, Arch::BLACKHOLE}) {
                LayernormProblem problem = plain;
                problem.device.arch = arch;
                problem.memory = input;
                problem.output_memory = output;
                EXPECT_EQ(run(problem, data).data, expected.data);
            }
}

TEST(EmptyTensors, ComeBackEmpty) {
    for (const Shape& shape : {Shape{0}, Shape{0, 32}, Shape{32, 0}, Shape{2, 0, 5}}) {
        const LayernormProblem problem{.shape = shape};
        const LayernormData data(problem);
        const HostTensor output = run(problem, data);
        EXPECT_EQ(output.shape, shape);
        EXPECT_TRUE(output.data.empty());
    }
}

TEST(ComputeKernelConfig, EveryDstCapacityGivesAnAnswer) {
    for (const bool fp32 : {false, true})
        for (const bool full : {false, true}) {
            const LayernormProblem problem{.shape = {40, 512},
                                           .config = {.fp32_dest_acc_en = fp32, .dst_full_sync_en = full}};
            const LayernormData data(problem);
            const LayernormAccuracy got = accuracy(problem, data, run(problem, data));
            // With 16-bit DST each operation rounds to bfloat16: no bar is promised, but the answer is no
            // nonsense.
            EXPECT_LT(got.max_error, fp32 ? got.max_bar : 0.2) << "full sync " << full;
            EXPECT_EQ(got.wrong_nonfinite, 0u);
        }
}

}  // namespace
}  // namespace loom::testing
