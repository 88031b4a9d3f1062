// One core while it runs a program: its threads, circular buffers, DST, and who waits for what.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "runtime/core/ahead.hpp"
#include "runtime/core/chip.hpp"
#include "runtime/core/circular_buffer.hpp"
#include "runtime/core/dst.hpp"
#include "runtime/core/lending.hpp"
#include "runtime/core/lent_pages.hpp"
#include "runtime/core/page_walk.hpp"
#include "runtime/core/unaligned.hpp"
#include "runtime/kernel_api/loom/engine.h"
#include "runtime/plan.hpp"
#include "runtime/sched/fiber.hpp"
#include "tile/tile_ops.hpp"
#include "util/error.hpp"

namespace loom::runtime {

class Core;
struct LaunchShared;

/// Why a thread cannot go on.
struct Wait {
    enum class Kind : std::uint8_t {
        none,
        poll,           ///< asked without blocking, in vain; may ask again
        cb_space,       ///< cb_reserve_back
        cb_pages,       ///< cb_wait_front
        operands,       ///< MATH, until UNPACK has come as far
        math,           ///< UNPACK, until MATH has taken what a pop would give away
        reads,          ///< UNPACK, until what MATH has put off has read it
        lenders,        ///< until no core lends pages any more
        dst_section,    ///< tile_regs_acquire
        dst_data,       ///< tile_regs_wait
        semaphore,      ///< equal
        semaphore_min,  ///< at least
        load,           ///< loads, or fetches, the same words again and again; may do so again
        turn,           ///< has not waited for so many steps that others get their turn
    };
    Kind kind = Kind::none;
    const char* call = "";
    LoomSite site{};
    std::uint32_t cb = 0;
    std::uint32_t wanted = 0;
    std::uint32_t* word = nullptr;  ///< semaphores
    std::uint64_t position = 0;     ///< operands, math: the operation waited for
    bool offer = false;             ///< dst_section, dst_data: Core::tilizing will do
};

/// A NoC transfer that was asked for and has not happened.
struct Transfer {
    const std::byte* source;
    std::byte* destination;
    std::uint32_t bytes;
    bool to_l1;  ///< of some core, where another thread may wait for it
};

/// One RISC-V running a kernel.
struct Thread {
    Core* core = nullptr;
    Risc risc = Risc::NCRISC;
    const Kernel* kernel = nullptr;
    const KernelOnCore* on_core = nullptr;
    std::array<CbPointers, kNumCircularBuffers> cb;
    Wait wait;
    std::uint64_t operations = 0;  ///< compute operations that UNPACK has issued, or MATH has done
    // Unpacker and packer modes, as their init calls left them.
    std::uint32_t tilize_block = 0;
    std::uint32_t untilize_block = 0;
    std::uint32_t untilize_full = 0;
    tile::PackMask pack_mask = tile::PackMask::all;
    bool pack_accumulate = false;
    bool dst_waited = false;
    std::uint32_t polls = 0;           ///< in a row, in vain
    std::uint64_t others_at_poll = 0;  ///< how far others had come at the last
    std::uint32_t loads = 0;           ///< from L1 in a row, with nothing else between
    std::uint64_t steps_at_loads = 0;  ///< those before them
    bool stored = false;        ///< to L1, since it was resumed: others of its core may wait for such a word
    std::uint64_t steps = 0;    ///< taken (core/steps.hpp), up to the last look
    std::uint32_t allowed = 0;  ///< steps until the next look
    std::uint32_t looks = 0;    ///< since it was resumed
    std::uint32_t passes = 0;   ///< of branches at which it was to give way
    std::uint64_t fresh_seen = 0;  ///< once the steps are spent: how far those had come whose are not
    bool spent = false;            ///< the steps are spent, and nobody else's doing allows it one more turn
    const void* code = nullptr;    ///< where it stands, of a wait without a site
    bool wrote_l1 = false;         ///< since it was resumed: another core may wait for such a word
    Transfer last_read{};          ///< what noc_async_read was last asked for
    bool reread = false;       ///< it was asked for the same again: the kernel waits for the bytes to change
    PageWalk page_walk;        ///< that noc_page_address is asked for
    PageWalk page_walk_ahead;  ///< that are likely to be read soon
    /// Reads since the last barrier, and between that and the one before it.
    std::uint32_t batch_reads = 0;
    std::uint32_t last_batch_reads = 0;
    std::vector<Transfer> pending_reads;
    std::vector<Transfer> pending_writes;
    UnalignedAccess unaligned;        ///< of the kernel's own
    std::uint32_t deepest_stack = 0;  ///< in the host's bytes, of what was found to fit the chip
    KernelImage image;                ///< kept while the fiber may run it
    std::unique_ptr<Fiber> fiber;

