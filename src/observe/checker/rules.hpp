// What the rules share: the state that they keep beside the engine's, and the way to it.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "observe/checker/access_history.hpp"
#include "observe/checker/checker.hpp"
#include "observe/checker/clock.hpp"
#include "observe/checker/shadow.hpp"
#include "observe/checker/spot.hpp"
#include "runtime/core/core.hpp"

namespace loom::checker {

/// Bytes of one memory: an L1 of a core, or a DRAM bank.
struct Extent {
    std::uint32_t memory = 0;  ///< 64 * y + x of its NoC coordinates
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool overlaps(const Extent& other) const {
        return memory == other.memory && begin < other.end && other.begin < end;
    }
};

/// Whether a write goes to one core or, as a multicast, to many: on virtual channels of their own.
enum class Cast : std::uint8_t { one, many };

/// A NoC transfer between its call and its barrier.
struct InFlight {
    Extent source;
    Extent destination;
    Spot spot;
    Cast cast = Cast::one;
    std::uint32_t called = 0;  ///< the thread's own count then
};

/// An init call that still holds.
struct Setup {
    std::optional<LoomInit> kind;
    std::uint32_t detail = 0;
    Spot spot;
};

/// One thread's use of one circular buffer.
struct CbUse {
    std::uint32_t reserved = 0;  ///< pages, from the write pointer on
    std::uint32_t waited = 0;    ///< pages, from the read pointer on
};

struct CoreState;

struct ThreadState {
    runtime::Thread* thread = nullptr;
    CoreState* core = nullptr;
    std::uint32_t id = 0;
    Clock clock;
    std::array<CbUse, runtime::kNumCircularBuffers> cb{};
    std::vector<InFlight> reads;
    std::vector<InFlight> writes;   ///< neither barrier nor flush since
    std::vector<InFlight> landing;  ///< no barrier since

    void forget_loads() { distinct = repeats = 0; }

    // What the FPU, the SFPU, the unpackers and the packer are set up for.
    Setup fpu, sfpu;
    std::optional<DataFormat> format_a, format_b, format_pack;
    bool started = false;                     ///< by compute_kernel_hw_startup, or what contains it
    Setup mask, tilize, untilize, broadcast;  ///< inits that an uninit has not undone
    std::optional<Spot> waited_for_dst;

    // The addresses that a kernel has loaded since it last did anything else, and how many loads came back to them.
    std::array<const void*, 8> loaded{};
    std::uint32_t distinct = 0;
    std::uint32_t repeats = 0;
    // What tilize reads or an untilizing pack writes as one: all sticks of a block.
    Extent block_extent;
    std::uint32_t block_time = 0;
};

/// What a thread had done when it pushed, or popped, the last of so many pages: who waits for that many knows as much.
class Handovers {
public:
    /// `pages` more were handed over by a thread whose clock is `clock`.
    void add(std::uint64_t pages, const Clock& clock);
    /// What lies behind whoever was granted `pages` in all, and never less again.
    const Clock* granted(std::uint64_t pages);

private:
    std::deque<std::pair<std::uint64_t, Clock>> handed_;  ///< pages in all, and the clock then
    std::uint64_t total_ = 0;
};

/// What a core's threads did to one circular buffer.
struct CbState {
    ThreadState* producer = nullptr;
    ThreadState* consumer = nullptr;
    Spot producer_spot, consumer_spot;
    bool waited = false;
    Handovers pushes, pops;
};

/// L1 that circular buffers share, or one has alone.
struct CbRegion {
    std::uint64_t begin = 0, end = 0;  ///< offsets into L1
    std::vector<std::uint32_t> cbs;
};

/// What MATH has in DST, by section and tile.
struct DstState {
    std::array<TileShadow, 16> tiles;
    std::array<bool, 2> reduced{};  ///< by section: a reduce wrote it
    std::uint32_t math_section = 0, pack_section = 0;
};

struct CoreState {
    runtime::Core* core = nullptr;
    std::uint32_t memory = 0;
    std::vector<std::unique_ptr<ThreadState>> threads;
    std::array<CbState, runtime::kNumCircularBuffers> cbs;
    std::vector<CbRegion> regions;
    Clock committed, released, issued;
    DstState dst;
    /// Operands that UNPACK has issued and MATH has not used: those of them with elements that nobody wrote.
    std::map<std::uint64_t, std::array<TileShadow, 2>> operands;
    Origin* shadow = nullptr;        ///< of its L1
    std::uint64_t shadow_bytes = 0;  ///< up to the last byte that somebody owns
};

/// A load, by a kernel's own code, of bytes that nobody wrote.
struct BlindLoad {
    KernelPlace place;
    Extent extent;
    Origin origin = kWritten;
};

class Rules {
public:
    Rules(const runtime::Chip& chip, const runtime::Plan& plan, std::vector<TensorExtent> tensors);

