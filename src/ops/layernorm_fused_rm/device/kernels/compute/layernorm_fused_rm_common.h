// What the compute kernels of layernorm_fused_rm share: arithmetic in DST, and the way from sticks to tiles.
#pragma once

#include <stdint.h>

#include "api/compute/bcast.h"
#include "api/compute/compute_kernel_hw_startup.h"
#include "api/compute/copy_dest_values.h"
#include "api/compute/eltwise_binary.h"
#include "api/compute/eltwise_binary_sfpu.h"
#include "api/compute/eltwise_unary/binop_with_scalar.h"
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
constexpr uint32_t cb_centre = 24;
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

ALWI void add(uint32_t a, uint32_t b, uint32_t out) {
    add_binary_tile_init();
    add_binary_tile(a, b, out);
}

ALWI void subtract(uint32_t a, uint32_t b, uint32_t out) {
    sub_binary_tile_init();
    sub_binary_tile(a, b, out);
}

ALWI void multiply(uint32_t a, uint32_t b, uint32_t out) {
    mul_binary_tile_init();
    mul_binary_tile(a, b, out);
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

// DST tile `dst` += or *= tile `t` of a buffer, element by element.
template <EltwiseBinaryType op>
ALWI void combine(uint32_t cb, uint32_t t, uint32_t dst) {
    reconfig_data_format_srcb(cb);
    binary_dest_reuse_tiles_init<op, dst_to_a>(cb);
    binary_dest_reuse_tiles<op, dst_to_a>(cb, t, dst);
}

// DST tile `dst`, column 0 += sum of each row over `tiles` tiles of `cb`, from `first` on. With `partial`, the last
// one counts only its columns that exist.
ALWI void sum_rows(uint32_t cb, uint32_t first, uint32_t tiles, uint32_t dst, bool partial = false) {
    reconfig_data_format(cb_one, cb);
    reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb, cb_one, cb_mean);
    for (uint32_t t = 0; t < tiles; ++t)
        reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb, cb_one, first + t,
                                                          partial && t == tiles - 1 ? 1 : 0, dst);
}

// DST tile `dst` = a broadcast of tile `t` of `cb`.
template <BroadcastType type>
ALWI void spread(uint32_t cb, uint32_t t, uint32_t dst) {
    reconfig_data_format_srca(cb);
    unary_bcast_init<type>(cb);
    unary_bcast<type>(cb, t, dst);
    unary_bcast_uninit<type>(cb);
}

// DST tile `dst` += column 0 of tile `t` of `cb`, in every column. DST tile `scratch` is used.
ALWI void add_column(uint32_t cb, uint32_t t, uint32_t dst, uint32_t scratch) {
    spread<BroadcastType::COL>(cb, t, scratch);
    add(dst, scratch, dst);
}

// DST tile `dst` = 1/sqrt(DST tile `dst` + epsilon), in column 0. DST tile `scratch` is used.
ALWI void inverse_root(uint32_t dst, uint32_t scratch, uint32_t epsilon_remainder_bits) {
    spread<BroadcastType::SCALAR>(cb_epsilon, 0, scratch);
    add(dst, scratch, dst);
    binop_with_scalar_tile_init();
    add_unary_tile(dst, epsilon_remainder_bits);
    rsqrt_tile_init();
    rsqrt_tile(dst);
}

// From the sum of a row in DST tile 0, the mean in three parts: m1, the bfloat16 nearest to it, in DST tile
// 1; m2 and m3, what m1 leaves of the mean, in 2 and 0. That is (sum - W * m1) / W: exactly 0 for a constant
// row.
ALWI void mean_in_three(uint32_t width_bits, uint32_t inverse_width_bits) {
    copy_dst(0, 1);
    scale(1, inverse_width_bits);
    round_to_bf16(1);
    copy_dst(1, 2);
    scale(2, width_bits);
    subtract(0, 2, 0);
    scale(0, inverse_width_bits);
    split(0, 2);
}

// Dekker's splitting: with y = (2^4 + 1) x, DST tile `dst` = x becomes y - (y - x), 20 bits of it. DST tile `scratch`
// is used.
ALWI void round_to_20_bits(uint32_t dst, uint32_t scratch) {
    copy_dst(dst, scratch);
    scale(scratch, __builtin_bit_cast(uint32_t, 17.0f));
    subtract(scratch, dst, dst);
    subtract(scratch, dst, dst);
}

