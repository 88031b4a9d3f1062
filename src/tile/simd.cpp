// The SIMD form of the tile functions: one body, compiled for each target, and one dispatch a function.
//
// Compiled with -ffp-contract=off: a product is rounded before it is added, as in scalar.cpp.

#include "tile/simd_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tile/simd.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cstring>
#include <type_traits>

#include "tile/tile_ops.hpp"

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// A CPU without a SIMD target of ours runs the scalar twins.
namespace loom::tile::HWY_NAMESPACE {
using scalar::add_row_terms;
using scalar::add_up_row_terms;
using scalar::binary;
using scalar::binary_dst;
using scalar::binary_reuse;
using scalar::broadcast;
using scalar::copy;
using scalar::first_row;
using scalar::pack;
using scalar::reduce;
using scalar::round_dst;
using scalar::tilize;
using scalar::tilize_to_tiles;
using scalar::unary;
using scalar::untilize;
const char* simd_target() {
    return hwy::TargetName(HWY_TARGET);
}
}  // namespace loom::tile::HWY_NAMESPACE

#else

#include "tile/simd_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loom::tile::HWY_NAMESPACE {

// Calls body with `value` as a compile-time constant, so that the choice is made outside of the loop.
template <auto... kValues, class Value, class Body>
void with_constant(Value value, Body body) {
    ((value == kValues ? body(std::integral_constant<Value, kValues>()) : void()), ...);
}

template <class Body>
void with_op(Binary op, Body body) {
    with_constant<Binary::add, Binary::sub, Binary::mul>(op, body);
}

template <class Body>
void with_broadcast(Broadcast broadcast, Body body) {
    with_constant<Broadcast::none, Broadcast::columns, Broadcast::rows, Broadcast::scalar>(broadcast, body);
}

template <class Body>
void with_format(DataFormat format, Body body) {
    if (format == DataFormat::Float32) {
        body(Float32());
    } else {
        body(Float16b());
    }
}

void copy(Operand a, float* dst) {
    with_format(a.format,
                [&](auto format) { broadcast_tile<Broadcast::none, decltype(format)>(a.data, dst); });
}

void broadcast(Broadcast broadcast, Operand b, float* dst) {
    with_broadcast(broadcast, [&](auto part) {
        with_format(b.format, [&](auto format) { broadcast_tile<part(), decltype(format)>(b.data, dst); });
    });
}

void first_row(Operand a, float* out) {
    with_format(a.format, [&](auto format) { load_weights<decltype(format)>(a, out); });
}

void binary(Binary op, Broadcast broadcast, Operand a, Operand b, bool accumulate, float* dst) {
    with_op(op, [&](auto o) {
        with_broadcast(broadcast, [&](auto part) {
            with_format(a.format, [&](auto fa) {
                with_format(b.format, [&](auto fb) {
                    with_constant<false, true>(accumulate, [&](auto acc) {
                        binary_tile<o(), part(), decltype(fa), decltype(fb), acc()>(a.data, b.data, dst);
                    });
                });
            });
        });
    });
}

void binary_dst(Binary op, const float* a, const float* b, float* out, std::size_t count) {
    with_op(op, [&](auto o) { binary_dst_tile<o()>(a, b, out, count); });
}

void binary_reuse(Binary op, bool dst_is_a, Operand b, float* dst) {
    with_op(op, [&](auto o) {
        with_constant<false, true>(dst_is_a, [&](auto is_a) {
            with_format(b.format,
                        [&](auto format) { binary_reuse_tile<o(), is_a(), decltype(format)>(b.data, dst); });
        });
    });
}

void unary(Unary f, float scalar, float* dst, std::size_t count) {
    with_constant<Unary::add_scalar, Unary::sub_scalar, Unary::mul_scalar, Unary::rsub_scalar, Unary::fill,
                  Unary::rsqrt, Unary::sqrt, Unary::reciprocal, Unary::square, Unary::negate, Unary::absolute,
                  Unary::round_bfloat16>(f,
                                         [&](auto function) { unary_tile<function()>(scalar, dst, count); });
}

void reduce(ReduceDim dim, Operand a, Operand scaler, bool accumulate, float* dst) {
    alignas(64) float weights[kSide];
    with_format(scaler.format, [&](auto format) { load_weights<decltype(format)>(scaler, weights); });
    if (!accumulate) std::memset(dst, 0, kElements * sizeof(float));
    with_constant<ReduceDim::row, ReduceDim::column, ReduceDim::scalar>(dim, [&](auto axis) {
        with_format(a.format,
                    [&](auto format) { reduce_tile<axis(), decltype(format)>(a.data, weights, dst); });
    });
}

void add_row_terms(Operand a, std::size_t stride_bytes, std::uint32_t count, const float* weights,
                   float* lanes) {
    // x * 1 is x, to the bit.
    bool weighted = false;
    for (std::uint32_t c = 0; c < kSide; ++c) weighted |= weights[c] != 1.0f;
    with_format(a.format, [&](auto format) {
        with_constant<false, true>(weighted, [&](auto by_weight) {
            with_constant<false, true>(a.in_sticks, [&](auto in_sticks) {
                add_row_terms_of<decltype(format), by_weight(), in_sticks()>(a, stride_bytes, count, weights,
                                                                             lanes);
            });
        });
    });
}

void add_up_row_terms(const float* lanes, float* sums) {
    for (std::uint32_t r = 0; r < kSide; r += kLanes) store_dst(row_sums(Lanes{lanes}, r), sums + r);
}

