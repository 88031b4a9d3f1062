// The matrix unit's sums and products over tiles: the rules of fpu.hpp without a branch, so that compilers make vectors of them,
// for each SIMD target. tests/unit/silicon_tiles_test.cpp holds the two together.
#include "tile/silicon/fpu_loops.hpp"

#include "tile/simd_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/silicon/fpu_loops.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace loom::tile::silicon::HWY_NAMESPACE {

// A choice between values, which becomes one between lanes.
HWY_INLINE std::uint32_t pick(bool condition, std::uint32_t yes, std::uint32_t no) {
    const std::uint32_t mask = 0u - std::uint32_t{condition};
    return (yes & mask) | (no & ~mask);
}
HWY_INLINE std::int32_t exponent(std::uint32_t bits) {
    return static_cast<std::int32_t>(bits >> 23 & 255u);
}
HWY_INLINE std::uint32_t significand(std::uint32_t bits) {
    return (bits >> 13 & 0x3ffu) | 0x400u;
}
HWY_INLINE std::int32_t smaller(std::int32_t a, std::int32_t b) {
    return a < b ? a : b;
}
HWY_INLINE std::int32_t larger(std::int32_t a, std::int32_t b) {
    return a > b ? a : b;
}
// To nearest, ties up, less `down`; a shift of 0 changes nothing.
HWY_INLINE std::uint32_t shifted(std::uint32_t man, std::int32_t shift, std::uint32_t down) {
    const auto by = static_cast<std::uint32_t>(shift);
    return (man + ((1u << by) >> 1) - pick(shift != 0, down, 0)) >> by;
}
// sign | a number with this exponent and fraction, where it is one.
HWY_INLINE std::uint32_t assembled(std::uint32_t sign, std::int32_t exp, std::uint32_t fraction, bool zero) {
    const std::uint32_t number = sign | static_cast<std::uint32_t>(exp) << 23 | (fraction & kFraction);
    return pick(zero | (exp <= 0), 0, pick(exp >= 255, sign | kInfinity, number));
}

// add() of fpu.hpp.
template <bool kDst32>
HWY_INLINE std::uint32_t sum(std::uint32_t a, std::uint32_t b) {
    a = pick(exponent(a) == 0, 0, a);
    b = pick(exponent(b) == 0, 0, b);
    const bool swap = (a & ~kSign) < (b & ~kSign);
    const std::uint32_t large = pick(swap, b, a);
    const std::uint32_t small = pick(swap, a, b);
    const std::int32_t shift = smaller(exponent(large) - exponent(small), 13);
    const std::uint32_t big_man = pick(large == 0, 0, significand(large));
    const std::uint32_t small_man = pick(small == 0, 0, shifted(significand(small), shift, 0));
    const std::uint32_t man = pick((a ^ b) >> 31 != 0, big_man - small_man, big_man + small_man);
    std::uint32_t normal = std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(man)));
    if constexpr (!kDst32) normal = (normal + 0x8000u) & kBfloat16Mask;
    return assembled(large & kSign, exponent(normal) + exponent(large) - 137, normal, man == 0);
}

// accumulate() of fpu.hpp, of one term.
template <Chip kChip, bool kDst32>
HWY_INLINE std::uint32_t accumulated(std::uint32_t negative, std::int32_t term_exp, std::uint32_t man,
                                     std::uint32_t dst) {
    const std::int32_t dst_exp = exponent(dst);
    std::uint32_t dst_man = pick(dst_exp == 0, 0, (dst & kFraction) | 0x800000u);
    const std::int32_t top = larger(term_exp, dst_exp);
    man = shifted(man, smaller(top - term_exp, 31), negative);
    dst_man = shifted(dst_man, smaller(top - dst_exp, 31), 0);
    if constexpr (!kDst32) {
        man = (man + 0x1000u - negative) & kTf32Mask;
        dst_man = (dst_man + 0x1000u) & kTf32Mask;
    }
    const std::uint32_t minus = 0u - negative, dst_minus = 0u - (dst >> 31);
    const std::uint32_t total = ((man ^ minus) - minus) + ((dst_man ^ dst_minus) - dst_minus);
    const std::uint32_t all = 0u - (total >> 31);
    std::uint32_t size = (total ^ all) - all;
    // Leading zeros from a float's exponent; without the bits that could carry into the next one.
    const std::uint32_t power =
        std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(size & ~(size >> 1))));
    std::int32_t left = 150 - static_cast<std::int32_t>(power >> 23);
    if constexpr (kChip == Chip::wormhole)
        left = static_cast<std::int32_t>(pick(total == ~0u, ~3u, static_cast<std::uint32_t>(left)));
    constexpr std::int32_t dropped = kDst32 ? 0 : 16;
    const std::int32_t right = dropped - left;
    const std::uint32_t down = shifted(size, larger(right, 0) & 31, 0);
    const std::uint32_t up = size << (larger(-right, 0) & 31);
    size = pick(right > 0, down, up) << dropped;
    const std::int32_t exp = top - left + static_cast<std::int32_t>(size >> 24 & 1u);
    return assembled(total & kSign, exp, size, (total == 0) | (top <= 0));
}

