// Runs a plan on a chip: the one loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/core/chip.hpp"
#include "runtime/core/lending.hpp"
#include "runtime/core/semaphore_history.hpp"
#include "runtime/observer.hpp"
#include "runtime/plan.hpp"

namespace loom::runtime {

/// As LaunchOptions::max_steps, of a program without data.
inline constexpr std::uint64_t kMaxSteps = std::uint64_t{1} << 29;
/// For each byte of data that the program may have to do with.
inline constexpr std::uint64_t kMaxStepsAByte = 16;

struct LaunchOptions {
    /// Host threads to spread the cores over; 0: as many as the host has CPUs.
    unsigned threads = 0;
    /// 0 runs threads in a fixed order with NoC transfers done at once. Any other value draws the order, and
    /// the moment of each transfer up to its barrier, at random from this seed. A correct program gives the
    /// same bytes for all.
    std::uint64_t seed = 0;
    /// Whose arithmetic the compute kernels get.
    Numerics numerics = kDefaultNumerics;
    /// The command that repeats this run, for the last line of a kernel error.
    std::string again;
    Observer* observer = nullptr;
    /// Lets one of a core's processors run only when no other can, or whenever it can: schedules at the edge of
    /// what is legal.
    std::optional<Risc> starved;
    std::optional<Risc> favoured;
    /// Cores begin in the reverse of the plan's order.
    bool reverse_cores = false;
    /// NoC transfers happen at their barrier: the latest legal moment.
    bool late_transfers = false;
    /// What kernels call into; the engine's own table when null. For those who wrap it.
    const LoomEngine* engine = nullptr;
    /// Counts bytes as kernels write them to the NoC, for a progress display; may be null.
    std::atomic<std::uint64_t>* bytes_written = nullptr;
    /// Ends the run with STOPPED soon after another host thread has set it; null: the caller's own flag (util/stop.hpp), if
    /// it has one.
    const std::atomic<bool>* stop = nullptr;
    /// Steps that a thread may take. One that has taken as many goes on only as long as others do something that still
    /// have some left; when nobody can go on so, the run ends in LIVELOCK. A step is a call of the kernel API, a load or
    /// store of the kernel's own in L1, or a stretch of its code without a branch. 0: a limit that no kernel comes near
    /// that ends, kMaxSteps and more with the data.
    std::uint64_t max_steps = 0;
    /// The allocation that holds a byte of the DRAM banks, for lending pages (core/lending.hpp); none: all of DRAM.
    Lending::RangeOf dram_range;
};

struct LaunchReport {
    std::uint32_t cores = 0;
    unsigned threads = 0;
    double seconds = 0;  ///< from the first core's start to the last one's end
};

/// What the host threads of one launch share.
struct LaunchShared {
    std::atomic<std::uint64_t>* bytes_written = nullptr;
    std::optional<Risc> starved;
    std::optional<Risc> favoured;
    bool late_transfers = false;
    Numerics numerics = kDefaultNumerics;
    const LoomEngine* engine = nullptr;
    Observer* observer = nullptr;
    /// Grows whenever one core changes what another may wait for.
    std::atomic<std::uint64_t> epoch{0};
    /// The same, of threads whose steps are not spent.
    std::atomic<std::uint64_t> fresh{0};
    std::uint64_t max_steps = kMaxSteps;
    const std::atomic<bool>* stop = nullptr;
    SemaphoreHistory semaphores;
    Lending lending;
    /// Whether interrupt() (sched/faults.hpp) may end kernels of this launch.
    std::atomic<bool> interrupt{false};
};

/// Runs until every kernel of every core has ended. Throws HANG when no kernel can go on, STOPPED, and the first
/// error (by core, in the plan's order) that a kernel raised. The chip's memories then hold what had been
/// written so far.
LaunchReport launch(const Chip& chip, const Plan& plan, const LaunchOptions& options);

}  // namespace loom::runtime
