// A LayerNorm problem for tests.
#include "support/layernorm_problem.hpp"

#include "program/random_tensor.hpp"

namespace loom::testing {
namespace {

// 0xffff is a NaN in bfloat16, and 0xffffffff one in float32: whatever is read before it is written shows.
constexpr std::uint8_t kPoison = 0xff;

std::optional<Tensor> place(const std::optional<HostTensor>& host, Device& device) {
    if (!host) return std::nullopt;
    return to_device(*host, device);
}

}  // namespace

LayernormData::LayernormData(const LayernormProblem& problem) {
    const DataType dtype = DataType::BFLOAT16;
    const Shape row{problem.shape.empty() ? 1 : problem.shape.back()};
    input = random_normal(problem.shape, dtype, problem.mean, problem.deviation, problem.seed);
    if (problem.gamma) gamma = random_normal(row, dtype, 1, 0.5, problem.seed + 1);
    if (problem.beta) beta = random_normal(row, dtype, 0, 1, problem.seed + 2);
}

PlacedLayernorm::PlacedLayernorm(const LayernormProblem& problem)
    : PlacedLayernorm(problem, LayernormData(problem)) {}

PlacedLayernorm::PlacedLayernorm(const LayernormProblem& problem, const LayernormData& data)
    : device(problem.device),
      params{.epsilon = problem.epsilon, .output_mem_config = {}, .compute_kernel_config = problem.config},
      inputs{to_device(data.input, device), place(data.gamma, device), place(data.beta, device)},
      output(device, LayernormFusedRmDeviceOperation::compute_output_specs(params, inputs)) {
    device.chip().poison_l1(kPoison);
}

ProgramDescriptor PlacedLayernorm::descriptor() const {
    return LayernormFusedRmProgramFactory::create_descriptor(params, inputs, output);
}

ProgramNotes PlacedLayernorm::notes() const {
    return LayernormFusedRmProgramFactory::notes(params, inputs);
}

HostTensor run(const LayernormProblem& problem, const LayernormData& data,
               const runtime::LaunchOptions& options) {
    Device device(problem.device);
    device.chip().poison_l1(kPoison);
    return to_host(layernorm_fused_rm(to_device(data.input, device), place(data.gamma, device),
                                      place(data.beta, device), problem.epsilon, std::nullopt, problem.config,
                                      options));
}

LayernormAccuracy accuracy(const LayernormProblem& problem, const LayernormData& data,
                           const HostTensor& output) {
    return layernorm_accuracy(data.input, data.gamma ? &*data.gamma : nullptr,
                              data.beta ? &*data.beta : nullptr, problem.epsilon, output);
}

}  // namespace loom::testing