    bool finished() const { return fiber != nullptr && fiber->done(); }
    /// It has done what others may see: it does not only poll.
    void acts() { polls = loads = 0; }
    void* watched = nullptr;  ///< what an observer keeps of this thread
    /// This thread at a call, for messages; the second form is of a call on pages of a circular buffer.
    KernelPlace where(LoomSite site, std::string_view call) const;
    KernelPlace where(LoomSite site, std::string_view name, std::uint32_t cb, std::uint32_t pages) const;
    /// Suspends until `reason` is granted. Inline and field by field, so that each is written where it stays: to copy as
    /// a whole what has just been stored in parts waits for all stores before it.
    [[gnu::always_inline]] void block(const Wait& reason) {
        wait.kind = reason.kind;
        wait.call = reason.call;
        wait.site = reason.site;
        wait.cb = reason.cb;
        wait.wanted = reason.wanted;
        wait.word = reason.word;
        wait.position = reason.position;
        wait.offer = reason.offer;
        fiber->suspend();  // the core resumes a waiting thread only once its wait is granted
        wait.kind = Wait::Kind::none;
    }
};

/// A tile, or 32 sticks of one, that UNPACK has handed to MATH.
struct OperandView {
    const std::byte* data = nullptr;
    std::uint32_t rows = 1;
    std::uint32_t row_bytes = 0;
    std::uint32_t pitch_bytes = 0;
};

class Core {
public:
    /// `written_bytes` counts what the host thread that runs it has written to DRAM.
    Core(const Chip& its_chip, LaunchShared& launch, std::uint64_t& written_bytes)
        : chip(its_chip), shared(launch), written(written_bytes) {}

    /// Takes a core's plan: places buffers, makes one fiber a thread.
    void start(const Plan& plan, const CorePlan& core_plan, StackPool& stacks, std::uint64_t seed);
    /// Runs each thread that can go on, in thread order or, with a seed, in a random order: once, but for MATH and PACK,
    /// which without a seed take turns as long as they pass sections of DST.
    /// Returns whether any did more than poll.
    bool step();
    bool finished() const;
    /// Whether some thread polls and may do so again: not yet too often in vain.
    bool polling() const;
    /// Whether `thread`, which waits, may go on.
    bool granted(const Thread& thread) const;

    Thread* thread_of(Risc risc);
    const Thread* thread_of(Risc risc) const;
    /// Moves the bytes of a transfer; a word at once, since it may be a semaphore that another core waits
    /// for.
    void copy(const Transfer& transfer);
    /// Before the kernel may tell others of its writes.
    void order_streams();
    /// Hands a thread's outstanding transfers over, those that writes left behind too.
    void complete(std::vector<Transfer>& transfers);

    const Chip& chip;
    LaunchShared& shared;
    std::uint64_t& written;
    bool streamed = false;  ///< since the last write barrier, past the caches: not ordered with what follows
    Ahead ahead;
    LentPages lent;
    bool lending_forbidden = false;
    bool lender = false;  ///< counted among shared.lending's
    DramRange lendable;   ///< its pages may be lent
    DramRange unlendable;
    DramRange writable;  ///< none of its pages is lent
    /// Whether pages may be lent of the allocation at this byte of a DRAM bank.
    bool may_lend(std::uint64_t offset) {
        return lendable.holds(offset) || (!unlendable.holds(offset) && find_lendable(offset));
    }
    /// Whether sticks may be owed: only lent tiles make such, so somebody has to lend.
    bool may_owe() const { return lender; }
    /// Owed sticks of which some are to be sent to DRAM, as soon as it is known of all where, and at the latest before
    /// anybody else runs.
    OwedSticks* sending = nullptr;
    std::uint32_t sending_from = 0;   ///< address of the first of them
    std::uint32_t sending_bytes = 0;  ///< of each
    /// Takes a write of an owed stick. False where there is no such.
    bool send_owed(std::uint32_t source, std::byte* destination, std::uint32_t bytes);
    void finish_sending();
    /// Before a write to DRAM, for what `writable` does not hold.
    void note_write(Thread& thread, std::uint64_t offset, LoomSite site, const char* call);
    /// Once lending is over.
    void wait_for_lenders(Thread& thread, LoomSite site, const char* call);
    /// All that is lent comes to L1, and no more is lent.
    void stop_lending();
    /// The same, for the rest of the launch.
    void forbid_lending() {
        stop_lending();
        lending_forbidden = true;
    }
    /// The same for a core that has ended, as far as somebody may still look at it.
    void end_lending();
    const CorePlan* plan = nullptr;
    CoreCoord coord;
    std::byte* l1 = nullptr;
    std::array<CircularBuffer, kNumCircularBuffers> cbs;
    std::vector<Thread> threads;
    Dst dst;
    /// A row of tiles that MATH leaves to PACK to tilize in one go: nobody can tell that from one after another.
    struct Tilizing {
        OperandView first;
        DataFormat format = DataFormat::Float32;
        std::uint32_t cb = 0;
        std::uint32_t tiles = 0;
        bool awaited = false;  ///< MATH waits until PACK has released all before
        bool offered = false;
        bool taken = false;
    };
    Tilizing tilizing;
    /// Of `threads`, where there is a compute kernel.
    Thread* unpack = nullptr;
    Thread* math = nullptr;
    Thread* pack = nullptr;
    /// The first error of a thread.
    std::exception_ptr error;
    std::uint64_t progress = 0;                   ///< grows when a thread does more than poll
    std::uint64_t fresh = 0;                      ///< the same, of threads whose steps are not spent
    std::chrono::steady_clock::time_point begin;  ///< kept for observers
    void* watched = nullptr;                      ///< what an observer keeps of this core