// From the sums of a row's differences from its first mean and of their squares in DST tiles 0 and 1: the mean
// difference in 0, the variance in 1. The differences are small, so their sum is as good as exact. Of a constant row
// they are a few units in the last place of the first mean, which 1/W, rounded, spoils and 20 bits restore: then
// nothing is left of the row, and a variance that was rounded below zero is as good as its size. DST tile 2 is used.
ALWI void correct_mean(uint32_t inverse_width_bits) {
    scale(0, inverse_width_bits);
    scale(1, inverse_width_bits);
    copy_dst(0, 2);
    square_tile_init();
    square_tile(2);
    subtract(1, 2, 1);
    abs_tile_init();
    abs_tile(1);
    round_to_20_bits(0, 2);
}

// DST tile `dst` = x of tile `t` of c_1; in fp32 the difference from the first mean, column 0 of tile 0 of `cb_first`.
ALWI void load_x(uint32_t t, uint32_t cb_first, uint32_t dst) {
    if constexpr (in_parts) {
        reconfig_data_format_srca(cb_tiled);
        copy_tile_to_dst_init_short(cb_tiled);
        copy_tile(cb_tiled, t, dst);
    } else {
        reconfig_data_format(cb_tiled, cb_first);
        sub_bcast_cols_init_short(cb_tiled, cb_first);
        sub_tiles_bcast_cols(cb_tiled, cb_first, t, 0, dst);
    }
}

// Over `tiles` tiles of c_1 from `first` on, lane by lane: the squares of centred values -> DST tile 1, with the mean in
// DST tile 2; in fp32 the differences from the first mean -> 1, their squares -> 3. mask_pad(t, dst) makes pads zero.
constexpr uint32_t sum_at = 1;
constexpr uint32_t centre_at = 2;
constexpr uint32_t squares_at = in_parts ? 1 : 3;
template <typename Mask>
ALWI void add_squares(uint32_t first, uint32_t tiles, uint32_t cb_first, Mask mask_pad) {
    for (uint32_t t = 0; t < tiles; ++t) {
        const uint32_t x = t == 0 ? sum_at : 0;
        load_x(first + t, cb_first, x);
        if constexpr (in_parts) subtract(x, centre_at, x);
        mask_pad(t, x);
        if constexpr (!in_parts) {
            if (t == 0)
                copy_dst(x, squares_at);
            else
                add(sum_at, x, sum_at);
        }
        const uint32_t squared = t == 0 ? squares_at : x;
        square_tile_init();
        square_tile(squared);
        if (t > 0) add(squares_at, squared, squares_at);
    }
}

// (sticks, width) -> `tiles` tiles in cb_out, behind `held`. cb_in may hold one stick only: its tiles then have one row.
ALWI void tilize_sticks(uint32_t cb_in, uint32_t sticks, uint32_t tiles, uint32_t cb_out, uint32_t held = 0) {
    cb_wait_front(cb_in, sticks);
    cb_reserve_back(cb_out, tiles);
    reconfig_data_format_srca(cb_in);
    pack_reconfig_data_format(cb_out);
    tilize_init(cb_in, tiles, cb_out);
    tilize_block(cb_in, tiles, cb_out);
    tilize_uninit(cb_in, cb_out);
    cb_push_back(cb_out, tiles);
    cb_pop_front(cb_in, sticks);
    cb_wait_front(cb_out, held + tiles);
}

// gamma and beta on DST tiles 0 .. `tiles` - 1, from tile `t` of the row on. Row 0 of theirs counts. DST tile
// `scratch` is used.
template <bool has_gamma, bool has_beta>
ALWI void scale_and_shift(uint32_t t, uint32_t tiles, uint32_t scratch) {
    if constexpr (has_gamma) {
        for (uint32_t i = 0; i < tiles; ++i) {
            spread<BroadcastType::ROW>(cb_gamma, t + i, scratch);
            multiply(i, scratch, i);
        }
    }
    if constexpr (has_beta) {
        for (uint32_t i = 0; i < tiles; ++i) {
            spread<BroadcastType::ROW>(cb_beta, t + i, scratch);
            add(i, scratch, i);
        }
    }
}

}  // namespace
