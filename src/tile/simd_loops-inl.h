// One loop over a tile for each function and each of its cases, for one SIMD target; no loop holds a switch.
// Included once per target by simd.cpp.

// The guard that foreach_target.h toggles: once per target, not once per file.
#if defined(LOOM_TILE_SIMD_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LOOM_TILE_SIMD_LOOPS_INL_H_
#undef LOOM_TILE_SIMD_LOOPS_INL_H_
#else
#define LOOM_TILE_SIMD_LOOPS_INL_H_
#endif

#include "tile/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {

template <Binary kOp>
HWY_INLINE V apply(V a, V b) {
    if constexpr (kOp == Binary::add) return hn::Add(a, b);
    if constexpr (kOp == Binary::sub) return hn::Sub(a, b);
    if constexpr (kOp == Binary::mul) return hn::Mul(a, b);
}

template <Unary kF>
HWY_INLINE V apply(V x, V s) {
    if constexpr (kF == Unary::add_scalar) return hn::Add(x, s);
    if constexpr (kF == Unary::sub_scalar) return hn::Sub(x, s);
    if constexpr (kF == Unary::mul_scalar) return hn::Mul(x, s);
    if constexpr (kF == Unary::rsub_scalar) return hn::Sub(s, x);
    if constexpr (kF == Unary::fill) return s;
    if constexpr (kF == Unary::rsqrt) return hn::Div(hn::Set(D(), 1.0f), hn::Sqrt(x));
    if constexpr (kF == Unary::sqrt) return hn::Sqrt(x);
    if constexpr (kF == Unary::reciprocal) return hn::Div(hn::Set(D(), 1.0f), x);
    if constexpr (kF == Unary::square) return hn::Mul(x, x);
    if constexpr (kF == Unary::negate) return hn::Neg(x);
    if constexpr (kF == Unary::absolute) return hn::Abs(x);
    if constexpr (kF == Unary::round_bfloat16) return round_to_bfloat16(x);
}

struct CopyStep {
    float* dst;

    HWY_INLINE void operator()(std::uint32_t i, V b) const { store_dst(b, dst + i); }
};

template <Binary kOp, class Format, bool kAccumulate>
struct BinaryStep {
    const typename Format::Element* a;
    float* dst;

    HWY_INLINE void operator()(std::uint32_t i, V b) const {
        const V result = apply<kOp>(Format::load(a + i), b);
        store_dst(kAccumulate ? hn::Add(load_dst(dst + i), result) : result, dst + i);
    }
};

template <Broadcast kBroadcast, class Format>
void broadcast_tile(const void* b, float* dst) {
    for_each_vector<kBroadcast, Format>(elements<Format>(b), CopyStep{dst});
}

template <Binary kOp, Broadcast kBroadcast, class FormatA, class FormatB, bool kAccumulate>
void binary_tile(const void* a, const void* b, float* dst) {
    const BinaryStep<kOp, FormatA, kAccumulate> step{elements<FormatA>(a), dst};
    for_each_vector<kBroadcast, FormatB>(elements<FormatB>(b), step);
}

template <Binary kOp>
void binary_dst_tile(const float* a, const float* b, float* out, std::size_t count) {
    for (std::size_t i = 0; i < count; i += kLanes) {
        store_dst(apply<kOp>(load_dst(a + i), load_dst(b + i)), out + i);
    }
}

template <Binary kOp, bool kDstIsA, class Format>
void binary_reuse_tile(const void* b, float* dst) {
    for (std::uint32_t i = 0; i < kElements; i += kLanes) {
        const V from_dst = load_dst(dst + i);
        const V from_l1 = Format::load(elements<Format>(b) + i);
        store_dst(kDstIsA ? apply<kOp>(from_dst, from_l1) : apply<kOp>(from_l1, from_dst), dst + i);
    }
}

template <Unary kF>
void unary_tile(float scalar, float* dst, std::size_t count) {
    const V s = hn::Set(D(), scalar);
    for (std::size_t i = 0; i < count; i += kLanes) store_dst(apply<kF>(load_dst(dst + i), s), dst + i);
}

// Lanes j.. of u = t[i] + t[i + 16] of row r, t weighted by column, and before that by row for
// ReduceDim::scalar.
template <ReduceDim kDim, class Format>
struct RowTerms {
    const typename Format::Element* a;
    const float* weights;

    HWY_INLINE V weighted(std::uint32_t row, std::uint32_t column) const {
        V x = Format::load(a + face_index(row, column));
        if constexpr (kDim == ReduceDim::scalar) x = hn::Mul(x, hn::Set(D(), weights[row]));
        return hn::Mul(x, load_dst(weights + column));
    }
    HWY_INLINE V operator()(std::uint32_t row, std::uint32_t j) const {
        return hn::Add(weighted(row, j), weighted(row, j + 16));
    }
};

