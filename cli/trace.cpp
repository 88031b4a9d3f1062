// loom trace: when each core ran, as Chrome trace JSON.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "flags.hpp"
#include "observe/trace/core_spans.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm.hpp"
#include "util/error.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

struct TraceFlags {
    ProblemFlags problem;
    DeviceFlags device;
    std::string output;
};

int trace(const TraceFlags& flags, const std::string& again) {
    // A tensor's file given here by mistake would be overwritten.
    if (!flags.output.ends_with(".json"))
        fail(Code::OPTION, fmt::format("A trace goes to a .json file, got {}.", flags.output));
    Problem problem(flags.device, flags.problem);
    problem.fill(1);
    CoreSpans spans;
    runtime::LaunchOptions options;
    options.again = again;
    options.observer = &spans;
    runtime::LaunchReport report;
    const auto& [input, gamma, beta] = problem.inputs;
    layernorm_fused_rm(input, gamma, beta, flags.problem.epsilon, std::nullopt, std::nullopt, options,
                       &report);
    std::ofstream file(flags.output);
    file << spans.chrome_trace() << '\n';
    file.close();
    if (!file) fail(Code::FILE_UNWRITABLE, flags.output, std::strerror(errno));
    fmt::print("wrote {}: {} cores on {} host threads; open it in ui.perfetto.dev or chrome://tracing\n",
               flags.output, report.cores, report.threads);
    return 0;
}

}  // namespace

void add_trace(CLI::App& app, Action& action, const std::string& again) {
    CLI::App& verb = *app.add_subcommand("trace", "Run on random data and write when each core ran");
    const auto flags = std::make_shared<TraceFlags>();
    flags->problem.add_to(verb);
    flags->device.add_to(verb);
    verb.add_option("--output", flags->output, "a .json file, in Chrome's trace format")->required();
    verb.callback([&action, flags, again] { action = [flags, again] { return trace(*flags, again); }; });
}

}  // namespace loom::cli
