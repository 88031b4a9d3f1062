// Records a run for trace_program: what the wrapped calls tell.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "observe/trace/trace.hpp"
#include "runtime/core/core.hpp"
#include "runtime/launch.hpp"

namespace loom::trace {

inline constexpr std::uint32_t kNoCb = 255;

/// A call as the wrapped table describes it.
struct Call {
    enum class Amount : std::uint8_t { none, pages, bytes, value };
    const char* name = "";
    TraceKind kind = TraceKind::cb;
    LoomSite site{};
    std::uint32_t cb_a = kNoCb, cb_b = kNoCb;
    Amount unit = Amount::none;
    std::uint32_t amount = 0;
    enum class Effect : std::uint8_t {
        none,
        occupancy,    ///< pages of cb_a came or went
        reads_done,   ///< a barrier of NoC reads
        writes_done,  ///< a barrier or flush of NoC writes
        other_cores,  ///< may grant what threads of other cores wait for
    };
    Effect effect = Effect::none;
};

/// What spans are labelled and merged by. Pointers, not text: names are the table's own, files a running kernel's.
struct Key {
    const char* text = "";
    std::uint64_t rest = 0;
    bool operator==(const Key&) const = default;
};
struct KeyHash {
    std::size_t operator()(const Key& key) const {
        return (reinterpret_cast<std::uintptr_t>(key.text) ^ key.rest) * 0x9e37'79b9'7f4a'7c15u >> 20;
    }
};
using Index = std::unordered_map<Key, std::uint32_t, KeyHash>;

struct CoreState;

struct ThreadState {
    runtime::Thread* thread = nullptr;  ///< null once it has ended
    CoreState* core = nullptr;
    std::uint32_t number = 0;  ///< in its core
    bool started = false;
    bool mergeable = false;      ///< the last span may take in a call of the same line
    std::optional<Call> inside;  ///< the call that it is in
    std::uint64_t entered_ns = 0;
    std::optional<std::uint64_t> granted_ns;
    TracePlace granted_by;
    std::vector<std::uint32_t> reads, writes;  ///< spans with transfers that no barrier has seen
    Index sites;  ///< its own: another thread's image may lie where an earlier one lay
};

struct CoreState {
    runtime::Core* core = nullptr;  ///< null once it has ended
    std::uint32_t number = 0;       ///< in the trace
    std::deque<ThreadState> threads;
    std::array<std::uint32_t, runtime::kNumCircularBuffers> cb{};  ///< place in TracedCore::cbs
};

class Tracer : public runtime::Observer {
public:
    Tracer(const runtime::Plan& plan, const TraceOptions& options);

    /// Sets what a launch needs to be recorded: the table, the observer, one host thread.
    void watch(runtime::LaunchOptions& options);
    void core_started(runtime::Core& core) override;
    void thread_finished(runtime::Thread& thread) override;
    /// Closes what is open. The run is over, its cores may be gone.
    Trace finish(std::optional<std::string> fault);

    /// Around each call. enter() returns null when the call is not to be recorded.
    static Tracer& active();
    ThreadState* enter(runtime::Thread& thread);
    void begin(ThreadState& state, const Call& call);
    void end(ThreadState& state);
    void failed(ThreadState& state);
    /// A call of a thread that is not recorded has returned.
    void resumed(const runtime::Thread& thread) { running_ = &thread; }

private:
    std::uint64_t now() const;
    bool room(std::uint64_t now_ns);
    TracedThread& traced(const ThreadState& state);
    std::uint32_t label_of(const Call& call);
    std::uint32_t site_of(ThreadState& state, LoomSite site);
    bool merged(ThreadState& state, const TracedSpan& span);
    void close(ThreadState& state, std::uint64_t now_ns, TracedSpan::End end);
    void note_effects(ThreadState& state, const Call& call, std::uint64_t now_ns);
    void note_flows(ThreadState& state, std::vector<std::uint32_t>& issues);
    void note_grants(CoreState& core, TracePlace by, std::uint64_t now_ns);

    const TraceOptions& options_;
    std::vector<CoreCoord> chosen_;
    std::chrono::steady_clock::time_point origin_;
    Trace trace_;
    std::deque<CoreState> cores_;
    const runtime::Thread* running_ = nullptr;  ///< the thread that was last seen to run
    Index labels_;
    std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> sites_;
};

/// The engine's table, each call told to the active Tracer.
const LoomEngine& traced_table();

}  // namespace loom::trace
