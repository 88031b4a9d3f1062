// What the compute kernels of layernorm_fused_rm share: arithmetic in DST, and the way from sticks to tiles.
#pragma once

#include <stdint.h>

#include "api/compute/bcast.h"
#include "api/compute/compute_kernel_hw_startup.h"
#include "api/compute/copy_dest_values.h"
#include "api/compute/eltwise_binary.h"
#include "api/compute/eltwise_binary_sfpu.h"
#include "api/compute/eltwise_unary/binop_with_scalar.h"
#include "api/compute/eltwise_unary/negative.h"
#include "api/compute/eltwise_unary/rsqrt.h"
#include "api/compute/eltwise_unary/typecast.h"
#include "api/compute/pack_untilize.h"
#include "api/compute/reconfig_data_format.h"
#include "api/compute/reduce.h"
#include "api/compute/tile_move_copy.h"
#include "api/compute/tilize.h"

namespace {

constexpr uint32_t cb_input = 0;
constexpr uint32_t cb_tiled = 1;
constexpr uint32_t cb_one = 2;  // page 0: every element 1; page 1: 1 in the columns of the partial last tile
constexpr uint32_t cb_epsilon = 3;
constexpr uint32_t cb_gamma_stick = 4;
constexpr uint32_t cb_beta_stick = 5;
constexpr uint32_t cb_gamma = 6;
constexpr uint32_t cb_beta = 7;
constexpr uint32_t cb_output = 16;
constexpr uint32_t cb_centred = 24;
constexpr uint32_t cb_mean = 25;
constexpr uint32_t cb_var = 26;
constexpr uint32_t cb_rstd = 27;

constexpr uint32_t sticks_per_tile_row = 32;
constexpr uint32_t fp32 = static_cast<uint32_t>(DataFormat::Float32);
constexpr uint32_t bf16 = static_cast<uint32_t>(DataFormat::Float16_b);
constexpr bool in_parts = get_dataformat(cb_input) == DataFormat::Float16_b;
constexpr auto dst_to_a = EltwiseBinaryReuseDestType::DEST_TO_SRCA;

ALWI void copy_dst(uint32_t from, uint32_t to) {
    copy_dest_values_init();
    copy_dest_values<DataFormat::Float32>(from, to);
}

ALWI void scale(uint32_t dst, uint32_t factor_bits) {
    binop_with_scalar_tile_init();
    mul_unary_tile(dst, factor_bits);
}

ALWI void negate(uint32_t dst) {
    negative_tile_init();
    negative_tile(dst);
}

ALWI void add(uint32_t a, uint32_t b, uint32_t out) {
    add_binary_tile_init();
    add_binary_tile(a, b, out);
}

ALWI void subtract(uint32_t a, uint32_t b, uint32_t out) {
    sub_binary_tile_init();
    sub_binary_tile(a, b, out);
}

ALWI void round_to_bf16(uint32_t dst) {
    typecast_tile_init<fp32, bf16>();
    typecast_tile<fp32, bf16>(dst);
}

// DST tile `rounded` becomes the bfloat16 of DST tile `from`, which keeps what is left.
ALWI void split(uint32_t from, uint32_t rounded) {
    copy_dst(from, rounded);
    round_to_bf16(rounded);
    subtract(from, rounded, from);
}

// DST tile `sum` += DST tile `dst`, or becomes it at the first tile.
ALWI void accumulate(uint32_t t, uint32_t dst, uint32_t sum) {
    if (t == 0) {
        copy_dst(dst, sum);
    } else {
        add(sum, dst, sum);
    }
}

// DST tile `dst` += or *= tile `t` of a buffer, element by element.
template <EltwiseBinaryType op>
ALWI void combine(uint32_t cb, uint32_t t, uint32_t dst) {
    reconfig_data_format_srcb(cb);
    binary_dest_reuse_tiles_init<op, dst_to_a>(cb);
    binary_dest_reuse_tiles<op, dst_to_a>(cb, t, dst);
}

ALWI void pack_one(uint32_t dst, uint32_t cb) {
    pack_tile(dst, cb);
    cb_push_back(cb, 1);
}

// DST tile 0, column 0 += sums of the rows of one tile.
ALWI void add_row_sums(uint32_t cb, uint32_t t) {
    reconfig_data_format(cb_one, cb);
    reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb, cb_one, cb_mean);
    reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb, cb_one, t, 0, 0);
}

// Sum of each row over `tiles` tiles of `cb` -> DST tile 0, column 0. With `partial`, the last tile counts
// only its columns that exist.
ALWI void sum_rows(uint32_t cb, uint32_t tiles, bool partial = false) {
    reconfig_data_format(cb_one, cb);
    reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb, cb_one, cb_mean);
    for (uint32_t t = 0; t < tiles; ++t)
        reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb, cb_one, t, partial && t == tiles - 1 ? 1 : 0,
                                                          0);
}

// DST tile 0 = 1/sqrt(DST tile 0 / W + epsilon).
ALWI void inverse_root(uint32_t inverse_width_bits, uint32_t epsilon_remainder_bits) {
    scale(0, inverse_width_bits);
    combine<EltwiseBinaryType::ELWADD>(cb_epsilon, 0, 0);
    binop_with_scalar_tile_init();
    add_unary_tile(0, epsilon_remainder_bits);
    rsqrt_tile_init();
    rsqrt_tile(0);
}

