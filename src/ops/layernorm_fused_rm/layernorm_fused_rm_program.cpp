// The program of a call, not run.
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"

#include <fmt/format.h>

#include "ops/layernorm_fused_rm/accuracy.hpp"
#include "program/program_edit.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"

namespace loom {

LayernormFusedRmProgram layernorm_fused_rm_program(const LayernormFusedRmParams& params,
                                                   const LayernormFusedRmInputs& inputs,
                                                   std::span<const std::string> edits) {
    using Operation = LayernormFusedRmDeviceOperation;
    Operation::validate(params, inputs);
    const Shape& shape = inputs.input.spec().shape;
    if (volume(shape) == 0)
        fail(Code::OPTION,
             fmt::format("A tensor of shape {} is empty: there is no program for it.", to_string(shape)));
    const Tensor output(inputs.input.device(), Operation::compute_output_specs(params, inputs));
    LayernormFusedRmProgram program = std::visit(
        [&](const auto& factory) -> LayernormFusedRmProgram {
            return {output, factory.create_descriptor(params, inputs, output), factory.notes(params, inputs)};
        },
        Operation::select_program_factory(params, inputs));
    for (const std::string& edit : edits) apply_edit(program.descriptor, edit);
    return program;
}

std::string layernorm_wrong_values(const LayernormFusedRmInputs& inputs, float epsilon,
                                   const Tensor& output) {
    const auto host = [](const std::optional<Tensor>& tensor) {
        return tensor ? std::optional(to_host(*tensor)) : std::nullopt;
    };
    const std::optional<HostTensor> gamma = host(inputs.gamma);
    const std::optional<HostTensor> beta = host(inputs.beta);
    const LayernormAccuracy accuracy =
        layernorm_accuracy(to_host(inputs.input), gamma ? &*gamma : nullptr, beta ? &*beta : nullptr, epsilon,
                           to_host(output), output.device().numerics());
    if (accuracy.within_bars()) return "";
    return format_counted(
        "No rule was broken, and the values are wrong: against the double reference the error is {:.3g} at "
        "most and {:.3g} on average, in units of |gamma*n| + |beta|; allowed are {:.3g} and {:.3g}. {} "
        "elements are finite in one of the two only.",
        accuracy.max_error, accuracy.mean_error, accuracy.max_bar, accuracy.mean_bar,
        accuracy.wrong_nonfinite);
}

}  // namespace loom
