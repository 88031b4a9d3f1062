// bfloat16 <-> float, one value at a time. Rounding is to nearest, ties to even (the host's and the packer's
// rule here; silicon's packer takes ties away from zero, see docs/adr).
#pragma once

#include <bit>
#include <cstdint>

namespace loom {

/// The float that a bfloat16 stands for; exact.
constexpr float bfloat16_to_float(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// `value` rounded to the nearest bfloat16, ties to even. NaN stays NaN (quiet); overflow goes to infinity.
constexpr std::uint16_t float_to_bfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t quiet = bits >> 16 | 0x40u;
    const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    // A choice between values, not a branch: loops of it become vectors.
    return static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}

/// `value` rounded to bfloat16 precision and widened again.
constexpr float round_to_bfloat16(float value) {
    return bfloat16_to_float(float_to_bfloat16(value));
}

}  // namespace loom
