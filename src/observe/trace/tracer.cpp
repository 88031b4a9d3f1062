// Records a run: spans of calls, what ended waits, steps of circular buffers, transfers under way.
#include "observe/trace/tracer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loom::trace {
namespace {

thread_local Tracer* recording = nullptr;

std::string text_of(const Call& call) {
    if (call.kind == TraceKind::dst || call.effect == Call::Effect::reads_done ||
        call.effect == Call::Effect::writes_done)
        return fmt::format("{}()", call.name);
    std::string words;
    const auto add = [&](const std::string& word) { words += (words.empty() ? "" : ", ") + word; };
    for (const std::uint32_t cb : {call.cb_a, call.cb_b})
        if (cb != kNoCb) add(fmt::format("c_{}", cb));
    if (call.unit == Call::Amount::bytes) add(fmt::format("{} B", call.amount));
    if (call.unit == Call::Amount::pages || call.unit == Call::Amount::value)
        add(fmt::format("{}", call.amount));
    return fmt::format("{}({})", call.name, words);
}

// Whether a thread stands in a wait that another may grant; polls come back by themselves.
bool blocked(const runtime::Thread& thread) {
    using Kind = runtime::Wait::Kind;
    const Kind kind = thread.wait.kind;
    return kind != Kind::none && kind != Kind::poll && kind != Kind::load && kind != Kind::turn;
}

std::vector<CoreCoord> chosen_cores(const runtime::Plan& plan, const TraceOptions& options) {
    std::vector<CoreCoord> chosen;
    for (const runtime::CorePlan& core : plan.cores) {
        const bool first = chosen.size() < options.first_cores;
        const bool named = std::ranges::find(options.cores, core.core) != options.cores.end();
        if (first || named || (options.cores.empty() && options.first_cores == 0))
            chosen.push_back(core.core);
    }
    for (const CoreCoord& core : options.cores)
        if (std::ranges::find(chosen, core) == chosen.end())
            fail(Code::OPTION, fmt::format("Core {} runs no kernel of this program.", to_string(core)));
    return chosen;
}

}  // namespace

Tracer& Tracer::active() {
    return *recording;
}

Tracer::Tracer(const runtime::Plan& plan, const TraceOptions& options)
    : options_(options), chosen_(chosen_cores(plan, options)) {
    trace_.title = options.title;
    for (const CoreCoord& core : chosen_) trace_.cores.push_back({core, {}, {}});
}

void Tracer::watch(runtime::LaunchOptions& options) {
    options.observer = this;
    options.engine = &traced_table();
    options.threads = 1;  // one order of events, the same each time
    recording = this;
}

std::uint64_t Tracer::now() const {
    const auto passed = std::chrono::steady_clock::now() - origin_;
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(passed).count());
}

TracedThread& Tracer::traced(const ThreadState& state) {
    return trace_.cores[state.core->number].threads[state.number];
}

// Counts an event, or cuts the trace.
bool Tracer::room(std::uint64_t now_ns) {
    if (trace_.cut_ns) return false;
    if (trace_.num_events < options_.max_events) {
        ++trace_.num_events;
        return true;
    }
    trace_.cut_ns = now_ns;
    return false;
}

void Tracer::core_started(runtime::Core& core) {
    if (origin_ == std::chrono::steady_clock::time_point{}) origin_ = std::chrono::steady_clock::now();
    core.watched = nullptr;
    const auto found = std::ranges::find(chosen_, core.coord);
    if (found == chosen_.end()) return;
    CoreState& state = cores_.emplace_back();
    state.core = &core;
    state.number = static_cast<std::uint32_t>(found - chosen_.begin());
    core.watched = &state;
    TracedCore& traced_core = trace_.cores[state.number];
    const std::uint64_t start_ns = trace_.cut_ns.value_or(now());
    for (const runtime::CircularBuffer& cb : core.cbs) {
        if (!cb.exists) continue;
        const std::uint32_t index = cb.config.index;
        const auto name = options_.cb_names.find(index);
        state.cb[index] = static_cast<std::uint32_t>(traced_core.cbs.size());
        traced_core.cbs.push_back({index,
                                   name == options_.cb_names.end() ? "" : name->second,
                                   cb.config.num_pages(),
                                   cb.config.page_bytes,
                                   {{start_ns, 0}}});
    }
    for (runtime::Thread& thread : core.threads) {
        ThreadState& mine = state.threads.emplace_back();
        mine.thread = &thread;
        mine.core = &state;
        mine.number = static_cast<std::uint32_t>(traced_core.threads.size());
        thread.watched = &mine;
        const runtime::Kernel& kernel = *thread.kernel;
        traced_core.threads.push_back({kernel.compute ? runtime::name_of(thread.risc) : kernel.label,
                                       kernel.name,
                                       thread.risc,
                                       start_ns,
                                       start_ns,
                                       {},
                                       {}});
    }
}

void Tracer::thread_finished(runtime::Thread& thread) {
    running_ = &thread;
    auto* const state = static_cast<ThreadState*>(thread.watched);
    if (state == nullptr) return;
    enter(thread);  // one that called nothing has run too
    if (state->started) traced(*state).end_ns = trace_.cut_ns.value_or(now());
    state->thread = nullptr;
    if (thread.core->finished()) state->core->core = nullptr;  // the object serves another core next
}

ThreadState* Tracer::enter(runtime::Thread& thread) {
    running_ = &thread;
    auto* const state = static_cast<ThreadState*>(thread.watched);
    if (state == nullptr || trace_.cut_ns) return nullptr;
    if (!state->started) {
        state->started = true;
        traced(*state).begin_ns = now();
    }
    return state;
}

