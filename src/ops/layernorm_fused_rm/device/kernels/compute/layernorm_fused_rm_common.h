// What the compute kernels of layernorm_fused_rm share: arithmetic in DST, and the way from sticks to tiles.
//
// Nothing here takes an fp32 value through a source register, which would leave 10 bits of its mantissa: fp32 tiles
// reach DST by UnpackToDestFp32, and all arithmetic on them is the SFPU's.
#pragma once

#include <stdint.h>

#include "api/compute/bcast.h"
#include "api/compute/compute_kernel_api.h"
#include "api/compute/compute_kernel_hw_startup.h"
#include "api/compute/copy_dest_values.h"
#include "api/compute/eltwise_binary_sfpu.h"
#include "api/compute/eltwise_unary/binop_with_scalar.h"
#include "api/compute/eltwise_unary/fill.h"
#include "api/compute/eltwise_unary/rsqrt.h"
#include "api/compute/eltwise_unary/typecast.h"
#include "api/compute/pack_untilize.h"
#include "api/compute/reconfig_data_format.h"
#include "api/compute/sfpu_binary_bcast.h"
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
constexpr DataFormat dst_format = DST_ACCUM_MODE ? DataFormat::Float32 : DataFormat::Float16_b;
constexpr bool in_parts = get_compile_time_arg_val(0) != 0;  // the buffers hold bfloat16

// DST tile `dst` = tile `t` of a buffer.
ALWI void load(uint32_t cb, uint32_t t, uint32_t dst) {
    reconfig_data_format_srca(cb);
    copy_init(cb);
    copy_tile(cb, t, dst);
}

ALWI void copy_dst(uint32_t from, uint32_t to) {
    copy_dest_values_init();
    copy_dest_values<dst_format>(from, to);
}

ALWI void scale(uint32_t dst, uint32_t factor_bits) {
    binop_with_scalar_tile_init();
    mul_unary_tile(dst, factor_bits);
}

