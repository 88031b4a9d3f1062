// A chip's memories.
#include "runtime/core/chip.hpp"

#include <cstring>

namespace loom::runtime {
namespace {

constexpr std::size_t kPage = 4096;
// An odd number of cache lines between banks: pages of one row lie at equal offsets in all banks, and a
// stride of a power of two would map them all to the same few cache sets.
constexpr std::size_t kDramSkew = std::size_t{64} * 37;

std::size_t round_up(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

// A permutation of the cores without a pattern that a kernel could rely on; the same on every run.
std::vector<CoreCoord> shuffled_cores(CoreCoord grid) {
    std::vector<CoreCoord> cores;
    for (std::uint32_t y = 0; y < grid.y; ++y)
        for (std::uint32_t x = 0; x < grid.x; ++x) cores.push_back({x, y});
    std::uint64_t state = 0x9e3779b97f4a7c15u;
    for (std::size_t i = cores.size() - 1; i > 0; --i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        std::swap(cores[i], cores[(state >> 33) % (i + 1)]);
    }
    return cores;
}

}  // namespace

Chip::Chip(Arch arch)
    : spec_(arch_spec(arch)),
      l1_stride_(round_up(spec_.l1_bytes, kPage) + kPage),
      dram_stride_(spec_.dram_bank_bytes + kDramSkew),
      l1_(l1_stride_ * spec_.grid.x * spec_.grid.y, Mapping::Where::below_4_gib),
      dram_(dram_stride_ * spec_.dram_banks, Mapping::Where::anywhere),
      l1_banks_(shuffled_cores(spec_.grid)) {
    for (std::size_t core = 1; core <= l1_banks_.size(); ++core) l1_.guard(core * l1_stride_ - kPage, kPage);
}

std::int64_t Chip::l1_offset(std::uint64_t address) const {
    if (address < spec_.l1_bytes) return static_cast<std::int64_t>(address);
    const auto base = reinterpret_cast<std::uintptr_t>(l1_.data());
    if (address < base || address >= base + l1_.bytes()) return -1;
    const std::uint64_t offset = (address - base) % l1_stride_;
    return offset < spec_.l1_bytes ? static_cast<std::int64_t>(offset) : -1;
}

std::optional<CoreCoord> Chip::l1_owner(std::uint64_t address) const {
    const auto base = reinterpret_cast<std::uintptr_t>(l1_.data());
    if (address < base || address >= base + l1_.bytes()) return std::nullopt;
    if ((address - base) % l1_stride_ >= spec_.l1_bytes) return std::nullopt;
    const std::uint64_t core = (address - base) / l1_stride_;
    return CoreCoord{static_cast<std::uint32_t>(core % spec_.grid.x),
                     static_cast<std::uint32_t>(core / spec_.grid.x)};
}

std::byte* Chip::resolve_l1(std::uint64_t noc_address, std::uint64_t bytes) const {
    const std::uint32_t x = NocAddress::x(noc_address);
    const std::uint32_t y = NocAddress::y(noc_address);
    const std::uint64_t offset = NocAddress::offset(noc_address);
    if (x < spec_.noc_origin.x || y < spec_.noc_origin.y) return nullptr;
    const CoreCoord core{x - spec_.noc_origin.x, y - spec_.noc_origin.y};
    if (core.x >= spec_.grid.x || core.y >= spec_.grid.y || offset + bytes > spec_.l1_bytes) return nullptr;
    return l1(core) + offset;
}

void Chip::give_back_dram(std::uint64_t offset, std::uint64_t bytes) {
    for (std::uint32_t bank = 0; bank < spec_.dram_banks; ++bank)
        dram_.give_back(bank * dram_stride_ + offset, bytes);
}

void Chip::poison_l1(std::uint8_t pattern) {
    for (const CoreCoord core : l1_banks_)
        std::memset(l1(core) + spec_.l1_unreserved_base, pattern, spec_.l1_bytes - spec_.l1_unreserved_base);
}

}  // namespace loom::runtime
