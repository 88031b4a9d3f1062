// loom trace: one run, call by call, as Chrome trace JSON or as a page of HTML.
#include "observe/trace/trace.hpp"

#include <fmt/format.h>

#include "flags.hpp"
#include "ops/layernorm_fused_rm/layernorm_fused_rm_program.hpp"
#include "program/tensor_file_format.hpp"
#include "util/counted.hpp"
#include "util/error.hpp"
#include "verbs.hpp"

namespace loom::cli {
namespace {

struct TraceFlags {
    ProblemFlags problem;
    DeviceFlags device;
    std::string output;
    std::vector<std::string> cores;
    std::uint32_t first_cores = 0;
    std::uint64_t max_steps = 0;
    std::uint64_t events = TraceOptions{}.max_events;
    std::vector<std::string> changes;
};

CoreCoord parse_core(const std::string& text) {
    std::uint32_t x = 0, y = 0;
    int end = 0;
    if (std::sscanf(text.c_str(), "%u,%u%n", &x, &y, &end) != 2 ||
        static_cast<std::size_t>(end) != text.size())
        fail(Code::OPTION, fmt::format("A core reads X,Y, as 0,0, got \"{}\".", text));
    return {x, y};
}

TraceOptions options_of(const TraceFlags& flags, const std::string& again) {
    TraceOptions options;
    options.title =
        fmt::format("{} {} {}", flags.problem.operation, flags.problem.shape, flags.problem.dtype);
    for (const std::string& change : flags.changes) options.title += ", " + change;
    for (const std::string& core : flags.cores) options.cores.push_back(parse_core(core));
    options.first_cores = flags.first_cores;
    options.max_events = flags.events;
    options.max_steps = flags.max_steps;
    options.again = again;
    return options;
}

Trace trace_operation(const TraceFlags& flags, TraceOptions options) {
    Problem problem(flags.device, flags.problem);
    problem.fill(1);
    const LayernormFusedRmProgram program =
        layernorm_fused_rm_program(flags.problem.params(), problem.inputs, flags.changes);
    options.cb_names = program.notes.cb_names();
    return trace_program(*problem.device, program.descriptor, options);
}

int trace(const TraceFlags& flags, const std::string& again) {
    // A tensor's file given here by mistake would be overwritten.
    const bool html = flags.output.ends_with(".html");
    if (!html && !flags.output.ends_with(".json"))
        fail(Code::OPTION, fmt::format("A trace goes to a .json or .html file, got {}.", flags.output));
    check_apart(files_of_changes(flags.changes), {{"--output", flags.output}});
    const Trace trace = trace_operation(flags, options_of(flags, again));
    tensor_file::replace_file(flags.output, html ? trace.html() : trace.chrome_json(), {});
    const std::string note = trace.cut_note();
    fmt::print("{}",
               format_counted("wrote {}: {} events of {} cores{}; open it in {}\n", printable(flags.output),
                              trace.num_events, trace.cores.size(), note.empty() ? "" : ", " + note,
                              html ? "a browser" : "ui.perfetto.dev or chrome://tracing"));
    if (!trace.fault) return 0;
    // What led to it is in the file; the fault itself is told as any run tells it.
    fmt::print(stderr, "{}\n", *trace.fault);
    return 1;
}

}  // namespace

void add_trace(CLI::App& app, Action& action, const std::string& again) {
    CLI::App& verb = *app.add_subcommand(
        "trace", "Run on random data and write what each thread did and how full each buffer was, over time");
    const auto flags = std::make_shared<TraceFlags>();
    flags->problem.add_to(verb);
    flags->device.add_to(verb);
    verb.add_option("--output", flags->output,
                    "a .json file (Chrome's trace format, for Perfetto) or a .html file (a page of its own)")
        ->required();
    verb.add_option("--core", flags->cores, "record core X,Y only; repeatable");
    verb.add_option("--cores", flags->first_cores, "record the first N cores only")
        ->check(CLI::Range(1, 1'000'000));
    verb.add_option("--events", flags->events,
                    "calls, steps and transfers to keep; the trace is cut after them")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000'000));
    add_max_steps(verb, flags->max_steps);
    verb.add_option("--change", flags->changes,
                    "trace the program with a change: c_16=PAGES or reader|compute|writer=FILE; repeatable");
    verb.callback([&action, flags, again] { action = [flags, again] { return trace(*flags, again); }; });
}

}  // namespace loom::cli
