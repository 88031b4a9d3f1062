// Compute: sticks in, LayerNorm of each row, sticks out. One tile row at a time, in blocks that fit DST.
//
// Numbers: circular buffers may hold bfloat16, DST holds fp32. What must not lose digits on the way through a
// buffer travels in parts whose sum is exact enough: the mean in three (c_25, c_26, c_27), the sum of squares
// in two (c_26, c_27), 1/sqrt(var + eps) in two (c_27, c_25). The multiplier adds its products to DST, so
// parts are applied one after another.
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
#include "api/compute/tilize.h"

namespace {

constexpr uint32_t cb_input = 0;
constexpr uint32_t cb_tiled = 1;
constexpr uint32_t cb_one = 2;  // the reduce scaler: every element 1
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

constexpr uint32_t Wt = get_compile_time_arg_val(0);     // tiles of a row
constexpr uint32_t block = get_compile_time_arg_val(1);  // tiles in DST at a time; divides Wt
constexpr bool has_gamma = get_compile_time_arg_val(2) != 0;
constexpr bool has_beta = get_compile_time_arg_val(3) != 0;
constexpr uint32_t width_bits = get_compile_time_arg_val(4);          // W as a float
constexpr uint32_t inverse_width_bits = get_compile_time_arg_val(5);  // 1/W as a float
constexpr uint32_t lane_share_bits = get_compile_time_arg_val(6);     // W/32, a lane's share of the row
constexpr uint32_t sticks_per_tile_row = 32;

constexpr uint32_t fp32 = static_cast<uint32_t>(DataFormat::Float32);
constexpr uint32_t bf16 = static_cast<uint32_t>(DataFormat::Float16_b);
constexpr auto dst_to_a = EltwiseBinaryReuseDestType::DEST_TO_SRCA;

// DST tile `from` becomes what is left of it when its bfloat16, which goes to DST tile `rounded`, is taken
// away.
ALWI void split(uint32_t from, uint32_t rounded) {
    copy_dest_values_init();
    copy_dest_values<DataFormat::Float32>(from, rounded);
    typecast_tile_init<fp32, bf16>();
    typecast_tile<fp32, bf16>(rounded);
    sub_binary_tile_init();
    sub_binary_tile(from, rounded, from);
}

ALWI void scale(uint32_t dst, uint32_t factor_bits) {
    binop_with_scalar_tile_init();
    mul_unary_tile(dst, factor_bits);
}

// (32, W) sticks -> (1, Wt) tiles in cb_tiled. cb_in may hold one stick only: its tiles then have one row.
ALWI void tilize_row(uint32_t cb_in, uint32_t sticks) {
    cb_wait_front(cb_in, sticks);
    cb_reserve_back(cb_tiled, Wt);
    reconfig_data_format_srca(cb_in);
    pack_reconfig_data_format(cb_tiled);
    tilize_init(cb_in, Wt, cb_tiled);
    tilize_block(cb_in, Wt, cb_tiled);
    tilize_uninit(cb_in, cb_tiled);
    cb_push_back(cb_tiled, Wt);
    cb_pop_front(cb_in, sticks);
}

// (1, W) stick -> (1, Wt) tiles with the stick in each of their 32 rows, so that they can meet DST element by
// element.
ALWI void tilize_parameter(uint32_t cb_stick, uint32_t cb_tiles) {
    tilize_row(cb_stick, 1);
    cb_wait_front(cb_tiled, Wt);
    cb_reserve_back(cb_tiles, Wt);
    unary_bcast_init<BroadcastType::ROW>(cb_tiled, cb_tiles);
    for (uint32_t t = 0; t < Wt; t += block) {
        tile_regs_acquire();
        for (uint32_t i = 0; i < block; ++i) unary_bcast<BroadcastType::ROW>(cb_tiled, t + i, i);
        tile_regs_commit();
        tile_regs_wait();
        for (uint32_t i = 0; i < block; ++i) pack_tile(i, cb_tiles);
        tile_regs_release();
    }
    unary_bcast_uninit<BroadcastType::ROW>(cb_tiled);
    cb_push_back(cb_tiles, Wt);
    cb_pop_front(cb_tiled, Wt);
    cb_wait_front(cb_tiles, Wt);
}

// Row sums of cb_tiled -> the mean in three parts: m1 in cb_mean, and -m2, -m3 in cb_var and cb_rstd, which
// are free until the variance is known. m1 is the bfloat16 nearest to the mean; m2 + m3 is the mean of what
// it leaves, (sum - W * m1) / W, which is exactly 0 for a constant row.
ALWI void mean() {
    cb_reserve_back(cb_mean, 1);
    cb_reserve_back(cb_var, 1);
    cb_reserve_back(cb_rstd, 1);
    reconfig_data_format(cb_one, cb_tiled);
    reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb_tiled, cb_one, cb_mean);
    tile_regs_acquire();
    for (uint32_t t = 0; t < Wt; ++t)
        reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb_tiled, cb_one, t, 0, 0);
    copy_dest_values_init();
    copy_dest_values<DataFormat::Float32>(0, 1);
    scale(1, inverse_width_bits);
    typecast_tile_init<fp32, bf16>();
    typecast_tile<fp32, bf16>(1);  // m1
    copy_dest_values_init();
    copy_dest_values<DataFormat::Float32>(1, 2);
    scale(2, width_bits);
    sub_binary_tile_init();
    sub_binary_tile(0, 2, 0);
    scale(0, inverse_width_bits);
    negative_tile_init();
    negative_tile(0);
    split(0, 2);  // -m3, -m2
    tile_regs_commit();
    tile_regs_wait();
    pack_tile(1, cb_mean);
    pack_tile(2, cb_var);
    pack_tile(0, cb_rstd);
    tile_regs_release();
    reduce_uninit();
    cb_push_back(cb_mean, 1);
    cb_push_back(cb_var, 1);
    cb_push_back(cb_rstd, 1);
}

