// Stage 8: a call with the same specs reuses the program, whatever the addresses and epsilon; another spec
// does not.
#include <gtest/gtest.h>

#include "program/program_cache.hpp"
#include "program/random_tensor.hpp"
#include "runtime/jit/jit.hpp"
#include "support/layernorm_problem.hpp"

namespace loom::testing {
namespace {

const Shape kShape{40, 96};

// One device, on which each call has tensors of its own, that keep their places.
struct Calls {
    Device device{{.grid = {2, 1}}};
    std::vector<Tensor> kept;

    /// Runs the problem on this device and returns whether it is within its bars.
    bool right(const LayernormProblem& problem) {
        const LayernormData data(problem);
        const auto place = [&](const std::optional<HostTensor>& host) -> std::optional<Tensor> {
            if (!host) return std::nullopt;
            return kept.emplace_back(to_device(*host, device));
        };
        const Tensor input = kept.emplace_back(to_device(data.input, device, problem.memory));
        const auto gamma = place(data.gamma), beta = place(data.beta);
        const Tensor output =
            layernorm_fused_rm(input, gamma, beta, problem.epsilon, problem.output_memory, problem.config);
        kept.push_back(output);
        return accuracy(problem, data, to_host(output)).within_bars();
    }
    std::size_t entries() { return device.program_cache().num_entries(); }
};

TEST(ProgramCache, ASecondCallCompilesAndBuildsNothing) {
    Calls calls;
    EXPECT_TRUE(calls.right({.shape = kShape}));
    const std::uint64_t compiled = runtime::compiler_runs();
    const std::uint32_t address = calls.kept.front().buffer().address();
    for (const float epsilon : {1e-5f, 1e-12f, 0.5f}) {
        // Values so small that the answer is wrong by far with an earlier call's epsilon, or its input.
        const std::size_t first = calls.kept.size();
        EXPECT_TRUE(calls.right({.shape = kShape, .deviation = 0.01, .epsilon = epsilon, .seed = 7}))
            << epsilon;
        EXPECT_NE(calls.kept[first].buffer().address(), address);
    }
    EXPECT_EQ(runtime::compiler_runs(), compiled);
    EXPECT_EQ(calls.entries(), 1u);
}

// Same data and other epsilon: not even the bytes are those of the first call.
TEST(ProgramCache, EpsilonIsNotKeptFromTheFirstCall) {
    Calls calls;
    const Tensor input = to_device(random_normal(kShape, DataType::FLOAT32, 0, 0.01, 1), calls.device);
    const HostTensor first = to_host(layernorm_fused_rm(input, std::nullopt, std::nullopt, 1e-5f));
    const HostTensor second = to_host(layernorm_fused_rm(input, std::nullopt, std::nullopt, 1e-2f));
    EXPECT_EQ(calls.entries(), 1u);
    EXPECT_NE(first.data, second.data);
}

TEST(ProgramCache, AnotherSpecMissesAndEntriesAreCountedAndCleared) {
    const LayernormProblem plain{.shape = kShape};
    std::vector<LayernormProblem> specs(10, plain);
    specs[1].dtype = DataType::FLOAT32;
    specs[2].shape = {41, 96};
    specs[3].shape = {1, 40, 96};
    specs[4].memory = L1_MEMORY_CONFIG;
    specs[5].output_memory = L1_MEMORY_CONFIG;
    specs[6].parameter_dtype = DataType::FLOAT32;
    specs[7].gamma = false;
    specs[8].beta = false;
    specs[9].config.dst_full_sync_en = true;

    Calls calls;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        EXPECT_TRUE(calls.right(specs[i])) << i;
        EXPECT_EQ(calls.entries(), i + 1);
    }
    for (const LayernormProblem& again : specs) EXPECT_TRUE(calls.right(again));
    EXPECT_EQ(calls.entries(), specs.size());

    calls.device.program_cache().clear();
    EXPECT_EQ(calls.entries(), 0u);
    EXPECT_TRUE(calls.right(plain));
    EXPECT_EQ(calls.entries(), 1u);
}

// A grid belongs to a device, and a cache does too; the key says it all the same.
TEST(ProgramCache, KeysTellGridsApartAndKnowNoEpsilon) {
    const auto key = [](const LayernormProblem& problem) {
        const PlacedLayernorm placed(problem);
        return LayernormFusedRmDeviceOperation::compute_program_key(placed.params, placed.inputs);
    };
    EXPECT_NE(key({.shape = kShape, .device = {.grid = {2, 1}}}),
              key({.shape = kShape, .device = {.grid = {1, 2}}}));
    EXPECT_EQ(key({.shape = kShape, .epsilon = 1}), key({.shape = kShape, .epsilon = 2, .seed = 5}));
}

}  // namespace
}  // namespace loom::testing
