// The two chips: sizes, grids, alignments. The figures are those of docs/silicon.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/core/core_coord.hpp"

namespace loom {

enum class Arch : std::uint8_t { WORMHOLE_B0, BLACKHOLE };

struct ArchSpec {
    Arch arch;
    std::string_view name;             ///< "wormhole", "blackhole"
    CoreCoord grid;                    ///< compute cores: columns, rows
    CoreCoord noc_origin;              ///< NoC coordinates of logical core (0,0)
    std::uint32_t l1_bytes;            ///< per core
    std::uint32_t l1_unreserved_base;  ///< first byte that circular buffers and tensors may use
    std::uint32_t dram_banks;
    std::uint64_t dram_bank_bytes;
    std::uint32_t dram_alignment;       ///< of pages, and of reads
    std::uint32_t l1_alignment;         ///< of pages and of every L1 access; DRAM writes align so too
    std::uint32_t data_local_bytes;     ///< local memory of BRISC and NCRISC: a kernel's statics and stack
    std::uint32_t compute_local_bytes;  ///< of UNPACK, MATH and PACK
};

const ArchSpec& arch_spec(Arch arch);

/// "wormhole" (or "wormhole_b0") and "blackhole"; throws ARCH_UNKNOWN.
Arch parse_arch(std::string_view name);

}  // namespace loom
