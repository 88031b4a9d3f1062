// Edges from what each call waits for; cycles and dead ends from the edges.
#include "runtime/hang_graph.hpp"

#include <algorithm>
#include <atomic>
#include <string_view>

#include "runtime/launch.hpp"

namespace loom::runtime {

WaitsFor waits_for(const Wait& wait) {
    switch (wait.kind) {
        case Wait::Kind::none:
        case Wait::Kind::turn:
            return WaitsFor::nothing;
        case Wait::Kind::cb_space:
            return WaitsFor::space;
        case Wait::Kind::cb_pages:
            return WaitsFor::pages;
        case Wait::Kind::poll:
            return std::string_view(wait.call).find("reserv") != std::string_view::npos ? WaitsFor::space
                                                                                        : WaitsFor::pages;
        case Wait::Kind::operands:
            return WaitsFor::unpack;
        case Wait::Kind::math:
        case Wait::Kind::reads:  // which a core that gets no further grants itself
            return WaitsFor::math_use;
        case Wait::Kind::dst_data:
            return WaitsFor::math_commit;
        case Wait::Kind::dst_section:
            return WaitsFor::pack;
        case Wait::Kind::semaphore:
        case Wait::Kind::semaphore_min:
            return WaitsFor::semaphore;
        case Wait::Kind::load:
            return WaitsFor::word;
        case Wait::Kind::lenders:  // which cores grant at their next step, whatever they wait for
            return WaitsFor::nothing;
    }
    return WaitsFor::nothing;
}

std::optional<std::uint32_t> semaphore_of(const Core& core, const Wait& wait) {
    const auto offset = reinterpret_cast<const std::byte*>(wait.word) - (core.l1 + kSemaphoreOffset);
    if (wait.word == nullptr || offset < 0 || offset >= std::ptrdiff_t{kMaxSemaphores * kSemaphoreStride})
        return std::nullopt;
    return static_cast<std::uint32_t>(offset / kSemaphoreStride);
}

std::uint32_t semaphore_value(const Wait& wait) {
    return std::atomic_ref(*wait.word).load(std::memory_order_acquire);
}

HangGraph::HangGraph(std::span<const Core* const> stuck) : cores_(stuck) {
    for (const Core* core : stuck)
        for (const Thread& thread : core->threads) threads_.push_back(&thread);
    nodes_.resize(threads_.size());
    for (std::size_t i = 0; i < threads_.size(); ++i)
        if (!threads_[i]->finished()) connect(i);
    const Reach sure = reach(false);
    for (std::size_t i = 0; i < threads_.size(); ++i)
        if (nodes_[i].state == State::open) guess_buffer(i, sure);
    // What is left open may be up to a semaphore's setter on any core.
    for (std::size_t i = 0; i < threads_.size(); ++i)
        if (nodes_[i].state == State::open) guess_semaphore(i);
    find_causes();
}

std::size_t HangGraph::index_of(const Thread& thread) const {
    return static_cast<std::size_t>(std::ranges::find(threads_, &thread) - threads_.begin());
}

const Thread* HangGraph::other_side(const Thread& thread) const {
    const Core& core = *thread.core;
    const bool space = waits_for(thread.wait) == WaitsFor::space;
    const CircularBuffer& cb = core.cbs[thread.wait.cb];
    if (const int known = space ? cb.consumer : cb.producer; known >= 0)
        return &core.threads[static_cast<std::size_t>(known)];
    // One that polls the other side has not become its producer or consumer by that.
    for (const Thread& other : core.threads)
        if (&other != &thread && !other.finished() && other.wait.cb == thread.wait.cb &&
            waits_for(other.wait) == (space ? WaitsFor::pages : WaitsFor::space))
            return &other;
    return nullptr;
}

void HangGraph::connect_to(std::size_t from, const Thread* to) {
    if (to == nullptr) {
        nodes_[from].state = State::open;
    } else if (to->finished()) {
        nodes_[from].state = State::ended;
        nodes_[from].ended = {{to->core->coord, to->risc, to->kernel}};
    } else {
        edges_.push_back({from, index_of(*to)});
    }
}

void HangGraph::connect(std::size_t from) {
    const Thread& thread = *threads_[from];
    const Core& core = *thread.core;
    if (thread.spent) {
        nodes_[from].state = State::endless;
        return;
    }
    switch (waits_for(thread.wait)) {
        case WaitsFor::nothing:
            return;
        case WaitsFor::space:
        case WaitsFor::pages:
            if (thread.wait.wanted > core.cbs[thread.wait.cb].config.num_pages())
                nodes_[from].state = State::size;
            else
                connect_to(from, other_side(thread));
            return;
        case WaitsFor::unpack:
            return connect_to(from, core.thread_of(Risc::UNPACK));
        case WaitsFor::math_use:
        case WaitsFor::math_commit:
            return connect_to(from, core.thread_of(Risc::MATH));
        case WaitsFor::pack:
            return connect_to(from, core.thread_of(Risc::PACK));
        case WaitsFor::semaphore:
        case WaitsFor::word:
            return connect_semaphore(from);
    }
}

// Any of the semaphore's parties may grant it; one that sets it, rather than raises it, also if it is too high.
void HangGraph::connect_semaphore(std::size_t from) {
    const Thread& thread = *threads_[from];
    const Wait& wait = thread.wait;
    Node& node = nodes_[from];
    if (wait.word == nullptr) {
        node.state = State::open;
        return;
    }
    const bool past = wait.kind == Wait::Kind::semaphore && semaphore_value(wait) > wait.wanted;
    bool any = false;
    const std::vector<SemaphoreParty> parties = thread.core->shared.semaphores.of(wait.word);
    // A kernel of the semaphore's own core asks for its number to wait for it, too: such count if no other is known.
    const auto waits = [&](const SemaphoreParty& party) {
        return party.core == thread.core->coord && party.risc == thread.risc;
    };
    const bool acted = std::ranges::any_of(parties, [&](const SemaphoreParty& party) {
        return party.act != SemaphoreAct::asked && !waits(party);
    });
    for (const SemaphoreParty& party : parties) {
        if (waits(party) || (past && party.act != SemaphoreAct::set)) continue;
        if (acted && party.act == SemaphoreAct::asked) continue;
        const auto core = std::ranges::find(cores_, party.core, &Core::coord);
        const Thread* other = core == cores_.end() ? nullptr : (*core)->thread_of(party.risc);
        if (other == nullptr || other->finished()) {
            node.ended.push_back(party);
            continue;
        }
        edges_.push_back({from, index_of(*other)});
        any = true;
    }
    if (any) return;
    node.state = past ? State::overshoot : node.ended.empty() ? State::open : State::ended;
}

// Nobody has touched the other side of this buffer. Those of its core that still may, and do not wait for this
// very thread, are candidates. A reader or writer that waits on the same side of another buffer is one only for
// another of them, and if there is no better.
void HangGraph::guess_buffer(std::size_t from, const Reach& sure) {
    const Thread& thread = *threads_[from];
    const WaitsFor side = waits_for(thread.wait);
    if (side != WaitsFor::space && side != WaitsFor::pages) return;
    const Risc of_compute = side == WaitsFor::space ? Risc::UNPACK : Risc::PACK;
    std::vector<std::size_t> candidates;
    std::vector<std::size_t> same_side;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const Thread& other = *threads_[i];
        if (i == from || other.core != thread.core || other.finished() || sure[i][from]) continue;
        if (other.kernel->compute ? other.risc == of_compute : waits_for(other.wait) != side)
            candidates.push_back(i);
        else if (!other.kernel->compute)
            same_side.push_back(i);
    }
    if (candidates.empty() && !thread.kernel->compute) candidates = std::move(same_side);
    for (const std::size_t candidate : candidates) edges_.push_back({from, candidate, candidates.size() > 1});
    if (candidates.size() == 1) nodes_[from].state = State::waits;
}

