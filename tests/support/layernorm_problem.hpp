// A LayerNorm problem for tests: random tensors on a device whose L1 is poisoned, and what came out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ops/layernorm_fused_rm/accuracy.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "program/program_notes.hpp"
#include "util/error.hpp"

namespace loom::testing {

/// What the input holds beside, or instead of, normal data.
enum class InputValues : std::uint8_t {
    normal,
    one_huge,   ///< one element of each row is 1e15
    subnormal,  ///< all are subnormal, in either dtype
    nan,        ///< one element of one row
    inf,        ///< one element of one row
};

struct LayernormProblem {
    Shape shape;
    DeviceOptions device{};
    DataType dtype = DataType::BFLOAT16;
    DataType parameter_dtype = DataType::BFLOAT16;  ///< of gamma and beta
    std::optional<DataType> beta_dtype{};           ///< of beta, when it is not gamma's
    MemoryConfig memory{};                          ///< of the input
    std::optional<MemoryConfig> output_memory{};
    double mean = 0;
    double deviation = 1;
    InputValues values = InputValues::normal;
    bool gamma = true;
    bool beta = true;
    float epsilon = 1e-5f;
    std::uint64_t seed = 1;
    ComputeKernelConfig config{};
};

/// The problem's tensors in host memory.
struct LayernormData {
    explicit LayernormData(const LayernormProblem& problem);
    HostTensor input;
    std::optional<HostTensor> gamma;
    std::optional<HostTensor> beta;
};

/// A device with the tensors on it, L1 filled with bytes that read as NaN.
class PlacedLayernorm {
public:
    explicit PlacedLayernorm(const LayernormProblem& problem);

    Device device;
    LayernormFusedRmParams params;
    LayernormFusedRmInputs inputs;
    Tensor output;

    /// Of the factory that is selected for the problem.
    ProgramDescriptor descriptor() const;
    ProgramNotes notes() const;

private:
    PlacedLayernorm(const LayernormProblem& problem, const LayernormData& data);
};

/// Runs the public function on fresh, poisoned memory.
HostTensor run(const LayernormProblem& problem, const LayernormData& data,
               const runtime::LaunchOptions& options = {});

/// The same on a device that holds no tensors but may hold programs; its architecture and grid count, not the
/// problem's.
HostTensor run_on(Device& device, const LayernormProblem& problem, const LayernormData& data,
                  const runtime::LaunchOptions& options = {});

/// Its error against the reference.
LayernormAccuracy accuracy(const LayernormProblem& problem, const LayernormData& data,
                           const HostTensor& output);

/// The message of the Error that `f` throws, or "(nothing was thrown)"; `code`, when given, receives its
/// code.
template <typename F>
std::string error_of(F f, std::optional<Code>* code = nullptr) {
    try {
        f();
    } catch (const Error& error) {
        if (code != nullptr) *code = error.code();
        return error.what();
    }
    return "(nothing was thrown)";
}

}  // namespace loom::testing
