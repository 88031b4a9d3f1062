// The vector unit's arithmetic, a lane at a time: its instructions, and the programs that the compute API's functions are
// made of. docs/silicon.md says what each was measured against.
//
// All values are the bits of a float, as in a register of the vector unit.
#pragma once

#include "tile/silicon/fpu.hpp"
#include "tile/tile_ops.hpp"

namespace loom::tile::silicon {

// --- Instructions

/// A significand shifted right; what falls off stays as a last bit, as long as anything stays.
constexpr std::uint64_t shift_keeping_some(std::uint64_t man, std::int32_t shift) {
    if (shift <= 0) return man;
    if (shift >= 32) return 0;
    const std::uint64_t kept = man >> shift;
    return kept == 0 ? 0 : kept | (kept << shift != man ? 1u : 0u);
}

/// x * y + z where something is infinite, or no number. Wormhole's NaN goes on through the adder, so its payload depends on
/// the operands: programs only tell that it is one. False where all is finite.
constexpr bool mad_special(Chip chip, std::uint32_t x, std::uint32_t y, std::uint32_t z,
                           std::int32_t product_exp, std::uint32_t& result, bool& nan) {
    const auto special = [](std::uint32_t bits) { return exponent_of(bits) == 255; };
    const auto is_nan = [](std::uint32_t bits) { return (bits & ~kSign) > kInfinity; };
    const bool overflows = product_exp >= 255;
    if (!special(x) && !special(y) && !special(z) && !overflows) return false;
    const std::uint32_t sign = (x ^ y) & kSign;
    const bool infinite_product = special(x) || special(y) || (chip == Chip::wormhole && overflows);
    if (is_nan(x) || is_nan(y) || (special(x) && is_zero(y)) || (special(y) && is_zero(x)) ||
        ((z & ~kSign) == kInfinity && infinite_product && (z & kSign) != sign)) {
        nan = true;
        result = chip == Chip::wormhole ? sign | 0x7f800001u : 0x7fc00000u;
    } else if (is_nan(z)) {
        nan = true;
        result = chip == Chip::wormhole ? (z & kSign) | 0x7f800001u : 0x7fc00000u;
    } else {
        result = special(z) ? z : sign | kInfinity;
    }
    return true;
}

/// x * y + z: the product keeps three bits more than a float and whether there were others; the sum is rounded to nearest,
/// ties to even. Subnormal operands count as zeros, and so do subnormal results.
constexpr std::uint32_t mad(Chip chip, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    const auto significand = [](std::uint32_t bits) -> std::uint64_t {
        return is_zero(bits) ? 0 : (bits & kFraction) | 0x800000u;
    };
    const bool wormhole = chip == Chip::wormhole;
    std::uint64_t product = significand(x) * significand(y);
    product = product >> 20 | ((product & 0xfffffu) != 0 ? 1u : 0u);
    std::int32_t product_exp = exponent_of(x) + exponent_of(y) - 127;
    std::uint64_t addend = significand(z) << 3;
    const std::int32_t addend_exp = exponent_of(z);
    const std::uint32_t product_sign = (x ^ y) & kSign;
    const std::uint32_t addend_sign = z & kSign;

    std::uint32_t special = 0;
    bool nan = false;
    if (mad_special(chip, x, y, z, product_exp, special, nan)) {
        if (!wormhole || !nan) return special;
        product_exp = std::min(product_exp, 255);
    }
    if (product == 0 || product_exp < 0) {
        if (!nan) return addend != 0 ? z : wormhole ? 0 : addend_sign & product_sign;
        product = 0;
        product_exp = 0;
    }
    std::int32_t exp = std::max(product_exp, addend_exp);
    product = shift_keeping_some(product, exp - product_exp);
    addend = shift_keeping_some(addend, exp - addend_exp);
    const std::uint32_t sign = product >= addend ? product_sign : addend_sign;
    std::uint64_t sum = product_sign == addend_sign ? product + addend
                        : product >= addend         ? product - addend
                                                    : addend - product;
    if (sum == 0) return wormhole ? special : addend_sign & product_sign;
    auto man = static_cast<std::uint32_t>(sum);
    std::int32_t right = 5 - std::countl_zero(man);
    exp += right;
    if (exp >= 255) return nan ? special : sign | kInfinity;
    if (wormhole && exp < 0) return special;
    if (!wormhole && exp <= 0) {
        ++right;
        exp = 0;
    }
    if (right <= 0) {
        man <<= -right;
    } else if (right >= 32) {
        man = 0;
    } else {
        // Wormhole keeps only whether the last bit was set.
        const std::uint32_t dropped = wormhole ? man & 1u : man & (static_cast<std::uint32_t>(right) | 1u);
        man = man >> right | (wormhole ? dropped : dropped != 0 ? 1u : 0u);
    }
    std::uint32_t bits = (static_cast<std::uint32_t>(exp) << 23) + (man >> 3 & kFraction);
    bits += (man & 7u) + (bits & 1u) > 4 ? 1u : 0u;
    if (bits >> 23 == 0) bits = 0;
    if (wormhole) return bits == 0 ? special : (nan ? special : sign) | bits;
    return sign | bits;
}

inline constexpr std::uint32_t kOne = 0x3f800000u;
inline constexpr std::uint32_t kMinusOne = 0xbf800000u;

constexpr std::uint32_t sfpu_add(Chip chip, std::uint32_t a, std::uint32_t b) {
    return mad(chip, a, kOne, b);
}
constexpr std::uint32_t sfpu_sub(Chip chip, std::uint32_t a, std::uint32_t b) {
    return mad(chip, b, kMinusOne, a);
}
constexpr std::uint32_t sfpu_mul(Chip chip, std::uint32_t a, std::uint32_t b) {
    return mad(chip, a, b, 0);
}
/// To bfloat16, ties away from zero, by the instruction for it.
constexpr std::uint32_t stochastic_round(std::uint32_t bits) {
    return packed_bfloat16(exponent_of(bits) == 255 ? bits & (kSign | kInfinity) : is_zero(bits) ? 0 : bits);
}
/// To bfloat16, ties to even, by integer arithmetic.
constexpr std::uint32_t even_round(std::uint32_t bits) {
    return (bits + 0x7fffu + (bits >> 16 & 1u)) & kBfloat16Mask;
}
/// What a store leaves in DST: a 16-bit one keeps the upper half.
constexpr std::uint32_t stored(bool dst32, std::uint32_t bits) {
    return dst32 ? without_subnormal(bits) : without_subnormal(bits) & kBfloat16Mask;
}
/// Blackhole's approximate reciprocal: 8 bits from a table.
constexpr std::uint32_t approximate_reciprocal(std::uint32_t bits) {
    constexpr std::uint8_t table[128] = {
        127, 125, 123, 121, 119, 117, 116, 114, 112, 110, 109, 107, 105, 104, 102, 100, 99, 97, 96,
        94,  93,  91,  90,  88,  87,  85,  84,  83,  81,  80,  79,  77,  76,  75,  74,  72, 71, 70,
        69,  68,  66,  65,  64,  63,  62,  61,  60,  59,  58,  57,  56,  55,  54,  53,  52, 51, 50,
        49,  48,  47,  46,  45,  44,  43,  42,  41,  40,  40,  39,  38,  37,  36,  35,  35, 34, 33,
        32,  31,  31,  30,  29,  28,  28,  27,  26,  25,  25,  24,  23,  23,  22,  21,  21, 20, 19,
        19,  18,  17,  17,  16,  15,  15,  14,  14,  13,  12,  12,  11,  11,  10,  9,   9,  8,  8,
        7,   7,   6,   5,   5,   4,   4,   3,   3,   2,   2,   1,   1,   0};
    const std::uint32_t magnitude = bits & ~kSign;
    const std::uint32_t sign = bits & kSign;
    if (magnitude < 0x00800000u) return sign | kInfinity;
    if (magnitude >= 0x7e800000u) return sign;
    return sign | (253 - (magnitude >> 23)) << 23 | std::uint32_t{table[magnitude >> 16 & 127u]} << 16;
}
constexpr std::uint32_t with_exponent(std::uint32_t bits, std::uint32_t exponent) {
    return (bits & ~kInfinity) | (exponent & 255u) << 23;
}
/// The order that the minimum and maximum of two lanes go by: of sign and magnitude.
constexpr std::int32_t ordered(std::uint32_t bits) {
    return static_cast<std::int32_t>((bits & kSign) != 0 ? bits ^ ~kSign : bits);
}

// --- Programs

/// What the programs depend on beside their operands.
struct SfpuMode {
    Chip chip = Chip::wormhole;
    bool dst32 = false;
    bool approximate = false;
};

constexpr std::uint32_t binary(SfpuMode mode, Binary op, std::uint32_t a, std::uint32_t b) {
    switch (op) {
        case Binary::add:
            return sfpu_add(mode.chip, a, b);
        case Binary::sub:
            return sfpu_sub(mode.chip, a, b);
        case Binary::mul:
            break;
    }
    const std::uint32_t product = sfpu_mul(mode.chip, a, b);
    if (mode.dst32) return product;
    return a == 0 || b == 0 ? 0 : even_round(product);
}

namespace detail {

// One more step of Newton's for 1/sqrt or sqrt, from an estimate by integer arithmetic.
struct Root {
    std::uint32_t y = 0;         // the estimate
    std::uint32_t xy = 0;        // x * y
    std::uint32_t residual = 0;  // 1 - x * y * y
};
constexpr Root root_estimate(Chip chip, std::uint32_t x) {
    constexpr std::uint32_t c1 = std::bit_cast<std::uint32_t>(2.2825186f);
    constexpr std::uint32_t c2 = std::bit_cast<std::uint32_t>(2.2533049f);
    std::uint32_t y = 0x5f1110a0u - (x >> 1);
    const std::uint32_t c = sfpu_mul(chip, y ^ kSign, sfpu_mul(chip, x, y));
    y = sfpu_mul(chip, y, mad(chip, c, sfpu_add(chip, c, c2), c1));
    const std::uint32_t xy = sfpu_mul(chip, x, y);
    return {y, xy, mad(chip, y ^ kSign, xy, kOne)};
}
inline constexpr std::uint32_t kQuietNan = 0x7fc00000u;

constexpr std::uint32_t reciprocal_root(SfpuMode mode, std::uint32_t x) {
    const std::uint32_t end = kInfinity - x;
    if (end == 0 || x << 1 == 0) return end;
    if (mode.approximate) {
        const std::uint32_t y = 0x5f0b3892u - (x >> 1);
        const std::uint32_t t = mad(mode.chip, y ^ kSign, sfpu_mul(mode.chip, x, y),
                                    std::bit_cast<std::uint32_t>(1.89099014875f));
        return (x & kSign) != 0 ? kQuietNan : sfpu_mul(mode.chip, y, t);
    }
    if ((x & kSign) != 0) return kQuietNan;
    const Root root = root_estimate(mode.chip, x);
    const std::int32_t exponent = exponent_of(root.y);
    const std::uint32_t half =
        exponent == 255 ? root.y : with_exponent(root.y, static_cast<std::uint32_t>(exponent) - 1u);
    return mad(mode.chip, root.residual, half, root.y);
}

constexpr std::uint32_t square_root(SfpuMode mode, std::uint32_t x) {
    if (x << 1 == 0) return x;
    if ((x & kSign) != 0) return kQuietNan;
    if (mode.approximate) {
        const std::uint32_t y = 0x5f0b3892u - (x >> 1);
        const std::uint32_t c = sfpu_mul(mode.chip, x, y);
        if (x == kInfinity) return c;
        return sfpu_mul(mode.chip, c,
                        mad(mode.chip, y ^ kSign, c, std::bit_cast<std::uint32_t>(1.89099014875f)));
    }
    const Root root = root_estimate(mode.chip, x);
    if (static_cast<std::int32_t>(x) >= static_cast<std::int32_t>(kInfinity)) return root.y;
    return mad(mode.chip, root.residual, sfpu_mul(mode.chip, 0x3f000000u, root.xy), root.xy);
}

constexpr std::uint32_t reciprocal_wormhole(SfpuMode mode, std::uint32_t x) {
    constexpr Chip chip = Chip::wormhole;
    const bool rounds = !mode.dst32 && !mode.approximate;
    const std::uint32_t k0 =
        std::bit_cast<std::uint32_t>(rounds ? 0.32133400440216064453125f : 0.3232325017452239990234375f);
    const std::uint32_t k1 =
        std::bit_cast<std::uint32_t>(rounds ? 1.4514148235321044921875f : 1.4545459747314453125f);
    const std::uint32_t k2 =
        std::bit_cast<std::uint32_t>(rounds ? 2.1200883388519287109375f : 2.121212482452392578125f);
    const std::uint32_t minus_x = (x & kFraction) | kMinusOne;
    std::uint32_t y = mad(chip, mad(chip, k0, minus_x, k1), minus_x, k2);
    const std::uint32_t scale = sfpu_mul(chip, ~x & (kSign | kInfinity), 0x3f000000u);
    y = mad(chip, y, mad(chip, minus_x, y, kOne), y);
    if (mode.dst32 && !mode.approximate) y = mad(chip, y, mad(chip, minus_x, y, kOne), y);
    if (rounds) y = stochastic_round(y);
    return (sfpu_mul(chip, y, scale) & ~kSign) | (x & kSign);
}

constexpr std::uint32_t reciprocal_blackhole(SfpuMode mode, std::uint32_t x) {
    constexpr Chip chip = Chip::blackhole;
    const std::uint32_t y = approximate_reciprocal(x);
    if (mode.approximate) return y;
    if (!mode.dst32) {
        const std::uint32_t tie = y | 0x8000u;
        return tie + (mad(chip, mad(chip, 0, 0, x), tie, kMinusOne) >> 16);
    }
    const std::uint32_t e = mad(chip, x ^ kSign, y, kOne);
    std::uint32_t t = mad(chip, mad(chip, e, e, e), e, e);
    if (ordered(t) > ordered(kOne)) t = kOne;
    return mad(chip, t, y, y);
}

}  // namespace detail

constexpr std::uint32_t reciprocal(SfpuMode mode, std::uint32_t x) {
    return mode.chip == Chip::wormhole ? detail::reciprocal_wormhole(mode, x)
                                       : detail::reciprocal_blackhole(mode, x);
}
constexpr std::uint32_t rsqrt(SfpuMode mode, std::uint32_t x) {
    const std::uint32_t y = detail::reciprocal_root(mode, x);
    return mode.dst32 ? y : stochastic_round(y);
}
constexpr std::uint32_t sqrt(SfpuMode mode, std::uint32_t x) {
    const std::uint32_t y = detail::square_root(mode, x);
    return mode.dst32 ? y : stochastic_round(y);
}
constexpr std::uint32_t square(SfpuMode mode, std::uint32_t x) {
    const std::uint32_t y = sfpu_mul(mode.chip, x, x);
    return mode.dst32 ? y : even_round(y);
}
constexpr std::uint32_t rsub(SfpuMode mode, std::uint32_t x, std::uint32_t scalar) {
    const std::uint32_t y = sfpu_sub(mode.chip, scalar, x);
    return mode.dst32 ? y : even_round(y);
}
/// A NaN with a sign keeps it.
constexpr std::uint32_t absolute(std::uint32_t x) {
    return x <= (kSign | kInfinity) ? x & ~kSign : x;
}

constexpr std::uint32_t unary(SfpuMode mode, Unary f, std::uint32_t scalar, std::uint32_t x) {
    switch (f) {
        case Unary::add_scalar:
            return sfpu_add(mode.chip, x, scalar);
        case Unary::sub_scalar:
            return sfpu_sub(mode.chip, x, scalar);
        case Unary::mul_scalar:
            return sfpu_mul(mode.chip, x, scalar);
        case Unary::rsub_scalar:
            return rsub(mode, x, scalar);
        case Unary::fill:
            return scalar;
        case Unary::rsqrt:
            return rsqrt(mode, x);
        case Unary::sqrt:
            return sqrt(mode, x);
        case Unary::reciprocal:
            return reciprocal(mode, x);
        case Unary::square:
            return square(mode, x);
        case Unary::negate:
            return x ^ kSign;
        case Unary::absolute:
            return absolute(x);
        case Unary::round_bfloat16:
            return even_round(x);
    }
    return x;
}

}  // namespace loom::tile::silicon