// cb_tiled - mean -> cb_centred. 1 * -m2 and 1 * -m3 are added to x - m1 in DST.
ALWI void centre() {
    cb_wait_front(cb_mean, 1);
    cb_wait_front(cb_var, 1);
    cb_wait_front(cb_rstd, 1);
    cb_reserve_back(cb_centred, Wt);
    pack_reconfig_data_format(cb_centred);
    for (uint32_t t = 0; t < Wt; t += block) {
        tile_regs_acquire();
        reconfig_data_format(cb_tiled, cb_mean);
        sub_bcast_cols_init_short(cb_tiled, cb_mean);
        for (uint32_t i = 0; i < block; ++i) sub_tiles_bcast_cols(cb_tiled, cb_mean, t + i, 0, i);
        reconfig_data_format(cb_one, cb_var);
        mul_bcast_cols_init_short(cb_one, cb_var);
        for (uint32_t i = 0; i < block; ++i) {
            mul_tiles_bcast_cols(cb_one, cb_var, 0, 0, i);
            mul_tiles_bcast_cols(cb_one, cb_rstd, 0, 0, i);
        }
        tile_regs_commit();
        tile_regs_wait();
        for (uint32_t i = 0; i < block; ++i) pack_tile(i, cb_centred);
        tile_regs_release();
    }
    cb_push_back(cb_centred, Wt);
}

// Sum over the row of (x - mean)^2, lane by lane over its tiles -> cb_var and, what that rounds off, cb_rstd,
// both of which hold parts of the mean until then. From cb_tiled, since cb_centred is rounded, and as the
// squares of x - m1 less those of m2 + m3: the sum over W of (x - m1)^2 is larger than that of (x - mean)^2
// by W * (m2 + m3)^2, of which each of the 32 lanes takes its share.
ALWI void squares() {
    tile_regs_acquire();
    reconfig_data_format(cb_tiled, cb_mean);
    for (uint32_t t = 0; t < Wt; ++t) {
        const uint32_t at = t == 0 ? 1 : 0;
        sub_bcast_cols_init_short(cb_tiled, cb_mean);
        sub_tiles_bcast_cols(cb_tiled, cb_mean, t, 0, at);
        square_tile_init();
        square_tile(at);
        if (t == 0) continue;
        add_binary_tile_init();
        add_binary_tile(1, 0, 1);
    }
    reconfig_data_format(cb_one, cb_var);
    mul_bcast_cols_init_short(cb_one, cb_var);
    mul_tiles_bcast_cols(cb_one, cb_var, 0, 0, 2);
    mul_tiles_bcast_cols(cb_one, cb_rstd, 0, 0, 2);
    square_tile_init();
    square_tile(2);
    scale(2, lane_share_bits);
    sub_binary_tile_init();
    sub_binary_tile(1, 2, 1);
    split(1, 2);
    tile_regs_commit();
    cb_pop_front(cb_tiled, Wt);
    cb_pop_front(cb_mean, 1);
    cb_pop_front(cb_var, 1);
    cb_pop_front(cb_rstd, 1);
    cb_reserve_back(cb_var, 1);
    cb_reserve_back(cb_rstd, 1);
    pack_reconfig_data_format(cb_var);
    tile_regs_wait();
    pack_tile(2, cb_var);
    pack_tile(1, cb_rstd);
    tile_regs_release();
    cb_push_back(cb_var, 1);
    cb_push_back(cb_rstd, 1);
}

