// Runs, checks or traces a program of a fuzzer.
#include "run_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "observe/checker/check.hpp"
#include "observe/checker/report.hpp"
#include "observe/trace/trace.hpp"
#include "program/program.hpp"

namespace loom::fuzz {
namespace {

using nlohmann::json;

/// Some times what any program of base_programs() takes.
constexpr std::uint64_t kMostSteps = 1u << 20;

/// Options of a launch, a check or a trace, so that a program whose loops no longer end does.
template <typename Options>
Options bounded() {
    Options options;
    if constexpr (requires { options.max_steps; }) options.max_steps = kMostSteps;
    return options;
}

void launch(LoadedProgram& loaded, const Program& program, unsigned threads, std::uint64_t seed) {
    loaded.fill();
    auto options = bounded<runtime::LaunchOptions>();
    options.threads = threads;
    options.seed = seed;
    enqueue(loaded.device(), program, options);
}

std::vector<std::vector<std::byte>> results(const LoadedProgram& loaded) {
    std::vector<std::vector<std::byte>> all;
    for (const auto& tensor : loaded.tensors()) all.push_back(to_host(tensor.tensor).data);
    return all;
}

/// What is wrong with a report's forms.
std::string render(const CheckReport& report) {
    if (report_text(report).empty()) return "a report's text is empty";
    const json data = report_json(report);
    if (json::parse(data.dump()) != data) return "a report as JSON is read back otherwise";
    if (report_sarif(report).dump().empty()) return "a report as SARIF is empty";
    for (const Finding& finding : report.findings)
        if (finding.hang && hang_svg(*finding.hang, report.cb_names).empty())
            return "a hang's picture is empty";
    return "";
}

std::string check(Draw& draw, LoadedProgram& loaded, const ProgramDescriptor& descriptor) {
    loaded.fill();
    auto options = bounded<CheckOptions>();
    options.seeds = draw.below(3);
    options.thorough = draw.one_in(4);
    for (const LoadedProgram::LoadedTensor& tensor : loaded.tensors())
        options.tensors.push_back({tensor.name, &tensor.tensor, tensor.has_contents});
    options.cb_names.insert(loaded.cb_names().begin(), loaded.cb_names().end());
    const CheckReport report = check_program(loaded.device(), descriptor, options);
    if (std::string wrong = render(report); !wrong.empty()) return wrong;
    if (!report.clean()) throw Error(report.findings.front().code, report.findings.front().message);

    const Program program(descriptor, loaded.device());
    launch(loaded, program, 1, 0);
    const auto plain = results(loaded);
    const std::uint64_t seed = 1 + draw.below(1000);
    launch(loaded, program, draw.between(1, 3), seed);
    if (results(loaded) == plain) return "";
    return fmt::format("a check finds nothing, but schedule {} gives other bytes", seed);
}

std::string trace(Draw& draw, LoadedProgram& loaded, const ProgramDescriptor& descriptor) {
    loaded.fill();
    auto options = bounded<TraceOptions>();
    options.max_events = draw.one_in(3) ? draw.below(200) : 100'000;
    options.first_cores = draw.between(0, 2);
    options.cb_names.insert(loaded.cb_names().begin(), loaded.cb_names().end());
    const Trace trace = trace_program(loaded.device(), descriptor, options);
    if (!json::parse(trace.chrome_json(), nullptr, false).is_object()) return "a trace is no JSON";
    return trace.html().empty() ? "a trace's page is empty" : "";
}

}  // namespace

std::string_view name_of(Way way) {
    return way == Way::run ? "run" : way == Way::check ? "check" : "trace";
}

Way draw_way(Draw& draw) {
    return draw.of({Way::run, Way::run, Way::run, Way::check, Way::check, Way::trace});
}

std::string go(Draw& draw, Way way, LoadedProgram& loaded, const ProgramDescriptor& descriptor) {
    if (way == Way::check) return check(draw, loaded, descriptor);
    if (way == Way::trace) return trace(draw, loaded, descriptor);
    const Program program(descriptor, loaded.device());
    launch(loaded, program, draw.between(1, 3), draw.one_in(2) ? 0 : draw.below(100));
    return "";
}

}  // namespace loom::fuzz
