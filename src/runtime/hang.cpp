// The report of a hang: what each thread waits for, and what would have let it go on.
#include "runtime/hang.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "runtime/core/core.hpp"
#include "runtime/hang_graph.hpp"
#include "runtime/hang_words.hpp"

namespace loom::runtime {
namespace {

constexpr std::size_t kMaxTables = 4;
constexpr std::size_t kMaxAdvice = 4;

std::string_view file_name(std::string_view path) {
    return path.substr(path.find_last_of('/') + 1);
}

struct Line {
    std::string kernel, risc, call, place, state;
};

Line line_of(const Thread& thread) {
    Line line;
    line.kernel = thread.kernel->label;
    line.risc = thread.kernel->compute ? name_of(thread.risc) : "";
    if (thread.finished()) {
        line.call = "finished";
        return line;
    }
    line.call = call_of(thread);
    const LoomSite site = site_of(thread);
    line.place = fmt::format("{}:{}", printable(file_name(site.file)), site.line);
    line.state = state_of(thread);
    return line;
}

// The threads of compute that ended share a line, after those that did not.
std::string finished_line(const Core& core) {
    std::string text;
    for (const Thread& thread : core.threads)
        if (thread.kernel->compute && thread.finished())
            text += fmt::format("{}{}  finished", text.empty() ? "" : "      ", name_of(thread.risc));
    return text;
}

std::vector<Line> lines_of(const Core& core) {
    std::vector<Line> lines;
    for (const Thread& thread : core.threads)
        if (!thread.kernel->compute && thread.risc == Risc::NCRISC) lines.push_back(line_of(thread));
    const std::size_t first = lines.size();
    for (const Thread& thread : core.threads)
        if (thread.kernel->compute && !thread.finished()) lines.push_back(line_of(thread));
    if (const Thread* unpack = core.thread_of(Risc::UNPACK); unpack != nullptr && lines.size() == first)
        lines.push_back({unpack->kernel->label, "", "finished", "", ""});
    else if (std::string ended = finished_line(core); !ended.empty())
        lines.push_back({unpack->kernel->label, std::move(ended), "", "", ""});
    for (const Thread& thread : core.threads)
        if (!thread.kernel->compute && thread.risc == Risc::BRISC) lines.push_back(line_of(thread));
    return lines;
}

std::string table_of(const Core& core, std::string_view margin) {
    const std::vector<Line> lines = lines_of(core);
    const auto width = [&](auto member, std::size_t most) {
        std::size_t widest = 0;
        for (const Line& line : lines)
            if ((line.*member).size() <= most) widest = std::max(widest, (line.*member).size());
        return widest;
    };
    const std::size_t kernel = width(&Line::kernel, 99);
    const std::size_t risc = width(&Line::risc, 6);
    const std::size_t call = width(&Line::call, 99);
    const std::size_t place = width(&Line::place, 99);
    std::string text;
    std::string_view last;
    for (const Line& line : lines) {
        const bool repeated = line.kernel == last;
        std::string row = fmt::format("{}{:<{}}  ", margin, repeated ? "" : line.kernel, kernel);
        if (risc != 0) row += fmt::format("{:<{}}  ", line.risc, risc);
        row += fmt::format("{:<{}}  {:<{}}  {}", line.call, call, line.place, place, line.state);
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
        last = line.kernel;
    }
    return text;
}

// --- The graph, as data

std::uint32_t available(const Core& core, const Wait& wait) {
    switch (waits_for(wait)) {
        case WaitsFor::space:
            return core.cbs[wait.cb].free_pages();
        case WaitsFor::pages:
            return core.cbs[wait.cb].available();
        case WaitsFor::semaphore:
            return semaphore_value(wait);
        default:
            return 0;
    }
}

HangThread thread_of(const Thread& thread) {
    const Core& core = *thread.core;
    HangThread made{.core = core.coord,
                    .kernel = thread.kernel->label,
                    .thread = thread.kernel->compute ? name_of(thread.risc) : "",
                    .finished = thread.finished(),
                    .call = "",
                    .file = "",
                    .cb = std::nullopt,
                    .state = ""};
    if (made.finished) return made;
    const Wait& wait = thread.wait;
    const LoomSite site = site_of(thread);
    made.call = call_of(thread);
    made.file = site.file;
    made.line = static_cast<std::uint32_t>(site.line);
    if (const WaitsFor what = waits_for(wait);
        what == WaitsFor::space || what == WaitsFor::pages || what == WaitsFor::math_use)
        made.cb = wait.cb;
    made.wanted = wait.wanted;
    made.available = available(core, wait);
    made.state = state_of(thread);
    return made;
}

void add_buffers(const Core& core, const HangGraph& graph, std::vector<HangBuffer>& buffers) {
    const auto side = [&](int thread) {
        return thread < 0 ? std::nullopt
                          : std::optional(graph.index_of(core.threads[static_cast<std::size_t>(thread)]));
    };
    for (const CircularBuffer& cb : core.cbs) {
        const bool waited_for = std::ranges::any_of(core.threads, [&](const Thread& thread) {
            return !thread.finished() && thread.wait.cb == cb.config.index &&
                   (waits_for(thread.wait) == WaitsFor::space || waits_for(thread.wait) == WaitsFor::pages);
        });
        if (!cb.exists || (cb.producer < 0 && cb.consumer < 0 && !waited_for)) continue;
        buffers.push_back({core.coord, cb.config.index, cb.config.num_pages(), cb.available(),
                           side(cb.producer), side(cb.consumer)});
    }
}

HangReport data_of(std::span<const Core* const> stuck, const HangGraph& graph) {
    HangReport report;
    for (const Thread* thread : graph.threads()) {
        report.threads.push_back(thread_of(*thread));
        report.endless |= thread->spent;
        report.livelock |= thread->spent || (!thread->finished() && (thread->wait.kind == Wait::Kind::poll ||
                                                                     thread->wait.kind == Wait::Kind::load));
    }
    for (const Core* core : stuck) add_buffers(*core, graph, report.buffers);
    for (const HangGraph::Edge& edge : graph.edges()) {
        const Thread& from = *graph.threads()[edge.from];
        report.edges.push_back({edge.from, edge.to, what_it_wants(*from.core, from.wait), edge.guess});
    }
    for (const HangCause& cause : graph.causes()) {
        if (cause.kind == HangCause::Kind::cycle)
            report.cycles.push_back(cause.threads);
        else
            report.never.push_back(cause.threads[0]);
    }
    return report;
}

// --- The text

// A line without the coordinates of cores, so that the same fault on many is told of one.
std::string without_cores(const std::string& advice) {
    std::string text;
    for (std::size_t at = 0; at < advice.size(); ++at) {
        const std::size_t end = advice.find(')', at);
        const bool coordinates = advice[at] == '(' && end != std::string::npos &&
                                 advice.find_first_not_of("0123456789,", at + 1) == end;
        if (coordinates)
            at = end;
        else
            text += advice[at];
    }
    return text;
}

// One line a cause. Two waits that a buffer is too small for, or the same fault on another core, are one.
void add_advice(const HangGraph& graph, HangReport& report) {
    std::vector<std::pair<const Core*, std::uint32_t>> too_small;
    std::set<std::string> told;
    std::size_t more = 0;
    const auto place = [&](std::size_t index) {
        const Thread& thread = *graph.threads()[index];
        KernelPlace where = thread.where(site_of(thread), report.threads[index].call);
        where.cb = report.threads[index].cb;
        report.places.push_back(std::move(where));
    };
    for (const HangCause& cause : graph.causes()) {
        const Thread& thread = *graph.threads()[cause.threads[0]];
        if (cause.kind == HangCause::Kind::size) {
            const std::pair small(static_cast<const Core*>(thread.core), thread.wait.cb);
            if (std::ranges::find(too_small, small) != too_small.end()) {
                place(cause.threads[0]);
                continue;
            }
            too_small.push_back(small);
        }
        const std::string advice = advice_of(graph, cause);
        if (!told.insert(without_cores(advice)).second) continue;
        if (report.advice.size() == kMaxAdvice) {
            ++more;
            continue;
        }
        report.advice.push_back(advice);
        for (const std::size_t index : cause.threads) place(index);
    }
    if (more != 0)
        report.advice.push_back(fmt::format("{} more cause{} like these.", more, more == 1 ? "" : "s"));
}

// The cores of the first cause; of a cycle, in the order in which they wait.
std::vector<const Core*> cores_at_fault(std::span<const Core* const> stuck, const HangGraph& graph) {
    std::vector<const Core*> cores;
    if (graph.causes().empty()) return {stuck.front()};
    for (const std::size_t index : graph.causes().front().threads) {
        const Core* core = graph.threads()[index]->core;
        if (cores.size() < kMaxTables && std::ranges::find(cores, core) == cores.end()) cores.push_back(core);
    }
    return cores;
}

std::string text_of(std::span<const Core* const> stuck, const HangGraph& graph, const HangReport& report,
                    const std::string& again) {
    const std::vector<const Core*> shown = cores_at_fault(stuck, graph);
    std::string names;
    for (std::size_t i = 0; i < shown.size(); ++i)
        names += (i == 0 ? "" : i + 1 == shown.size() ? " and " : ", ") + to_string(shown[i]->coord);
    std::string text = fmt::format("{} core{} {}: {}\n", report.livelock ? "LIVELOCK" : "HANG",
                                   shown.size() == 1 ? "" : "s", names,
                                   report.endless    ? "a kernel does not end."
                                   : report.livelock ? "kernels poll, and nothing changes."
                                                     : "no kernel can run.");
    for (const Core* core : shown) {
        if (shown.size() > 1) text += fmt::format("  core {}\n", to_string(core->coord));
        text += table_of(*core, shown.size() > 1 ? "    " : "  ");
    }
    if (const std::size_t more = stuck.size() - shown.size(); more != 0)
        text += fmt::format("{} more core{} cannot go on either.\n", more, more == 1 ? "" : "s");
    for (const std::string& advice : report.advice) text += advice + '\n';
    if (!again.empty()) text += "Again: " + again + '\n';
    text.pop_back();
    return text;
}

}  // namespace

HangReport describe_hang(std::span<const Core* const> stuck, const std::string& again) {
    const HangGraph graph(stuck);
    HangReport report = data_of(stuck, graph);
    add_advice(graph, report);
    report.text = text_of(stuck, graph, report, again);
    return report;
}

}  // namespace loom::runtime
