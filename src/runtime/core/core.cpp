// One core while it runs: threads, grants, and the order in which they run.
#include "runtime/core/core.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <iterator>
#include <utility>

#include "runtime/core/kernel_faults.hpp"
#include "runtime/core/steps.hpp"
#include "runtime/jit/image.hpp"
#include "runtime/launch.hpp"
#include "tile/copy.hpp"

namespace loom::runtime {
namespace {

// Times that a thread may ask in vain, with nobody else able to run, before that counts as no progress: a
// bound on steps, not on time. Kernels that poll a few times and then do something else stay far below it.
constexpr std::uint32_t kMaxPolls = 10'000;
// The same for words that are loaded or fetched: a kernel may have another reason to do that.
constexpr std::uint32_t kMaxLoads = 1'000'000;

// An output that outgrows the cache is not going to be read from it; shorter writes than these go there all the same.
constexpr std::uint64_t kCachedBytes = 1 << 20;
constexpr std::uint32_t kStreamedBytes = 256;

tile::silicon::Chip silicon_chip(Arch arch) {
    return arch == Arch::BLACKHOLE ? tile::silicon::Chip::blackhole : tile::silicon::Chip::wormhole;
}

Thread make_thread(Core& core, Risc risc, const Kernel& kernel, const KernelOnCore& on_core,
                   const KernelImage& image, StackPool& stacks) {
    Thread thread;
    thread.core = &core;
    thread.risc = risc;
    thread.kernel = &kernel;
    thread.on_core = &on_core;
    for (std::uint32_t i = 0; i < kNumCircularBuffers; ++i)
        thread.cb[i] = {.read = core.cbs[i].base, .write = core.cbs[i].base, .pack_offset = 0};
    thread.image = image.file == nullptr ? image : with_own_globals(image);
    thread.fiber = std::make_unique<Fiber>(
        stacks, [entry = thread.image.entry, engine = core.shared.engine] { entry(engine); });
    return thread;
}

}  // namespace

const char* name_of(Risc risc) {
    constexpr const char* names[] = {"NCRISC", "UNPACK", "MATH", "PACK", "BRISC"};
    return names[static_cast<std::size_t>(risc)];
}

__thread Thread* running_thread = nullptr;

const LoomEngine& engine_table() {
    static const LoomEngine table = [] {
        LoomEngine filled{};
        fill_cb_calls(filled);
        fill_noc_calls(filled);
        fill_unpack_calls(filled);
        fill_math_calls(filled);
        fill_pack_calls(filled);
        fill_steps(filled);
        fill_hook_calls(filled);
        return filled;
    }();
    return table;
}

KernelPlace Thread::where(LoomSite site, std::string_view call) const {
    return {.core = to_string(core->coord),
            .kernel = kernel->label,
            .thread = kernel->compute ? name_of(risc) : "",
            .file = site.file,
            .line = static_cast<std::uint32_t>(site.line),
            .call = std::string(call),
            .cb = std::nullopt};
}

KernelPlace Thread::where(LoomSite site, std::string_view name, std::uint32_t index,
                          std::uint32_t pages) const {
    KernelPlace place = where(site, fmt::format("{}(c_{}, {})", name, index, pages));
    place.cb = index;
    return place;
}

void Core::start(const Plan& whole, const CorePlan& mine, StackPool& stacks, std::uint64_t seed) {
    plan = &mine;
    coord = mine.core;
    l1 = chip.l1(coord);
    cbs = {};
    error = nullptr;
    max_steps_ = shared.max_steps;
    progress = fresh = 0;
    threads.clear();
    unpack = math = pack = nullptr;
    tilizing = {};
    copied_operations = 0;
    ahead.clear();
    lender = lending_forbidden = false;
    sending = nullptr;
    lendable = unlendable = writable = {};
    std::memset(l1 + kZerosOffset, 0, kZerosBytes);
    for (const CbConfig& config : mine.cbs) {
        CircularBuffer& cb = cbs[config.index];
        cb.config = config;
        cb.exists = true;
        cb.base = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(l1)) + config.offset;
        cb.tile_size = config.tile_bytes();
        if (cb.tile_size <= config.total_bytes) cb.last_tile = cb.limit() - cb.tile_size;
        for (const CbConfig& other : mine.cbs)
            if (other.offset < config.end() && config.offset < other.end()) cb.overlaps |= 1u << other.index;
    }
    lent.start(cbs, shared.numerics == Numerics::silicon);
    for (const KernelOnCore& on_core : mine.kernels) {
        const Kernel& kernel = whole.kernels[on_core.kernel];
        if (!kernel.compute) {
            threads.push_back(make_thread(*this, kernel.risc, kernel, on_core, kernel.image[0], stacks));
            continue;
        }
        dst.reset(kernel.dst, shared.numerics == Numerics::silicon
                                  ? std::optional(silicon_chip(chip.spec().arch))
                                  : std::nullopt);
        for (const Risc risc : {Risc::UNPACK, Risc::MATH, Risc::PACK}) {
            const KernelImage& image = kernel.image[static_cast<int>(risc) - static_cast<int>(Risc::UNPACK)];
            threads.push_back(make_thread(*this, risc, kernel, on_core, image, stacks));
        }
    }
    // In the order in which data passes through them.
    std::ranges::stable_sort(threads, {}, &Thread::risc);
    unpack = thread_of(Risc::UNPACK);
    math = thread_of(Risc::MATH);
    pack = thread_of(Risc::PACK);
    random.reset();
    if (seed != 0)
        random.emplace(
            static_cast<std::uint32_t>(seed * 7919 + coord.x * 131 + std::uint64_t{coord.y} * 17 + 1));
}

