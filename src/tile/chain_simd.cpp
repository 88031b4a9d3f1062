// The steps of chains in SIMD: one function a step, or a frequent sequence of steps, for each target.
//
// Eight vectors travel as arguments, in registers: four, two or one row of the tile, by the target's vector width.
// A step does its part and ends by calling the next; compilers make that a jump. The last one stores, goes on to
// the next rows, and starts from the first step again.
//
// Compiled with -ffp-contract=off, as simd.cpp.
#include "tile/simd_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/chain_simd.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>

#include "tile/chain.hpp"

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// A CPU without a SIMD target of ours runs the scalar twin.
namespace loom::tile::HWY_NAMESPACE {
const StepFunctions* step_functions() {
    static const StepFunctions none;
    return &none;
}
}  // namespace loom::tile::HWY_NAMESPACE

#else

#include "tile/silicon/chip_formats-inl.h"
#include "tile/simd_loops-inl.h"

// This file is compiled once for each target as one translation unit: what a pass defines, it takes back at its end.
#define LOOM_NATIVE_BFLOAT16 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {

constexpr std::size_t kVectors = 8;
constexpr std::size_t kRowVectors = kSide / kLanes;
constexpr std::size_t kRows = kVectors / kRowVectors;  ///< rows that travel together
static_assert(16 % kRows == 0);

struct Vectors {
    V at[kVectors];
};

/// Rows `row` .. of a tile, and the face index of their first element.
struct Place {
    std::size_t row;
    std::size_t index;
};

HWY_INLINE Place place(std::size_t row) {
    return {row, (row & 16) * 32 + (row & 15) * 16};
}

/// Where a vector lies in its tile.
struct Spot {
    std::size_t row;
    std::size_t column;
    std::size_t index;  ///< face index of its first element
};

// Vector k covers columns column_of(k) .. of row row_of(k); elements from place.index + offset_of(k) on.
constexpr std::size_t row_of(std::size_t k) {
    return k / kRowVectors;
}
constexpr std::size_t column_of(std::size_t k) {
    return k % kRowVectors * kLanes;
}
constexpr std::size_t offset_of(std::size_t k) {
    return row_of(k) * 16 + column_of(k) / 16 * 256 + column_of(k) % 16;
}

HWY_INLINE Spot spot(const Place& at, std::size_t k) {
    return {at.row + row_of(k), column_of(k), at.index + offset_of(k)};
}

#define LOOM_STEP_SIGNATURE                                                                                  \
    const Step *HWY_RESTRICT step, const Step *HWY_RESTRICT first, std::size_t row, std::size_t index, V v0, \
        V v1, V v2, V v3, V v4, V v5, V v6, V v7
using Function = void (*)(const Step*, const Step*, std::size_t, std::size_t, V, V, V, V, V, V, V, V);

HWY_INLINE Function function_of(const Step* step) {
    return reinterpret_cast<Function>(step->run);
}

// --- Operands: the vector of one at a spot

template <class Format>
HWY_INLINE V from_stick(const Step& step, const void* data, const Spot& at) {
    const std::byte* const stick = (*static_cast<const Sticks*>(data))[at.row] + step.offset;
    return Format::load(elements<Format>(stick) + at.column);
}

template <From kFrom>
HWY_INLINE V operand(const Step& step, const void* data, const Spot& at) {
    if constexpr (kFrom == From::bfloat16) return Float16b::load(elements<Float16b>(data) + at.index);
    if constexpr (kFrom == From::float32) return Float32::load(elements<Float32>(data) + at.index);
    if constexpr (kFrom == From::bfloat16_sticks) return from_stick<Float16b>(step, data, at);
    if constexpr (kFrom == From::float32_sticks) return from_stick<Float32>(step, data, at);
    if constexpr (kFrom == From::rows) return hn::Set(D(), static_cast<const float*>(data)[at.row]);
    if constexpr (kFrom == From::columns) return load_dst(static_cast<const float*>(data) + at.column);
    if constexpr (kFrom == From::scalar) return hn::Set(D(), step.scalar);
}

