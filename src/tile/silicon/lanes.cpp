// The chip's rules on whole vectors: one body, compiled for each SIMD target.
#include "tile/silicon/lanes.hpp"

#include "tile/simd_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/silicon/lanes.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace loom::tile::silicon::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

void combine(SfpuMode mode, Binary op, const Word* a, const Word* b, std::size_t count, Word* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = stored(mode.dst32, binary(mode, op, a[i], b[i]));
}
void reciprocal_roots(Chip chip, Word* dst, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) dst[i] = stored(true, rsqrt({chip, true, false}, dst[i]));
}
bool is_plain(const float* values) {
    for (std::uint32_t i = 0; i < kSide; ++i)
        if (const auto bits = std::bit_cast<std::uint32_t>(values[i]);
            exponent_of(bits) == 255 || copied(true, bits) != bits)
            return false;
    return true;
}
void pack_bfloat16(const Word* from, std::size_t count, std::uint16_t* out) {
    for (std::size_t i = 0; i < count; ++i)
        out[i] = static_cast<std::uint16_t>(packed_bfloat16(from[i]) >> 16);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<std::uint32_t, 16>;
using DSigned = hn::RebindToSigned<D>;
using DWide = hn::RepartitionToWide<D>;
using DHalf = hn::Repartition<std::uint16_t, D>;
using V = hn::Vec<D>;
using VSigned = hn::Vec<DSigned>;
using M = hn::Mask<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());

HWY_INLINE V bits_of(std::uint32_t bits) {
    return hn::Set(D(), bits);
}
HWY_INLINE VSigned number(std::int32_t value) {
    return hn::Set(DSigned(), value);
}
HWY_INLINE VSigned as_signed(V v) {
    return hn::BitCast(DSigned(), v);
}
HWY_INLINE V as_bits(VSigned v) {
    return hn::BitCast(D(), v);
}
HWY_INLINE M mask(hn::Mask<DSigned> m) {
    return hn::RebindMask(D(), m);
}
HWY_INLINE VSigned exponents(V v) {
    return as_signed(hn::And(hn::ShiftRight<23>(v), bits_of(255)));
}
HWY_INLINE V significands(V v, VSigned exponent) {
    const V some = hn::Or(hn::And(v, bits_of(kFraction)), bits_of(kFraction + 1));
    return hn::IfThenZeroElse(mask(hn::Eq(exponent, number(0))), some);
}

// The upper 28 bits of the products of two significands, and whether there were others.
HWY_INLINE V products(V a, V b) {
    const DWide wide;
    const auto upper = [&](auto product) HWY_ATTR {
        constexpr int dropped = 20;
        const auto lower = hn::Set(wide, (1u << dropped) - 1);
        const auto some = hn::ShiftRight<dropped>(hn::Add(hn::And(product, lower), lower));
        return hn::Or(hn::ShiftRight<dropped>(product), some);
    };
    const auto odd = [&](V v) HWY_ATTR { return hn::BitCast(D(), hn::ShiftRight<32>(hn::BitCast(wide, v))); };
    const V even_lanes = hn::BitCast(D(), upper(hn::MulEven(a, b)));
    const V odd_lanes = hn::BitCast(D(), hn::ShiftLeft<32>(upper(hn::MulEven(odd(a), odd(b)))));
    return hn::Or(even_lanes, odd_lanes);
}

// shift_keeping_some() of sfpu.hpp, of less than 31 bits.
HWY_INLINE V shifted(V man, VSigned shift) {
    const V by = as_bits(hn::Min(shift, number(31)));
    const V kept = hn::Shr(man, by);
    const V with_rest = hn::Or(kept, hn::IfThenZeroElse(hn::Eq(hn::Shl(kept, by), man), bits_of(1)));
    return hn::IfThenZeroElse(hn::Eq(kept, hn::Zero(D())), with_rest);
}