void HangGraph::guess_semaphore(std::size_t from) {
    const WaitsFor what = waits_for(threads_[from]->wait);
    if (what != WaitsFor::semaphore && what != WaitsFor::word) return;
    for (std::size_t i = 0; i < threads_.size(); ++i)
        if (i != from && !threads_[i]->finished() && !threads_[i]->kernel->compute)
            edges_.push_back({from, i, true});
}

HangGraph::Reach HangGraph::reach(bool guesses) const {
    std::vector<std::vector<std::size_t>> next(threads_.size());
    for (const Edge& edge : edges_)
        if (guesses || !edge.guess) next[edge.from].push_back(edge.to);
    Reach reached(threads_.size(), std::vector<bool>(threads_.size()));
    for (std::size_t start = 0; start < threads_.size(); ++start) {
        std::vector<std::size_t> open{start};
        while (!open.empty()) {
            const std::size_t at = open.back();
            open.pop_back();
            for (const std::size_t to : next[at]) {
                if (reached[start][to]) continue;
                reached[start][to] = true;
                open.push_back(to);
            }
        }
    }
    return reached;
}

// Breadth first from `start` back to it, over sure edges inside one component.
std::vector<std::size_t> HangGraph::shortest_cycle(std::size_t start, const std::vector<bool>& inside) const {
    std::vector<std::size_t> before(threads_.size(), threads_.size());
    std::vector<std::size_t> queue{start};
    for (std::size_t head = 0; head < queue.size(); ++head) {
        for (const Edge& edge : edges_) {
            if (edge.guess || edge.from != queue[head] || !inside[edge.to]) continue;
            if (edge.to == start) {
                std::vector<std::size_t> cycle;
                for (std::size_t at = queue[head]; at != start; at = before[at]) cycle.push_back(at);
                cycle.push_back(start);
                std::ranges::reverse(cycle);
                return cycle;
            }
            if (before[edge.to] != threads_.size()) continue;
            before[edge.to] = queue[head];
            queue.push_back(edge.to);
        }
    }
    return {};
}

