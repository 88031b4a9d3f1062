// Vectors of DST floats for one SIMD target: loads, stores, rounding and sums; included by simd_loops-inl.h.
//
// A vector holds 4, 8 or 16 floats, and so lies within a face row; 2, 4 or 8 make a row of the tile.

// The guard that foreach_target.h toggles: once per target, not once per file.
#if defined(LOOM_TILE_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LOOM_TILE_SIMD_INL_H_
#undef LOOM_TILE_SIMD_INL_H_
#else
#define LOOM_TILE_SIMD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstring>

#include "tile/tile_ops.hpp"
#include "util/bfloat16.hpp"

HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using DBits = hn::RebindToUnsigned<D>;
using V = hn::Vec<D>;
using VBits = hn::Vec<DBits>;

inline constexpr std::uint32_t kLanes = hn::MaxLanes(D());
static_assert(kLanes == 4 || kLanes == 8 || kLanes == 16, "simd.cpp disables the targets of other widths");

// The bits of `v` whose upper halves are `v` as bfloat16, ties to even, NaN kept; the lower halves are noise.
// The integer form of float_to_bfloat16: AVX-512's own conversion would flush subnormals.
HWY_INLINE VBits bfloat16_in_upper_half(V v) {
    const DBits d;
    const VBits bits = hn::BitCast(d, v);
    const VBits odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
    const VBits rounded = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fff)));
    return hn::IfThenElse(hn::RebindMask(d, hn::IsNaN(v)), hn::Or(bits, hn::Set(d, 0x00400000)), rounded);
}

HWY_INLINE V round_to_bfloat16(V v) {
    return hn::BitCast(D(), hn::And(bfloat16_in_upper_half(v), hn::Set(DBits(), 0xffff0000u)));
}

// Elements in memory, by format. Memory outside DST is aligned to elements at best.
struct Float32 {
    using Element = float;

    static HWY_INLINE V load(const Element* from) { return hn::LoadU(D(), from); }
    static HWY_INLINE void store_two(V low, V high, Element* to) {
        hn::StoreU(low, D(), to);
        hn::StoreU(high, D(), to + kLanes);
    }
    static HWY_INLINE void stream_two(V low, V high, Element* to) {
        hn::Stream(low, D(), to);
        hn::Stream(high, D(), to + kLanes);
    }
    static HWY_INLINE V splat(const Element* from) {
        Element value;
        std::memcpy(&value, from, sizeof value);
        return hn::Set(D(), value);
    }
};

struct Float16b {
    using Element = std::uint16_t;

    static HWY_INLINE V load(const Element* from) {
        const VBits wide = hn::PromoteTo(DBits(), hn::LoadU(hn::Rebind<Element, D>(), from));
        return hn::BitCast(D(), hn::ShiftLeft<16>(wide));
    }
    using Elements = hn::Repartition<Element, D>;
    static HWY_INLINE hn::Vec<Elements> narrow_two(V low, V high) {
        const Elements d;
        return hn::ConcatOdd(d, hn::BitCast(d, bfloat16_in_upper_half(high)),
                             hn::BitCast(d, bfloat16_in_upper_half(low)));
    }
    static HWY_INLINE void store_two(V low, V high, Element* to) {
        hn::StoreU(narrow_two(low, high), Elements(), to);
    }
    static HWY_INLINE void stream_two(V low, V high, Element* to) {
        hn::Stream(narrow_two(low, high), Elements(), to);
    }
    static HWY_INLINE V splat(const Element* from) {
        Element bits;
        std::memcpy(&bits, from, sizeof bits);
        return hn::Set(D(), bfloat16_to_float(bits));
    }
};

template <class Format>
HWY_INLINE const typename Format::Element* elements(const void* data) {
    return static_cast<const typename Format::Element*>(data);
}

// DST is aligned to the widest vector.
HWY_INLINE V load_dst(const float* from) {
    return hn::Load(D(), from);
}
HWY_INLINE void store_dst(V v, float* to) {
    hn::Store(v, D(), to);
}

