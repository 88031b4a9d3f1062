// The public function: fills in defaults and launches the device operation.
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

#include "program/device_operation.hpp"

namespace loom {

Tensor layernorm_fused_rm(const Tensor& input, const std::optional<Tensor>& gamma,
                          const std::optional<Tensor>& beta, float epsilon,
                          const std::optional<MemoryConfig>& memory_config,
                          const std::optional<ComputeKernelConfig>& compute_kernel_config,
                          const runtime::LaunchOptions& options, runtime::LaunchReport* report) {
    const LayernormFusedRmParams params{
        .epsilon = epsilon,
        .output_mem_config = memory_config.value_or(input.spec().memory_config),
        .compute_kernel_config = compute_kernel_config.value_or(ComputeKernelConfig{})};
    return device_operation::launch<LayernormFusedRmDeviceOperation>(params, {input, gamma, beta}, options,
                                                                     report);
}

}  // namespace loom
