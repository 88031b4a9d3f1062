// The engine's side of the NoC and semaphore calls.
#include <algorithm>
#include <atomic>
#include <utility>

#include "runtime/core/core.hpp"
#include "runtime/core/steps.hpp"
#include "runtime/launch.hpp"

namespace loom::runtime {
namespace {

/// One end of a transfer, as the message about it wants it.
struct End {
    std::byte* memory;
    bool dram;
    std::uint64_t offset;  ///< from the start of the bank or L1
};

std::string describe(std::uint64_t noc_address) {
    const std::uint32_t x = NocAddress::x(noc_address);
    const std::uint32_t y = NocAddress::y(noc_address);
    const std::uint64_t offset = NocAddress::offset(noc_address);
    if (y == NocAddress::kDramRow) return fmt::format("DRAM bank {}, byte {}", x, offset);
    return fmt::format("L1 of the core at NoC ({},{}), byte {}", x, y, offset);
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse(const Thread& thread, LoomSite site, const char* call,
                                                   std::uint32_t bytes, const std::string& where) {
    fail(Code::NOC_ADDRESS, thread.where(site, call), bytes, where);
}

inline End far_end(const Thread& thread, std::uint64_t address, std::uint32_t bytes, LoomSite site,
                   const char* call) {
    std::byte* const memory = thread.core->chip.resolve(address, bytes);
    if (memory == nullptr) [[unlikely]]
        refuse(thread, site, call, bytes, describe(address));
    return {memory, NocAddress::y(address) == NocAddress::kDramRow, NocAddress::offset(address)};
}

inline End near_end(const Thread& thread, std::uint32_t address, std::uint32_t bytes, LoomSite site,
                    const char* call) {
    // An address in the window of this core's L1, or an offset into it.
    const std::uint32_t l1_bytes = thread.core->chip.spec().l1_bytes;
    const std::uint64_t base = reinterpret_cast<std::uintptr_t>(thread.core->l1);
    const std::uint64_t offset = address < l1_bytes ? address : address - base;
    if ((address >= l1_bytes && address < base) || offset + bytes > l1_bytes) [[unlikely]]
        refuse(thread, site, call, bytes, fmt::format("L1 address {:#x}", address));
    return {thread.core->l1 + offset, false, offset};
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse_alignment(const Thread& thread, const End& source,
                                                             const End& destination, LoomSite site,
                                                             const char* call, std::uint32_t alignment) {
    fail(Code::NOC_ALIGNMENT, thread.where(site, call), source.dram ? "DRAM" : "L1", source.offset,
         destination.dram ? "DRAM" : "L1", destination.offset, alignment, thread.core->chip.spec().name);
}

// Both ends must leave the same remainder; the alignment is DRAM's where a read touches DRAM, else L1's.
inline void check_alignment(const Thread& thread, const End& source, const End& destination, LoomSite site,
                            const char* call) {
    const ArchSpec& spec = thread.core->chip.spec();
    const std::uint32_t alignment = source.dram ? spec.dram_alignment : spec.l1_alignment;
    if (((source.offset ^ destination.offset) & (alignment - 1)) != 0) [[unlikely]]
        refuse_alignment(thread, source, destination, site, call, alignment);
}

// Writes of a thread keep their order, put off or not: a semaphore's multicast may follow its data's without a barrier.
inline void transfer(Thread& thread, const End& source, const End& destination, std::uint32_t bytes,
                     std::vector<Transfer>& pending) {
    Core& core = *thread.core;
    const Transfer wanted{source.memory, destination.memory, bytes, !destination.dram};
    if (core.shared.late_transfers || (core.random && (*core.random)() % 2 == 0)) [[unlikely]] {
        pending.push_back(wanted);
        return;
    }
    if (!pending.empty() && &pending == &thread.pending_writes) [[unlikely]]
        core.complete(pending);
    core.copy(wanted);
}

// After a read of a page: the one that is a batch further on is likely to be read in the next. Of a page that comes in
// parts, the next part is.
inline void look_ahead(Thread& thread, std::uint64_t source, std::uint32_t bytes) {
    ++thread.batch_reads;
    const PageWalk& last = thread.page_walk;
    // Short ones are soon there by themselves.
    if (last.address() != source || !last.pages().dram || bytes < 1024) return;
    const Chip& chip = thread.core->chip;
    InterleavedPages pages = last.pages();
    std::uint32_t next = last.page();
    if (bytes < pages.page_bytes && pages.offset + bytes < pages.page_bytes) {
        pages.offset += bytes;
    } else {
        pages.offset = bytes < pages.page_bytes ? 0 : pages.offset;
        next += std::max(thread.last_batch_reads, 1u);
    }
    const std::byte* const data = chip.resolve(thread.page_walk_ahead.seek(chip, pages, next), bytes);
    if (data != nullptr) thread.core->ahead.expect(data, bytes);
}

// For the report of a hang: who could grant a wait for a semaphore.
void note(const Thread& thread, const void* word, SemaphoreAct act) {
    const Core& core = *thread.core;
    core.shared.semaphores.note(word, {core.coord, thread.risc, thread.kernel, act});
}

bool is_semaphore(std::uint64_t l1_offset) {
    return l1_offset >= kSemaphoreOffset && l1_offset < kSemaphoreOffset + kMaxSemaphores * kSemaphoreStride;
}

// Before a transfer touches L1, of this core or another: there are the bytes that kernels know of.
void reach_l1(Thread& thread, const End& end, std::uint32_t bytes, LoomSite site, const char* call) {
    Core& core = *thread.core;
    const ArchSpec& spec = core.chip.spec();
    // No circular buffer lies there.
    if (end.offset + bytes <= spec.l1_unreserved_base) return;
    if (end.memory >= core.l1 && end.memory < core.l1 + spec.l1_bytes)
        return core.lent.settle_at(l1_address(end.memory), bytes);
    core.shared.lending.end();
    core.wait_for_lenders(thread, site, call);
}

// Whether the read of a page is left for later.
bool lend(Core& core, const End& from, const End& to, std::uint32_t bytes) {
    return core.may_lend(from.offset) && core.lent.lend(l1_address(to.memory), from.memory, bytes);
}

void noc_read(std::uint64_t source, std::uint32_t destination, std::uint32_t bytes, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    const End from = far_end(thread, source, bytes, site, "noc_async_read");
    const End to = near_end(thread, destination, bytes, site, "noc_async_read");
    check_alignment(thread, from, to, site, "noc_async_read");
    const Transfer& last = thread.last_read;
    thread.reread = last.source == from.memory && last.destination == to.memory && last.bytes == bytes;
    if (!thread.reread) thread.acts();
    thread.last_read = {from.memory, to.memory, bytes, true};
    if (!from.dram || !lend(core, from, to, bytes)) {
        if (core.shared.lending.on()) {
            if (!from.dram) reach_l1(thread, from, bytes, site, "noc_async_read");
            core.lent.settle_at(l1_address(to.memory), bytes);
        }
        transfer(thread, from, to, bytes, thread.pending_reads);
    }
    look_ahead(thread, source, bytes);
}

// Whether a write is one of an owed stick, which goes to DRAM from where it is made; else its bytes come to L1.
bool send_owed(Thread& thread, const End& from, const End& to, std::uint32_t bytes, LoomSite site) {
    Core& core = *thread.core;
    if (to.dram && !core.writable.holds(to.offset))
        core.note_write(thread, to.offset, site, "noc_async_write");
    if (to.dram && core.send_owed(l1_address(from.memory), to.memory, bytes)) return true;
    if (core.sending != nullptr) core.finish_sending();
    core.lent.settle_at(l1_address(from.memory), bytes);
    if (!to.dram) reach_l1(thread, to, bytes, site, "noc_async_write");
    return false;
}

void noc_write(std::uint32_t source, std::uint64_t destination, std::uint32_t bytes, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    const End from = near_end(thread, source, bytes, site, "noc_async_write");
    const End to = far_end(thread, destination, bytes, site, "noc_async_write");
    check_alignment(thread, from, to, site, "noc_async_write");
    if (!core.shared.lending.on() || !send_owed(thread, from, to, bytes, site))
        transfer(thread, from, to, bytes, thread.pending_writes);
    thread.wrote_l1 |= !to.dram;
    thread.acts();
    if (bytes == 4 && !to.dram) note(thread, to.memory, SemaphoreAct::set);
    LaunchShared& shared = core.shared;
    if (shared.bytes_written != nullptr) shared.bytes_written->fetch_add(bytes, std::memory_order_relaxed);
}

void note_address(const Thread& thread, std::uint32_t x, std::uint32_t y, std::uint64_t offset) {
    if (const void* word = thread.core->chip.resolve(NocAddress::make(x, y, offset), 4); word != nullptr)
        note(thread, word, SemaphoreAct::addressed);
}

// The corners of a multicast address, with start before end.
struct Rectangle {
    CoreCoord start, end;
};
Rectangle rectangle_of(std::uint64_t address) {
    const auto field = [&](int shift) { return static_cast<std::uint32_t>(address >> shift & 63); };
    return {{field(48), field(54)}, {field(36), field(42)}};
}

std::uint64_t noc_multicast_address(const std::uint32_t (&corners)[4], std::uint32_t l1_address,
                                    LoomSite site) {
    Thread& thread = current_thread();
    const std::int64_t offset = thread.core->chip.l1_offset(l1_address);
    const bool inside = std::ranges::all_of(corners, [](std::uint32_t corner) { return corner < 63; });
    if (offset < 0 || !inside || corners[0] > corners[2] || corners[1] > corners[3])
        fail(Code::NOC_ADDRESS, thread.where(site, "get_noc_multicast_addr"), 0,
             fmt::format("NoC ({},{}) to ({},{}), L1 address {:#x}; the first corner is the smaller one",
                         corners[0], corners[1], corners[2], corners[3], l1_address));
    if (is_semaphore(static_cast<std::uint64_t>(offset)))
        for (std::uint32_t y = corners[1]; y <= corners[3]; ++y)
            for (std::uint32_t x = corners[0]; x <= corners[2]; ++x)
                note_address(thread, x, y, static_cast<std::uint64_t>(offset));
    return std::uint64_t{corners[0]} << 48 | std::uint64_t{corners[1]} << 54 |
           NocAddress::make(corners[2], corners[3], static_cast<std::uint64_t>(offset));
}

void noc_write_multicast(std::uint32_t source, std::uint64_t destination, std::uint32_t bytes,
                         std::uint32_t cores, bool with_own, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    constexpr const char* call = "noc_async_write_multicast";
    const End from = near_end(thread, source, bytes, site, call);
    const Rectangle to = rectangle_of(destination);
    const CoreCoord own = core.chip.noc_of(core.coord);
    std::vector<End> ends;
    for (std::uint32_t y = to.start.y; y <= to.end.y; ++y)
        for (std::uint32_t x = to.start.x; x <= to.end.x; ++x)
            if (with_own || CoreCoord{x, y} != own)
                ends.push_back(far_end(thread, NocAddress::make(x, y, NocAddress::offset(destination)), bytes,
                                       site, call));
    if (cores == 0 || cores != ends.size())
        fail(Code::MULTICAST_COUNT, thread.where(site, call), cores, ends.size(),
             with_own ? "with the sender" : "without the sender");
    if (core.shared.lending.on()) core.lent.settle_at(l1_address(from.memory), bytes);
    for (const End& end : ends) {
        check_alignment(thread, from, end, site, call);
        if (core.shared.lending.on()) reach_l1(thread, end, bytes, site, call);
        transfer(thread, from, end, bytes, thread.pending_writes);
        if (bytes == 4) note(thread, end.memory, SemaphoreAct::set);
    }
    thread.wrote_l1 = true;
    thread.acts();
}

void read_barrier(LoomSite site) {
    Thread& thread = current_thread();
    thread.core->maybe_yield(thread);
    thread.core->complete(thread.pending_reads);
    thread.last_batch_reads = std::exchange(thread.batch_reads, 0);
    thread.core->ahead.pace();
    // A kernel that fetches a word until it changes must let the others run.
    if (std::exchange(thread.reread, false))
        thread.block({.kind = Wait::Kind::load,
                      .call = "noc_async_read_barrier",
                      .site = site,
                      .word = reinterpret_cast<std::uint32_t*>(thread.last_read.destination)});
}

void write_barrier(LoomSite) {
    Thread& thread = current_thread();
    thread.core->maybe_yield(thread);
    thread.wrote_l1 |= !thread.pending_writes.empty();
    if (thread.core->sending != nullptr) thread.core->finish_sending();
    thread.core->complete(thread.pending_writes);
    thread.core->order_streams();
}

std::uint64_t noc_address(std::uint32_t x, std::uint32_t y, std::uint32_t l1_address, LoomSite site) {
    Thread& thread = current_thread();
    const std::int64_t offset = thread.core->chip.l1_offset(l1_address);
    if (offset < 0 || x > 63 || y >= NocAddress::kDramRow)
        fail(Code::NOC_ADDRESS, thread.where(site, "get_noc_addr"), 0,
             fmt::format("NoC ({},{}), L1 address {:#x}", x, y, l1_address));
    if (is_semaphore(static_cast<std::uint64_t>(offset)))
        note_address(thread, x, y, static_cast<std::uint64_t>(offset));
    return NocAddress::make(x, y, static_cast<std::uint64_t>(offset));
}

std::uint64_t noc_own_address(std::uint32_t l1_address, LoomSite site) {
    const Core& core = *current_thread().core;
    const CoreCoord at = core.chip.noc_of(core.coord);
    return noc_address(at.x, at.y, l1_address, site);
}

std::uint64_t noc_page_address(bool dram, std::uint32_t page, std::uint32_t base, std::uint32_t page_bytes,
                               std::uint32_t offset, LoomSite) {
    Thread& thread = current_thread();
    return thread.page_walk.seek(thread.core->chip, {dram, base, page_bytes, offset}, page);
}

std::uint32_t* semaphore_word(Thread& thread, std::uint32_t l1_address, LoomSite site, const char* call) {
    const End word = near_end(thread, l1_address, 4, site, call);
    if (word.offset % 4 != 0)
        fail(Code::NOC_ALIGNMENT, thread.where(site, call), "L1", word.offset, "L1", word.offset, 4,
             thread.core->chip.spec().name);
    // A word of a circular buffer may be waited for while its page arrives.
    if (word.offset >= thread.core->chip.spec().l1_unreserved_base) thread.core->forbid_lending();
    return reinterpret_cast<std::uint32_t*>(word.memory);
}

std::uint32_t semaphore_address(std::uint32_t id, LoomSite site) {
    Thread& thread = current_thread();
    if (id >= kMaxSemaphores)
        fail(Code::SEMAPHORE_MISSING, thread.where(site, fmt::format("get_semaphore({})", id)), id);
    const auto base = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(thread.core->l1));
    note(thread, thread.core->l1 + kSemaphoreOffset + id * kSemaphoreStride, SemaphoreAct::asked);
    return base + kSemaphoreOffset + id * kSemaphoreStride;
}

void semaphore_set(std::uint32_t l1_address, std::uint32_t value, LoomSite site) {
    Thread& thread = current_thread();
    std::uint32_t* word = semaphore_word(thread, l1_address, site, "noc_semaphore_set");
    std::atomic_ref(*word).store(value, std::memory_order_release);
    note(thread, word, SemaphoreAct::set);
    thread.acts();
    thread.stored = true;
    thread.core->maybe_yield(thread);
}

void semaphore_increment(std::uint64_t address, std::uint32_t value, LoomSite site) {
    Thread& thread = current_thread();
    const End word = far_end(thread, address, 4, site, "noc_semaphore_inc");
    if (thread.core->shared.lending.on() && !word.dram) reach_l1(thread, word, 4, site, "noc_semaphore_inc");
    // Writes of one thread to one core arrive before an increment that follows them.
    if (thread.core->sending != nullptr) thread.core->finish_sending();
    thread.core->complete(thread.pending_writes);
    thread.core->order_streams();
    std::atomic_ref(*reinterpret_cast<std::uint32_t*>(word.memory))
        .fetch_add(value, std::memory_order_acq_rel);
    note(thread, word.memory, SemaphoreAct::raised);
    thread.acts();
    thread.wrote_l1 = true;
    thread.core->shared.epoch.fetch_add(1, std::memory_order_acq_rel);
    thread.core->maybe_yield(thread);
}

void semaphore_wait(std::uint32_t l1_address, std::uint32_t value, bool at_least, LoomSite site) {
    Thread& thread = current_thread();
    const char* call = at_least ? "noc_semaphore_wait_min" : "noc_semaphore_wait";
    Wait wait{.kind = at_least ? Wait::Kind::semaphore_min : Wait::Kind::semaphore,
              .call = call,
              .site = site,
              .wanted = value,
              .word = semaphore_word(thread, l1_address, site, call)};
    const std::uint32_t now = std::atomic_ref(*wait.word).load(std::memory_order_acquire);
    if (at_least ? now >= value : now == value) return;
    thread.block(wait);
}

}  // namespace

void fill_noc_calls(LoomEngine& table) {
    table.noc_address = noc_address;
    table.noc_own_address = noc_own_address;
    table.noc_page_address = noc_page_address;
    table.noc_read = counted<"noc_async_read()", noc_read>;
    table.noc_write = counted<"noc_async_write()", noc_write>;
    table.noc_write_multicast = counted<"noc_async_write_multicast()", noc_write_multicast>;
    table.noc_multicast_address = noc_multicast_address;
    table.noc_writes_flushed = counted<"noc_async_writes_flushed()", write_barrier>;
    table.noc_read_barrier = counted<"noc_async_read_barrier()", read_barrier>;
    table.noc_write_barrier = counted<"noc_async_write_barrier()", write_barrier>;
    table.semaphore_address = counted<"get_semaphore()", semaphore_address>;
    table.semaphore_set = counted<"noc_semaphore_set()", semaphore_set>;
    table.semaphore_increment = counted<"noc_semaphore_inc()", semaphore_increment>;
    table.semaphore_wait = counted<"noc_semaphore_wait()", semaphore_wait>;
}

}  // namespace loom::runtime
