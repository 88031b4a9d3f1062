// layernorm_fused_rm keeps every rule of the chip on every line of shapes/layernorm.txt, whatever the schedule.
#include <gtest/gtest.h>

#include <cstdlib>

#include "observe/checker/check.hpp"
#include "support/shape_line.hpp"

namespace loom::testing {
namespace {

// 50 schedules or one more: the plain one, the unfair ones, and the rest at random. On all lines that takes half an hour, so
// wide and tall ones get fewer here; LOOM_ALL_SCHEDULES=1 has them all.
CheckOptions schedules_for(const LayernormProblem& problem) {
    constexpr std::uint64_t kFew = 100'000;  // elements, in whole tiles
    constexpr std::uint64_t kMany = 4'000'000;
    const std::uint64_t width = problem.shape.back();
    const std::uint64_t rows = volume(problem.shape) / width;
    const std::uint64_t elements = (rows + 31) / 32 * 32 * ((width + 31) / 32 * 32);
    CheckOptions options;
    options.thorough = true;
    options.seeds = 39;
    if (std::getenv("LOOM_ALL_SCHEDULES") != nullptr || elements <= kFew) return options;
    options.seeds = 1;
    if (elements > kMany) options.only = parse_schedule("seed=1");
    return options;
}

class LayernormUnderCheck : public ::testing::TestWithParam<LayernormProblem> {};

TEST_P(LayernormUnderCheck, IsClean) {
    const LayernormProblem& problem = GetParam();
    if (volume(problem.shape) == 0) return;  // no program
    PlacedLayernorm placed(problem);
    CheckOptions options = schedules_for(problem);
    options.tensors = {{"input", &placed.inputs.input, true}, {"output", &placed.output, false}};
    if (placed.inputs.gamma) options.tensors.push_back({"gamma", &*placed.inputs.gamma, true});
    if (placed.inputs.beta) options.tensors.push_back({"beta", &*placed.inputs.beta, true});
    const CheckReport report = check_program(placed.device, placed.descriptor(), options);
    ASSERT_TRUE(report.clean()) << report.findings[0].message << "\n" << rerun_command(problem);
    const std::size_t unfair = report.cores > 1 ? 11 : 10;  // with one core there is no other order of cores
    EXPECT_EQ(report.schedules.size(), options.only ? 2 : 1 + unfair + options.seeds);
}

INSTANTIATE_TEST_SUITE_P(, LayernormUnderCheck,
                         ::testing::ValuesIn(read_shape_file(LOOM_SOURCE_DIR "/shapes/layernorm.txt")),
                         [](const auto& line) { return test_name(line.param); });

}  // namespace
}  // namespace loom::testing