void HangGraph::find_causes() {
    using Kind = HangCause::Kind;
    const std::size_t count = threads_.size();
    const Reach sure = reach(false);
    const Reach all = reach(true);
    const auto add = [&](State state, Kind kind, auto chosen) {
        for (std::size_t i = 0; i < count; ++i)
            if (nodes_[i].state == state && chosen(waits_for(threads_[i]->wait)))
                causes_.push_back({kind, {i}});
    };
    add(State::endless, Kind::endless, [](WaitsFor) { return true; });
    // Of two that a buffer is too small for, the one that fills it comes first.
    add(State::size, Kind::size, [](WaitsFor what) { return what == WaitsFor::space; });
    add(State::size, Kind::size, [](WaitsFor what) { return what != WaitsFor::space; });
    add(State::ended, Kind::ended, [](WaitsFor) { return true; });
    add(State::overshoot, Kind::overshoot, [](WaitsFor) { return true; });
    // Each strongly connected component is one cause, told by a shortest cycle through its first thread. One whose
    // threads could still be freed from outside is none.
    std::vector<bool> covered(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (covered[i] || !sure[i][i]) continue;
        std::vector<bool> inside(count);
        bool closed = true;
        for (std::size_t other = 0; other < count; ++other) {
            inside[other] = sure[i][other] && sure[other][i];
            if (inside[other]) covered[other] = true;
            closed &= inside[other] || !sure[i][other];
        }
        if (closed) causes_.push_back({Kind::cycle, shortest_cycle(i, inside)});
    }
    // What is left hangs on a wait that no call explains: name it unless it may come from a cause that is known.
    std::vector<bool> blamed(count);
    for (const HangCause& cause : causes_)
        for (const std::size_t thread : cause.threads) blamed[thread] = true;
    const auto explained = [&](std::size_t i) {
        for (std::size_t to = 0; to < count; ++to)
            if (blamed[to] && all[i][to]) return true;
        return false;
    };
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < count; ++i) {
        if (nodes_[i].state != State::open || explained(i)) continue;
        bool last = true;  // nothing further down would explain it
        for (std::size_t to = 0; to < count; ++to) last &= !all[i][to] || all[to][i];
        if (last) open.push_back(i);
    }
    for (const std::size_t i : open) causes_.push_back({Kind::nobody, {i}});
}

}  // namespace loom::runtime
