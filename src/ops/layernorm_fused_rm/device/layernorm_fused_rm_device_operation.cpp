// The device operation: validation, output spec, factory selection, cache key.
#include "ops/layernorm_fused_rm/device/layernorm_fused_rm_device_operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "util/error.hpp"

namespace loom {
namespace {

void validate_tensor(const Tensor& tensor, std::string_view name, const Tensor& input) {
    if (!tensor.is_allocated()) fail(Code::LN_NOT_ON_DEVICE, name);
    if (&tensor.device() != &input.device()) fail(Code::LN_DEVICE, name);
    const TensorSpec& spec = tensor.spec();
    if (spec.layout != Layout::ROW_MAJOR) fail(Code::LN_LAYOUT, name, name_of(spec.layout));
}

void validate_parameter(const std::optional<Tensor>& tensor, std::string_view name, const Tensor& input) {
    if (!tensor) return;
    validate_tensor(*tensor, name, input);
    const TensorSpec& spec = tensor->spec();
    if (spec.shape.empty() || spec.width() != input.spec().width() || spec.rows() != 1)
        fail(Code::LN_PARAMETER_SHAPE, name, input.spec().width(), to_string(spec.shape));
}

void append(std::string& key, const std::optional<Tensor>& tensor) {
    if (!tensor) {
        key += " -";
        return;
    }
    const TensorSpec& spec = tensor->spec();
    key += fmt::format(" {} {} {}", to_string(spec.shape), name_of(spec.dtype),
                       static_cast<int>(spec.memory_config.buffer_type));
}

}  // namespace

void LayernormFusedRmDeviceOperation::validate(const LayernormFusedRmParams& params,
                                               const LayernormFusedRmInputs& inputs) {
    const TensorSpec& spec = inputs.input.spec();
    validate_tensor(inputs.input, "Input", inputs.input);
    if (spec.shape.empty()) fail(Code::LN_RANK, to_string(spec.shape));
    validate_parameter(inputs.gamma, "Gamma", inputs.input);
    validate_parameter(inputs.beta, "Beta", inputs.input);
    if (!std::isfinite(params.epsilon) || params.epsilon < 0) fail(Code::LN_EPSILON, params.epsilon);
    if (volume(spec.shape) == 0) return;
    const std::uint64_t needed = LayernormFusedRmStreamingProgramFactory::least_bytes(params, inputs);
    const std::uint32_t available = inputs.input.device().l1_bytes_for_circular_buffers();
    const bool whole_rows_fit = LayernormFusedRmProgramFactory::least_bytes(inputs) <= available;
    if (needed > available && !whole_rows_fit) fail(Code::LN_ROW_TOO_WIDE, spec.width(), needed, available);
}

LayernormFusedRmDeviceOperation::program_factory_t LayernormFusedRmDeviceOperation::select_program_factory(
    const LayernormFusedRmParams&, const LayernormFusedRmInputs& inputs) {
    const std::uint32_t available = inputs.input.device().l1_bytes_for_circular_buffers();
    if (LayernormFusedRmProgramFactory::least_bytes(inputs) <= available)
        return LayernormFusedRmProgramFactory{};
    return LayernormFusedRmStreamingProgramFactory{};
}

TensorSpec LayernormFusedRmDeviceOperation::compute_output_specs(const LayernormFusedRmParams& params,
                                                                 const LayernormFusedRmInputs& inputs) {
    TensorSpec spec = inputs.input.spec();
    spec.memory_config = params.output_mem_config;
    return spec;
}

std::string LayernormFusedRmDeviceOperation::compute_program_key(const LayernormFusedRmParams& params,
                                                                 const LayernormFusedRmInputs& inputs) {
    const CoreCoord grid = inputs.input.device().compute_with_storage_grid_size();
    const ComputeKernelConfig& config = params.compute_kernel_config;
    // The factory and its sizes depend on what tensors in L1 leave.
    std::string factory = std::to_string(LayernormFusedRmProgramFactory::tiled_rows(inputs));
    if (select_program_factory(params, inputs).index() == 1) {
        const auto chunks = LayernormFusedRmStreamingProgramFactory::chunks(params, inputs);
        factory = fmt::format("streaming {}{}", chunks.tiles, chunks.stay ? " staying" : "");
    }
    std::string key = fmt::format(
        "layernorm_fused_rm {}x{} {} out {} fidelity {} fp32 {} full {} approx {}", grid.x, grid.y, factory,
        static_cast<int>(params.output_mem_config.buffer_type), static_cast<int>(config.math_fidelity),
        config.fp32_dest_acc_en, config.dst_full_sync_en, config.math_approx_mode);
    append(key, inputs.input);
    append(key, inputs.gamma);
    append(key, inputs.beta);
    return key;
}

}  // namespace loom
