// A trace in Chrome's trace event format, as Perfetto reads it.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "observe/trace/trace.hpp"
#include "observe/trace/trace_text.hpp"
#include "util/printable.hpp"

namespace loom {
namespace trace {

std::string quoted(const std::string& text) {
    using nlohmann::json;
    std::string safe;
    for (const char c : json(text).dump(-1, ' ', true, json::error_handler_t::replace))
        c == '<' ? safe += "\\u003c" : safe += c;
    return safe;
}

std::string place_text(const TraceSite& site) {
    return fmt::format("{}:{}", printable(site.file.substr(site.file.rfind('/') + 1)), site.line);
}

std::string cb_text(const TracedCb& cb) {
    return fmt::format("c_{}{}{}", cb.index, cb.name.empty() ? "" : " ", printable(cb.name));
}

namespace {

/// Writes events one by one; what stands in many of them is quoted once.
class ChromeWriter {
public:
    explicit ChromeWriter(const Trace& trace) : trace_(trace) {
        for (const TraceLabel& label : trace.labels) labels_.push_back(quoted(label.text));
        for (const TraceSite& site : trace.sites) sites_.push_back(quoted(place_text(site)));
    }

    std::string write() {
        add(R"({{"displayTimeUnit":"ns","otherData":{{"title":{},"note":{},"fault":{}}},"traceEvents":[)",
            quoted(trace_.title), quoted(trace_.cut_note()), quoted(trace_.fault.value_or("")));
        for (std::size_t i = 0; i < trace_.cores.size(); ++i) core(trace_.cores[i], i + 1);
        if (trace_.cut_ns)
            event(R"("name":{},"ph":"i","s":"g","pid":1,"tid":1,"ts":{})", quoted(trace_.cut_note()),
                  microseconds(*trace_.cut_ns));
        add("\n]}}\n");
        return fmt::to_string(out_);
    }

private:
    template <typename... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void event(fmt::format_string<Args...> format, Args&&... args) {
        add("{}{{", first_ ? "\n" : ",\n");
        first_ = false;
        add(format, std::forward<Args>(args)...);
        add("}}");
    }
    static std::string microseconds(std::uint64_t ns) {
        return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
    }

    void core(const TracedCore& core, std::size_t pid) {
        if (core.threads.empty()) return;
        event(R"("name":"process_name","ph":"M","pid":{},"args":{{"name":"core {}"}})", pid,
              to_string(core.core));
        event(R"("name":"process_sort_index","ph":"M","pid":{0},"args":{{"sort_index":{0}}})", pid);
        for (std::size_t i = 0; i < core.threads.size(); ++i) thread(core.threads[i], pid, i + 1);
        for (const TracedCb& cb : core.cbs) {
            const std::string name = quoted(cb_text(cb));
            for (const TracedStep& step : cb.steps)
                event(R"("name":{},"ph":"C","pid":{},"ts":{},"args":{{"pages":{}}})", name, pid,
                      microseconds(step.ns), step.pages);
        }
    }

    void thread(const TracedThread& thread, std::size_t pid, std::size_t tid) {
        event(R"("name":"thread_name","ph":"M","pid":{},"tid":{},"args":{{"name":{}}})", pid, tid,
              quoted(thread.name + " " + thread.kernel));
        event(R"("name":"thread_sort_index","ph":"M","pid":{},"tid":{},"args":{{"sort_index":{}}})", pid, tid,
              tid);
        std::uint64_t resumed_ns = thread.begin_ns;
        std::size_t next = 0;
        // Each stretch between two waits, then what was called in it: what holds others must come first.
        const auto runs_until = [&](std::size_t wait, std::uint64_t ns) {
            if (ns > resumed_ns)
                event(R"("name":"runs","cat":"runs","ph":"X","pid":{},"tid":{},"ts":{},"dur":{})", pid, tid,
                      microseconds(resumed_ns), microseconds(ns - resumed_ns));
            for (; next < wait; ++next) span(thread.spans[next], pid, tid);
        };
        for (std::size_t i = 0; i < thread.spans.size(); ++i) {
            const TracedSpan& wait = thread.spans[i];
            if (wait.end == TracedSpan::End::done || wait.end == TracedSpan::End::failed) continue;
            runs_until(i, wait.begin_ns);
            span(wait, pid, tid);
            next = i + 1;
            resumed_ns = wait.end_ns;
        }
        runs_until(thread.spans.size(), thread.end_ns);
        for (const TracedFlow& flow : thread.flows) {
            ++flows_;
            const TracedSpan& issue = thread.spans[flow.issue];
            const char* name =
                trace_.labels[issue.label].kind == TraceKind::noc_read ? "NoC read" : "NoC write";
            event(R"("name":"{}","cat":"noc","ph":"s","id":{},"pid":{},"tid":{},"ts":{})", name, flows_, pid,
                  tid, microseconds(issue.begin_ns));
            event(R"("name":"{}","cat":"noc","ph":"f","bp":"e","id":{},"pid":{},"tid":{},"ts":{})", name,
                  flows_, pid, tid, microseconds(thread.spans[flow.barrier].begin_ns));
        }
    }

    void span(const TracedSpan& span, std::size_t pid, std::size_t tid) {
        const bool waits = span.end == TracedSpan::End::waited || span.end == TracedSpan::End::never;
        std::string name = labels_[span.label];
        if (waits) name.insert(1, "waits: ");
        if (span.end == TracedSpan::End::failed) name.insert(1, "fails: ");
        std::string args = fmt::format(R"("at":{})", sites_[span.site]);
        if (span.count > 1) args += fmt::format(R"(,"calls":{})", span.count);
        if (span.granted_ns)
            args += fmt::format(R"(,"granted after us":{},"granted by":{})",
                                microseconds(*span.granted_ns - span.begin_ns), granter(span.granted_by));
        if (span.end == TracedSpan::End::never) args += R"(,"granted":"never")";
        event(R"("name":{},"cat":"{}","ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"args":{{{}}})", name,
              waits ? "waits" : name_of(trace_.labels[span.label].kind), pid, tid,
              microseconds(span.begin_ns), microseconds(span.end_ns - span.begin_ns), args);
    }

    std::string granter(const TracePlace& place) const {
        const TracedCore& core = trace_.cores[place.core];
        const TracedThread& thread = core.threads[place.thread];
        const TracedSpan& span = thread.spans[place.span];
        return quoted(fmt::format("core {} {} {} {}", to_string(core.core), thread.name,
                                  trace_.labels[span.label].text, place_text(trace_.sites[span.site])));
    }

    const Trace& trace_;
    std::vector<std::string> labels_, sites_;
    fmt::memory_buffer out_;
    bool first_ = true;
    std::uint64_t flows_ = 0;
};

}  // namespace
}  // namespace trace

std::string Trace::chrome_json() const {
    return trace::ChromeWriter(*this).write();
}

}  // namespace loom