bool Core::in_bulk() const {
    return !random && shared.observer == nullptr && shared.engine == &engine_table();
}

Thread* Core::thread_of(Risc risc) {
    const auto found = std::ranges::find(threads, risc, &Thread::risc);
    return found == threads.end() ? nullptr : &*found;
}
const Thread* Core::thread_of(Risc risc) const {
    return const_cast<Core*>(this)->thread_of(risc);
}

bool Core::finished() const {
    return std::ranges::all_of(threads, [](const Thread& thread) { return thread.finished(); });
}

bool Core::granted(const Thread& thread) const {
    const Wait& wait = thread.wait;
    switch (wait.kind) {
        case Wait::Kind::none:
        case Wait::Kind::poll:
        case Wait::Kind::load:
        case Wait::Kind::turn:
            return true;
        case Wait::Kind::cb_space:
            return cbs[wait.cb].free_pages() >= wait.wanted;
        case Wait::Kind::cb_pages:
            return cbs[wait.cb].available() >= wait.wanted;
        case Wait::Kind::operands:
            return unpack->operations >= wait.position;
        case Wait::Kind::math: {
            // MATH may use up what UNPACK loaded; failing that, SrcA and SrcB hold two operations for it.
            const std::uint64_t behind = wait.position - math->operations;
            if (behind == 0) return true;
            // Sticks that MATH offers to PACK are read in place.
            return behind <= kSourceSlots && !math->finished() && !tilizing.offered && !granted(*math);
        }
        case Wait::Kind::reads:
            return !dst.reads_l1();
        case Wait::Kind::lenders:
            return !shared.lending.any_lender();
        case Wait::Kind::dst_section:
            if (wait.offer) return !tilizing.offered && (!tilizing.awaited || dst.committed() == 0);
            return dst.can_acquire();
        case Wait::Kind::dst_data:
            return dst.committed() > 0 || (wait.offer && tilizing.offered);
        case Wait::Kind::semaphore:
            return std::atomic_ref(*wait.word).load(std::memory_order_acquire) == wait.wanted;
        case Wait::Kind::semaphore_min:
            return std::atomic_ref(*wait.word).load(std::memory_order_acquire) >= wait.wanted;
    }
    return false;
}

std::uint64_t Core::fresh_now() const {
    return fresh + shared.fresh.load(std::memory_order_acquire);
}

// A thread may have spent its steps on correct polling, while others had much to do: each time that one of those who
// have steps left did something, it gets one more turn. So it ends soon after the last of them.
bool Core::goes_on(Thread& thread) {
    if (has_steps(thread)) [[likely]]
        return true;
    const std::uint64_t now = fresh_now();
    thread.spent = std::exchange(thread.fresh_seen, now) == now;
    return !thread.spent;
}