// Calls step(i, b) for each vector of a tile: `i` is the face index of its first lane, `b` that part of B.
template <Broadcast kBroadcast, class Format, class Step>
HWY_INLINE void for_each_vector(const typename Format::Element* b, Step step) {
    if constexpr (kBroadcast == Broadcast::none) {
        for (std::uint32_t i = 0; i < kElements; i += kLanes) step(i, Format::load(b + i));
    } else if constexpr (kBroadcast == Broadcast::scalar) {
        const V all = Format::splat(b);
        for (std::uint32_t i = 0; i < kElements; i += kLanes) step(i, all);
    } else if constexpr (kBroadcast == Broadcast::columns) {
        for (std::uint32_t r = 0; r < kSide; ++r) {
            const std::uint32_t left = face_index(r, 0);
            const V row = Format::splat(b + left);
            for (std::uint32_t j = 0; j < 16; j += kLanes) {
                step(left + j, row);
                step(left + 256 + j, row);
            }
        }
    } else {
        for (std::uint32_t c = 0; c < kSide; c += kLanes) {
            const std::uint32_t top = face_index(0, c);
            const V columns = Format::load(b + top);
            for (std::uint32_t r = 0; r < 16; ++r) {
                step(top + 16 * r, columns);
                step(top + 512 + 16 * r, columns);
            }
        }
    }
}

// The sum of u[i] = terms(i), i < 16, in the documented order, as halving_sum<1>(terms, 0): halving_sum<k>(i)
// is u[i] after the halvings down to k. Depth first, so that five partial sums are alive at a time and not
// sixteen.
template <int kStep, class Terms>
HWY_INLINE V halving_sum(const Terms& terms, std::uint32_t i) {
    if constexpr (kStep == 16) {
        return terms(i);
    } else {
        return hn::Add(halving_sum<2 * kStep>(terms, i), halving_sum<2 * kStep>(terms, i + kStep));
    }
}

// Of 16-byte blocks x = (x0, x1, x2, x3) and z alike: (x0 + x1, z0 + z1, x2 + x3, z2 + z3).
HWY_INLINE V add_adjacent_blocks(V x, V z) {
    return hn::Add(hn::OddEvenBlocks(z, x), hn::SwapAdjacentBlocks(hn::OddEvenBlocks(x, z)));
}

// The halving by 8 and by 4 of the sums of kLanes / 4 rows: row, row + 4, ... Block k holds the four partial
// sums of row + 4k. terms(r, j) are lanes j.. of the sixteen partial sums u of row r.
template <class Terms>
HWY_INLINE V quarter_sums(const Terms& terms, std::uint32_t row) {
    const D d;
    if constexpr (kLanes == 4) {
        return hn::Add(hn::Add(terms(row, 0), terms(row, 8)), hn::Add(terms(row, 4), terms(row, 12)));
    } else if constexpr (kLanes == 8) {
        return add_adjacent_blocks(hn::Add(terms(row, 0), terms(row, 8)),
                                   hn::Add(terms(row + 4, 0), terms(row + 4, 8)));
    } else {
        const V r0 = terms(row, 0), r4 = terms(row + 4, 0), r8 = terms(row + 8, 0), r12 = terms(row + 12, 0);
        return add_adjacent_blocks(
            hn::Add(hn::ConcatLowerLower(d, r8, r0), hn::ConcatUpperUpper(d, r8, r0)),
            hn::Add(hn::ConcatLowerLower(d, r12, r4), hn::ConcatUpperUpper(d, r12, r4)));
    }
}

// Lane i of the result is the sum of row `row + i`, in the documented order. Rows are summed kLanes at a
// time, by a transposition that adds on its way.
template <class Terms>
HWY_INLINE V row_sums(const Terms& terms, std::uint32_t row) {
    const D d;
    const hn::Repartition<double, D> d_pairs;
    const V q0 = quarter_sums(terms, row), q1 = quarter_sums(terms, row + 1);
    const V q2 = quarter_sums(terms, row + 2), q3 = quarter_sums(terms, row + 3);
    const auto p01 =
        hn::BitCast(d_pairs, hn::Add(hn::InterleaveLower(d, q0, q1), hn::InterleaveUpper(d, q0, q1)));
    const auto p23 =
        hn::BitCast(d_pairs, hn::Add(hn::InterleaveLower(d, q2, q3), hn::InterleaveUpper(d, q2, q3)));
    return hn::Add(hn::BitCast(d, hn::InterleaveLower(d_pairs, p01, p23)),
                   hn::BitCast(d, hn::InterleaveUpper(d_pairs, p01, p23)));
}

}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LOOM_TILE_SIMD_INL_H_