ALWI void square(uint32_t dst) {
    square_tile_init();
    square_tile(dst);
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

// A 16-bit DST holds nothing else, and typecast_tile would write 32 bits an element over it.
ALWI void round_to_bf16(uint32_t dst) {
    if constexpr (DST_ACCUM_MODE) {
        typecast_tile_init<fp32, bf16>();
        typecast_tile<fp32, bf16>(dst);
    }
}

// DST tile `rounded` becomes the bfloat16 of DST tile `from`, which keeps what is left.
ALWI void split(uint32_t from, uint32_t rounded) {
    copy_dst(from, rounded);
    round_to_bf16(rounded);
    subtract(from, rounded, from);
}

// DST tile `dst` += tile `t` of a buffer. DST tile `scratch` is used.
ALWI void add_tile(uint32_t cb, uint32_t t, uint32_t dst, uint32_t scratch) {
    load(cb, t, scratch);
    add(dst, scratch, dst);
}

// DST tile `dst` = column 0 of tile `t` of a buffer, in every column. DST tile `scratch` is used, of fp32 alone.
ALWI void spread(uint32_t cb, uint32_t t, uint32_t dst, uint32_t scratch) {
    if constexpr (in_parts) {
        reconfig_data_format(cb, cb);
        unary_bcast_init<BroadcastType::COL>(cb);
        unary_bcast<BroadcastType::COL>(cb, t, dst);
        unary_bcast_uninit<BroadcastType::COL>(cb);
    } else {
        fill_tile_init();
        fill_tile(dst, 0.0f);
        load(cb, t, scratch);
        sfpu_add_bcast_col_init();
        sfpu_add_bcast_col(dst, scratch);
    }
}

// DST tile `dst` += column 0 of tile `t` of a bfloat16 buffer, in every column. DST tile `scratch` is used.
ALWI void add_column(uint32_t cb, uint32_t t, uint32_t dst, uint32_t scratch) {
    spread(cb, t, scratch, scratch);
    add(dst, scratch, dst);
}

// DST tile `dst`, column 0 = the sum of each row of it.
ALWI void sum_columns(uint32_t dst) {
    sfpu_reduce_init<PoolType::SUM, dst_format>();
    sfpu_reduce<PoolType::SUM, dst_format, ReduceDim::REDUCE_ROW>(dst);
}

// The tiles of a row are taken in this order: one with pads comes first, since DST has room for its mask then.
ALWI uint32_t place_of(uint32_t i, uint32_t tiles, bool partial) {
    if (!partial) return i;
    return i == 0 ? tiles - 1 : i - 1;
}

// DST tile `dst` becomes 0 in the pad columns of the last tile. DST tile `scratch` is used.
ALWI void mask_pad(uint32_t dst, uint32_t scratch) {
    load(cb_one, 1, scratch);
    multiply(dst, scratch, dst);
}

// DST tile 0 = the sum, lane by lane, of `tiles` tiles of c_1 from `first` on; with `partial`, the last one counts only its
// columns that exist. sum_columns() is left to do. (reduce_tile would cut products to 12 bits of the largest of eight, which
// spoils the small differences from a mean near 0.) DST tile 1 is used.
ALWI void add_row_sums(uint32_t first, uint32_t tiles, bool partial) {
    for (uint32_t i = 0; i < tiles; ++i) {
        const uint32_t x = i == 0 ? 0 : 1;
        load(cb_tiled, first + place_of(i, tiles, partial), x);
        if (partial && i == 0) mask_pad(0, 1);
        if (i > 0) add(0, 1, 0);
    }
}

// Over `tiles` tiles of c_1 from `first` on, lane by lane: the squares of what is left of x by the mean, which is in
// every column of DST tile 2, -> DST tile 1; in fp32 what is left -> 1, its squares -> 3.
constexpr uint32_t sum_at = 1;
constexpr uint32_t centre_at = 2;
constexpr uint32_t squares_at = in_parts ? 1 : 3;
ALWI void add_squares(uint32_t first, uint32_t tiles, bool partial) {
    for (uint32_t i = 0; i < tiles; ++i) {
        const uint32_t x = i == 0 ? sum_at : 0;
        load(cb_tiled, first + place_of(i, tiles, partial), x);
        subtract(x, centre_at, x);
        if (partial && i == 0) mask_pad(x, 0);
        if constexpr (!in_parts) {
            if (i == 0)
                copy_dst(x, squares_at);
            else
                add(sum_at, x, sum_at);
        }
        const uint32_t squared = i == 0 ? squares_at : x;
        square(squared);
        if (i > 0) add(squares_at, squared, squares_at);
    }
}

// Dekker's splitting: with y = (2^4 + 1) x, DST tile `dst` = x becomes y - (y - x), 20 bits of it. DST tile `scratch`
// is used.
ALWI void round_to_20_bits(uint32_t dst, uint32_t scratch) {
    copy_dst(dst, scratch);
    scale(scratch, __builtin_bit_cast(uint32_t, 17.0f));
    subtract(scratch, dst, dst);
    subtract(scratch, dst, dst);
}

// From what add_squares() has added up over a row: the variance in DST tile squares_at; in fp32 also the mean difference
// from the first mean in DST tile sum_at, column 0 each.
//
// The differences are small, so their sum is as good as exact. Of a constant row they are a few units in the last place
// of the first mean, which 1/W, rounded, spoils and 20 bits restore: then nothing is left of the row, and a variance
// that was rounded below zero is as good as its size. DST tile 2 is used.
ALWI void variance(uint32_t inverse_width_bits) {
    sum_columns(squares_at);
    scale(squares_at, inverse_width_bits);
    if constexpr (!in_parts) {
        sum_columns(sum_at);
        scale(sum_at, inverse_width_bits);
        copy_dst(sum_at, 2);
        square(2);
        subtract(squares_at, 2, squares_at);
        abs_tile_init();
        abs_tile(squares_at);
        round_to_20_bits(sum_at, 2);
    }
}

// DST tile `dst` = 1/sqrt(DST tile `dst` + epsilon). DST tile `scratch` is used.
ALWI void inverse_root(uint32_t dst, uint32_t scratch, uint32_t epsilon_remainder_bits) {
    add_tile(cb_epsilon, 0, dst, scratch);
    binop_with_scalar_tile_init();
    add_unary_tile(dst, epsilon_remainder_bits);
    rsqrt_tile_init();
    rsqrt_tile(dst);
}

// From the sum of a row in column 0 of DST tile 0, the mean in three parts: m1, the bfloat16 nearest to it, in DST tile
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

// (sticks, width) -> `tiles` tiles in cb_out, behind `held`. cb_in may hold one stick only: its tiles then have one row.
ALWI void tilize_sticks(uint32_t cb_in, uint32_t sticks, uint32_t tiles, uint32_t cb_out, uint32_t held = 0) {
    cb_wait_front(cb_in, sticks);
    cb_reserve_back(cb_out, tiles);
    reconfig_data_format_srca(cb_in);
    pack_reconfig_data_format(cb_out);
    tilize_init(cb_in, tiles, cb_out);
    tilize_block(cb_in, tiles, cb_out);
    tilize_uninit(cb_in, cb_out);
    reconfig_tile_shape_srca(cb_in, cb_out);  // tiles of one row leave the unpacker set to one row
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
            load(cb_gamma, t + i, scratch);
            sfpu_mul_bcast_row_init();
            sfpu_mul_bcast_row(i, scratch);
        }
    }
    if constexpr (has_beta) {
        for (uint32_t i = 0; i < tiles; ++i) {
            load(cb_beta, t + i, scratch);
            sfpu_add_bcast_row_init();
            sfpu_add_bcast_row(i, scratch);
        }
    }
}

}  // namespace
