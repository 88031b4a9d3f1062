// loom check: does an operation's program end, and balance, under many schedules?
#include <fmt/format.h>

#include "flags.hpp"
#include "observe/checker/cb_balance.hpp"
#include "program/program_edit.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

struct CheckFlags {
    ProblemFlags problem;
    DeviceFlags device;
    std::uint64_t seed = 1;
    std::uint64_t schedules = 20;
    std::vector<std::string> changes;
};

int check(const CheckFlags& flags, const std::string& again) {
    Problem problem(flags.device, flags.problem);
    problem.fill(flags.seed);
    const LayernormFusedRmParams params = flags.problem.params();
    const Tensor output(*problem.device,
                        LayernormFusedRmDeviceOperation::compute_output_specs(params, problem.inputs));
    const auto factory = LayernormFusedRmDeviceOperation::select_program_factory(params, problem.inputs);
    const auto [descriptor, notes] = std::visit(
        [&](const auto& chosen) {
            ProgramDescriptor made = chosen.create_descriptor(params, problem.inputs, output);
            for (const std::string& change : flags.changes) apply_edit(made, change);
            return std::pair(made, chosen.notes(params, problem.inputs));
        },
        factory);
    const Program program(descriptor, *problem.device);

    // Schedule 0 is the fixed one of a plain run.
    std::vector<std::byte> first;
    for (std::uint64_t schedule = 0; schedule <= flags.schedules; ++schedule) {
        CbBalance balance;
        runtime::LaunchOptions options;
        options.seed = schedule == 0 ? 0 : flags.seed + schedule - 1;
        options.again = again;
        options.observer = &balance;
        enqueue(*problem.device, program, options);
        if (const std::string unbalanced = balance.unbalanced(notes.circular_buffers); !unbalanced.empty()) {
            fmt::print(stderr, "Circular buffers end unbalanced:\n{}Again: {}\n", unbalanced, again);
            return 1;
        }
        std::vector<std::byte> bytes = to_host(output).data;
        if (schedule == 0) first = bytes;
        if (bytes != first) {
            fmt::print(stderr,
                       "The result depends on the schedule: seed {} gives other bytes than the plain run.\n"
                       "Again: {}\n",
                       options.seed, again);
            return 1;
        }
    }
    fmt::print(
        "clean: {} kernels on {} cores ended, and left the same bytes and balanced circular buffers, under "
        "the "
        "plain and {} random schedules (seeds {} to {})\n",
        descriptor.kernels.size(), program.plan().cores.size(), flags.schedules, flags.seed,
        flags.seed + flags.schedules - 1);
    return 0;
}

}  // namespace

void add_check(CLI::App& app, Action& action, const std::string& again) {
    CLI::App& verb =
        *app.add_subcommand("check", "Run on random data under many schedules, and report what hangs");
    const auto flags = std::make_shared<CheckFlags>();
    flags->problem.add_to(verb);
    flags->device.add_to(verb);
    verb.add_option("--seed", flags->seed, "of the data and of the first random schedule")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000'000));
    verb.add_option("--schedules", flags->schedules, "random schedules to try")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    verb.add_option("--change", flags->changes,
                    "try the program with a change: c_16=PAGES or reader|compute|writer=FILE; repeatable");
    verb.callback([&action, flags, again] { action = [flags, again] { return check(*flags, again); }; });
}

}  // namespace loom::cli