// The terms r and r + 16 of the columns from `column` on, added.
template <class Format>
struct ColumnTerms {
    const typename Format::Element* a;
    const float* weights;
    std::uint32_t column;

    HWY_INLINE V weighted(std::uint32_t row) const {
        return hn::Mul(Format::load(a + face_index(row, column)), hn::Set(D(), weights[row]));
    }
    HWY_INLINE V operator()(std::uint32_t row) const { return hn::Add(weighted(row), weighted(row + 16)); }
};

// Row 0 of a tile, widened.
template <class Format>
void load_weights(const Operand& scaler, float* weights) {
    for (std::uint32_t c = 0; c < kSide; c += kLanes) {
        const auto* const at = scaler.in_sticks ? elements<Format>(scaler.sticks()[0] + scaler.offset) + c
                                                : elements<Format>(scaler.data) + face_index(0, c);
        store_dst(Format::load(at), weights + c);
    }
}

// Adds the sums to the result lanes of dst.
template <ReduceDim kDim, class Format>
void reduce_tile(const void* data, const float* weights, float* dst) {
    const auto* a = elements<Format>(data);
    if constexpr (kDim == ReduceDim::column) {
        for (std::uint32_t c = 0; c < kSide; c += kLanes) {
            float* to = dst + face_index(0, c);
            store_dst(hn::Add(load_dst(to), halving_sum<1>(ColumnTerms<Format>{a, weights, c}, 0)), to);
        }
        return;
    }
    alignas(64) float sums[kSide];
    for (std::uint32_t r = 0; r < kSide; r += kLanes) {
        store_dst(row_sums(RowTerms<kDim, Format>{a, weights}, r), sums + r);
    }
    if constexpr (kDim == ReduceDim::row) {
        for (std::uint32_t r = 0; r < kSide; ++r) dst[face_index(r, 0)] += sums[r];
    } else {
        for (std::uint32_t step = 16; step > 0; step /= 2) {
            for (std::uint32_t i = 0; i < step; ++i) sums[i] += sums[i + step];
        }
        dst[0] += sums[0];
    }
}

// The elements of a tile from a row and column on, `bytes` behind operand `a`, which is in sticks or not.
template <class Format, bool kInSticks>
HWY_INLINE const typename Format::Element* elements_at(const Operand& a, std::size_t bytes, std::size_t row,
                                                       std::size_t column) {
    if constexpr (kInSticks) return elements<Format>(a.sticks()[row] + a.offset + bytes) + column;
    return elements<Format>(static_cast<const std::byte*>(a.data) + bytes) +
           face_index(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column));
}

// Adds the terms of `count` tiles to the lanes, a few rows at a time, whose lanes stay in registers meanwhile.
template <class Format, bool kWeighted, bool kInSticks>
void add_row_terms_of(const Operand& a, std::size_t stride_bytes, std::uint32_t count, const float* weights,
                      float* lanes) {
    constexpr std::uint32_t rows = 8;
    for (std::uint32_t j = 0; j < 16; j += kLanes) {
        const V left = load_dst(weights + j);
        const V right = load_dst(weights + 16 + j);
        for (std::uint32_t row = 0; row < kSide; row += rows) {
            V u[rows];
            HWY_UNROLL(8)
            for (std::uint32_t r = 0; r < rows; ++r) u[r] = load_dst(lanes + 16 * (row + r) + j);
            std::size_t bytes = 0;
            for (std::uint32_t t = 0; t < count; ++t, bytes += stride_bytes) {
                HWY_UNROLL(8)
                for (std::uint32_t r = 0; r < rows; ++r) {
                    V x = Format::load(elements_at<Format, kInSticks>(a, bytes, row + r, j));
                    V y = Format::load(elements_at<Format, kInSticks>(a, bytes, row + r, j + 16));
                    if constexpr (kWeighted) x = hn::Mul(x, left), y = hn::Mul(y, right);
                    u[r] = hn::Add(u[r], hn::Add(x, y));
                }
            }
            HWY_UNROLL(8)
            for (std::uint32_t r = 0; r < rows; ++r) store_dst(u[r], lanes + 16 * (row + r) + j);
        }
    }
}

struct Lanes {
    const float* lanes;
    HWY_INLINE V operator()(std::uint32_t row, std::uint32_t j) const {
        return load_dst(lanes + 16 * row + j);
    }
};