void Tracer::begin(ThreadState& state, const Call& call) {
    state.inside = call;
    state.granted_ns.reset();
    state.entered_ns = now();
}

std::uint32_t Tracer::label_of(const Call& call) {
    const Key key{call.name, std::uint64_t{call.amount} << 16 | call.cb_a << 8 | call.cb_b};
    const auto [found, added] = labels_.try_emplace(key, static_cast<std::uint32_t>(trace_.labels.size()));
    if (added) trace_.labels.push_back({text_of(call), call.kind});
    return found->second;
}

std::uint32_t Tracer::site_of(ThreadState& state, LoomSite site) {
    const auto [found, added] = state.sites.try_emplace({site.file, site.line}, 0);
    if (!added) return found->second;
    const auto next = static_cast<std::uint32_t>(trace_.sites.size());
    const auto [known, fresh] = sites_.try_emplace({site.file, site.line}, next);
    if (fresh) trace_.sites.push_back({site.file, static_cast<std::uint32_t>(site.line)});
    return found->second = known->second;
}

// Whether a call that did not wait goes into the span before it: the same call again, or the DST calls that belong to an
// operation on its line, as inside tilize_block.
bool Tracer::merged(ThreadState& state, const TracedSpan& span) {
    if (!state.mergeable || span.end != TracedSpan::End::done) return false;
    TracedSpan& last = traced(state).spans.back();
    if (last.site != span.site) return false;
    const auto on_dst = [&](std::uint32_t label) { return trace_.labels[label].kind == TraceKind::dst; };
    if (last.label == span.label) {
        ++last.count;
    } else if (on_dst(last.label)) {
        if (!on_dst(span.label)) {
            last.label = span.label;
            last.count = 1;
        }
    } else if (!on_dst(span.label)) {
        return false;
    }
    last.end_ns = span.end_ns;
    return true;
}

void Tracer::close(ThreadState& state, std::uint64_t now_ns, TracedSpan::End end) {
    const Call& call = *state.inside;
    const TracedSpan span{
        state.entered_ns, now_ns,          label_of(call), site_of(state, call.site), 1, end,
        state.granted_ns, state.granted_by};
    if (!merged(state, span)) {
        traced(state).spans.push_back(span);
        state.mergeable = end == TracedSpan::End::done;
    }
    state.inside.reset();
}

void Tracer::end(ThreadState& state) {
    const bool waited = running_ != state.thread;
    running_ = state.thread;
    if (trace_.cut_ns) return;  // finish() closes what was open at the cut
    const std::uint64_t now_ns = now();
    const Call call = *state.inside;
    const std::size_t before = traced(state).spans.size();
    close(state, now_ns, waited ? TracedSpan::End::waited : TracedSpan::End::done);
    if (traced(state).spans.size() == before || room(now_ns)) note_effects(state, call, now_ns);
}

void Tracer::failed(ThreadState& state) {
    if (!trace_.cut_ns && state.inside) close(state, now(), TracedSpan::End::failed);
}

void Tracer::note_effects(ThreadState& state, const Call& call, std::uint64_t now_ns) {
    const auto span = static_cast<std::uint32_t>(traced(state).spans.size() - 1);
    const auto issued = [&](std::vector<std::uint32_t>& issues) {
        if (issues.empty() || issues.back() != span) issues.push_back(span);
    };
    if (call.effect == Call::Effect::occupancy && room(now_ns))
        trace_.cores[state.core->number].cbs[state.core->cb[call.cb_a]].steps.push_back(
            {now_ns, state.core->core->cbs[call.cb_a].available()});
    if (call.effect == Call::Effect::reads_done)
        note_flows(state, state.reads);
    else if (call.effect == Call::Effect::writes_done)
        note_flows(state, state.writes);
    else if (call.kind == TraceKind::noc_read)
        issued(state.reads);
    else if (call.kind == TraceKind::noc_write)
        issued(state.writes);
    const TracePlace place{state.core->number, state.number, span};
    if (call.effect == Call::Effect::other_cores)
        for (CoreState& core : cores_) note_grants(core, place, now_ns);
    else
        note_grants(*state.core, place, now_ns);
}

void Tracer::note_flows(ThreadState& state, std::vector<std::uint32_t>& issues) {
    TracedThread& thread = traced(state);
    const auto barrier = static_cast<std::uint32_t>(thread.spans.size() - 1);
    for (const std::uint32_t issue : issues)
        if (room(thread.spans.back().end_ns)) thread.flows.push_back({issue, barrier});
    issues.clear();
}

void Tracer::note_grants(CoreState& core, TracePlace by, std::uint64_t now_ns) {
    if (core.core == nullptr) return;
    for (ThreadState& other : core.threads) {
        if (other.thread == nullptr || !other.inside || other.granted_ns || !blocked(*other.thread)) continue;
        if (!core.core->granted(*other.thread)) continue;
        other.granted_ns = now_ns;
        other.granted_by = by;
    }
}

Trace Tracer::finish(std::optional<std::string> fault) {
    recording = nullptr;
    trace_.fault = std::move(fault);
    trace_.end_ns = trace_.cut_ns.value_or(now());
    const auto end = trace_.fault && !trace_.cut_ns ? TracedSpan::End::never : TracedSpan::End::waited;
    for (CoreState& core : cores_)
        for (ThreadState& state : core.threads) {
            if (state.inside) close(state, trace_.end_ns, end);
            if (state.started && state.thread != nullptr) traced(state).end_ns = trace_.end_ns;
        }
    return std::move(trace_);
}

}  // namespace loom::trace
