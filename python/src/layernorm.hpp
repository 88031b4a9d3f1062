// A call of layernorm_fused_rm as Python passes it on.
#pragma once

#include <array>

#include "handles.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"

namespace loom::python {

struct LayernormCall {
    std::shared_ptr<OpenDevice> device;
    std::array<SharedTensor, 3> owners;  ///< of input, gamma and beta
    LayernormFusedRmInputs inputs;
    float epsilon = 1e-5f;
    std::optional<MemoryConfig> memory_config;
    std::optional<ComputeKernelConfig> compute_kernel_config;

    LayernormFusedRmParams params() const {
        return {.epsilon = epsilon,
                .output_mem_config = memory_config.value_or(inputs.input.spec().memory_config),
                .compute_kernel_config = compute_kernel_config.value_or(ComputeKernelConfig{})};
    }
};

}  // namespace loom::python
