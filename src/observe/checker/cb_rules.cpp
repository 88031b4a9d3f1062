// Rules of circular buffers: reserve before push, wait before pop, one producer, one consumer, balance at the end.
#include <algorithm>

#include "observe/checker/rules.hpp"
#include "util/counted.hpp"

namespace loom::checker {
namespace {

using runtime::CircularBuffer;
using runtime::Thread;

CircularBuffer* buffer(Thread& thread, std::uint32_t cb) {
    if (cb >= runtime::kNumCircularBuffers || !thread.core->cbs[cb].exists) return nullptr;
    return &thread.core->cbs[cb];
}

// Pointers are private to a thread: a second one that pushes writes where the first one wrote.
void claim(ThreadState& state, ThreadState*& owner, Spot& owner_spot, std::uint32_t cb, const Spot& spot,
           const KernelPlace& where, const char* what) {
    if (owner == nullptr) {
        owner = &state;
        owner_spot = spot;
    }
    if (owner == &state) return;
    fail(Code::CB_SHARED, where, what, cb, Rules::active().place({owner->id, 0, owner_spot}));
}

// The pages about to be handed over.
Extent pages_extent(const ThreadState& state, const CircularBuffer& cb, std::uint32_t from,
                    std::uint32_t pages) {
    return Rules::l1_extent(state, from, std::uint64_t{pages} * cb.config.page_bytes);
}

// A call on a circular buffer ends a loop of loads, and what was noted once for a block of sticks.
ThreadState& acting() {
    ThreadState& state = Rules::current();
    state.forget_loads();
    state.block_extent = {};
    return state;
}

void reserved(ThreadState& state, std::uint32_t index, std::uint32_t pages) {
    CbUse& use = state.cb[index];
    use.reserved = std::max(use.reserved, pages);
    // As many pages must have been popped as do not fit beside those pushed and these.
    const CircularBuffer& cb = state.thread->core->cbs[index];
    const std::uint64_t wanted = cb.pushed_pages + pages;
    if (wanted <= cb.config.num_pages()) return;
    if (const Clock* clock = state.core->cbs[index].pops.granted(wanted - cb.config.num_pages()))
        state.clock.join(*clock);
}

void reserve_back(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    plain().cb_reserve_back(index, pages, site);
    reserved(acting(), index, pages);
}

void push_back(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    ThreadState& state = acting();
    Thread& thread = *state.thread;
    CircularBuffer* const cb = buffer(thread, index);
    if (cb == nullptr || pages > cb->free_pages()) return plain().cb_push_back(index, pages, site);
    CbState& shared = state.core->cbs[index];
    CbUse& use = state.cb[index];
    const auto where = [&] { return thread.where(site, "cb_push_back", index, pages); };
    if (shared.producer != &state)
        claim(state, shared.producer, shared.producer_spot, index, {site, "cb_push_back"}, where(),
              "produces for");
    if (pages > use.reserved)
        fail(Code::CB_NOT_RESERVED, where(), count_of_pages(pages), use.reserved, index, pages);
    const Extent handed = pages_extent(state, *cb, thread.cb[index].write, pages);
    for (const InFlight& read : state.reads)
        if (read.destination.overlaps(handed))
            fail(Code::NOC_READ_OPEN, where(), Rules::active().place(state, read.spot));
    use.reserved -= pages;
    shared.pushes.add(pages, state.clock);
    state.clock.tick(state.id);
    plain().cb_push_back(index, pages, site);
}

void waited(ThreadState& state, std::uint32_t index, std::uint32_t pages) {
    CbUse& use = state.cb[index];
    use.waited = std::max(use.waited, pages);
    CbState& shared = state.core->cbs[index];
    shared.waited = true;
    const CircularBuffer& cb = state.thread->core->cbs[index];
    if (const Clock* clock = shared.pushes.granted(cb.popped_pages + pages)) state.clock.join(*clock);
}

void wait_front(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    plain().cb_wait_front(index, pages, site);
    waited(acting(), index, pages);
}

void pop_front(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    ThreadState& state = acting();
    Thread& thread = *state.thread;
    CircularBuffer* const cb = buffer(thread, index);
    if (cb == nullptr || pages > cb->available()) return plain().cb_pop_front(index, pages, site);
    CbState& shared = state.core->cbs[index];
    CbUse& use = state.cb[index];
    const auto where = [&] { return thread.where(site, "cb_pop_front", index, pages); };
    if (shared.consumer != &state)
        claim(state, shared.consumer, shared.consumer_spot, index, {site, "cb_pop_front"}, where(),
              "consumes from");
    if (pages > use.waited)
        fail(Code::CB_NOT_WAITED, where(), count_of_pages(pages), use.waited, index, pages);
    const Extent handed = pages_extent(state, *cb, thread.cb[index].read, pages);
    for (const InFlight& write : state.writes)
        if (write.source.overlaps(handed))
            fail(Code::NOC_SOURCE_OPEN, where(), Rules::active().place(state, write.spot), "sending",
                 kSentBarrier);
    use.waited -= pages;
    shared.pops.add(pages, state.clock);  // before the call, in which the producer may get its turn
    state.clock.tick(state.id);
    plain().cb_pop_front(index, pages, site);
}

// A kernel that asks first and then goes ahead has waited as well.
bool pages_reservable(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    const bool granted = plain().cb_pages_reservable(index, pages, site);
    if (!granted) return false;
    ThreadState& state = acting();
    reserved(state, index, pages);
    return true;
}

bool pages_available(std::uint32_t index, std::uint32_t pages, LoomSite site) {
    const bool granted = plain().cb_pages_available(index, pages, site);
    if (granted) waited(acting(), index, pages);
    return granted;
}

}  // namespace

void Handovers::add(std::uint64_t pages, const Clock& clock) {
    total_ += pages;
    handed_.emplace_back(total_, clock);
}

const Clock* Handovers::granted(std::uint64_t pages) {
    while (handed_.size() > 1 && handed_.front().first < pages) handed_.pop_front();
    return handed_.empty() || handed_.front().first < pages ? nullptr : &handed_.front().second;
}

void end_of_buffers(const CoreState& core) {
    for (std::uint32_t i = 0; i < runtime::kNumCircularBuffers; ++i) {
        const CircularBuffer& cb = core.core->cbs[i];
        const CbState& state = core.cbs[i];
        // Pages that are waited for and never popped are persistent: constants, say.
        const bool persistent = cb.popped_pages == 0 && state.waited;
        if (!cb.exists || cb.pushed_pages == cb.popped_pages || persistent) continue;
        const bool by_consumer = state.consumer != nullptr;
        KernelPlace place = Rules::active().place({by_consumer ? state.consumer->id : state.producer->id, 0,
                                                   by_consumer ? state.consumer_spot : state.producer_spot});
        place.cb = i;
        fail(Code::CB_UNBALANCED, place, i, count_of_pages(cb.pushed_pages), cb.popped_pages);
    }
}

void wrap_cb_calls(LoomEngine& table) {
    table.cb_reserve_back = reserve_back;
    table.cb_push_back = push_back;
    table.cb_wait_front = wait_front;
    table.cb_pop_front = pop_front;
    table.cb_pages_reservable = pages_reservable;
    table.cb_pages_available = pages_available;
}

}  // namespace loom::checker