    // SrcA and SrcB: what UNPACK loaded and MATH has not used, two operations deep. Names of tiles in L1 until a pop
    // gives the memory away; then copies.
    static constexpr std::uint32_t kSourceSlots = 2;
    struct Issued {
        LoomOperands operands;
        std::uint32_t count = 0;  ///< 1 or 2
        std::uint32_t block = 0;  ///< tilize_block: tiles of a row; else 0
    };
    std::array<Issued, kSourceSlots> issued;
    struct Copied {
        std::array<OperandView, 2> views;
        alignas(64) std::array<std::array<std::byte, 4096>, 2> bytes;
    };
    std::array<Copied, kSourceSlots> copies;
    std::uint64_t copied_operations =
        0;  ///< operations before this one have copies, if MATH has not done them

    /// With a seed: sometimes lets the others run, at the calls where silicon would interleave too.
    void maybe_yield(Thread& thread) {
        if (random) yield_at_random(thread);
    }
    std::optional<std::minstd_rand> random;
    /// Whether a row of tiles may be tilized as one: a watched run, and one with a seed, goes tile by tile.
    bool in_bulk() const;

private:
    bool find_lendable(std::uint64_t offset);
    void yield_at_random(Thread& thread);
    bool run(Thread& thread);
    bool has_steps(const Thread& thread) const { return thread.steps < max_steps_; }
    std::uint64_t fresh_now() const;
    bool goes_on(Thread& thread);
    void note_progress(const Thread& thread);
    std::uint64_t max_steps_ = 0;  ///< the launch's
    bool count_poll(Thread& thread);
    bool step_fairly();
    void hand_sections();
    bool step_unfairly();
    void tell_finished(Thread& thread);
};

// In the executable's own block of thread-local memory: every call asks for it.
extern __thread Thread* running_thread __attribute__((tls_model("initial-exec")));

/// The thread whose kernel runs on this host thread now.
inline Thread& current_thread() {
    return *running_thread;
}

/// The address of a byte of L1, as kernels hold it.
inline std::uint32_t l1_address(const std::byte* memory) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(memory));
}

/// Before a pop by UNPACK: copies what MATH has not used yet, if it is not copied.
void keep_operands(Core& core);

/// The table that kernels call into.
const LoomEngine& engine_table();

/// Parts of the table, by the file that defines them.
void fill_cb_calls(LoomEngine& table);
void fill_noc_calls(LoomEngine& table);
void fill_unpack_calls(LoomEngine& table);
void fill_math_calls(LoomEngine& table);
void fill_pack_calls(LoomEngine& table);
void fill_steps(LoomEngine& table);
void fill_hook_calls(LoomEngine& table);

[[noreturn, gnu::cold]] void fail_for_missing_cb(const Thread& thread, std::uint32_t cb, LoomSite site,
                                                 std::string_view call);

/// A circular buffer by index, or CB_MISSING.
inline CircularBuffer& existing_cb(Thread& thread, std::uint32_t cb, LoomSite site, std::string_view call) {
    if (cb >= kNumCircularBuffers || !thread.core->cbs[cb].exists) [[unlikely]]
        fail_for_missing_cb(thread, cb, site, call);
    return thread.core->cbs[cb];
}

}  // namespace loom::runtime
