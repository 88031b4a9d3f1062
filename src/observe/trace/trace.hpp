// One run of a program, call by call: what each thread of each core did and when, how full each circular buffer was, and
// which NoC transfers were under way; as Chrome trace JSON and as a page of HTML.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "program/device.hpp"
#include "program/program_descriptor.hpp"
#include "runtime/plan.hpp"

namespace loom {

struct TraceOptions {
    std::string title{};  ///< heading of the page: the operation and its shape, say
    std::map<std::uint32_t, std::string> cb_names{};  ///< what circular buffers hold, by index
    /// Cores to record; empty: all. The others run as well, and their time shows as a gap.
    std::vector<CoreCoord> cores{};
    std::uint32_t first_cores = 0;  ///< if not 0, only so many, the first of the program
    /// Calls, steps of circular buffers and flows to keep; the trace is cut when there are more. At most 64 bytes each.
    std::uint64_t max_events = 1'000'000;
    /// The command that repeats this run, for the last line of a fault.
    std::string again{};
    /// See runtime::LaunchOptions.
    std::uint64_t max_steps = 0;
    /// Ends the run with STOPPED once it is set; may be null. See runtime::LaunchOptions.
    const std::atomic<bool>* stop = nullptr;
};

/// What a call is about; its colour on the page.
enum class TraceKind : std::uint8_t { cb, noc_read, noc_write, semaphore, dst, unpack, math, pack };
const char* name_of(TraceKind kind);

/// A call as it was made, such as "cb_wait_front(c_1, 4)": without tile indices, so that loops are one label.
struct TraceLabel {
    std::string text;
    TraceKind kind = TraceKind::cb;
};

struct TraceSite {
    std::string file;
    std::uint32_t line = 0;
};

/// A span of some thread: indices into Trace::cores, TracedCore::threads and TracedThread::spans.
struct TracePlace {
    std::uint32_t core = 0, thread = 0, span = 0;
};

/// A call, or calls that follow each other on one line of the kernel and mean the same.
struct TracedSpan {
    enum class End : std::uint8_t {
        done,    ///< it went on at once
        waited,  ///< others ran until it could go on, or longer
        never,   ///< the run ended first: it hung, or another kernel failed
        failed,  ///< it was refused, which ended the run
    };
    std::uint64_t begin_ns = 0, end_ns = 0;
    std::uint32_t label = 0;  ///< into Trace::labels
    std::uint32_t site = 0;   ///< into Trace::sites
    std::uint32_t count = 1;  ///< calls
    End end = End::done;
    /// Of a wait: the moment it was granted and the span that granted it, where known. From then to end_ns the thread
    /// could have gone on and waited for the host alone; on the chip it would have gone on.
    std::optional<std::uint64_t> granted_ns;
    TracePlace granted_by;
};

/// NoC transfers from the calls that asked for them to the barrier (or flush) that saw them done: two spans of a thread.
struct TracedFlow {
    std::uint32_t issue = 0, barrier = 0;
};

struct TracedThread {
    std::string name;    ///< "reader", "UNPACK", "MATH", "PACK", "writer"
    std::string kernel;  ///< file name without ending
    runtime::Risc risc = runtime::Risc::NCRISC;
    std::uint64_t begin_ns = 0, end_ns = 0;
    std::vector<TracedSpan> spans;  ///< in order; none overlaps another
    std::vector<TracedFlow> flows;
};

struct TracedStep {
    std::uint64_t ns = 0;
    std::uint32_t pages = 0;  ///< in the buffer from then on
};

struct TracedCb {
    std::uint32_t index = 0;
    std::string name;  ///< what it holds, or ""
    std::uint32_t pages = 0, page_bytes = 0;
    std::vector<TracedStep> steps;  ///< the first is empty, at the core's start
};

struct TracedCore {
    CoreCoord core;
    std::vector<TracedThread> threads;  ///< in the order in which data passes them
    std::vector<TracedCb> cbs;
};

/// What happened in one run. Times are nanoseconds of the host's clock since the first core's start. One host thread runs all
/// kernels in turns, so spans of no two threads overlap but waits: a trace shows the order of calls, who waits for whom
/// and how full buffers are, in the same order each time. It does not count the chip's cycles; recording a call takes
/// some 100 ns, which lies in the times.
struct Trace {
    std::string title;
    std::vector<TracedCore> cores;
    std::vector<TraceLabel> labels;
    std::vector<TraceSite> sites;
    std::uint64_t end_ns = 0;
    std::uint64_t num_events = 0;         ///< spans, steps and flows
    std::optional<std::uint64_t> cut_ns;  ///< from when on nothing was kept: max_events were there
    std::optional<std::string> fault;  ///< the message of the error that ended the run: a hang, a broken rule
    std::string cut_note() const;      ///< "trace cut after N events", or ""

    /// For ui.perfetto.dev or chrome://tracing: a process a core, a track a thread, a counter a circular buffer, an
    /// arrow from NoC calls to their barrier. Bytes that are no UTF-8 in names are replaced.
    std::string chrome_json() const;
    /// One page that needs nothing else, no network either.
    std::string html() const;
};

/// Compiles and runs a program once, on one host thread, and records it. A fault of a kernel ends the run and is told in
/// Trace::fault, after what happened until then. Throws OPTION for a core that runs no kernel, and what Program and
/// enqueue throw that is no kernel's fault.
///
/// Example (run by tests/unit/trace_test.cpp):
///     const loom::Trace trace = loom::trace_program(device, descriptor, {.title = "my program"});
///     std::ofstream("trace.html") << trace.html();
Trace trace_program(Device& device, const ProgramDescriptor& program, const TraceOptions& options = {});

}  // namespace loom
