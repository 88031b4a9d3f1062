// A program ready to run: compiled, its circular buffers placed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "program/program_descriptor.hpp"
#include "runtime/launch.hpp"
#include "runtime/plan.hpp"

namespace loom {
namespace runtime {
class WatchedInputs;
}

class Device;

/// Where the circular buffers of each core lie.
using CbPlacement = std::map<CoreCoord, std::vector<runtime::CbConfig>>;

/// Where a descriptor's circular buffers lie: from the unreserved base of L1 upward, in the descriptor's
/// order, each at one address on all of its cores. Throws CB_CONFIG (an index above 31 or twice on a core, a
/// size that is no whole number of pages), PROGRAM_CORES, and CB_OUT_OF_L1 or CB_CLASH (with tensors in L1).
CbPlacement place_circular_buffers(const ProgramDescriptor& descriptor, const Device& device);

/// All that is wrong with a descriptor before anything is compiled; throws what place_circular_buffers does,
/// and PROGRAM_CORES (outside the device's grid), PROGRAM_RISC, RUNTIME_ARGS, SEMAPHORE_CONFIG.
void validate(const ProgramDescriptor& descriptor, const Device& device);

/// Whether kernels are compiled with hooks for a checker.
enum class Images : std::uint8_t { plain, checked };

class Program {
public:
    /// Validates, places and compiles; checked images have the hooks that a checker needs. Throws what validate
    /// does, KERNEL_FILE_MISSING and what runtime::build_kernels does.
    Program(const ProgramDescriptor& descriptor, const Device& device, Images images = Images::plain);

    /// The arguments of kernel number `kernel` (in the descriptor's order) on a core, to be overwritten
    /// before the next run; empty where it does not run.
    std::span<std::uint32_t> runtime_args(std::size_t kernel, CoreCoord core);
    std::span<std::uint32_t> common_runtime_args(std::size_t kernel);

    const runtime::Plan& plan() const { return plan_; }
    /// Images of kernels that it keeps loaded.
    std::size_t num_images() const;
    /// Whether building it now would give the same: no kernel's file, and nothing that one includes, has changed since.
    /// Looks at the times of those files, and reads them only where these do not tell.
    bool up_to_date();

private:
    runtime::Plan plan_;
    std::shared_ptr<runtime::WatchedInputs> inputs_;
};

/// Runs a program on its device and waits for its end. Throws CB_CLASH when a tensor has moved into the place
/// of a circular buffer since it was built, and what runtime::launch does.
runtime::LaunchReport enqueue(Device& device, const Program& program,
                              const runtime::LaunchOptions& options = {});

}  // namespace loom
