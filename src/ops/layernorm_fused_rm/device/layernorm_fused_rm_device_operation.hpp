// The device operation: what it accepts, what it returns, and which factory makes its program.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_program_factory.hpp"
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_streaming_program_factory.hpp"
#include "program/tensor.hpp"

namespace loom {

struct LayernormFusedRmDeviceOperation {
    using operation_attributes_t = LayernormFusedRmParams;
    using tensor_args_t = LayernormFusedRmInputs;
    using program_factory_t =
        std::variant<LayernormFusedRmProgramFactory, LayernormFusedRmStreamingProgramFactory>;

    /// Throws LN_NOT_ON_DEVICE, LN_DEVICE, LN_LAYOUT, LN_RANK, LN_PARAMETER_SHAPE, LN_EPSILON and
    /// LN_ROW_TOO_WIDE.
    static void validate(const LayernormFusedRmParams& params, const LayernormFusedRmInputs& inputs);
    /// The default factory when a whole tile row fits L1, else the streaming one.
    static program_factory_t select_program_factory(const LayernormFusedRmParams& params,
                                                    const LayernormFusedRmInputs& inputs);
    static TensorSpec compute_output_specs(const LayernormFusedRmParams& params,
                                           const LayernormFusedRmInputs& inputs);
    /// All that shapes the program: specs, output memory, compute config, grid. Not epsilon, not addresses.
    static std::string compute_program_key(const LayernormFusedRmParams& params,
                                           const LayernormFusedRmInputs& inputs);
    static Device& device(const LayernormFusedRmInputs& inputs) { return inputs.input.device(); }
};

}  // namespace loom
