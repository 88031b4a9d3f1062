// The matrix unit's arithmetic, an element at a time: the rules in their plain form. docs/silicon.md says what each was
// measured against. loops-inl.h has them a tile at a time; tests hold the two together.
//
// All values are the bits of a float. A source register holds TF32 (19 bits: the low 13 are zero), so a bfloat16 as well.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "util/numerics.hpp"

namespace loom::tile::silicon {

/// A word of DST: the bits of a float, which others see as a float.
using Word [[gnu::may_alias]] = std::uint32_t;

enum class Chip : std::uint8_t { wormhole, blackhole };

/// Passes over the operands that a multiplication makes, each with other bits of them.
constexpr std::uint32_t phases(MathFidelity fidelity) {
    return fidelity == MathFidelity::LoFi ? 1 : static_cast<std::uint32_t>(fidelity);
}

inline constexpr std::uint32_t kSign = 0x80000000u;
inline constexpr std::uint32_t kInfinity = 0x7f800000u;
inline constexpr std::uint32_t kFraction = 0x007fffffu;
inline constexpr std::uint32_t kTf32Mask = 0xffffe000u;
inline constexpr std::uint32_t kBfloat16Mask = 0xffff0000u;

constexpr std::int32_t exponent_of(std::uint32_t bits) {
    return static_cast<std::int32_t>(bits >> 23 & 255u);
}
/// Nothing in a source register is less than the smallest normal number.
constexpr bool is_zero(std::uint32_t bits) {
    return exponent_of(bits) == 0;
}
/// Subnormal numbers become zeros of their sign.
constexpr std::uint32_t without_subnormal(std::uint32_t bits) {
    return is_zero(bits) ? bits & kSign : bits;
}
/// The 11 bits of a TF32 number's significand, 1.0 being 0x400.
constexpr std::uint32_t significand_of(std::uint32_t bits) {
    return (bits >> 13 & 0x3ffu) | 0x400u;
}

/// A term on its way to the accumulator: man * 2^(exp - 150), man at most 25 bits.
struct Term {
    std::uint32_t negative = 0;
    std::int32_t exp = 0;
    std::uint32_t man = 0;
};

/// man / 2^shift, to nearest, ties up, or for `down` down.
constexpr std::uint32_t shift_right(std::uint32_t man, std::int32_t shift, std::uint32_t down = 0) {
    if (shift <= 0) return man;
    return shift < 31 ? (man + (1u << (shift - 1)) - down) >> shift : 0;
}

/// Two terms and what DST holds, aligned to the largest exponent, each rounded there, then added, and the sum rounded to
/// what DST can hold. A 16-bit DST keeps eleven bits of each.
constexpr std::uint32_t accumulate(Chip chip, bool dst32, Term a, Term b, std::uint32_t dst) {
    std::uint32_t dst_man = is_zero(dst) ? 0 : (dst & kFraction) | 0x800000u;
    std::int32_t exp = std::max({a.exp, b.exp, exponent_of(dst)});
    if (exp <= 0) return 0;
    a.man = shift_right(a.man, exp - a.exp, a.negative);
    b.man = shift_right(b.man, exp - b.exp, b.negative);
    dst_man = shift_right(dst_man, exp - exponent_of(dst));
    if (!dst32) {
        a.man = (a.man + 0x1000u - a.negative) & kTf32Mask;
        b.man = (b.man + 0x1000u - b.negative) & kTf32Mask;
        dst_man = (dst_man + 0x1000u) & kTf32Mask;
    }
    const auto with_sign = [](std::uint32_t man, std::uint32_t negative) {
        return negative != 0 ? -static_cast<std::int32_t>(man) : static_cast<std::int32_t>(man);
    };
    const std::int32_t sum =
        with_sign(dst_man, dst >> 31) + with_sign(a.man, a.negative) + with_sign(b.man, b.negative);
    if (sum == 0) return 0;
    const std::uint32_t sign = sum < 0 ? kSign : 0;
    auto man = static_cast<std::uint32_t>(sum < 0 ? -sum : sum);
    std::int32_t left = std::countl_zero(man) - 8;  // to 24 bits
    // Wormhole counts the leading signs of -1 as if all of them were significant.
    if (chip == Chip::wormhole && sum == -1) left = -4;
    exp -= left;
    const std::int32_t dropped = dst32 ? 0 : 16;
    const std::int32_t right = dropped - left;
    man = right > 0 ? shift_right(man, right) << dropped : man << -right << dropped;
    if ((man & 0x1000000u) != 0) ++exp;
    if (exp <= 0) return 0;
    return exp >= 255 ? sign | kInfinity : sign | static_cast<std::uint32_t>(exp) << 23 | (man & kFraction);
}

/// a + b; the smaller one is rounded to the larger one's last place. To subtract, flip b's sign.
constexpr std::uint32_t add(Chip chip, bool dst32, std::uint32_t a, std::uint32_t b) {
    if (is_zero(a)) a = 0;
    if (is_zero(b)) b = 0;
    if ((a & ~kSign) < (b & ~kSign)) std::swap(a, b);
    if (a == 0) return 0;
    const std::uint32_t big = significand_of(a);
    const std::uint32_t small = b == 0 ? 0 : shift_right(significand_of(b), exponent_of(a) - exponent_of(b));
    const std::uint32_t sum = (a ^ b) >> 31 != 0 ? big - small : big + small;
    return accumulate(chip, dst32, {a >> 31, exponent_of(a), sum << 13}, {}, 0);
}

/// What a phase takes of operand A: 5 bits of its significand; of B: 7 bits.
constexpr std::uint32_t part_a(std::uint32_t bits, std::uint32_t phase) {
    return (phase & 1u) != 0 ? significand_of(bits) >> 1 & 31u : significand_of(bits) >> 6;
}
constexpr std::uint32_t part_b(std::uint32_t bits, std::uint32_t phase) {
    return (phase & 2u) != 0 ? (significand_of(bits) & 15u) << 3 : significand_of(bits) >> 4;
}
/// The exponent of a phase's product of two operands with these exponents.
constexpr std::int32_t product_exponent(std::int32_t a, std::int32_t b, std::uint32_t phase) {
    return a + b - 127 - ((phase & 1u) != 0 ? 5 : 0) - ((phase & 2u) != 0 ? 7 : 0);
}

/// DST + a * b, one phase.
constexpr std::uint32_t multiply(Chip chip, bool dst32, std::uint32_t a, std::uint32_t b, std::uint32_t phase,
                                 std::uint32_t dst) {
    Term product{(a ^ b) >> 31, product_exponent(exponent_of(a), exponent_of(b), phase),
                 part_a(a, phase) * part_b(b, phase) << 13};
    if (is_zero(a) || is_zero(b) || product.exp <= 0) product = {};
    return accumulate(chip, dst32, product, {}, dst);
}

/// DST + the sum of 16 products, one phase: two groups of 8, each aligned to its largest exponent and rounded there to the
/// 12 bits of a product.
constexpr std::uint32_t dot(Chip chip, bool dst32, const Word* a, std::uint32_t a_stride, const Word* b,
                            std::uint32_t phase, std::uint32_t dst) {
    Term sums[2];
    for (std::uint32_t group = 0; group < 2; ++group) {
        Term products[8];
        std::int32_t exp = 0;
        for (std::uint32_t i = 0; i < 8; ++i) {
            const std::uint32_t x = a[(8 * group + i) * a_stride];
            const std::uint32_t y = b[8 * group + i];
            if (is_zero(x) || is_zero(y)) continue;
            products[i] = {(x ^ y) >> 31, product_exponent(exponent_of(x), exponent_of(y), phase),
                           part_a(x, phase) * part_b(y, phase)};
            exp = std::max(exp, products[i].exp);
        }
        if (exp <= 0) continue;
        std::int32_t sum = 0;
        for (const Term& product : products) {
            const auto man =
                static_cast<std::int32_t>(shift_right(product.man, std::min(exp - product.exp, 30)));
            sum += product.negative != 0 ? -man : man;
        }
        sums[group] = {sum < 0 ? 1u : 0u, exp, static_cast<std::uint32_t>(sum < 0 ? -sum : sum) << 13};
    }
    return accumulate(chip, dst32, sums[0], sums[1], dst);
}

/// What a copy through a source register makes of a value: no subnormal, no NaN, no -0 reaches a 32-bit DST.
constexpr std::uint32_t copied(bool dst32, std::uint32_t bits) {
    if (!dst32) return bits;
    return is_zero(bits) ? 0 : exponent_of(bits) == 255 ? bits & (kSign | kInfinity) : bits;
}

/// The same of unary_bcast, through SrcB: rows are moved, the others are added to zero.
constexpr std::uint32_t copied_by_b(bool rows, std::uint32_t bits) {
    return !rows ? copied(true, bits) : is_zero(bits) ? 0 : bits;
}

// --- Between L1, the source registers and DST

/// A float32 in L1 becomes TF32 for a 32-bit DST, bfloat16 for a 16-bit one: cut off.
constexpr std::uint32_t source_of_float32(bool dst32, std::uint32_t bits) {
    return dst32 ? bits & kTf32Mask : without_subnormal(bits) & kBfloat16Mask;
}
/// What DST holds, taken as an operand of a call whose other operand is of this format.
constexpr std::uint32_t source_of_dst(bool tf32, std::uint32_t bits) {
    return bits & (tf32 ? kTf32Mask : kBfloat16Mask);
}
/// The packer: a bfloat16, widened, to nearest, ties away from zero; no NaN, no subnormal, no -0. Only from a 32-bit DST to
/// float32 all bits stay.
constexpr std::uint32_t packed_bfloat16(std::uint32_t bits) {
    if ((bits & ~kSign) > kInfinity) return bits & (kSign | kInfinity);
    const std::uint32_t rounded = (bits + 0x8000u) & kBfloat16Mask;
    return is_zero(rounded) ? 0 : rounded;
}
constexpr std::uint32_t packed(bool dst32, bool to_float32, std::uint32_t bits) {
    return dst32 && to_float32 ? bits : packed_bfloat16(bits);
}

}  // namespace loom::tile::silicon