    /// The state of the thread that runs now, and the rules that watch it.
    static ThreadState& current() { return *static_cast<ThreadState*>(runtime::current_thread().watched); }
    static Rules& active();
    static void activate(Rules* rules);

    void start(runtime::Core& core);
    void finish(runtime::Thread& thread);

    /// Bytes of a core's L1, by an address as its kernels hold them.
    static Extent l1_extent(const ThreadState& state, std::uint64_t address, std::uint64_t bytes);
    static Extent noc_extent(std::uint64_t address, std::uint64_t bytes);

    /// Notes an access for the race rule.
    void touch(ThreadState& state, const Extent& extent, bool write, const Spot& spot,
               std::uint32_t called = 0);
    /// An access to the thread's own L1: windows, transfers under way, then races.
    void touch_l1(ThreadState& state, const Extent& extent, bool write, const Spot& spot);

    /// The shadow of an extent's first byte; nullptr where the extent reaches memory that nobody owns.
    Origin* shadow_of(const Extent& extent);
    /// An extent of some core's L1 that is written must be somebody's: a buffer's, a tensor's, a semaphore's.
    void require_owner(const ThreadState& state, const Extent& extent, const Spot& spot);
    void copy_shadow(const Extent& source, const Extent& destination);
    /// "c_4", "input", ...
    std::string name_of(Origin origin) const;

    KernelPlace place(const ThreadState& state, const Spot& spot) const;
    /// Of a thread that may have ended.
    KernelPlace place(const Access& access) const;

    const runtime::Chip& chip;
    std::vector<TensorExtent> tensors;
    std::vector<bool> tensor_written;
    std::unordered_map<std::uint32_t, AccessHistory> histories;  ///< by memory
    std::map<std::pair<std::uint32_t, std::uint64_t>, Clock> semaphores;
    std::vector<std::unique_ptr<CoreState>> cores;  ///< that run, or ran last on their object
    std::optional<BlindLoad> blind_load;            ///< the first
    bool loaded_l1 = false;                         ///< some kernel did, by code of its own
    std::uint32_t landing_in_l1 = 0;                ///< writes to other cores that may not have landed

private:
    void make_core_shadows(const runtime::Plan& plan);
    void make_tensor_shadows();

    std::vector<KernelPlace> names_;  ///< of threads, by id
    std::unordered_map<std::uint32_t, std::vector<Origin>> shadows_;
};

/// What ends the reading of a write's source.
inline constexpr const char* kSentBarrier = "noc_async_writes_flushed or noc_async_write_barrier";

/// The engine's own table, which the rules call on to.
const LoomEngine& plain();

/// The parts of the wrapped table, by the file that defines them.
void wrap_cb_calls(LoomEngine& table);
void wrap_noc_calls(LoomEngine& table);
void wrap_compute_calls(LoomEngine& table);
void wrap_memory(LoomEngine& table);

// Rules of setups: what each thread is configured for (setup_rules.cpp).
void note_init(LoomInit kind, std::uint32_t detail, const std::uint32_t (&cb)[2], LoomSite site);
/// A compute thread has called compute_kernel_hw_startup.
void require_started(const ThreadState& state, const Spot& spot);
void require_fpu(const ThreadState& state, LoomInit kind, std::uint32_t detail, const Spot& spot);
void require_sfpu(const ThreadState& state, std::uint32_t function, const Spot& spot);
/// SrcA and SrcB have the formats of these buffers; where `any_order`, either way round.
enum class Sources : std::uint8_t { a, b, both, either, any_order };
void require_formats(const ThreadState& state, Sources sources, std::uint32_t first, std::uint32_t second,
                     const Spot& spot);
/// A pack under the mask of a reduce keeps its results alone.
void require_no_mask(const ThreadState& state, const Spot& spot);
void require_pack_format(const ThreadState& state, std::uint32_t cb, const Spot& spot);

// Rules of what must be over when a thread ends, by family.
void end_of_transfers(const ThreadState& state);
void end_of_setups(const ThreadState& state);
/// When all threads of a core have ended.
void end_of_buffers(const CoreState& core);

}  // namespace loom::checker