/// A number on its way to the adder: man * 2^(exp - 153).
struct Part {
    V sign, man;
    VSigned exp;
};

// The sum of a product and of z, which is `addend`: mad() of sfpu.hpp from there on.
template <Chip kChip>
HWY_INLINE V sum_of(Part product, Part addend, V z) {
    constexpr bool wormhole = kChip == Chip::wormhole;
    const D d;
    const V nothing = hn::Zero(d);
    const V both_signs = wormhole ? nothing : hn::And(addend.sign, product.sign);
    const M lone = hn::Or(hn::Eq(product.man, nothing), mask(hn::Lt(product.exp, number(0))));
    const V lone_result = hn::IfThenElse(hn::Eq(addend.man, nothing), both_signs, z);

    VSigned exp = hn::Max(product.exp, addend.exp);
    const V p = shifted(product.man, hn::Sub(exp, product.exp));
    const V a = shifted(addend.man, hn::Sub(exp, addend.exp));
    const M alike = hn::Eq(product.sign, addend.sign);
    const V sum = hn::IfThenElse(alike, hn::Add(p, a), hn::Sub(hn::Max(p, a), hn::Min(p, a)));
    const V sign = hn::IfThenElse(hn::Eq(hn::Max(p, a), p), product.sign, addend.sign);
    // Leading zeros from a float's exponent; without the bits that could carry into the next one.
    const auto power =
        hn::ConvertTo(hn::RebindToFloat<D>(), as_signed(hn::AndNot(hn::ShiftRight<1>(sum), sum)));
    VSigned right = hn::Sub(exponents(hn::BitCast(d, power)), number(158 - 5));
    exp = hn::Add(exp, right);
    const auto too_large = hn::Gt(exp, number(254));
    const auto too_small = hn::Lt(exp, number(wormhole ? 0 : 1));
    if constexpr (!wormhole) {
        right = hn::Add(right, hn::IfThenElseZero(too_small, number(1)));
        exp = hn::IfThenZeroElse(too_small, exp);
    }
    const auto rights = hn::Gt(right, number(0));
    const V down = as_bits(hn::IfThenElseZero(rights, right));
    const V up = as_bits(hn::IfThenZeroElse(rights, hn::Neg(right)));
    // Wormhole keeps only whether the last bit was set.
    const V last = hn::And(sum, wormhole ? bits_of(1) : hn::Or(down, bits_of(1)));
    const V some = hn::IfThenZeroElse(hn::Or(hn::Eq(last, nothing), hn::Not(mask(rights))), bits_of(1));
    const V man = hn::Or(hn::Shl(hn::Shr(sum, down), up), some);
    V bits = hn::Add(hn::ShiftLeft<23>(as_bits(exp)), hn::And(hn::ShiftRight<3>(man), bits_of(kFraction)));
    const V rest = hn::Add(hn::And(man, bits_of(7)), hn::And(bits, bits_of(1)));
    bits = hn::Add(bits, hn::IfThenElseZero(hn::Gt(rest, bits_of(4)), bits_of(1)));
    const M vanished = hn::Eq(hn::ShiftRight<23>(bits), nothing);
    V result = hn::IfThenElse(vanished, wormhole ? nothing : sign, hn::Or(sign, bits));
    if constexpr (wormhole) result = hn::IfThenZeroElse(mask(too_small), result);
    result = hn::IfThenElse(mask(too_large), hn::Or(sign, bits_of(kInfinity)), result);
    result = hn::IfThenElse(hn::Eq(sum, nothing), both_signs, result);
    return hn::IfThenElse(lone, lone_result, result);
}

/// The vector unit's instructions, where all is finite; `odd` says where something was not.
template <Chip kChip>
struct Unit {
    M odd;

