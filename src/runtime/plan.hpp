// What the launch runs: for each core its kernels, circular buffers and semaphores, all resolved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/arch.hpp"
#include "runtime/core/circular_buffer.hpp"
#include "runtime/core/core_coord.hpp"
#include "runtime/core/dst.hpp"

struct LoomEngine;

namespace loom::runtime {

/// A kernel's compiled entry: takes the engine's table and runs kernel_main.
using KernelEntry = void (*)(const LoomEngine*);

/// A compiled kernel, loaded.
struct KernelImage {
    KernelEntry entry = nullptr;
    std::shared_ptr<const void> library;  ///< keeps the code loaded
    std::shared_ptr<const std::string>
        file;  ///< its bytes, if the kernel has globals: each thread then loads its own
    std::span<const std::byte> memory{};  ///< where it lies: code, constants and globals
    std::span<const std::byte> code{};
    std::string path{};               ///< of the file that it was loaded from, or is a copy of
    std::uint32_t statics_bytes = 0;  ///< variables that outlive a call, in the chip's sizes
};

/// The five RISC-V processors of a core.
enum class Risc : std::uint8_t { NCRISC, UNPACK, MATH, PACK, BRISC };
inline constexpr std::uint32_t kNumRiscs = 5;

/// A processor's local memory, which holds a kernel's statics and its stack.
inline std::uint32_t local_bytes(const ArchSpec& spec, Risc risc) {
    return risc == Risc::NCRISC || risc == Risc::BRISC ? spec.data_local_bytes : spec.compute_local_bytes;
}
/// Of it, what upstream's linker scripts keep for the least of stacks (MEM_TRISC0_STACK_MIN_SIZE).
inline constexpr std::uint32_t kLeastStackBytes = 192;

/// "UNPACK", ...
const char* name_of(Risc risc);

/// One kernel, compiled: one image, or for compute three (UNPACK, MATH, PACK).
struct Kernel {
    std::string name;   ///< the file's, without folders and ending
    std::string file;   ///< as the program names it
    std::string label;  ///< "reader", "writer", "compute"
    bool compute = false;
    Risc risc = Risc::NCRISC;  ///< of a data-movement kernel
    KernelImage image[3];
    DstConfig dst;
    std::vector<std::uint32_t> common_args;
};

struct KernelOnCore {
    std::uint32_t kernel = 0;  ///< index into Plan::kernels
    std::vector<std::uint32_t> args;
};

struct SemaphoreOnCore {
    std::uint32_t id = 0;
    std::uint32_t initial_value = 0;
};

struct CorePlan {
    CoreCoord core;
    std::vector<CbConfig> cbs;
    std::vector<KernelOnCore> kernels;
    std::vector<SemaphoreOnCore> semaphores;
};

struct Plan {
    std::vector<Kernel> kernels;
    std::vector<CorePlan> cores;
};

}  // namespace loom::runtime
