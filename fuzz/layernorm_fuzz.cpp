// Runs random LayerNorm problems until told to stop: each must meet its error bars, and give the same bytes
// on other cores, host threads and schedules.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "draw_layernorm.hpp"
#include "support/shape_line.hpp"
#include "util/counted.hpp"

namespace loom::fuzz {
namespace {

using testing::LayernormData;
using testing::LayernormProblem;

constexpr std::uint64_t kProblemsPerFamily = 60;
constexpr std::uint64_t kMostFailures = 20;  // what fails so often fails for one reason

struct Options {
    double seconds = 60;
    std::uint64_t cases = 0;  ///< 0: as many as there is time for
    std::uint64_t seed = std::random_device{}();
    std::string problem;
};

struct Tally {
    std::uint64_t cases = 0;
    std::uint64_t refused = 0;  ///< no room for it, and it says so
    std::uint64_t families = 0;
    std::uint64_t failures = 0;
};

/// Devices with grids of their own. What runs on one finds the programs of earlier problems in its cache.
using Devices = std::vector<std::unique_ptr<Device>>;

Devices draw_devices(Draw& draw, Arch arch) {
    Devices devices;
    while (devices.size() < 3)
        devices.push_back(
            std::make_unique<Device>(DeviceOptions{.arch = arch, .grid = draw_grid(draw, arch)}));
    return devices;
}

/// What is wrong with the results of a problem on two devices; "" for nothing. Throws what running it does.
std::string failure_of(Draw& draw, const Devices& devices, const LayernormProblem& problem) {
    const LayernormData data(problem);
    const HostTensor output = run_on(*devices[0], problem, data);
    // A 16-bit DST rounds after each operation: no bar is promised.
    const std::string wrong =
        problem.config.fp32_dest_acc_en ? testing::failure(problem, data, output) : std::string();
    if (!wrong.empty()) return wrong;

    Device& other = *devices[1 + draw.below(devices.size() - 1)];
    runtime::LaunchOptions options;
    options.threads = draw.between(1, 5);
    options.seed = draw.below(1000);
    if (run_on(other, problem, data, options).data == output.data) return "";
    const CoreCoord grid = other.compute_with_storage_grid_size();
    return format_counted("other bytes on grid {}x{} with {} threads in schedule {}\nAgain: {}", grid.x,
                          grid.y, options.threads, options.seed, rerun_command(problem));
}

/// The same, with an error for a failure; nothing when there was no memory for it.
std::optional<std::string> outcome(Draw& draw, const Devices& devices, const LayernormProblem& problem) try {
    return failure_of(draw, devices, problem);
} catch (const Error& error) {
    if (error.code() == Code::OUT_OF_MEMORY || error.code() == Code::LN_ROW_TOO_WIDE) return std::nullopt;
    return fmt::format("{}: {}\nAgain: {}", name_of(error.code()), error.what(), rerun_command(problem));
}

void try_problem(Draw& draw, const Devices& devices, LayernormProblem problem, Tally& tally) {
    problem.device.grid = devices[0]->compute_with_storage_grid_size();
    ++tally.cases;
    const std::optional<std::string> wrong = outcome(draw, devices, problem);
    if (!wrong) ++tally.refused;
    if (!wrong || wrong->empty()) return;
    ++tally.failures;
    fmt::print("FAILED, case {}: {}\n", tally.cases, *wrong);
    const Devices fresh = draw_devices(draw, problem.device.arch);
    if (outcome(draw, fresh, problem).value_or("").empty())
        fmt::print(
            "On fresh devices it does not fail; what came before it matters, so repeat from the seed.\n");
    std::fflush(stdout);
}

Tally fuzz(const Options& options) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
    Draw draw(options.seed);
    Tally tally;
    const auto enough = [&] {
        return Clock::now() >= end || tally.failures == kMostFailures ||
               (options.cases != 0 && tally.cases >= options.cases);
    };
    while (!enough()) {
        const LayernormProblem family = draw_family(draw);
        Devices devices = draw_devices(draw, family.device.arch);
        ++tally.families;
        for (std::uint64_t i = 0; i < kProblemsPerFamily && !enough(); ++i) {
            std::rotate(devices.begin(), devices.begin() + 1, devices.end());
            try_problem(draw, devices, draw_problem(draw, family), tally);
        }
    }
    return tally;
}

int run_fuzzer(const Options& options) {
    fmt::print("layernorm_fuzz --seed {}\n", options.seed);
    std::fflush(stdout);
    Tally tally;
    if (options.problem.empty()) {
        tally = fuzz(options);
    } else {
        Draw draw(options.seed);
        const LayernormProblem problem = testing::parse_shape_line(options.problem);
        Devices devices = draw_devices(draw, problem.device.arch);
        devices[0] = std::make_unique<Device>(problem.device);
        try_problem(draw, devices, problem, tally);
    }
    fmt::print("{}", format_counted("{} cases of {} kernel sets, {} refused for want of memory, {} failed\n",
                                    tally.cases, tally.families, tally.refused, tally.failures));
    return tally.failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace loom::fuzz

int main(int argc, char** argv) {
    CLI::App app{"Runs random LayerNorm problems and checks their results."};
    loom::fuzz::Options options;
    app.add_option("--seconds", options.seconds, "how long")->capture_default_str();
    app.add_option("--cases", options.cases, "how many at most; 0: no limit")->capture_default_str();
    app.add_option("--seed", options.seed, "what is drawn; random when absent");
    app.add_option("--problem", options.problem,
                   "run this line, as in shapes/layernorm.txt, and nothing else");
    CLI11_PARSE(app, argc, argv);
    try {
        return loom::fuzz::run_fuzzer(options);
    } catch (const loom::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}
