// Rules of memory: which bytes of L1 a thread may touch, and in what order with others.
#include <algorithm>

#include "observe/checker/rules.hpp"
#include "runtime/core/kernel_faults.hpp"
#include "runtime/core/steps.hpp"
#include "util/counted.hpp"

namespace loom::checker {
namespace {

using runtime::CircularBuffer;
using runtime::Thread;

// Loads of words that were loaded before, with nothing else between: a kernel that waits in a loop of its own.
constexpr std::uint32_t kLoadsOfALoop = 16;

// Whether `extent` lies in the `pages` pages from `pointer` on, which may go round.
bool in_window(const ThreadState& state, const CircularBuffer& cb, std::uint32_t pointer, std::uint32_t pages,
               const Extent& extent) {
    if (pages == 0) return false;
    const std::uint64_t bytes = std::uint64_t{pages} * cb.config.page_bytes;
    const Extent first =
        Rules::l1_extent(state, pointer, std::min<std::uint64_t>(bytes, cb.limit() - pointer));
    if (extent.begin >= first.begin && extent.end <= first.end) return true;
    const std::uint64_t base = cb.config.offset;
    return extent.begin >= base && extent.end <= base + bytes - (first.end - first.begin);
}

bool in_a_window(const ThreadState& state, std::uint32_t index, const Extent& extent) {
    const Thread& thread = *state.thread;
    const CircularBuffer& cb = thread.core->cbs[index];
    return in_window(state, cb, thread.cb[index].write, state.cb[index].reserved, extent) ||
           in_window(state, cb, thread.cb[index].read, state.cb[index].waited, extent);
}

[[noreturn]] void refuse_outside(const ThreadState& state, std::uint32_t index, const Extent& extent,
                                 bool write, const Spot& spot) {
    const Thread& thread = *state.thread;
    const CircularBuffer& cb = thread.core->cbs[index];
    const std::uint32_t pages = write ? state.cb[index].reserved : state.cb[index].waited;
    const std::uint32_t pointer = write ? thread.cb[index].write : thread.cb[index].read;
    KernelPlace where = Rules::active().place(state, spot);
    where.cb = index;
    const std::uint64_t bytes = extent.end - extent.begin;
    const std::uint32_t page = cb.config.page_bytes;
    const bool at_pointer = extent.begin - cb.config.offset == pointer - cb.base;
    if (thread.kernel->compute && pages > 0 && at_pointer && page != cb.tile_size && page < bytes)
        fail(Code::CB_UNIT, where, write ? "writes" : "reads", bytes, index,
             write ? "reserved" : "waited for", count_of_pages(pages), std::uint64_t{pages} * page, page,
             cb.tile_size);
    fail(write ? Code::WRITE_OUTSIDE_WINDOW : Code::READ_OUTSIDE_WINDOW, where,
         extent.begin - cb.config.offset, extent.end - cb.config.offset, index, count_of_pages(pages), page,
         pointer - cb.base);
}

// Pages of an alias that are pushed and not popped must not be written over.
void check_alias(const ThreadState& state, std::uint32_t index, const Extent& extent, const Spot& spot) {
    const CircularBuffer& cb = state.thread->core->cbs[index];
    const CbState& shared = state.core->cbs[index];
    if (cb.available() == 0 || shared.producer == nullptr || state.cb[index].waited > 0) return;
    const std::uint32_t read = shared.consumer != nullptr ? shared.consumer->thread->cb[index].read : cb.base;
    if (!in_window(state, cb, read, cb.available(), extent)) return;
    KernelPlace where = Rules::active().place(state, spot);
    where.cb = index;
    fail(Code::CB_OVERLAP, where, index,
         Rules::active().place({shared.producer->id, 0, shared.producer_spot}));
}

// The circular buffers that `extent` touches: one of them must have been reserved or waited for.
void check_windows(const ThreadState& state, const Extent& extent, bool write, const Spot& spot) {
    for (const CbRegion& region : state.core->regions) {
        if (extent.begin >= region.end || extent.end <= region.begin) continue;
        std::optional<std::uint32_t> inside;
        std::uint32_t named = region.cbs.front();
        for (const std::uint32_t index : region.cbs) {
            if (in_a_window(state, index, extent)) inside = index;
            // With aliases, the one that this thread uses is the one to name.
            if (state.cb[index].reserved + state.cb[index].waited > 0) named = index;
        }
        if (!inside) refuse_outside(state, named, extent, write, spot);
        if (!write || region.cbs.size() == 1) continue;
        for (const std::uint32_t index : region.cbs)
            if (index != *inside) check_alias(state, index, extent, spot);
    }
}

void check_transfers(const ThreadState& state, const Extent& extent, bool write, const Spot& spot) {
    Rules& rules = Rules::active();
    for (const InFlight& read : state.reads)
        if (read.destination.overlaps(extent))
            fail(Code::NOC_READ_EARLY, rules.place(state, spot), rules.place(state, read.spot));
    if (!write) return;
    for (const InFlight& flying : state.writes)
        if (flying.source.overlaps(extent))
            fail(Code::NOC_SOURCE_OPEN, rules.place(state, spot), rules.place(state, flying.spot), "sending",
                 kSentBarrier);
    for (const InFlight& read : state.reads)
        if (read.source.overlaps(extent))
            fail(Code::NOC_SOURCE_OPEN, rules.place(state, spot), rules.place(state, read.spot), "reading",
                 "noc_async_read_barrier");
}

// A write by another core that its thread has not seen land.
void check_landed(const ThreadState& state, const Extent& extent, bool write, const Spot& spot) {
    Rules& rules = Rules::active();
    if (rules.landing_in_l1 == 0) return;
    for (const auto& core : rules.cores)
        for (const auto& other : core->threads)
            for (const InFlight& flying : other->landing)
                if (other.get() != &state && flying.destination.overlaps(extent))
                    fail(Code::RACE, rules.place(state, spot), write ? "writes" : "reads",
                         rules.place(*other, flying.spot), "writes",
                         "Call noc_async_write_barrier there before this thread is told.");
}

bool is_semaphore(const Extent& extent) {
    return extent.begin >= runtime::kSemaphoreOffset &&
           extent.end <= runtime::kSemaphoreOffset + runtime::kMaxSemaphores * runtime::kSemaphoreStride;
}

// A kernel that loads one word again and again waits for somebody to change it: others get their turn.
void notice_loop(ThreadState& state, const void* address, const Spot& spot) {
    const auto end = state.loaded.begin() + state.distinct;
    if (std::find(state.loaded.begin(), end, address) == end) {
        if (state.distinct == state.loaded.size()) state.forget_loads();
        state.loaded[state.distinct++] = address;
        state.repeats = 0;
        return;
    }
    if (++state.repeats < kLoadsOfALoop) return;
    runtime::end_loads(*state.thread, address, spot.code, 1);
}

// What a load of these bytes decides cannot be seen; that they were loaded is kept for when results differ.
void note_blind(const ThreadState& state, const Extent& extent, const Spot& spot) {
    Rules& rules = Rules::active();
    const Origin* shadow = rules.shadow_of(extent);
    if (shadow == nullptr) return;  // nobody's, and read only
    const Origin* blind = std::find_if(shadow, shadow + (extent.end - extent.begin),
                                       [](Origin origin) { return origin != kWritten; });
    if (blind == shadow + (extent.end - extent.begin) || rules.blind_load) return;
    rules.blind_load = BlindLoad{rules.place(state, spot), extent, *blind};
}

void semaphore_access(ThreadState& state, const Extent& extent, const void* address, bool write,
                      const Spot& spot) {
    // The clock is looked up after the turn of others: they may be who sets it.
    if (!write) {
        Rules::active().loaded_l1 = true;
        notice_loop(state, address, spot);
    }
    Clock& clock = Rules::active().semaphores[{extent.memory, extent.begin}];
    if (!write) return state.clock.join(clock);
    clock.join(state.clock);
    state.clock.tick(state.id);
}

void touch_memory(const runtime::Access& access) {
    ThreadState& state = Rules::current();
    runtime::count_access(*state.thread, access.write, access.code);
    const Thread& thread = *state.thread;
    if (!in_own_l1(thread, access)) return require_own_memory(thread, access);
    const Spot spot(access.code, access.write);
    const Extent extent = Rules::l1_extent(state, access.address, access.bytes);
    const void* const address = reinterpret_cast<const void*>(access.address);
    if (is_semaphore(extent)) return semaphore_access(state, extent, address, access.write, spot);
    if (access.write) Rules::active().require_owner(state, extent, spot);
    Rules::active().touch_l1(state, extent, access.write, spot);
    if (access.write) {
        std::fill_n(state.core->shadow + extent.begin, access.bytes, kWritten);
        state.forget_loads();
        return;
    }
    Rules::active().loaded_l1 = true;
    note_blind(state, extent, spot);
    notice_loop(state, address, spot);
}

void memory_access(const void* address, std::uint32_t bytes, bool write, const void* code) {
    const runtime::Access access{reinterpret_cast<std::uintptr_t>(address), bytes, write, code};
    const Thread& thread = *Rules::current().thread;
    runtime::told_at_once(*thread.fiber, [&] {
        if (!aligned(access)) refuse_unaligned(thread, access);
        touch_memory(access);
    });
}

void memory_range(const void* address, std::uint64_t bytes, bool write, const void* code) {
    runtime::told_at_once(*Rules::current().thread->fiber, [&] {
        touch_memory({reinterpret_cast<std::uintptr_t>(address), bytes, write, code});
    });
}

}  // namespace

Extent Rules::l1_extent(const ThreadState& state, std::uint64_t address, std::uint64_t bytes) {
    const auto base = reinterpret_cast<std::uintptr_t>(state.thread->core->l1);
    const std::uint64_t offset = address >= base ? address - base : address;
    return {state.core->memory, offset, offset + bytes};
}

Extent Rules::noc_extent(std::uint64_t address, std::uint64_t bytes) {
    using runtime::NocAddress;
    const std::uint64_t offset = NocAddress::offset(address);
    return {NocAddress::y(address) * 64 + NocAddress::x(address), offset, offset + bytes};
}

void Rules::touch(ThreadState& state, const Extent& extent, bool write, const Spot& spot,
                  std::uint32_t called) {
    const Access access{state.id, state.clock.of(state.id), spot, called};
    const auto earlier = histories[extent.memory].note(extent.begin, extent.end, write, access, state.clock);
    if (!earlier) return;
    const Access& other = earlier->access;
    const bool told_early = other.called != 0 && other.called <= state.clock.of(other.thread);
    fail(Code::RACE, place(state, spot), write ? "writes" : "reads", place(earlier->access),
         earlier->write ? "writes" : "reads",
         told_early ? "Call noc_async_write_barrier there before this thread is told."
                    : "Order the two by a circular buffer, a semaphore or a barrier.");
}

void Rules::touch_l1(ThreadState& state, const Extent& extent, bool write, const Spot& spot) {
    check_windows(state, extent, write, spot);
    check_transfers(state, extent, write, spot);
    check_landed(state, extent, write, spot);
    touch(state, extent, write, spot);
}

void wrap_memory(LoomEngine& table) {
    table.memory_access = memory_access;
    table.memory_range = memory_range;
    table.init = note_init;
}

}  // namespace loom::checker