// Vector `i` of a tile, with the lanes outside the mask zeroed.
template <PackMask kMask>
HWY_INLINE V load_masked(const float* dst, std::uint32_t i) {
    const V v = load_dst(dst + i);
    if constexpr (kMask == PackMask::all) return v;
    const V first = hn::IfThenElseZero(hn::FirstN(D(), 1), v);
    if constexpr (kMask == PackMask::reduce_row) return i % 16 == 0 ? first : hn::Zero(D());
    if constexpr (kMask == PackMask::reduce_column) return i < 512 && i % 256 < 16 ? v : hn::Zero(D());
    return i == 0 ? first : hn::Zero(D());
}

template <PackMask kMask, bool kAccumulate, class Format>
void pack_tile(const float* dst, void* data) {
    auto* out = static_cast<typename Format::Element*>(data);
    for (std::uint32_t i = 0; i < kElements; i += 2 * kLanes) {
        V low = load_masked<kMask>(dst, i);
        V high = load_masked<kMask>(dst, i + kLanes);
        if constexpr (kAccumulate) {
            low = hn::Add(Format::load(out + i), low);
            high = hn::Add(Format::load(out + i + kLanes), high);
        }
        Format::store_two(low, high, out + i);
    }
}

template <class Format>
void tilize_rows(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, float* dst) {
    const auto* bytes = static_cast<const std::byte*>(rows);
    for (std::uint32_t r = 0; r < num_rows; ++r) {
        const auto* row = elements<Format>(bytes + r * pitch_bytes);
        for (std::uint32_t c = 0; c < kSide; c += kLanes) {
            store_dst(Format::load(row + c), dst + face_index(r, c));
        }
    }
    for (std::uint32_t r = num_rows; r < kSide; ++r) {
        for (std::uint32_t c = 0; c < kSide; c += kLanes) store_dst(hn::Zero(D()), dst + face_index(r, c));
    }
}

// Rows of one format straight to the faces of tiles in the same: elements move, and only NaN changes, as in pack.
HWY_INLINE void move_row_halves(const float* row, float* out) {
    for (std::uint32_t c = 0; c < kSide; c += kLanes)
        hn::StoreU(hn::LoadU(D(), row + c), D(), out + face_index(0, c));
}

HWY_INLINE void move_row_halves(const std::uint16_t* row, std::uint16_t* out) {
    const hn::CappedTag<std::uint16_t, 32> d;
    constexpr std::size_t lanes = hn::MaxLanes(d);
    for (std::uint32_t c = 0; c < kSide; c += lanes) {
        auto bits = hn::LoadU(d, row + c);
        const auto nan = hn::Gt(hn::And(bits, hn::Set(d, 0x7fff)), hn::Set(d, 0x7f80));
        bits = hn::Or(bits, hn::And(hn::VecFromMask(d, nan), hn::Set(d, 0x0040)));
        if constexpr (lanes == 32) {
            const hn::Half<decltype(d)> half;
            hn::StoreU(hn::LowerHalf(half, bits), half, out);
            hn::StoreU(hn::UpperHalf(half, bits), half, out + 256);
        } else {
            hn::StoreU(bits, d, out + face_index(0, c));
        }
    }
}

template <class Format>
void tilize_sticks_to_tiles(const Sticks& sticks, std::size_t offset, std::uint32_t num_rows,
                            std::uint32_t count, void* data) {
    auto* out = static_cast<typename Format::Element*>(data);
    // Tile by tile: the same place in many tiles would fall into few cache sets.
    for (std::uint32_t t = 0; t < count; ++t, out += kElements, offset += kSide * sizeof *out) {
        for (std::uint32_t r = 0; r < num_rows; ++r)
            move_row_halves(elements<Format>(sticks[r] + offset), out + face_index(r, 0));
        for (std::uint32_t r = num_rows; r < kSide; ++r) {
            std::memset(out + face_index(r, 0), 0, 16 * sizeof *out);
            std::memset(out + face_index(r, 16), 0, 16 * sizeof *out);
        }
    }
}

template <class Format>
void untilize_rows(const float* dst, void* rows, std::size_t pitch_bytes) {
    for (std::uint32_t r = 0; r < kSide; ++r) {
        void* row_bytes = static_cast<std::byte*>(rows) + r * pitch_bytes;
        auto* row = static_cast<typename Format::Element*>(row_bytes);
        for (std::uint32_t c = 0; c < kSide; c += 2 * kLanes) {
            Format::store_two(load_dst(dst + face_index(r, c)), load_dst(dst + face_index(r, c + kLanes)),
                              row + c);
        }
    }
}

}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LOOM_TILE_SIMD_LOOPS_INL_H_