template <Chip kChip, bool kDst32, std::uint32_t phase>
HWY_INLINE std::uint32_t product(std::uint32_t a, std::uint32_t b, std::uint32_t dst) {
    const std::uint32_t man_a = (phase & 1u) != 0 ? significand(a) >> 1 & 31u : significand(a) >> 6;
    const std::uint32_t man_b = (phase & 2u) != 0 ? (significand(b) & 15u) << 3 : significand(b) >> 4;
    const std::int32_t exp_a = exponent(a), exp_b = exponent(b);
    const std::int32_t exp = product_exponent(exp_a, exp_b, phase);
    const bool none = (exp_a == 0) | (exp_b == 0) | (exp <= 0);
    return accumulated<kChip, kDst32>(
        pick(none, 0, (a ^ b) >> 31),
        static_cast<std::int32_t>(pick(none, 0, static_cast<std::uint32_t>(exp))),
        pick(none, 0, man_a * man_b << 13), dst);
}

template <bool kDst32>
void add_words(const Word* a, const Word* b, std::uint32_t flip, std::size_t count, Word* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = sum<kDst32>(a[i], b[i] ^ flip);
}

template <Chip kChip, bool kDst32, std::uint32_t phase>
void multiply_phase(const Word* a, const Word* b, std::size_t count, Word* dst) {
    for (std::size_t i = 0; i < count; ++i) dst[i] = product<kChip, kDst32, phase>(a[i], b[i], dst[i]);
}
template <Chip kChip, bool kDst32>
void multiply_words(const Word* a, const Word* b, std::uint32_t num_phases, std::size_t count, Word* dst) {
    multiply_phase<kChip, kDst32, 0>(a, b, count, dst);
    if (num_phases > 1) multiply_phase<kChip, kDst32, 1>(a, b, count, dst);
    if (num_phases > 2) multiply_phase<kChip, kDst32, 2>(a, b, count, dst);
    if (num_phases > 3) multiply_phase<kChip, kDst32, 3>(a, b, count, dst);
}

void add_all(bool dst32, const Word* a, const Word* b, std::uint32_t flip, std::size_t count, Word* out) {
    dst32 ? add_words<true>(a, b, flip, count, out) : add_words<false>(a, b, flip, count, out);
}

void multiply_all(Chip chip, bool dst32, const Word* a, const Word* b, std::uint32_t num_phases,
                  std::size_t count, Word* dst) {
    if (chip == Chip::wormhole)
        dst32 ? multiply_words<Chip::wormhole, true>(a, b, num_phases, count, dst)
              : multiply_words<Chip::wormhole, false>(a, b, num_phases, count, dst);
    else
        dst32 ? multiply_words<Chip::blackhole, true>(a, b, num_phases, count, dst)
              : multiply_words<Chip::blackhole, false>(a, b, num_phases, count, dst);
}

}  // namespace loom::tile::silicon::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loom::tile::silicon {

HWY_EXPORT(add_all);
HWY_EXPORT(multiply_all);

void add_words(bool dst32, const Word* a, const Word* b, std::uint32_t flip, std::size_t count, Word* out) {
    HWY_DYNAMIC_DISPATCH(add_all)(dst32, a, b, flip, count, out);
}
void multiply_words(Chip chip, bool dst32, const Word* a, const Word* b, std::uint32_t num_phases,
                    std::size_t count, Word* dst) {
    HWY_DYNAMIC_DISPATCH(multiply_all)(chip, dst32, a, b, num_phases, count, dst);
}

}  // namespace loom::tile::silicon
#endif  // HWY_ONCE
