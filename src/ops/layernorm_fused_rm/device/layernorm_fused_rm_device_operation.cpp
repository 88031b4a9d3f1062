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
    if (spec.dtype != DataType::BFLOAT16) fail(Code::LN_DTYPE, name, name_of(spec.dtype));
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
    if (spec.width() % 32 != 0 || spec.rows() % 32 != 0)
        fail(Code::UNSUPPORTED,
             fmt::format(
                 "layernorm_fused_rm takes W and the number of rows in multiples of 32 for now, got shape {} "
                 "with W = {} and {} rows.",
                 to_string(spec.shape), spec.width(), spec.rows()));
    const std::uint64_t needed = LayernormFusedRmProgramFactory::circular_buffer_bytes(params, inputs);
    const std::uint32_t available = inputs.input.device().l1_bytes_for_circular_buffers();
    if (needed > available) fail(Code::LN_ROW_TOO_WIDE, spec.width(), needed, available);
}

LayernormFusedRmDeviceOperation::program_factory_t LayernormFusedRmDeviceOperation::select_program_factory(
    const LayernormFusedRmParams&, const LayernormFusedRmInputs&) {
    return LayernormFusedRmProgramFactory{};
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
    std::string key = fmt::format(
        "layernorm_fused_rm {}x{} c_1 {} out {} fidelity {} fp32 {} full {} approx {}", grid.x, grid.y,
        LayernormFusedRmProgramFactory::tiled_rows(params, inputs),
        static_cast<int>(params.output_mem_config.buffer_type), static_cast<int>(config.math_fidelity),
        config.fp32_dest_acc_en, config.dst_full_sync_en, config.math_approx_mode);
    append(key, inputs.input);
    append(key, inputs.gamma);
    append(key, inputs.beta);
    return key;
}

}  // namespace loom
