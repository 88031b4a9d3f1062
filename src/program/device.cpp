// A device.
#include "program/device.hpp"

#include <algorithm>
#include <thread>

#include "program/program_cache.hpp"
#include "util/error.hpp"

namespace loom {
namespace {

DeviceOptions checked(DeviceOptions options) {
    const ArchSpec& spec = arch_spec(options.arch);
    if (options.grid == CoreCoord{0, 0}) options.grid = spec.grid;
    // Asked once: the answer costs a system call, a tenth of a small launch.
    if (options.threads == 0) options.threads = std::max(1u, std::thread::hardware_concurrency());
    const CoreCoord grid = options.grid;
    if (grid.x == 0 || grid.y == 0 || grid.x > spec.grid.x || grid.y > spec.grid.y)
        fail(Code::GRID_OUTSIDE_CHIP, grid.x, grid.y, spec.name, spec.grid.x, spec.grid.y);
    return options;
}

// Address 0 means "no buffer" to many a kernel, so DRAM begins one row later.
constexpr std::uint64_t kDramFirst = 64;

// Freed DRAM that stays with the process, whatever is in use: taking it again from the system costs as much as writing it.
constexpr std::uint64_t kDramKeptBytes = std::uint64_t{128} << 20;

}  // namespace

Device::Device(const DeviceOptions& options)
    : options_(checked(options)),
      chip_(options.arch),
      dram_(
          kDramFirst, spec().dram_bank_bytes, spec().dram_alignment, BankAllocator::Grows::up,
          [this](std::uint64_t first, std::uint64_t bytes) { chip_.give_back_dram(first, bytes); },
          kDramKeptBytes / spec().dram_banks),
      l1_(spec().l1_unreserved_base, spec().l1_bytes, spec().l1_alignment, BankAllocator::Grows::down),
      program_cache_(std::make_unique<ProgramCache>()) {}

Device::~Device() = default;

std::uint32_t Device::l1_bytes_for_circular_buffers() const {
    return static_cast<std::uint32_t>(l1_.lowest()) - spec().l1_unreserved_base;
}

}  // namespace loom