// 1/sqrt(var + eps) -> cb_rstd and, what that rounds off, cb_mean.
ALWI void inverse_deviation(uint32_t epsilon_remainder_bits) {
    cb_wait_front(cb_var, 1);
    cb_wait_front(cb_rstd, 1);
    reconfig_data_format(cb_one, cb_var);
    reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb_var, cb_one, cb_rstd);
    tile_regs_acquire();
    reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb_var, cb_one, 0, 0, 0);
    reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb_rstd, cb_one, 0, 0, 0);
    scale(0, inverse_width_bits);
    reconfig_data_format_srcb(cb_epsilon);
    binary_dest_reuse_tiles_init<EltwiseBinaryType::ELWADD, dst_to_a>(cb_epsilon);
    binary_dest_reuse_tiles<EltwiseBinaryType::ELWADD, dst_to_a>(cb_epsilon, 0, 0);
    binop_with_scalar_tile_init();
    add_unary_tile(0, epsilon_remainder_bits);
    rsqrt_tile_init();
    rsqrt_tile(0);
    split(0, 1);
    tile_regs_commit();
    cb_pop_front(cb_var, 1);
    cb_pop_front(cb_rstd, 1);
    cb_reserve_back(cb_rstd, 1);
    cb_reserve_back(cb_mean, 1);
    tile_regs_wait();
    pack_tile(1, cb_rstd);
    pack_tile(0, cb_mean);
    tile_regs_release();
    reduce_uninit();
    cb_push_back(cb_rstd, 1);
    cb_push_back(cb_mean, 1);
}

// cb_centred * rstd * gamma + beta -> (32, W) sticks in cb_output, untilized by the packer out of DST.
ALWI void normalise() {
    cb_wait_front(cb_rstd, 1);
    cb_wait_front(cb_mean, 1);
    cb_reserve_back(cb_output, sticks_per_tile_row);
    pack_reconfig_data_format(cb_output);
    pack_untilize_dest_init<block, Wt>(cb_output);
    for (uint32_t t = 0; t < Wt; t += block) {
        tile_regs_acquire();
        reconfig_data_format(cb_centred, cb_rstd);
        mul_bcast_cols_init_short(cb_centred, cb_rstd);
        for (uint32_t i = 0; i < block; ++i) {
            mul_tiles_bcast_cols(cb_centred, cb_rstd, t + i, 0, i);
            mul_tiles_bcast_cols(cb_centred, cb_mean, t + i, 0, i);
        }
        if constexpr (has_gamma) {
            reconfig_data_format_srcb(cb_gamma);
            binary_dest_reuse_tiles_init<EltwiseBinaryType::ELWMUL, dst_to_a>(cb_gamma);
            for (uint32_t i = 0; i < block; ++i)
                binary_dest_reuse_tiles<EltwiseBinaryType::ELWMUL, dst_to_a>(cb_gamma, t + i, i);
        }
        if constexpr (has_beta) {
            reconfig_data_format_srcb(cb_beta);
            binary_dest_reuse_tiles_init<EltwiseBinaryType::ELWADD, dst_to_a>(cb_beta);
            for (uint32_t i = 0; i < block; ++i)
                binary_dest_reuse_tiles<EltwiseBinaryType::ELWADD, dst_to_a>(cb_beta, t + i, i);
        }
        tile_regs_commit();
        tile_regs_wait();
        pack_untilize_dest<block, Wt>(cb_output, 1, t / block);
        tile_regs_release();
    }
    pack_untilize_uninit(cb_output);
    cb_push_back(cb_output, sticks_per_tile_row);
    cb_pop_front(cb_centred, Wt);
    cb_pop_front(cb_rstd, 1);
    cb_pop_front(cb_mean, 1);
}

}  // namespace

void kernel_main() {
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(0);
    const uint32_t epsilon_remainder_bits = get_arg_val<uint32_t>(1);

    compute_kernel_hw_startup(cb_input, cb_one, cb_tiled);
    cb_wait_front(cb_one, 1);
    cb_wait_front(cb_epsilon, 1);
    if constexpr (has_gamma) tilize_parameter(cb_gamma_stick, cb_gamma);
    if constexpr (has_beta) tilize_parameter(cb_beta_stick, cb_beta);

    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        tilize_row(cb_input, sticks_per_tile_row);
        cb_wait_front(cb_tiled, Wt);
        mean();
        centre();
        squares();
        inverse_deviation(epsilon_remainder_bits);
        normalise();
    }
}
