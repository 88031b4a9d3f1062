// A device: a chip's memories, the cores that programs may use, and the allocators.
#pragma once

#include <memory>

#include "program/buffer.hpp"
#include "runtime/core/chip.hpp"
#include "util/numerics.hpp"

namespace loom {

class ProgramCache;

struct DeviceOptions {
    Arch arch = Arch::WORMHOLE_B0;
    /// Columns and rows of cores that operations spread over; {0, 0}: all that the chip has.
    CoreCoord grid{0, 0};
    /// Host threads that run the cores; 0: as many as the host has CPUs.
    unsigned threads = 0;
    /// Whose arithmetic compute kernels get: the chip's, bit for bit, or IEEE's.
    Numerics numerics = kDefaultNumerics;
};

/// Not copied, not moved: buffers and tensors refer to it and must be gone before it is. One host thread at a
/// time may use a device; several devices may run at once.
class Device {
public:
    /// Throws GRID_OUTSIDE_CHIP or NO_ADDRESS_SPACE.
    explicit Device(const DeviceOptions& options = {});
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    Arch arch() const { return options_.arch; }
    const ArchSpec& spec() const { return chip_.spec(); }
    unsigned threads() const { return options_.threads; }
    Numerics numerics() const { return options_.numerics; }
    /// The cores that operations spread over, as columns and rows.
    CoreCoord compute_with_storage_grid_size() const { return options_.grid; }

    std::uint32_t num_banks(BufferType type) const {
        return type == BufferType::DRAM ? spec().dram_banks : chip_.num_l1_banks();
    }
    std::uint32_t alignment(BufferType type) const {
        return type == BufferType::DRAM ? spec().dram_alignment : spec().l1_alignment;
    }
    /// Bytes of L1 that circular buffers may use now: from the unreserved base to the lowest tensor.
    std::uint32_t l1_bytes_for_circular_buffers() const;

    BankAllocator& allocator(BufferType type) { return type == BufferType::DRAM ? dram_ : l1_; }
    runtime::Chip& chip() { return chip_; }
    const runtime::Chip& chip() const { return chip_; }
    ProgramCache& program_cache() { return *program_cache_; }

private:
    DeviceOptions options_;
    runtime::Chip chip_;
    BankAllocator dram_;
    BankAllocator l1_;
    std::unique_ptr<ProgramCache> program_cache_;
};

}  // namespace loom
