// A trace as a page of HTML: the parts of timeline/ with the trace in them as compact JSON.
#include <fmt/format.h>

#include <iterator>
#include <span>
#include <stdexcept>
#include <string_view>

#include "observe/trace/trace.hpp"
#include "observe/trace/trace_text.hpp"
#include "util/embedded_file.hpp"

namespace loom {

std::span<const EmbeddedFile> embedded_timeline();

namespace trace {
namespace {

std::string_view part(std::string_view path) {
    for (const EmbeddedFile& file : embedded_timeline())
        if (file.path == path) return file.text;
    throw std::logic_error("a part of the timeline is missing");
}

/// Numbers in arrays, times as differences: timeline/model.js reads them back.
class TimelineData {
public:
    explicit TimelineData(const Trace& trace) : trace_(trace) {}

    std::string write() {
        add(R"({{"title":{},"end":{},"note":{},"fault":{},"labels":[)", quoted(trace_.title), trace_.end_ns,
            quoted(trace_.cut_note()), quoted(trace_.fault.value_or("")));
        list(trace_.labels,
             [&](const TraceLabel& label) { add(R"([{},"{}"])", quoted(label.text), name_of(label.kind)); });
        add(R"(],"sites":[)");
        list(trace_.sites, [&](const TraceSite& site) { add("{}", quoted(place_text(site))); });
        add(R"(],"cores":[)");
        list(trace_.cores, [&](const TracedCore& core) {
            add(R"({{"name":"{}","threads":[)", to_string(core.core));
            list(core.threads, [&](const TracedThread& thread) { write(thread); });
            add(R"(],"cbs":[)");
            list(core.cbs, [&](const TracedCb& cb) { write(cb); });
            add("]}}\n");
        });
        add("]}}");
        return fmt::to_string(out_);
    }

private:
    template <typename... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    }
    template <typename Items, typename F>
    void list(const Items& items, F write_item) {
        bool first = true;
        for (const auto& item : items) {
            if (!first) add(",");
            first = false;
            write_item(item);
        }
    }

    void write(const TracedThread& thread) {
        add(R"({{"name":{},"kernel":{},"begin":{},"end":{},"spans":[)", quoted(thread.name),
            quoted(thread.kernel), thread.begin_ns, thread.end_ns);
        std::uint64_t last_ns = 0;
        list(thread.spans, [&](const TracedSpan& span) {
            add("{},{},{},{},{}", span.begin_ns - last_ns, span.end_ns - span.begin_ns, span.label, span.site,
                span.count);
            last_ns = span.begin_ns;
        });
        // [span, how it ended, when it was granted after its begin or -1, by which core, thread, span]
        add(R"(],"waits":[)");
        bool first = true;
        for (std::size_t i = 0; i < thread.spans.size(); ++i) {
            const TracedSpan& span = thread.spans[i];
            if (span.end == TracedSpan::End::done) continue;
            add("{}{},{},", first ? "" : ",", i, static_cast<int>(span.end));
            first = false;
            if (span.granted_ns)
                add("{},{},{},{}", *span.granted_ns - span.begin_ns, span.granted_by.core,
                    span.granted_by.thread, span.granted_by.span);
            else
                add("-1,0,0,0");
        }
        add(R"(],"flows":[)");
        list(thread.flows, [&](const TracedFlow& flow) { add("{},{}", flow.issue, flow.barrier); });
        add("]}}\n");
    }

    void write(const TracedCb& cb) {
        add(R"({{"name":{},"pages":{},"bytes":{},"steps":[)", quoted(cb_text(cb)), cb.pages, cb.page_bytes);
        std::uint64_t last_ns = 0;
        list(cb.steps, [&](const TracedStep& step) {
            add("{},{}", step.ns - last_ns, step.pages);
            last_ns = step.ns;
        });
        add("]}}");
    }

    const Trace& trace_;
    fmt::memory_buffer out_;
};

}  // namespace
}  // namespace trace

std::string Trace::html() const {
    // Each mark in the page names the part that stands there.
    std::string page;
    std::string_view rest = trace::part("timeline.html");
    for (std::size_t mark = 0; (mark = rest.find("/*@")) != std::string_view::npos;) {
        page += rest.substr(0, mark);
        const std::size_t end = rest.find("*/", mark);
        const std::string_view name = rest.substr(mark + 3, end - mark - 3);
        if (name == "data")
            page += trace::TimelineData(*this).write();
        else
            page += trace::part(name);
        rest.remove_prefix(end + 2);
    }
    return page.append(rest);
}

}  // namespace loom
