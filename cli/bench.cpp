// loom bench: an operation's time beside a copy of the same bytes, in one run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

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

// The problem on a device of one kind of numerics, and how long it took, in ns an element.
struct Contender {
    Contender(DeviceFlags device, const ProblemFlags& flags, Numerics its_numerics)
        : numerics(its_numerics), problem(with(std::move(device), its_numerics), flags) {
        problem.fill(1);
    }
    static DeviceFlags with(DeviceFlags device, Numerics numerics) {
        device.numerics = name_of(numerics);
        return device;
    }
    Numerics numerics;
    Problem problem;
    std::vector<double> times;
};

int bench(const BenchFlags& flags) {
    using Clock = std::chrono::steady_clock;
    std::vector<std::unique_ptr<Contender>> contenders;
    for (const Numerics numerics : {Numerics::exact, Numerics::silicon})
        if (flags.device.numerics.empty() || parse_numerics(flags.device.numerics) == numerics)
            contenders.push_back(std::make_unique<Contender>(flags.device, flags.problem, numerics));
    const HostTensor host = to_host(contenders.front()->problem.inputs.input);
    std::vector<std::byte> copy(host.data.size());
    std::vector<double> copies;
    const auto elements = static_cast<double>(volume(host.shape));
    const auto since = [elements](Clock::time_point begin) {
        return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / elements;
    };
    for (unsigned i = 0; i <= flags.repeat;
         ++i) {  // the first compiles, and touches memory for the first time
        stop_point();
        for (const auto& contender : contenders) {
            const auto& [input, gamma, beta] = contender->problem.inputs;
            const auto begin = Clock::now();
            const Tensor output = layernorm_fused_rm(input, gamma, beta, flags.problem.epsilon, std::nullopt,
                                                     flags.problem.compute);
            if (i != 0) contender->times.push_back(since(begin));
        }
        const auto begin = Clock::now();
        std::memcpy(copy.data(), host.data.data(), copy.size());
        if (i != 0) copies.push_back(since(begin));
    }
    for (const auto& contender : contenders)
        fmt::print(
            "{} {} {}, {}: {:.3f} ns an element, {:.1f} times a one-thread memcpy of the input ({:.3f} ns); "
            "medians of {}\n",
            flags.problem.operation, to_string(host.shape), flags.problem.dtype, name_of(contender->numerics),
            median(contender->times), median(contender->times) / median(copies), median(copies),
            flags.repeat);
    return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
    CLI::App& verb = *app.add_subcommand(
        "bench", "Time an operation on random data beside a copy, in exact and in silicon numerics");
    const auto flags = std::make_shared<BenchFlags>();
    flags->problem.add_to(verb);
    flags->device.add_to(verb);
    verb.add_option("--repeat", flags->repeat, "runs to take the median of")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    verb.callback([&action, flags] { action = [flags] { return bench(*flags); }; });
}

}  // namespace loom::cli
