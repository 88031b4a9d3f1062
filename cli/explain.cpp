// loom explain: what an operation's program is, without compiling or running it.
#include "program/explain.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "flags.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"
#include "program/loaded_program.hpp"
#include "program/program_file.hpp"
#include "util/printable.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

constexpr const char* kStandardOutput = "-";

struct ExplainFlags {
    ProblemFlags problem;
    DeviceFlags device;
    bool json = false;
    std::string program;
};

void print(const ExplainFlags& flags, const nlohmann::json& explanation) {
    // A file's name may be no UTF-8.
    const auto replace = nlohmann::json::error_handler_t::replace;
    fmt::print("{}",
               flags.json ? explanation.dump(2, ' ', false, replace) + "\n" : explanation_text(explanation));
}

// The operation's program as a file, on the data that `check` draws from seed 1, before it makes rows of it hard.
void write_program(const ExplainFlags& flags, const Problem& problem, const Tensor& output,
                   const ProgramDescriptor& descriptor, const ProgramNotes& notes) {
    const auto named = [](const char* name, const Tensor& tensor) {
        return NamedTensor{name, tensor, Problem::values(name, 1)};
    };
    std::vector<NamedTensor> tensors{named("input", problem.inputs.input)};
    if (problem.inputs.gamma) tensors.push_back(named("gamma", *problem.inputs.gamma));
    if (problem.inputs.beta) tensors.push_back(named("beta", *problem.inputs.beta));
    tensors.push_back({"output", output, Unwritten{}});
    ProgramFile program = program_file_of(*problem.device, descriptor, notes, tensors);
    if (flags.program == kStandardOutput) {
        fmt::print("{}", program_text(program));
        return;
    }
    program.path = flags.program;
    write_program_file(program);
    fmt::print("wrote {} and its kernels; again with: loom run {} --output output=y.safetensors\n",
               printable(flags.program), shell_word(flags.program));
}

int explain_operation(const ExplainFlags& flags) {
    const Problem problem(flags.device, flags.problem);
    const auto [output, descriptor, notes] =
        layernorm_fused_rm_program(flags.problem.params(), problem.inputs);
    if (flags.program.empty())
        print(flags, explain(flags.problem.operation, *problem.device, descriptor, notes));
    else
        write_program(flags, problem, output, descriptor, notes);
    return 0;
}

int explain_program(const ExplainFlags& flags) {
    print(flags, explain(load_program(flags.problem.operation, flags.device)));
    return 0;
}

// What goes with one kind of first word only, and the action for it.
Action action_of(const CLI::App& verb, const std::shared_ptr<ExplainFlags>& flags) {
    if (is_program_file(flags->problem.operation)) {
        refuse_problem(verb);
        refuse(verb, {"--arch", "--grid", "--program"}, "an operation");
        return [flags] { return explain_program(*flags); };
    }
    require(verb, {"--shape"});
    if (!flags->program.empty() && flags->program != kStandardOutput && !is_program_file(flags->program))
        throw CLI::ValidationError("--program", "a program goes to a .json file, got " + flags->program);
    return [flags] { return explain_operation(*flags); };
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
    CLI::App& verb = *app.add_subcommand("explain", "Show circular buffers, L1, work split and kernels");
    const auto flags = std::make_shared<ExplainFlags>();
    flags->problem.add_to(verb, FirstWord::operation_or_program_file);
    flags->device.add_to(verb);
    CLI::Option* json = verb.add_flag("--json", flags->json, "print JSON");
    verb.add_option("--program", flags->program,
                    "write the operation's program to this .json file, with its kernels beside it; without a "
                    "file, print it")
        ->expected(0, 1)
        ->default_str(kStandardOutput)
        ->excludes(json);
    verb.callback([&action, &verb, flags] { action = action_of(verb, flags); });
}

}  // namespace loom::cli
