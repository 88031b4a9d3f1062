// loom explain: what an operation's program is, without compiling or running it.
#include "program/explain.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "flags.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

struct ExplainFlags {
    ProblemFlags problem;
    DeviceFlags device;
    bool json = false;
};

int explain_operation(const ExplainFlags& flags) {
    const Problem problem(flags.device, flags.problem);
    const LayernormFusedRmParams params = flags.problem.params();
    const Tensor output(*problem.device,
                        LayernormFusedRmDeviceOperation::compute_output_specs(params, problem.inputs));
    const auto factory = LayernormFusedRmDeviceOperation::select_program_factory(params, problem.inputs);
    const nlohmann::json explanation = std::visit(
        [&](const auto& chosen) {
            return explain(flags.problem.operation, *problem.device,
                           chosen.create_descriptor(params, problem.inputs, output),
                           chosen.notes(params, problem.inputs));
        },
        factory);
    fmt::print("{}", flags.json ? explanation.dump(2) + "\n" : explanation_text(explanation));
    return 0;
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
    CLI::App& verb = *app.add_subcommand("explain", "Show circular buffers, L1, work split and kernels");
    const auto flags = std::make_shared<ExplainFlags>();
    flags->problem.add_to(verb);
    flags->device.add_to(verb);
    verb.add_flag("--json", flags->json, "print JSON");
    verb.callback([&action, flags] { action = [flags] { return explain_operation(*flags); }; });
}

}  // namespace loom::cli
