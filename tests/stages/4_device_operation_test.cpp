// Stage 4: the public function reaches the device operation, which validates, selects its factory and
// allocates.
#include <gtest/gtest.h>

#include "program/program_cache.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

TEST(DeviceOperation, SelectsTheOneFactory) {
    const PlacedLayernorm placed({.shape = {64, 64}});
    const auto factory =
        LayernormFusedRmDeviceOperation::select_program_factory(placed.params, placed.inputs);
    EXPECT_TRUE(std::holds_alternative<LayernormFusedRmProgramFactory>(factory));
}

TEST(DeviceOperation, OutputSpecIsTheInputsInTheWantedMemory) {
    const PlacedLayernorm placed({.shape = {2, 3, 64, 128}});
    LayernormFusedRmParams params = placed.params;
    params.output_mem_config = L1_MEMORY_CONFIG;
    const TensorSpec spec = LayernormFusedRmDeviceOperation::compute_output_specs(params, placed.inputs);
    EXPECT_EQ(spec.shape, (Shape{2, 3, 64, 128}));
    EXPECT_EQ(spec.dtype, DataType::BFLOAT16);
    EXPECT_EQ(spec.layout, Layout::ROW_MAJOR);
    EXPECT_EQ(spec.memory_config, L1_MEMORY_CONFIG);
}

TEST(DeviceOperation, IsCalledByThePublicFunction) {
    PlacedLayernorm placed({.shape = {64, 64}});
    Tensor freed = placed.inputs.input;
    freed.deallocate();
    EXPECT_EQ(error_of([&] { layernorm_fused_rm(freed, placed.inputs.gamma, placed.inputs.beta); }),
              "Input must be on a device and hold its memory; it was freed.");
    EXPECT_EQ(placed.device.program_cache().num_entries(), 0u);
}

TEST(DeviceOperation, SecondCallFindsItsProgramAndRefreshesAddressesAndEpsilon) {
    const LayernormProblem problem{.shape = {64, 64}};
    const LayernormData data(problem);
    Device device;
    const auto place = [&] { return to_device(data.input, device); };
    const Tensor gamma = to_device(*data.gamma, device);
    const Tensor beta = to_device(*data.beta, device);
    const Tensor first_input = place();
    const Tensor first = layernorm_fused_rm(first_input, gamma, beta, 1e-5f);
    EXPECT_EQ(device.program_cache().num_entries(), 1u);

    const Tensor second_input = place();
    ASSERT_NE(second_input.buffer().address(), first_input.buffer().address());
    const Tensor second = layernorm_fused_rm(second_input, gamma, beta, 1.0f);
    EXPECT_EQ(device.program_cache().num_entries(), 1u);
    const LayernormAccuracy accuracy =
        layernorm_accuracy(data.input, &*data.gamma, &*data.beta, 1.0, to_host(second), kDefaultNumerics);
    EXPECT_TRUE(accuracy.within_bars()) << accuracy.max_error;
    EXPECT_NE(to_host(first).data, to_host(second).data);
}

}  // namespace
}  // namespace loom::testing
