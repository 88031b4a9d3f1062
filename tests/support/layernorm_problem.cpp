// A LayerNorm problem for tests.
#include "support/layernorm_problem.hpp"

#include <cstring>
#include <limits>

#include "program/random_tensor.hpp"
#include "util/bfloat16.hpp"

namespace loom::testing {
namespace {

// 0xffff is a NaN in bfloat16, and 0xffffffff one in float32: whatever is read before it is written shows.
constexpr std::uint8_t kPoison = 0xff;

std::optional<Tensor> place(const std::optional<HostTensor>& host, Device& device) {
    if (!host) return std::nullopt;
    return to_device(*host, device);
}

// The cores that run programs: of a whole chip, memory would take longer to fill than most problems to run.
void poison(Device& device) {
    const std::uint32_t first = device.spec().l1_unreserved_base;
    const CoreCoord grid = device.compute_with_storage_grid_size();
    for (std::uint32_t y = 0; y < grid.y; ++y)
        for (std::uint32_t x = 0; x < grid.x; ++x)
            std::memset(device.chip().l1({x, y}) + first, kPoison, device.spec().l1_bytes - first);
}

void write_element(HostTensor& tensor, std::uint64_t index, float value) {
    if (tensor.dtype == DataType::BFLOAT16) {
        const std::uint16_t bits = float_to_bfloat16(value);
        std::memcpy(tensor.data.data() + 2 * index, &bits, 2);
    } else {
        std::memcpy(tensor.data.data() + 4 * index, &value, 4);
    }
}

void put_special_values(HostTensor& input, InputValues values) {
    if (input.data.empty()) return;
    const std::uint64_t width = input.shape.empty() ? 1 : input.shape.back();
    const std::uint64_t rows = volume(input.shape) / width;
    const std::uint64_t inside = rows / 3 * width + width / 2;
    if (values == InputValues::nan) write_element(input, inside, std::numeric_limits<float>::quiet_NaN());
    if (values == InputValues::inf) write_element(input, inside, std::numeric_limits<float>::infinity());
    if (values == InputValues::one_huge)
        for (std::uint64_t row = 0; row < rows; ++row)
            write_element(input, row * width + 7 * row % width, 1e15f);
}

}  // namespace

LayernormData::LayernormData(const LayernormProblem& problem) {
    const Shape row{problem.shape.empty() ? 1 : problem.shape.back()};
    const bool subnormal = problem.values == InputValues::subnormal;
    input = random_normal(problem.shape, problem.dtype, subnormal ? 0 : problem.mean,
                          subnormal ? 2e-39 : problem.deviation, problem.seed);
    put_special_values(input, problem.values);
    if (problem.gamma) gamma = random_normal(row, problem.parameter_dtype, 1, 0.5, problem.seed + 1);
    if (problem.beta)
        beta =
            random_normal(row, problem.beta_dtype.value_or(problem.parameter_dtype), 0, 1, problem.seed + 2);
}

PlacedLayernorm::PlacedLayernorm(const LayernormProblem& problem)
    : PlacedLayernorm(problem, LayernormData(problem)) {}

PlacedLayernorm::PlacedLayernorm(const LayernormProblem& problem, const LayernormData& data)
    : device(problem.device),
      params{.epsilon = problem.epsilon,
             .output_mem_config = problem.output_memory.value_or(problem.memory),
             .compute_kernel_config = problem.config},
      inputs{to_device(data.input, device, problem.memory), place(data.gamma, device),
             place(data.beta, device)},
      output(device, LayernormFusedRmDeviceOperation::compute_output_specs(params, inputs)) {
    device.chip().poison_l1(kPoison);
}

ProgramDescriptor PlacedLayernorm::descriptor() const {
    return std::visit([&](const auto& factory) { return factory.create_descriptor(params, inputs, output); },
                      LayernormFusedRmDeviceOperation::select_program_factory(params, inputs));
}

ProgramNotes PlacedLayernorm::notes() const {
    return std::visit([&](const auto& factory) { return factory.notes(params, inputs); },
                      LayernormFusedRmDeviceOperation::select_program_factory(params, inputs));
}

HostTensor run(const LayernormProblem& problem, const LayernormData& data,
               const runtime::LaunchOptions& options) {
    Device device(problem.device);
    return run_on(device, problem, data, options);
}

HostTensor run_on(Device& device, const LayernormProblem& problem, const LayernormData& data,
                  const runtime::LaunchOptions& options) {
    poison(device);
    return to_host(layernorm_fused_rm(to_device(data.input, device, problem.memory),
                                      place(data.gamma, device), place(data.beta, device), problem.epsilon,
                                      problem.output_memory, problem.config, options));
}

LayernormAccuracy accuracy(const LayernormProblem& problem, const LayernormData& data,
                           const HostTensor& output) {
    return layernorm_accuracy(data.input, data.gamma ? &*data.gamma : nullptr,
                              data.beta ? &*data.beta : nullptr, problem.epsilon, output,
                              problem.device.numerics);
}

}  // namespace loom::testing