void pack(const float* dst, PackMask mask, bool accumulate, DataFormat format, void* out) {
    with_constant<PackMask::all, PackMask::reduce_row, PackMask::reduce_column, PackMask::reduce_scalar>(
        mask, [&](auto kept) {
            with_constant<false, true>(accumulate, [&](auto acc) {
                with_format(format, [&](auto to) { pack_tile<kept(), acc(), decltype(to)>(dst, out); });
            });
        });
}

void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
            float* dst) {
    with_format(format, [&](auto from) { tilize_rows<decltype(from)>(rows, pitch_bytes, num_rows, dst); });
}

void tilize_to_tiles(const Sticks& sticks, std::size_t offset, std::uint32_t num_rows, DataFormat format,
                     std::uint32_t count, DataFormat out_format, void* out) {
    if (format != out_format)
        return scalar::tilize_to_tiles(sticks, offset, num_rows, format, count, out_format, out);
    with_format(format, [&](auto one) {
        tilize_sticks_to_tiles<decltype(one)>(sticks, offset, num_rows, count, out);
    });
}

void untilize(const float* dst, DataFormat format, void* rows, std::size_t pitch_bytes) {
    with_format(format, [&](auto to) { untilize_rows<decltype(to)>(dst, rows, pitch_bytes); });
}

void round_dst(float* dst) {
    unary_tile<Unary::round_bfloat16>(0.0f, dst, kElements);
}

const char* simd_target() {
    return hwy::TargetName(HWY_TARGET);
}

}  // namespace loom::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // a SIMD target

#if HWY_ONCE
namespace loom::tile {

HWY_EXPORT(add_row_terms);
HWY_EXPORT(add_up_row_terms);
HWY_EXPORT(copy);
HWY_EXPORT(broadcast);
HWY_EXPORT(first_row);
HWY_EXPORT(binary);
HWY_EXPORT(binary_dst);
HWY_EXPORT(binary_reuse);
HWY_EXPORT(unary);
HWY_EXPORT(reduce);
HWY_EXPORT(pack);
HWY_EXPORT(tilize);
HWY_EXPORT(tilize_to_tiles);
HWY_EXPORT(untilize);
HWY_EXPORT(round_dst);
HWY_EXPORT(simd_target);

void add_row_terms(Operand a, std::size_t stride_bytes, std::uint32_t count, const float* weights,
                   float* lanes) {
    HWY_DYNAMIC_DISPATCH(add_row_terms)(a, stride_bytes, count, weights, lanes);
}

void add_up_row_terms(const float* lanes, float* sums) {
    HWY_DYNAMIC_DISPATCH(add_up_row_terms)(lanes, sums);
}

void copy(Operand a, float* dst) {
    HWY_DYNAMIC_DISPATCH(copy)(a, dst);
}

void broadcast(Broadcast broadcast, Operand b, float* dst) {
    HWY_DYNAMIC_DISPATCH(broadcast)(broadcast, b, dst);
}

void first_row(Operand a, float* out) {
    HWY_DYNAMIC_DISPATCH(first_row)(a, out);
}

void binary(Binary op, Broadcast broadcast, Operand a, Operand b, bool accumulate, float* dst) {
    HWY_DYNAMIC_DISPATCH(binary)(op, broadcast, a, b, accumulate, dst);
}

void binary_dst(Binary op, const float* a, const float* b, float* out, std::size_t count) {
    HWY_DYNAMIC_DISPATCH(binary_dst)(op, a, b, out, count);
}

void binary_reuse(Binary op, bool dst_is_a, Operand b, float* dst) {
    HWY_DYNAMIC_DISPATCH(binary_reuse)(op, dst_is_a, b, dst);
}

void unary(Unary f, float scalar, float* dst, std::size_t count) {
    HWY_DYNAMIC_DISPATCH(unary)(f, scalar, dst, count);
}

void reduce(ReduceDim dim, Operand a, Operand scaler, bool accumulate, float* dst) {
    HWY_DYNAMIC_DISPATCH(reduce)(dim, a, scaler, accumulate, dst);
}

void pack(const float* dst, PackMask mask, bool accumulate, DataFormat format, void* out) {
    HWY_DYNAMIC_DISPATCH(pack)(dst, mask, accumulate, format, out);
}

void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
            float* dst) {
    HWY_DYNAMIC_DISPATCH(tilize)(rows, pitch_bytes, num_rows, format, dst);
}

void tilize_to_tiles(const Sticks& sticks, std::size_t offset, std::uint32_t num_rows, DataFormat format,
                     std::uint32_t count, DataFormat out_format, void* out) {
    HWY_DYNAMIC_DISPATCH(tilize_to_tiles)(sticks, offset, num_rows, format, count, out_format, out);
}

void untilize(const float* dst, DataFormat format, void* rows, std::size_t pitch_bytes) {
    HWY_DYNAMIC_DISPATCH(untilize)(dst, format, rows, pitch_bytes);
}

void round_dst(float* dst) {
    HWY_DYNAMIC_DISPATCH(round_dst)(dst);
}

const char* simd_target() {
    return HWY_DYNAMIC_DISPATCH(simd_target)();
}

}  // namespace loom::tile

// Highway's library, for benchmarks of its own, measures its timer whenever it is loaded: 6 ms of each process. It asks
// for that by name, and finds this first. Nothing in Loom reads that timer.
namespace hwy::platform {
[[gnu::used]] HWY_DLLEXPORT std::uint64_t TimerResolution();
std::uint64_t TimerResolution() {
    return 1;
}
}  // namespace hwy::platform
#endif  // HWY_ONCE