// From the sum of a row in DST tile 0, the mean in three parts: m1, the bfloat16 nearest to it, in DST tile
// 1; -m2 and -m3, what m1 leaves of the mean, in 2 and 0. That is (sum - W * m1) / W: exactly 0 for a
// constant row.
ALWI void mean_in_three(uint32_t width_bits, uint32_t inverse_width_bits) {
    copy_dst(0, 1);
    scale(1, inverse_width_bits);
    round_to_bf16(1);
    copy_dst(1, 2);
    scale(2, width_bits);
    subtract(0, 2, 0);
    scale(0, inverse_width_bits);
    negate(0);
    split(0, 2);
}

// Dekker's splitting: with y = (2^4 + 1) x, x becomes y - (y - x). DST tile 1 is used.
ALWI void round_to_20_bits(uint32_t dst) {
    copy_dst(dst, 1);
    scale(1, __builtin_bit_cast(uint32_t, 17.0f));
    subtract(1, dst, dst);
    subtract(1, dst, dst);
}

// DST tile 1 += the bfloat16 part of DST tile 0, and 2 += what that leaves. 8 bits have room to grow in 24, and
// 16 some, so such sums are as good as exact. DST tile 3 is used.
ALWI void accumulate_in_halves(uint32_t t) {
    split(0, 3);
    accumulate(t, 3, 1);
    accumulate(t, 0, 2);
}

// Sums of one lane each in three parts, in DST tiles 1, 3 and 2, leave bits to spare for adding lanes to each
// other: now in 0, 1 and 2.
ALWI void regroup_lanes() {
    split(1, 0);
    add(1, 3, 1);
}

// From lanes in three parts, tile `page0` of cb0 and so on, the mean in two: m1 in DST tile 2, -m2 in 0. 1/W is
// rounded, and so is m1; m2 is what that leaves, (sum - W * m1) / W, part by part: products of W with bfloat16
// parts of m1 are exact, and so are the differences. A constant row's m2 is a few units in the last place of
// m1, and exact once it is rounded to 20 bits: then nothing is left of the row. Where x equals m1, m2 is all
// there is of the value, so 8 bits would not do.
ALWI void mean_of_lanes(uint32_t cb0, uint32_t page0, uint32_t cb1, uint32_t page1, uint32_t cb2,
                        uint32_t page2, uint32_t width_bits, uint32_t inverse_width_bits) {
    add_row_sums(cb0, page0);
    add_row_sums(cb1, page1);
    add_row_sums(cb2, page2);
    scale(0, inverse_width_bits);
    copy_dst(0, 1);
    copy_dst(0, 2);
    subtract(0, 0, 0);

    add_row_sums(cb0, page0);
    split(1, 3);
    scale(3, width_bits);
    subtract(0, 3, 0);
    add_row_sums(cb1, page1);
    split(1, 3);
    scale(3, width_bits);
    subtract(0, 3, 0);
    add_row_sums(cb2, page2);
    scale(1, width_bits);
    subtract(0, 1, 0);
    scale(0, inverse_width_bits);
    round_to_20_bits(0);
    negate(0);
}

// (sticks, width) -> `tiles` tiles in cb_tiled. cb_in may hold one stick only: its tiles then have one row.
ALWI void tilize_sticks(uint32_t cb_in, uint32_t sticks, uint32_t tiles) {
    cb_wait_front(cb_in, sticks);
    cb_reserve_back(cb_tiled, tiles);
    reconfig_data_format_srca(cb_in);
    pack_reconfig_data_format(cb_tiled);
    tilize_init(cb_in, tiles, cb_tiled);
    tilize_block(cb_in, tiles, cb_tiled);
    tilize_uninit(cb_in, cb_tiled);
    cb_push_back(cb_tiled, tiles);
    cb_pop_front(cb_in, sticks);
    cb_wait_front(cb_tiled, tiles);
}

// One stick -> `tiles` tiles with the stick in each of their 32 rows, to meet DST element by element.
ALWI void tilize_parameter(uint32_t cb_stick, uint32_t cb_tiles, uint32_t tiles, uint32_t block) {
    tilize_sticks(cb_stick, 1, tiles);
    cb_reserve_back(cb_tiles, tiles);
    reconfig_data_format_srca(cb_tiled);
    pack_reconfig_data_format(cb_tiles);
    unary_bcast_init<BroadcastType::ROW>(cb_tiled);
    for (uint32_t t = 0; t < tiles; t += block) {
        tile_regs_acquire();
        for (uint32_t i = 0; i < block; ++i) unary_bcast<BroadcastType::ROW>(cb_tiled, t + i, i);
        tile_regs_commit();
        tile_regs_wait();
        for (uint32_t i = 0; i < block; ++i) pack_tile(i, cb_tiles);
        tile_regs_release();
    }
    unary_bcast_uninit<BroadcastType::ROW>(cb_tiled);
    cb_push_back(cb_tiles, tiles);
    cb_pop_front(cb_tiled, tiles);
    cb_wait_front(cb_tiles, tiles);
}

// gamma and beta on `tiles` DST tiles, from tile `t` of the row on.
template <bool has_gamma, bool has_beta>
ALWI void scale_and_shift(uint32_t t, uint32_t tiles) {
    if constexpr (has_gamma)
        for (uint32_t i = 0; i < tiles; ++i) combine<EltwiseBinaryType::ELWMUL>(cb_gamma, t + i, i);
    if constexpr (has_beta)
        for (uint32_t i = 0; i < tiles; ++i) combine<EltwiseBinaryType::ELWADD>(cb_beta, t + i, i);
}

}  // namespace
