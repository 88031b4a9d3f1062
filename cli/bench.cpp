// loom bench: an operation's time beside a copy of the same bytes, in one run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "flags.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "util/stop.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

struct BenchFlags {
    ProblemFlags problem;
    DeviceFlags device;
    unsigned repeat = 11;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

int bench(const BenchFlags& flags) {
    using Clock = std::chrono::steady_clock;
    Problem problem(flags.device, flags.problem);
    problem.fill(1);
    const HostTensor host = to_host(problem.inputs.input);
    std::vector<std::byte> copy(host.data.size());
    const auto elements = static_cast<double>(volume(host.shape));
    const auto& [input, gamma, beta] = problem.inputs;
    const ComputeKernelConfig& compute = flags.problem.compute;
    std::vector<double> ours, copies;
    for (unsigned i = 0; i <= flags.repeat; ++i) {
        stop_point();
        const auto begin = Clock::now();
        const Tensor output =
            layernorm_fused_rm(input, gamma, beta, flags.problem.epsilon, std::nullopt, compute);
        const auto middle = Clock::now();
        std::memcpy(copy.data(), host.data.data(), copy.size());
        const auto end = Clock::now();
        if (i == 0) continue;  // compiles, and touches memory for the first time
        ours.push_back(std::chrono::duration<double, std::nano>(middle - begin).count() / elements);
        copies.push_back(std::chrono::duration<double, std::nano>(end - middle).count() / elements);
    }
    fmt::print(
        "{} {} {}: {:.3f} ns an element, {:.1f} times a one-thread memcpy of the input ({:.3f} ns); medians "
        "of "
        "{}\n",
        flags.problem.operation, to_string(host.shape), flags.problem.dtype, median(ours),
        median(ours) / median(copies), median(copies), flags.repeat);
    return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
    CLI::App& verb = *app.add_subcommand("bench", "Time an operation on random data beside a copy");
    const auto flags = std::make_shared<BenchFlags>();
    flags->problem.add_to(verb);
    flags->device.add_to(verb);
    verb.add_option("--repeat", flags->repeat, "runs to take the median of")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    verb.callback([&action, flags] { action = [flags] { return bench(*flags); }; });
}

}  // namespace loom::cli