// --- Steps

template <Act kAct, From kFrom>
struct Take {
    static constexpr StepKind kind() { return {kAct, kFrom}; }
    static HWY_INLINE V apply(const Step& step, const Spot& at, V x) {
        const V a = operand<kFrom>(step, step.a, at);
        if constexpr (kAct == Act::load) return a;
        if constexpr (kAct == Act::add) return hn::Add(x, a);
        if constexpr (kAct == Act::sub) return hn::Sub(x, a);
        if constexpr (kAct == Act::rsub) return hn::Sub(a, x);
        if constexpr (kAct == Act::mul) return hn::Mul(x, a);
    }
};

template <From kA, From kB>
struct AddProduct {
    static constexpr StepKind kind() { return {kA, kB}; }
    static HWY_INLINE V apply(const Step& step, const Spot& at, V x) {
        return hn::Add(x, hn::Mul(operand<kA>(step, step.a, at), operand<kB>(step, step.b, at)));
    }
};

template <Unary kF>
struct Apply {
    static constexpr StepKind kind() { return StepKind(kF); }
    static HWY_INLINE V apply(const Step&, const Spot&, V x) {
        return tile::HWY_NAMESPACE::apply<kF>(x, hn::Zero(D()));
    }
};

// Tiles in sticks are read one after another: the next one lies beside this one, where no CPU expects it.
template <class First>
HWY_INLINE void fetch_next_tile(const Step& step, const Place& at) {
    constexpr StepKind wide(Act::load, From::float32_sticks), narrow(Act::load, From::bfloat16_sticks);
    if constexpr (First::kind() == wide || First::kind() == narrow) {
        constexpr std::size_t bytes = First::kind() == wide ? 4 : 2;
        constexpr std::size_t lines = kSide * bytes / 64;
        const Sticks& sticks = *static_cast<const Sticks*>(step.a);
        HWY_UNROLL(8)
        for (std::size_t i = 0; i < kRows * lines; ++i)
            __builtin_prefetch(sticks[at.row + i / lines] + step.offset + kSide * bytes + i % lines * 64);
    }
}

// All `Steps` on the vectors, then on to the next function.
template <class First, class... Steps>
void run_steps(LOOM_STEP_SIGNATURE) {
    V v[kVectors] = {v0, v1, v2, v3, v4, v5, v6, v7};
    const Place at{row, index};
    const Step* one = step;
    fetch_next_tile<First>(*step, at);
    const auto all = [&](auto kind) HWY_ATTR {
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; ++k) v[k] = decltype(kind)::apply(*one, spot(at, k), v[k]);
        ++one;
    };
    all(First());
    (all(Steps()), ...);
    return function_of(one)(one, first, row, index, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
}

// --- Sums

// A few rows at a time, half a row wide at most, whose sums stay in registers while the tiles pass by.
template <From kX, class... Steps>
void sum_terms(const Step* steps, std::size_t count, float* sum) {
    constexpr bool in_sticks = kX == From::bfloat16_sticks || kX == From::float32_sticks;
    constexpr std::size_t element = kX == From::bfloat16 || kX == From::bfloat16_sticks ? 2 : 4;
    constexpr std::size_t rows = 8;
    Step own[sizeof...(Steps)];
    std::copy_n(steps, sizeof...(Steps), own);
    for (std::size_t row = 0; row < kSide; row += rows)
        for (std::size_t column = 0; column < kSide; column += kLanes) {
            float* const to =
                sum + face_index(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column));
            V total[rows];
            HWY_UNROLL(8)
            for (std::size_t r = 0; r < rows; ++r) total[r] = load_dst(to + 16 * r);
            own[0] = steps[0];
            for (std::size_t t = 0; t < count; ++t) {
                HWY_UNROLL(8)
                for (std::size_t r = 0; r < rows; ++r) {
                    const Spot at{row + r, column, static_cast<std::size_t>(to - sum) + 16 * r};
                    const Step* one = own;
                    V x = hn::Zero(D());
                    ((x = Steps::apply(*one++, at, x)), ...);
                    total[r] = hn::Add(x, total[r]);
                }
                if constexpr (in_sticks)
                    own[0].offset += kSide * element;
                else
                    own[0].a = static_cast<const std::byte*>(own[0].a) + kElements * element;
            }
            HWY_UNROLL(8)
            for (std::size_t r = 0; r < rows; ++r) store_dst(total[r], to + 16 * r);
        }
}