bool Core::run(Thread& thread) {
    if (!goes_on(thread)) return false;
    const bool had_steps = has_steps(thread);
    thread.looks = 0;
    allow_steps(thread);
    running_thread = &thread;
    thread.fiber->resume();
    running_thread = nullptr;
    count_steps(thread);
    if (had_steps && !has_steps(thread)) thread.fresh_seen = fresh_now();
    if (sending != nullptr) finish_sending();
    if (!thread.pending_writes.empty() && (thread.finished() || thread.wait.kind != Wait::Kind::none)) {
        // A write lands without a barrier too, while its thread waits or has ended. Those that others may wait for must;
        // those to DRAM come as late as they may, at the barrier or the end: if their source has changed by then, the
        // kernel lacks a barrier, and the bytes show it.
        std::vector<Transfer> to_dram;
        std::ranges::copy_if(thread.pending_writes, std::back_inserter(to_dram), std::logical_not{},
                             &Transfer::to_l1);
        std::erase_if(thread.pending_writes, [](const Transfer& write) { return !write.to_l1; });
        thread.wrote_l1 |= !thread.pending_writes.empty();
        complete(thread.pending_writes);
        thread.pending_writes = std::move(to_dram);
    }
    if (thread.finished()) {
        complete(thread.pending_reads);
        complete(thread.pending_writes);
        if (thread.fiber->error() && !error) error = thread.fiber->error();
        if (thread.fiber->fault() && !error) error = error_of(thread, *thread.fiber->fault());
        if (!error && shared.observer != nullptr) tell_finished(thread);
    }
    if (std::exchange(thread.wrote_l1, false)) {
        if (has_steps(thread)) shared.fresh.fetch_add(1, std::memory_order_acq_rel);
        shared.epoch.fetch_add(1, std::memory_order_acq_rel);
    }
    if (std::exchange(thread.stored, false)) note_progress(thread);
    return count_poll(thread);
}

void Core::note_progress(const Thread& thread) {
    ++progress;
    if (has_steps(thread)) ++fresh;
}

bool Core::count_poll(Thread& thread) {
    const Wait::Kind now = thread.wait.kind;
    if (!thread.finished() && now == Wait::Kind::turn) return false;
    if (!thread.finished() && (now == Wait::Kind::poll || now == Wait::Kind::load)) {
        // What others did since the last one may be what it waits for.
        const std::uint64_t others = progress + shared.epoch.load(std::memory_order_acquire);
        if (std::exchange(thread.others_at_poll, others) != others) thread.polls = 0;
        ++thread.polls;
        return false;
    }
    // A yield that a seed drew between two polls is no progress; a poll that is granted takes the count back itself.
    if (now == Wait::Kind::none && !thread.finished()) return thread.polls < kMaxPolls;
    thread.polls = 0;
    note_progress(thread);
    return true;
}

bool Core::polling() const {
    return std::ranges::any_of(threads, [](const Thread& thread) {
        const Wait::Kind kind = thread.wait.kind;
        // One that merely yielded is about to poll again, and only then can a report say what it waits for.
        return !thread.finished() && !thread.spent &&
               (kind == Wait::Kind::none || kind == Wait::Kind::turn ||
                (kind == Wait::Kind::poll && thread.polls < kMaxPolls) ||
                (kind == Wait::Kind::load && thread.polls < kMaxLoads));
    });
}

void Core::tell_finished(Thread& thread) {
    try {
        shared.observer->thread_finished(thread);
    } catch (...) {
        error = std::current_exception();
    }
}

bool Core::step_unfairly() {
    const auto ready = [&](const Thread& thread) { return !thread.finished() && granted(thread); };
    const auto of = [&](std::optional<Risc> risc) { return risc ? thread_of(*risc) : nullptr; };
    if (Thread* first = of(shared.favoured); first != nullptr && ready(*first) && run(*first)) return true;
    Thread* const last = of(shared.starved);
    // One that polls keeps the starved waiting too, for a while.
    constexpr std::uint32_t kUnfairPolls = 100;
    const auto goes_on = [&](Thread& thread) {
        return run(thread) ||
               (thread.wait.kind != Wait::Kind::none && thread.polls != 0 && thread.polls < kUnfairPolls);
    };
    for (Thread& thread : threads)
        if (!error && &thread != last && ready(thread) && goes_on(thread)) return true;
    return !error && last != nullptr && ready(*last) && run(*last);
}

bool Core::find_lendable(std::uint64_t offset) {
    if (!shared.lending.on() || shared.lending.over() || lending_forbidden) return false;
    DramRange range;
    const bool yes = shared.lending.lend(offset, lender, range);
    (yes ? lendable : unlendable) = range;
    return yes;
}

void Core::note_write(Thread& thread, std::uint64_t offset, LoomSite site, const char* call) {
    writable = shared.lending.write(offset);
    if (shared.lending.over()) wait_for_lenders(thread, site, call);
}

void Core::wait_for_lenders(Thread& thread, LoomSite site, const char* call) {
    stop_lending();
    thread.wrote_l1 = true;  // the others shall come to know
    if (shared.lending.any_lender()) thread.block({.kind = Wait::Kind::lenders, .call = call, .site = site});
    shared.lending.settle_ended();
}

