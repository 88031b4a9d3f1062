// A chip's memories: one L1 a core, and the DRAM banks; and the NoC's address of each byte of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtime/core/arch.hpp"
#include "runtime/core/memory.hpp"

namespace loom::runtime {

/// A NoC address: 36 bits of offset, then 6 of x and 6 of y, as kernels build and pass it (64 bits).
/// Banks of DRAM answer at y = 63, x = bank; cores at their NoC coordinates.
struct NocAddress {
    static constexpr std::uint32_t kDramRow = 63;

    static constexpr std::uint64_t make(std::uint32_t x, std::uint32_t y, std::uint64_t offset) {
        return (std::uint64_t{y} << 42) | (std::uint64_t{x} << 36) | offset;
    }
    static constexpr std::uint32_t x(std::uint64_t address) { return (address >> 36) & 63; }
    static constexpr std::uint32_t y(std::uint64_t address) { return (address >> 42) & 63; }
    static constexpr std::uint64_t offset(std::uint64_t address) { return address & 0xf'ffff'ffff; }
};

/// The memories of one chip. Every L1 lies below 4 GiB, so that the 32-bit numbers that kernels hold are
/// pointers; between two L1s lies a page that faults. Memory that nobody wrote, or that was given back, reads as zero.
class Chip {
public:
    explicit Chip(Arch arch);

    const ArchSpec& spec() const { return spec_; }

    /// First byte of a core's L1.
    std::byte* l1(CoreCoord core) const { return l1_.data() + index(core) * l1_stride_; }
    /// First byte of a DRAM bank.
    std::byte* dram(std::uint32_t bank) const { return dram_.data() + bank * dram_stride_; }

    /// The core of bank `bank` of interleaved L1. A fixed shuffle, as on the chip, where bank k is not core
    /// k.
    CoreCoord l1_bank_core(std::uint32_t bank) const { return l1_banks_[bank]; }
    std::uint32_t num_l1_banks() const { return static_cast<std::uint32_t>(l1_banks_.size()); }

    CoreCoord noc_of(CoreCoord logical) const {
        return {logical.x + spec_.noc_origin.x, logical.y + spec_.noc_origin.y};
    }

    /// An L1 address as kernels hold it (a pointer below 4 GiB, or an offset into L1) as an offset; or -1.
    std::int64_t l1_offset(std::uint64_t address) const;

    /// The core in whose L1 that byte of the host's memory lies, if it does in one.
    std::optional<CoreCoord> l1_owner(std::uint64_t address) const;

    /// The host memory of `bytes` bytes at a NoC address; nullptr when nothing answers there.
    std::byte* resolve(std::uint64_t noc_address, std::uint64_t bytes) const {
        if (NocAddress::y(noc_address) != NocAddress::kDramRow) return resolve_l1(noc_address, bytes);
        const std::uint32_t bank = NocAddress::x(noc_address);
        const std::uint64_t offset = NocAddress::offset(noc_address);
        if (bank >= spec_.dram_banks || offset + bytes > spec_.dram_bank_bytes) return nullptr;
        return dram(bank) + offset;
    }

    /// Gives the system back what [offset, offset + bytes) of all DRAM banks takes of the host's memory, in whole pages.
    void give_back_dram(std::uint64_t offset, std::uint64_t bytes);

    /// Fills all that circular buffers and tensors may use of every L1 with `pattern` (tests: fresh memory
    /// must not pass for zeros).
    void poison_l1(std::uint8_t pattern);

private:
    std::byte* resolve_l1(std::uint64_t noc_address, std::uint64_t bytes) const;
    std::size_t index(CoreCoord core) const { return std::size_t{core.y} * spec_.grid.x + core.x; }

    const ArchSpec& spec_;
    std::size_t l1_stride_;
    std::size_t dram_stride_;
    Mapping l1_;
    Mapping dram_;
    std::vector<CoreCoord> l1_banks_;
};

/// Where the engine keeps its own things in the reserved part of L1.
inline constexpr std::uint32_t kZerosOffset = 0x2000;  ///< 512 bytes that stay zero (MEM_ZEROS_BASE)
inline constexpr std::uint32_t kZerosBytes = 512;
inline constexpr std::uint32_t kSemaphoreOffset = 0x4000;  ///< 16 bytes a semaphore
inline constexpr std::uint32_t kSemaphoreStride = 16;
inline constexpr std::uint32_t kMaxSemaphores = 16;

}  // namespace loom::runtime