// --- Where a result goes

struct ToDst {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        auto* const out = static_cast<float*>(step.out) + at.index;
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; ++k) store_dst(v[k], out + offset_of(k));
    }
};

struct ChipToDst {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        HWY_UNROLL(4)
        for (std::size_t k = 0; k < kVectors; k += 2) ChipFloat32::check_two(v[k], v[k + 1]);
        ToDst::store(step, at, v);
    }
};

template <class Format>
struct ToTile {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        auto* const out = static_cast<typename Format::Element*>(step.out) + at.index;
        // Neighbours within a face: along the row, or one row below where a vector is as wide as the face.
        constexpr std::size_t next = kLanes == 16 ? kRowVectors : 1;
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; ++k)
            if (kLanes == 16 ? row_of(k) % 2 == 0 : k % 2 == 0)
                Format::store_two(v[k], v[k + next], out + offset_of(k));
    }
};

template <class Format>
struct ToRows {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        auto* const out = static_cast<std::byte*>(step.out) + at.row * step.pitch_bytes;
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; k += 2)
            Format::store_two(
                v[k], v[k + 1],
                reinterpret_cast<typename Format::Element*>(out + row_of(k) * step.pitch_bytes) +
                    column_of(k));
    }
};

// The elements from a row and column on of the sticks that a sink writes.
template <class Element>
HWY_INLINE Element* out_stick(const Step& step, std::size_t row, std::size_t column) {
    std::byte* const stick = (*static_cast<const OutSticks*>(step.a))[row] + step.offset;
    return reinterpret_cast<Element*>(stick) + column;
}

template <class Format, bool kPastCaches>
struct ToSticks {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; k += 2) {
            auto* const to = out_stick<typename Format::Element>(step, at.row + row_of(k), column_of(k));
            kPastCaches ? Format::stream_two(v[k], v[k + 1], to) : Format::store_two(v[k], v[k + 1], to);
        }
    }
};

// After AVX the upper halves of vectors have to be given up, or each SSE instruction that follows waits for what was last
// done to its register. The compiler sees to that at the end of a function, but not of one whose arguments are vectors.
HWY_INLINE void leave_vectors() {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
    _mm256_zeroupper();
#endif
}

#if LOOM_NATIVE_BFLOAT16
// The CPU's own conversion to bfloat16, where it has one; but that takes subnormals for zero, so rows with any go the
// common way.
}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512bf16")
namespace loom::tile::HWY_NAMESPACE {

HWY_INLINE bool any_subnormal(const V (&v)[kVectors]) {
    unsigned mask = 0;
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kVectors; ++k) mask |= _mm512_fpclass_ps_mask(v[k].raw, 0x20);
    return mask != 0;
}
HWY_INLINE __m512i narrow_two(V low, V high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high.raw, low.raw);
}

struct ToTileNatively {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        if (any_subnormal(v)) return ToTile<Float16b>::store(step, at, v);
        auto* const out = static_cast<std::uint16_t*>(step.out) + at.index;
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; ++k)
            if (row_of(k) % 2 == 0)
                _mm512_storeu_si512(out + offset_of(k), narrow_two(v[k], v[k + kRowVectors]));
    }
};