bool Core::send_owed(std::uint32_t source, std::byte* destination, std::uint32_t bytes) {
    std::uint32_t stick = 0;
    OwedSticks* const owed = lent.owed_at(source, bytes, stick);
    if (sending != nullptr && sending != owed) finish_sending();
    if (owed == nullptr || !owed->send(stick, destination)) return false;
    sending = owed;
    sending_from = source - stick * bytes;
    sending_bytes = bytes;
    if (owed->all_known()) finish_sending();
    return true;
}

void Core::finish_sending() {
    OwedSticks& owed = *std::exchange(sending, nullptr);
    const std::uint64_t bytes = std::uint64_t{sending_bytes} * tile::kSide;
    if (bool aligned = false; owed.may_write(aligned)) {
        written += bytes;
        const bool past_caches = written > kCachedBytes && aligned && sending_bytes >= kStreamedBytes;
        owed.write(owed.destinations(), past_caches);
        streamed |= past_caches;
        return owed.forget_destinations();
    }
    const tile::OutSticks destinations = owed.destinations();
    owed.forget_destinations();
    lent.settle_at(sending_from, static_cast<std::uint32_t>(bytes));
    for (std::uint32_t i = 0; i < tile::kSide; ++i)
        if (destinations[i] != nullptr)
            copy({reinterpret_cast<const std::byte*>(std::uintptr_t{sending_from} + i * sending_bytes),
                  destinations[i], sending_bytes, false});
}

void Core::stop_lending() {
    if (sending != nullptr) finish_sending();
    dst.settle();
    lent.settle();
    lendable = {};
    if (lender) shared.lending.give_up(lender, nullptr);
}

void Core::end_lending() {
    if (!lender) return;
    if (shared.lending.over()) return stop_lending();
    shared.lending.give_up(lender, &lent);
}

bool Core::step() {
    if (lender && shared.lending.over()) stop_lending();
    const bool any = shared.favoured || shared.starved ? step_unfairly() : step_fairly();
    if (any || error || unpack == nullptr) return any;
    // What was put off for PACK's sake keeps others waiting: do without.
    if (unpack->wait.kind == Wait::Kind::reads && dst.reads_l1()) {
        dst.settle();
        return true;
    }
    const bool offered = std::exchange(tilizing.offered, false);
    return std::exchange(tilizing.awaited, false) || offered;
}

bool Core::step_fairly() {
    bool any = false;
    const std::size_t count = threads.size();
    std::size_t next = random ? (*random)() % count : 0;
    for (std::size_t i = 0; i < count && !error; ++i) {
        Thread& thread = threads[next];
        if (++next == count) next = 0;
        if (thread.finished() || !granted(thread)) continue;
        any |= run(thread);
        if (random && (*random)() % 2 == 0) break;
        if (&thread == math && !random) hand_sections();
    }
    return any;
}

// MATH and PACK pass sections of DST to and fro while the others wait for what many of them make.
void Core::hand_sections() {
    constexpr int kTurns = 64;  // so that whoever asks this core to stop does not wait for long
    const auto turn = [&](Thread& thread) {
        return !thread.finished() && granted(thread) && run(thread) && !error;
    };
    for (int i = 0; i < kTurns; ++i)
        if (math->finished() || math->wait.kind != Wait::Kind::dst_section || !turn(*pack) || !turn(*math))
            return;
}

void Core::yield_at_random(Thread& thread) {
    if ((*random)() % 4 == 0) thread.block({});
}

void Core::copy(const Transfer& transfer) {
    if (transfer.bytes != 4 || reinterpret_cast<std::uintptr_t>(transfer.destination) % 4 != 0) {
        if (!transfer.to_l1 && transfer.bytes >= kStreamedBytes &&
            (written += transfer.bytes) > kCachedBytes) {
            tile::stream(transfer.source, transfer.destination, transfer.bytes);
            streamed = true;
        } else {
            std::memcpy(transfer.destination, transfer.source, transfer.bytes);
        }
        return;
    }
    std::uint32_t word = 0;
    std::memcpy(&word, transfer.source, 4);
    std::atomic_ref(*reinterpret_cast<std::uint32_t*>(transfer.destination))
        .store(word, std::memory_order_release);
}

void Core::order_streams() {
    if (std::exchange(streamed, false)) tile::finish_streams();
}

void Core::complete(std::vector<Transfer>& transfers) {
    for (const Transfer& transfer : transfers) copy(transfer);
    transfers.clear();
}

void fail_for_missing_cb(const Thread& thread, std::uint32_t cb, LoomSite site, std::string_view call) {
    fail(Code::CB_MISSING, thread.where(site, call), cb);
}

}  // namespace loom::runtime