    HWY_INLINE void note(VSigned exponent) { odd = hn::Or(odd, mask(hn::Gt(exponent, number(254)))); }
    HWY_INLINE Part addend(V z) {
        const VSigned exp = exponents(z);
        note(exp);
        return {hn::And(z, bits_of(kSign)), hn::ShiftLeft<3>(significands(z, exp)), exp};
    }
    HWY_INLINE Part product(V x, V y) {
        const VSigned ex = exponents(x), ey = exponents(y);
        note(hn::Max(ex, ey));
        const VSigned exp = hn::Sub(hn::Add(ex, ey), number(127));
        note(exp);
        return {hn::And(hn::Xor(x, y), bits_of(kSign)), products(significands(x, ex), significands(y, ey)),
                exp};
    }
    HWY_INLINE V mad(V x, V y, V z) { return sum_of<kChip>(product(x, y), addend(z), z); }
    HWY_INLINE V mul(V x, V y) {
        const V zero = hn::Zero(D());
        return sum_of<kChip>(product(x, y), {zero, zero, number(0)}, zero);
    }
    HWY_INLINE V add(V a, V b) { return sum_of<kChip>(addend(a), addend(b), b); }
};

using DFloat = hn::RebindToFloat<D>;
using VFloat = hn::Vec<DFloat>;

HWY_INLINE VFloat as_float(V v) {
    return hn::BitCast(DFloat(), v);
}
HWY_INLINE V word_at(const Word* at) {
    return hn::LoadU(D(), reinterpret_cast<const std::uint32_t*>(at));
}
HWY_INLINE void store_word(V v, Word* at) {
    hn::StoreU(v, D(), reinterpret_cast<std::uint32_t*>(at));
}

// Neither a NaN nor infinite nor so small that a rounding may differ from IEEE's.
HWY_INLINE M is_odd(V bits) {
    const V exponent = hn::Sub(hn::And(bits, bits_of(kInfinity)), bits_of(0x01000000u));
    return hn::And(hn::Gt(exponent, bits_of(0x7e7fffffu)), hn::Ne(hn::Add(bits, bits), hn::Zero(D())));
}

// In the CPU's own arithmetic, where that is the chip's; false where it is not. A 16-bit DST rounds products.
template <Binary kOp>
HWY_INLINE bool combine_vectors(bool dst32, const Word* a, const Word* b, Word* out) {
    const D d;
    const V x = word_at(a), y = word_at(b);
    const VFloat of = kOp == Binary::add   ? hn::Add(as_float(x), as_float(y))
                      : kOp == Binary::sub ? hn::Sub(as_float(x), as_float(y))
                                           : hn::Mul(as_float(x), as_float(y));
    V result = hn::BitCast(d, of);
    M odd = hn::Or(hn::Or(is_odd(x), is_odd(y)), hn::Or(is_odd(result), hn::Eq(result, bits_of(kSign))));
    if constexpr (kOp == Binary::mul) {
        // A zero that no zero made.
        const V zero = hn::Zero(d);
        const M some = hn::And(hn::Ne(hn::Add(x, x), zero), hn::Ne(hn::Add(y, y), zero));
        odd = hn::Or(odd, hn::And(hn::Eq(result, zero), some));
    }
    if (!hn::AllFalse(d, odd)) [[unlikely]]
        return false;
    if (!dst32) {
        if constexpr (kOp == Binary::mul) {
            const V even = hn::And(hn::ShiftRight<16>(result), bits_of(1));
            result = hn::Add(result, hn::Add(even, bits_of(0x7fff)));
        }
        result = hn::And(result, bits_of(kBfloat16Mask));
    }
    store_word(result, out);
    return true;
}

template <Binary kOp>
void combine_all(SfpuMode mode, const Word* a, const Word* b, std::size_t count, Word* out) {
    for (std::size_t i = 0; i < count; i += kLanes)
        if (!combine_vectors<kOp>(mode.dst32, a + i, b + i, out + i)) [[unlikely]]
            for (std::size_t k = i; k < i + kLanes; ++k)
                out[k] = stored(mode.dst32, binary(mode, kOp, a[k], b[k]));
}

