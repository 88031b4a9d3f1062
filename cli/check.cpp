// loom check: does a program keep the chip's rules, whatever the schedule?
#include "observe/checker/check.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "flags.hpp"
#include "observe/checker/report.hpp"
#include "ops/layernorm_fused_rm/hard_rows.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"
#include "program/loaded_program.hpp"
#include "program/tensor_file_format.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

// A file's name may be no UTF-8.
constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

struct CheckFlags {
    ProblemFlags problem;
    DeviceFlags device;
    std::uint64_t seed = 1;
    std::uint64_t max_steps = 0;
    std::uint64_t schedules = CheckOptions{}.seeds;
    std::string schedule;
    std::vector<std::string> changes;
    bool thorough = false;
    bool json = false;
    std::string sarif, svg;
};

CheckOptions options_of(const CheckFlags& flags, const std::string& again) {
    CheckOptions options;
    options.seeds = flags.schedules;
    options.first_seed = flags.seed;
    options.thorough = flags.thorough;
    options.max_steps = flags.max_steps;
    if (!flags.schedule.empty()) options.only = parse_schedule(flags.schedule);
    options.again = again;
    return options;
}

// Reports must not take the place of what is read, nor of one another.
void check_reports_apart(const CheckFlags& flags, const std::vector<NamedFile>& inputs) {
    std::vector<NamedFile> outputs;
    if (!flags.sarif.empty()) outputs.push_back({"--sarif", flags.sarif});
    if (!flags.svg.empty()) outputs.push_back({"--svg", flags.svg});
    check_apart(inputs, outputs);
}

CheckReport check_operation(const CheckFlags& flags, CheckOptions options) {
    check_reports_apart(flags, files_of_changes(flags.changes));
    Problem problem(flags.device, flags.problem);
    problem.fill(flags.seed);
    HostTensor input = to_host(problem.inputs.input);
    harden_rows(input);
    copy_to_device(input, problem.inputs.input);
    const LayernormFusedRmInputs& inputs = problem.inputs;
    const LayernormFusedRmProgram program =
        layernorm_fused_rm_program(flags.problem.params(), inputs, flags.changes);
    options.cb_names = program.notes.cb_names();
    options.tensors = {{"input", &inputs.input, true}};
    if (inputs.gamma) options.tensors.push_back({"gamma", &*inputs.gamma, true});
    if (inputs.beta) options.tensors.push_back({"beta", &*inputs.beta, true});
    options.tensors.push_back({"output", &program.output, false});
    options.verify = [&] { return layernorm_wrong_values(inputs, flags.problem.epsilon, program.output); };
    return check_program(*problem.device, program.descriptor, options);
}

CheckReport check_file(const CheckFlags& flags, CheckOptions options) {
    LoadedProgram program = load_program(flags.problem.operation, flags.device);
    check_reports_apart(flags, program.files_read());
    program.fill();
    options.cb_names.insert(program.cb_names().begin(), program.cb_names().end());
    for (const LoadedProgram::LoadedTensor& tensor : program.tensors())
        options.tensors.push_back({tensor.name, &tensor.tensor, tensor.has_contents});
    return check_program(program.device(), program.descriptor(), options);
}

int check(const CheckFlags& flags, const std::string& again) {
    const bool file = is_program_file(flags.problem.operation);
    const CheckReport report = (file ? check_file : check_operation)(flags, options_of(flags, again));
    if (!flags.sarif.empty())
        tensor_file::replace_file(flags.sarif, report_sarif(report).dump(2, ' ', false, kReplace) + "\n", {});
    if (!flags.svg.empty() && !report.clean() && report.findings[0].hang)
        tensor_file::replace_file(flags.svg, hang_svg(*report.findings[0].hang, report.cb_names), {});
    if (flags.json)
        fmt::print("{}\n", report_json(report).dump(2, ' ', false, kReplace));
    else
        fmt::print(report.clean() ? stdout : stderr, "{}", report_text(report));
    return report.clean() ? 0 : 1;
}

}  // namespace

void add_check(CLI::App& app, Action& action, const std::string& again) {
    CLI::App& verb = *app.add_subcommand(
        "check",
        "Run under many schedules with every rule of the chip watched, and say why it hangs or races");
    const auto flags = std::make_shared<CheckFlags>();
    flags->problem.add_to(verb, FirstWord::operation_or_program_file);
    flags->device.add_to(verb);
    verb.add_option("--seed", flags->seed,
                    "of the data (rows by turns normal, far from 0, constant, large) and of the first random "
                    "schedule")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000'000));
    verb.add_option("--schedules", flags->schedules,
                    "random schedules to try, beside the plain one and each processor starved and favoured")
        ->capture_default_str()
        ->check(CLI::Range(0, 1'000'000));
    verb.add_option("--schedule", flags->schedule,
                    "this one only: plain, seed=N, starve=RISC or favour=RISC");
    add_max_steps(verb, flags->max_steps);
    verb.add_option("--change", flags->changes,
                    "try the program with a change: c_16=PAGES or reader|compute|writer=FILE; repeatable");
    verb.add_flag("--thorough", flags->thorough,
                  "watch the rules under every schedule, not under the plain one alone: ten times the time");
    verb.add_flag("--json", flags->json, "print JSON");
    verb.add_option("--sarif", flags->sarif,
                    "write the report as SARIF 2.1.0 to this file, for editors and CI");
    verb.add_option("--svg", flags->svg, "write the wait-for graph of a hang as a picture to this file");
    verb.callback([&action, &verb, flags, again] {
        if (is_program_file(flags->problem.operation))
            refuse_problem(verb), refuse(verb, {"--arch", "--grid", "--change"}, "an operation");
        else
            require(verb, {"--shape"});
        action = [flags, again] { return check(*flags, again); };
    });
}

}  // namespace loom::cli
