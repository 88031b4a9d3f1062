// Runs a plan on a chip: the one loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "runtime/core/chip.hpp"
#include "runtime/observer.hpp"
#include "runtime/plan.hpp"

namespace loom::runtime {

struct LaunchOptions {
    /// Host threads to spread the cores over; 0: as many as the host has CPUs.
    unsigned threads = 0;
    /// 0 runs threads in a fixed order with NoC transfers done at once. Any other value draws the order, and
    /// the moment of each transfer up to its barrier, at random from this seed. A correct program gives the
    /// same bytes for all.
    std::uint64_t seed = 0;
    /// The command that repeats this run, for the last line of a kernel error.
    std::string again;
    Observer* observer = nullptr;
    /// Counts bytes as kernels write them to the NoC, for a progress display; may be null.
    std::atomic<std::uint64_t>* bytes_written = nullptr;
};

struct LaunchReport {
    std::uint32_t cores = 0;
    unsigned threads = 0;
    double seconds = 0;  ///< from the first core's start to the last one's end
};

/// What the host threads of one launch share.
struct LaunchShared {
    std::atomic<std::uint64_t>* bytes_written = nullptr;
    /// Grows whenever one core changes what another may wait for.
    std::atomic<std::uint64_t> epoch{0};
};

/// Runs until every kernel of every core has ended. Throws HANG when no kernel can go on, and the first error
/// (by core, in the plan's order) that a kernel raised. The chip's memories then hold what had been written
/// so far.
LaunchReport launch(const Chip& chip, const Plan& plan, const LaunchOptions& options);

}  // namespace loom::runtime