void combine(SfpuMode mode, Binary op, const Word* a, const Word* b, std::size_t count, Word* out) {
    if (op == Binary::add) combine_all<Binary::add>(mode, a, b, count, out);
    if (op == Binary::sub) combine_all<Binary::sub>(mode, a, b, count, out);
    if (op == Binary::mul) combine_all<Binary::mul>(mode, a, b, count, out);
}

#if HWY_NATIVE_FMA
// The same of positive numbers that are neither very small nor very large, in the CPU's own arithmetic: all but one of the
// steps are IEEE's then, with a fused multiply and add, as silicon_lanes_test.cpp finds for each fraction. The one that is
// not takes a product from 1 and leaves what the multiplier does not keep.
HWY_INLINE bool usual_root_of_vector(Word* dst) {
    const D d;
    const V x = word_at(dst);
    // 2^-100 .. 2^100, and no sign.
    if (!hn::AllFalse(d, hn::Gt(hn::Sub(x, bits_of(0x0d800000u)), bits_of(0x64000000u)))) [[unlikely]]
        return false;
    const auto number_of = [](float value) HWY_ATTR { return hn::Set(DFloat(), value); };
    const VFloat value = as_float(x);
    VFloat y = as_float(hn::Sub(bits_of(0x5f1110a0u), hn::ShiftRight<1>(x)));
    const VFloat c = hn::Neg(hn::Mul(y, hn::Mul(value, y)));
    y = hn::Mul(y, hn::MulAdd(c, hn::Add(c, number_of(2.2533049f)), number_of(2.2825186f)));
    const V a = hn::BitCast(d, y), b = hn::BitCast(d, hn::Mul(value, y));
    const VSigned ea = exponents(a), eb = exponents(b);
    // Both as numbers of 2^-26, the last place of 1 in the adder.
    const VSigned exponent = hn::Sub(hn::Add(ea, eb), number(127));
    const V product =
        shifted(products(significands(a, ea), significands(b, eb)), hn::Sub(number(127), exponent));
    const VSigned left = hn::Sub(number(1 << 26), as_signed(product));
    const VFloat residual = hn::Mul(hn::ConvertTo(DFloat(), left), number_of(0x1p-26f));
    const VFloat half = hn::Mul(y, number_of(0.5f));
    store_word(hn::BitCast(d, hn::MulAdd(residual, half, y)), dst);
    return true;
}
#else
HWY_INLINE bool usual_root_of_vector(Word*) {
    return false;
}
#endif

// detail::reciprocal_root() of sfpu.hpp, of a vector; false where it is not.
template <Chip kChip>
HWY_INLINE bool root_of_vector(Word* dst) {
    const D d;
    const V x = word_at(dst);
    const V sign = bits_of(kSign);
    Unit<kChip> unit{hn::MaskFromVec(hn::Zero(d))};
    V y = hn::Sub(bits_of(0x5f1110a0u), hn::ShiftRight<1>(x));
    const V c = unit.mul(hn::Xor(y, sign), unit.mul(x, y));
    const V c1 = bits_of(std::bit_cast<std::uint32_t>(2.2825186f));
    const V c2 = bits_of(std::bit_cast<std::uint32_t>(2.2533049f));
    y = unit.mul(y, unit.mad(c, unit.add(c, c2), c1));
    const V residual = unit.mad(hn::Xor(y, sign), unit.mul(x, y), bits_of(kOne));
    const V less = hn::ShiftLeft<23>(hn::And(hn::Sub(hn::ShiftRight<23>(y), bits_of(1)), bits_of(255)));
    const V half = hn::Or(hn::AndNot(bits_of(kInfinity), y), less);
    V root = unit.mad(residual, half, y);
    if (!hn::AllFalse(d, unit.odd)) [[unlikely]]
        return false;
    root = hn::IfThenElse(hn::Ne(hn::And(x, sign), hn::Zero(d)), bits_of(detail::kQuietNan), root);
    const V end = hn::Sub(bits_of(kInfinity), x);
    root = hn::IfThenElse(hn::Eq(hn::Add(x, x), hn::Zero(d)), end, root);
    const M subnormal = hn::Eq(hn::And(root, bits_of(kInfinity)), hn::Zero(d));
    store_word(hn::IfThenElse(subnormal, hn::And(root, sign), root), dst);
    return true;
}

