// What the packer makes of a value and what is in L1 already, when it adds (pack_reconfig_l1_acc).
#pragma once

#include "tile/silicon/fpu.hpp"

namespace loom::tile::silicon {

constexpr std::uint32_t accumulated_float32(std::uint32_t there, std::uint32_t value) {
    const float sum =
        std::bit_cast<float>(without_subnormal(there)) + std::bit_cast<float>(without_subnormal(value));
    const auto bits = std::bit_cast<std::uint32_t>(sum);
    return (bits & ~kSign) > kInfinity ? 0x7fc00000u : without_subnormal(bits);
}

/// A NaN in L1 counts as more than any number, one that is packed (there is none) as a number beyond the largest.
constexpr std::uint16_t accumulated_bfloat16(std::uint16_t there, std::uint16_t value) {
    const std::uint32_t wide_there = without_subnormal(std::uint32_t{there} << 16);
    const std::uint32_t wide_value = without_subnormal(std::uint32_t{value} << 16);
    const bool opposed = (wide_there ^ wide_value) == kSign;
    if (opposed && (wide_there & ~kSign) == kInfinity) return 0x7fc0;
    const bool infinite_value = (wide_value & ~kSign) == kInfinity;
    if ((wide_there & ~kSign) > kInfinity)
        return static_cast<std::uint16_t>(((infinite_value ? wide_value : wide_there) & kSign) >> 16 |
                                          0x7f80u);
    const double sum = static_cast<double>(std::bit_cast<float>(wide_there)) +
                       static_cast<double>(std::bit_cast<float>(wide_value));
    const auto bits = std::bit_cast<std::uint64_t>(sum);
    const auto sign = static_cast<std::uint32_t>(bits >> 63) << 15;
    const std::int64_t exponent = static_cast<std::int64_t>(bits >> 52 & 0x7ffu) - 1023 + 127;
    if (exponent <= 0) return static_cast<std::uint16_t>(sign);
    if (exponent >= 255) return static_cast<std::uint16_t>(sign | 0x7f80u);
    // To nearest, ties to even, of the seven bits of a bfloat16's fraction.
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    const std::uint64_t rounded = (fraction + (std::uint64_t{1} << 44) - 1 + (fraction >> 45 & 1u)) >> 45;
    return static_cast<std::uint16_t>(sign | ((static_cast<std::uint64_t>(exponent) << 7) + rounded));
}

}  // namespace loom::tile::silicon
