// Where results of chains go in silicon numerics, for one SIMD target: included by chain_simd.cpp. Elements as the packer makes
// them. A result that says that something was not in the chip's own arithmetic raises a flag (float_flags.hpp): the chain is
// then run again by the plain rules.

#if defined(LOOM_TILE_SILICON_CHIP_FORMATS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LOOM_TILE_SILICON_CHIP_FORMATS_INL_H_
#undef LOOM_TILE_SILICON_CHIP_FORMATS_INL_H_
#else
#define LOOM_TILE_SILICON_CHIP_FORMATS_INL_H_
#endif

#include "tile/silicon/float_flags.hpp"
#include "tile/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {

using MBits = hn::Mask<DBits>;

HWY_INLINE MBits no_exponent(VBits bits) {
    return hn::Eq(hn::And(bits, hn::Set(DBits(), 0x7f800000u)), hn::Zero(DBits()));
}
// No number; or a subnormal one or -0, which arithmetic may have left where the chip leaves +0.
HWY_INLINE MBits is_suspect(V v) {
    const DBits d;
    const VBits bits = hn::BitCast(d, v);
    const MBits odd_zero = hn::AndNot(hn::Eq(bits, hn::Zero(d)), no_exponent(bits));
    return hn::Or(odd_zero, hn::RebindMask(d, hn::IsNaN(v)));
}

struct ChipFloat32 : Float32 {
    static HWY_INLINE void check_two(V low, V high) {
        if (!hn::AllFalse(DBits(), hn::Or(is_suspect(low), is_suspect(high)))) [[unlikely]]
            silicon::FloatFlags::raise();
    }
    static HWY_INLINE void store_two(V low, V high, Element* to) {
        check_two(low, high);
        Float32::store_two(low, high, to);
    }
    static HWY_INLINE void stream_two(V low, V high, Element* to) {
        check_two(low, high);
        Float32::stream_two(low, high, to);
    }
};

struct ChipFloat16b : Float16b {
    // Ties away from zero; no -0.
    static HWY_INLINE VBits rounded(V v) {
        const DBits d;
        const VBits bits = hn::Add(hn::BitCast(d, v), hn::Set(d, 0x8000u));
        return hn::IfThenZeroElse(no_exponent(bits), bits);
    }
    static HWY_INLINE hn::Vec<Elements> narrow_two(V low, V high) {
        if (!hn::AllFalse(D(), hn::Or(hn::IsNaN(low), hn::IsNaN(high)))) [[unlikely]]
            silicon::FloatFlags::raise();
        const Elements d;
        return hn::ConcatOdd(d, hn::BitCast(d, rounded(high)), hn::BitCast(d, rounded(low)));
    }
    static HWY_INLINE void store_two(V low, V high, Element* to) {
        hn::StoreU(narrow_two(low, high), Elements(), to);
    }
    static HWY_INLINE void stream_two(V low, V high, Element* to) {
        hn::Stream(narrow_two(low, high), Elements(), to);
    }
};

}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LOOM_TILE_SILICON_CHIP_FORMATS_INL_H_