template <Chip kChip>
void roots(Word* dst, std::size_t count) {
    for (std::size_t i = 0; i < count; i += kLanes)
        if (!usual_root_of_vector(dst + i) && !root_of_vector<kChip>(dst + i)) [[unlikely]]
            for (std::size_t k = i; k < i + kLanes; ++k)
                dst[k] = stored(true, rsqrt({kChip, true, false}, dst[k]));
}

void reciprocal_roots(Chip chip, Word* dst, std::size_t count) {
    chip == Chip::wormhole ? roots<Chip::wormhole>(dst, count) : roots<Chip::blackhole>(dst, count);
}

bool is_plain(const float* values) {
    const D d;
    M odd = hn::MaskFromVec(hn::Zero(d));
    for (std::size_t i = 0; i < kSide; i += kLanes) {
        const V bits = hn::BitCast(d, hn::LoadU(DFloat(), values + i));
        const V exponent = hn::Sub(hn::And(bits, bits_of(kInfinity)), bits_of(0x00800000u));
        odd = hn::Or(odd, hn::And(hn::Gt(exponent, bits_of(0x7effffffu)), hn::Ne(bits, hn::Zero(d))));
    }
    return hn::AllFalse(d, odd);
}

HWY_INLINE V packed_vector(const Word* from) {
    const D d;
    const V bits = word_at(from);
    const M nan = hn::Gt(hn::AndNot(bits_of(kSign), bits), bits_of(kInfinity));
    const V rounded =
        hn::IfThenElse(nan, hn::And(bits, bits_of(kSign | kInfinity)), hn::Add(bits, bits_of(0x8000u)));
    const M none = hn::Eq(hn::And(rounded, bits_of(kInfinity)), hn::Zero(d));
    return hn::IfThenZeroElse(none, rounded);
}

void pack_bfloat16(const Word* from, std::size_t count, std::uint16_t* out) {
    const DHalf d;
    std::size_t i = 0;
    for (; i + 2 * kLanes <= count; i += 2 * kLanes)
        hn::StoreU(hn::ConcatOdd(d, hn::BitCast(d, packed_vector(from + i + kLanes)),
                                 hn::BitCast(d, packed_vector(from + i))),
                   d, out + i);
    for (; i < count; ++i) out[i] = static_cast<std::uint16_t>(packed_bfloat16(from[i]) >> 16);
}

#endif

}  // namespace loom::tile::silicon::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loom::tile::silicon {

HWY_EXPORT(combine);
HWY_EXPORT(reciprocal_roots);
HWY_EXPORT(is_plain);
HWY_EXPORT(pack_bfloat16);

void combine(SfpuMode mode, Binary op, const Word* a, const Word* b, std::size_t count, Word* out) {
    HWY_DYNAMIC_DISPATCH(combine)(mode, op, a, b, count, out);
}
void reciprocal_roots(Chip chip, Word* dst, std::size_t count) {
    HWY_DYNAMIC_DISPATCH(reciprocal_roots)(chip, dst, count);
}
bool is_plain(const float* values) {
    return HWY_DYNAMIC_DISPATCH(is_plain)(values);
}
void pack_bfloat16(const Word* from, std::size_t count, std::uint16_t* out) {
    HWY_DYNAMIC_DISPATCH(pack_bfloat16)(from, count, out);
}

}  // namespace loom::tile::silicon
#endif  // HWY_ONCE
