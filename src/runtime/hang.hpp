// Says why cores cannot go on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/core_coord.hpp"
#include "util/error.hpp"

namespace loom::runtime {

class Core;

/// One thread of a hung core, and what it waits for.
struct HangThread {
    CoreCoord core;
    std::string kernel;  ///< "reader", "compute" or "writer"
    std::string thread;  ///< "UNPACK", "MATH" or "PACK" of compute; else empty
    bool finished = false;
    std::string call;  ///< that waits: "cb_wait_front(c_16, 32)"; empty when finished
    std::string file;
    std::uint32_t line = 0;
    std::optional<std::uint32_t> cb;
    std::uint32_t wanted = 0;
    std::uint32_t available = 0;  ///< pages pushed, pages free, or the semaphore's value
    std::string state;            ///< in words: "0 of 32 pages pushed"
};

/// A circular buffer that some thread of a hung core used or waits for.
struct HangBuffer {
    CoreCoord core;
    std::uint32_t cb = 0;
    std::uint32_t pages = 0;
    std::uint32_t available = 0;          ///< pushed and not popped
    std::optional<std::size_t> producer;  ///< indices into HangReport::threads; nothing: none so far
    std::optional<std::size_t> consumer;
};

/// `from` waits for something that `to` would have to do.
struct HangEdge {
    std::size_t from = 0;  ///< indices into HangReport::threads
    std::size_t to = 0;
    std::string what;    ///< "to pop 4 of c_0"
    bool guess = false;  ///< no call has shown it yet: `to` is one of several that may have to
};

/// The wait-for graph of all cores that cannot go on.
struct HangReport {
    std::vector<HangThread> threads;
    std::vector<HangBuffer> buffers;
    std::vector<HangEdge> edges;
    std::vector<std::vector<std::size_t>> cycles;  ///< threads that wait for each other, round
    std::vector<std::size_t> never;   ///< threads whose wait nothing can grant, or that do not end
    bool livelock = false;            ///< some thread polls, and nothing changes, or does not end
    bool endless = false;             ///< some thread does not end
    std::vector<std::string> advice;  ///< a line a cause: what is wrong, and what to change
    std::vector<KernelPlace> places;  ///< the calls at fault, by cause
    std::string text;                 ///< the whole message
};

/// HANG or LIVELOCK, with the graph.
class HangError : public Error {
public:
    explicit HangError(HangReport report)
        : Error(report.livelock ? Code::LIVELOCK : Code::HANG, report.text, report.places),
          report_(std::move(report)) {}
    const HangReport& report() const { return report_; }

private:
    HangReport report_;
};

/// Analyses cores that cannot go on: the graph, and the whole message. That has each thread of the cores at fault
/// with what it waits for, what was wanted and what is there; how many other cores are stuck; what to change; and
/// the command that repeats it. A thread that only waits for another that is at fault gets no advice.
HangReport describe_hang(std::span<const Core* const> stuck, const std::string& again);

}  // namespace loom::runtime
