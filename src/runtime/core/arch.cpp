// The two chips.
#include "runtime/core/arch.hpp"

#include "util/error.hpp"

namespace loom {
namespace {

constexpr std::uint32_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * 1024;

constexpr ArchSpec kWormhole{.arch = Arch::WORMHOLE_B0,
                             .name = "wormhole",
                             .grid = {8, 8},
                             .noc_origin = {18, 18},
                             .l1_bytes = 1464 * kKiB,
                             .l1_unreserved_base = 103424,
                             .dram_banks = 12,
                             .dram_bank_bytes = 1024 * kMiB,
                             .dram_alignment = 32,
                             .l1_alignment = 16,
                             .data_local_bytes = 4 * kKiB,
                             .compute_local_bytes = 2 * kKiB};

constexpr ArchSpec kBlackhole{.arch = Arch::BLACKHOLE,
                              .name = "blackhole",
                              .grid = {13, 10},
                              .noc_origin = {1, 2},
                              .l1_bytes = 1536 * kKiB,
                              .l1_unreserved_base = 111360,
                              .dram_banks = 8,
                              .dram_bank_bytes = 4064 * kMiB,
                              .dram_alignment = 64,
                              .l1_alignment = 16,
                              .data_local_bytes = 8 * kKiB,
                              .compute_local_bytes = 4 * kKiB};

}  // namespace

const ArchSpec& arch_spec(Arch arch) {
    return arch == Arch::WORMHOLE_B0 ? kWormhole : kBlackhole;
}

Arch parse_arch(std::string_view name) {
    if (name == "wormhole" || name == "wormhole_b0") return Arch::WORMHOLE_B0;
    if (name == "blackhole") return Arch::BLACKHOLE;
    fail(Code::ARCH_UNKNOWN, name);
}

}  // namespace loom