struct ToRowsNatively {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        if (any_subnormal(v)) return ToRows<Float16b>::store(step, at, v);
        auto* const out = static_cast<std::byte*>(step.out) + at.row * step.pitch_bytes;
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; k += 2)
            _mm512_storeu_si512(out + row_of(k) * step.pitch_bytes, narrow_two(v[k], v[k + 1]));
    }
};

template <bool kPastCaches>
struct ToSticksNatively {
    static HWY_INLINE void store(const Step& step, const Place& at, const V (&v)[kVectors]) {
        if (any_subnormal(v)) return ToSticks<Float16b, kPastCaches>::store(step, at, v);
        HWY_UNROLL(8)
        for (std::size_t k = 0; k < kVectors; k += 2) {
            auto* const to = out_stick<std::uint16_t>(step, at.row + row_of(k), column_of(k));
            const __m512i row = narrow_two(v[k], v[k + 1]);
            if constexpr (kPastCaches)
                _mm512_stream_si512(reinterpret_cast<__m512i*>(to), row);
            else
                _mm512_storeu_si512(to, row);
        }
    }
};

template <class Sink>
void store_natively_and_go_on(LOOM_STEP_SIGNATURE) {
    const V v[kVectors] = {v0, v1, v2, v3, v4, v5, v6, v7};
    Sink::store(*step, {row, index}, v);
    row += kRows;
    if (row == kSide) return leave_vectors();
    const Place at = place(row);
    return function_of(first)(first, first, at.row, at.index, v0, v1, v2, v3, v4, v5, v6, v7);
}

}  // namespace loom::tile::HWY_NAMESPACE
HWY_POP_ATTRIBUTES
HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {
#endif  // LOOM_NATIVE_BFLOAT16

template <class Sink>
void store_and_go_on(LOOM_STEP_SIGNATURE) {
    const V v[kVectors] = {v0, v1, v2, v3, v4, v5, v6, v7};
    Sink::store(*step, {row, index}, v);
    row += kRows;
    if (row == kSide) return leave_vectors();
    const Place at = place(row);
    return function_of(first)(first, first, at.row, at.index, v0, v1, v2, v3, v4, v5, v6, v7);
}

void start(const Step* steps) {
    const V zero = hn::Zero(D());
    function_of(steps)(steps, steps, 0, 0, zero, zero, zero, zero, zero, zero, zero, zero);
}

// --- The table

template <class... Steps>
std::size_t add_fused(StepFunctions& table, std::size_t& states) {
    std::size_t state = 0;
    const auto step = [&](StepKind kind) {
        std::uint8_t& next = table.next.at(state)[kind.number()];
        if (next == 0) next = static_cast<std::uint8_t>(++states);
        state = next;
    };
    (step(Steps::kind()), ...);
    table.fused.at(state) = reinterpret_cast<StepFunctions::Function>(&run_steps<Steps...>);
    return state;
}

template <class S>
void add_single(StepFunctions& table) {
    table.single[S::kind().number()] = reinterpret_cast<StepFunctions::Function>(&run_steps<S>);
}

template <From... kFrom>
struct ForEachFrom {
    template <Act kAct>
    static void add(StepFunctions& table) {
        (add_single<Take<kAct, kFrom> >(table), ...);
    }
    template <From kA>
    static void add_products(StepFunctions& table) {
        (add_single<AddProduct<kA, kFrom> >(table), ...);
    }
};

template <Unary... kF>
void add_unaries(StepFunctions& table) {
    (add_single<Apply<kF> >(table), ...);
}

template <class ToDst, class F32, class F16b>
StepFunctions::Sinks sinks() {
    const auto function = [](Function f) { return reinterpret_cast<StepFunctions::Function>(f); };
    return {.to_dst = function(&store_and_go_on<ToDst>),
            .to_tile = {function(&store_and_go_on<ToTile<F32> >), function(&store_and_go_on<ToTile<F16b> >)},
            .to_rows = {function(&store_and_go_on<ToRows<F32> >), function(&store_and_go_on<ToRows<F16b> >)},
            .to_sticks = {{function(&store_and_go_on<ToSticks<F32, false> >),
                           function(&store_and_go_on<ToSticks<F32, true> >)},
                          {function(&store_and_go_on<ToSticks<F16b, false> >),
                           function(&store_and_go_on<ToSticks<F16b, true> >)}}};
}

StepFunctions make_step_functions() {
    using enum From;
    using All = ForEachFrom<bfloat16, float32, bfloat16_sticks, float32_sticks, rows, columns, scalar>;
    using InL1 = ForEachFrom<bfloat16, float32, rows, columns, scalar>;
    StepFunctions table;
    All::add<Act::load>(table);
    All::add<Act::add>(table);
    All::add<Act::sub>(table);
    All::add<Act::rsub>(table);
    All::add<Act::mul>(table);
    InL1::add_products<bfloat16>(table);
    InL1::add_products<float32>(table);
    add_unaries<Unary::rsqrt, Unary::sqrt, Unary::reciprocal, Unary::square, Unary::negate, Unary::absolute,
                Unary::round_bfloat16>(table);

    // What normalisations do: add up; centre; centre and add up; centre, square and add up; centre, perhaps once more with what the
    // first mean lacks, scale, then gamma and beta.
    std::size_t states = 0;
    const auto scaled = [&]<class... Centred>() {
        using Scale = Take<Act::mul, rows>;
        using Gamma = Take<Act::mul, columns>;
        using Beta = Take<Act::add, columns>;
        add_fused<Centred..., Scale>(table, states);
        add_fused<Centred..., Scale, Gamma>(table, states);
        add_fused<Centred..., Scale, Gamma, Beta>(table, states);
    };
    const auto normalise = [&]<From kX>() {
        using X = Take<Act::load, kX>;
        using Centre = Take<Act::sub, rows>;
        using Square = Apply<Unary::square>;
        table.sum_terms.at(add_fused<X>(table, states)) = sum_terms<kX, X>;
        table.sum_terms.at(add_fused<X, Centre>(table, states)) = sum_terms<kX, X, Centre>;
        table.sum_terms.at(add_fused<X, Centre, Square>(table, states)) = sum_terms<kX, X, Centre, Square>;
        scaled.template operator()<X, Centre>();
        scaled.template operator()<X, Centre, Centre>();
    };
    normalise.template operator()<bfloat16>();
    normalise.template operator()<float32>();
    normalise.template operator()<bfloat16_sticks>();
    normalise.template operator()<float32_sticks>();

    table.exact = sinks<ToDst, Float32, Float16b>();
    table.silicon = sinks<ChipToDst, ChipFloat32, ChipFloat16b>();
#if LOOM_NATIVE_BFLOAT16
    if (__builtin_cpu_supports("avx512bf16")) {
        table.exact.to_tile[1] =
            reinterpret_cast<StepFunctions::Function>(&store_natively_and_go_on<ToTileNatively>);
        table.exact.to_rows[1] =
            reinterpret_cast<StepFunctions::Function>(&store_natively_and_go_on<ToRowsNatively>);
        table.exact.to_sticks[1][0] =
            reinterpret_cast<StepFunctions::Function>(&store_natively_and_go_on<ToSticksNatively<false> >);
        table.exact.to_sticks[1][1] =
            reinterpret_cast<StepFunctions::Function>(&store_natively_and_go_on<ToSticksNatively<true> >);
    }
#endif
    table.start = start;
    return table;
}

const StepFunctions* step_functions() {
    static const StepFunctions table = make_step_functions();
    return &table;
}

}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#undef LOOM_STEP_SIGNATURE
#undef LOOM_NATIVE_BFLOAT16

#endif  // a SIMD target

#if HWY_ONCE
namespace loom::tile {

HWY_EXPORT(step_functions);

const StepFunctions& step_functions() {
    return *HWY_DYNAMIC_DISPATCH(step_functions)();
}

}  // namespace loom::tile
#endif  // HWY_ONCE
