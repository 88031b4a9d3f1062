// Compute: sticks in, LayerNorm of each row, sticks out. One tile row at a time, in blocks that fit DST.
//
// Numbers: circular buffers may hold bfloat16, DST holds fp32. What a bfloat16 buffer would round travels as
// a sum of parts, each the bfloat16 of what the parts before it leave: the mean in three (c_25, c_26, c_27),
// the centred value in two (c_24, and c_1, which x has left by then), the sum of squares in two (c_26, c_27),
// 1/sqrt(var + eps) in two (c_27, c_25). The multiplier adds its products to DST, so parts are applied one
// after another. In fp32 buffers one part is enough, but for the mean, which has two (c_25, c_26).
#include "layernorm_fused_rm_common.h"

namespace {

constexpr uint32_t Wt = get_compile_time_arg_val(0);          // tiles of a row
constexpr uint32_t block = get_compile_time_arg_val(1);       // tiles in DST at a time; divides Wt
constexpr uint32_t pair_block = get_compile_time_arg_val(2);  // the same where a tile takes two places in DST
constexpr bool has_gamma = get_compile_time_arg_val(3) != 0;
constexpr bool has_beta = get_compile_time_arg_val(4) != 0;
constexpr bool has_partial = get_compile_time_arg_val(5) != 0;        // the last tile has pad columns
constexpr uint32_t width_bits = get_compile_time_arg_val(6);          // W as a float
constexpr uint32_t inverse_width_bits = get_compile_time_arg_val(7);  // 1/W as a float

constexpr uint32_t mean_parts = in_parts ? 3 : 2;

// Pad columns of the last tile become zero.
ALWI void mask_pad(uint32_t t, uint32_t dst) {
    if (has_partial && t == Wt - 1) combine<EltwiseBinaryType::ELWMUL>(cb_one, 1, dst);
}

// The mean in three bfloat16 parts: m1 in cb_mean, -m2 in cb_var, -m3 in cb_rstd.
ALWI void mean_in_parts() {
    cb_reserve_back(cb_mean, 1);
    cb_reserve_back(cb_var, 1);
    cb_reserve_back(cb_rstd, 1);
    pack_reconfig_data_format(cb_mean);
    tile_regs_acquire();
    sum_rows(cb_tiled, Wt);
    mean_in_three(width_bits, inverse_width_bits);
    tile_regs_commit();
    tile_regs_wait();
    pack_one(1, cb_mean);
    pack_one(2, cb_var);
    pack_one(0, cb_rstd);
    tile_regs_release();
    reduce_uninit();
}

// The mean in two parts: m1 in cb_mean, -m2 in cb_var. Summed plainly, the roundings of the sum would move the
// mean, and so every value near it.
ALWI void mean_in_fp32() {
    cb_reserve_back(cb_mean, 1);
    cb_reserve_back(cb_var, 1);
    cb_reserve_back(cb_rstd, 1);
    pack_reconfig_data_format(cb_mean);
    tile_regs_acquire();
    for (uint32_t t = 0; t < Wt; ++t) {
        reconfig_data_format_srca(cb_tiled);
        copy_tile_to_dst_init_short(cb_tiled);
        copy_tile(cb_tiled, t, 0);
        accumulate_in_halves(t);
    }
    split(2, 3);
    regroup_lanes();
    tile_regs_commit();
    tile_regs_wait();
    pack_one(0, cb_mean);
    pack_one(1, cb_var);
    pack_one(2, cb_rstd);
    tile_regs_release();

    cb_wait_front(cb_mean, 1);
    cb_wait_front(cb_var, 1);
    cb_wait_front(cb_rstd, 1);
    tile_regs_acquire();
    mean_of_lanes(cb_mean, 0, cb_var, 0, cb_rstd, 0, width_bits, inverse_width_bits);
    tile_regs_commit();
    cb_pop_front(cb_mean, 1);
    cb_pop_front(cb_var, 1);
    cb_pop_front(cb_rstd, 1);
    cb_reserve_back(cb_mean, 1);
    cb_reserve_back(cb_var, 1);
    tile_regs_wait();
    pack_one(2, cb_mean);
    pack_one(0, cb_var);
    tile_regs_release();
    reduce_uninit();
}

// x - mean of tile `t` -> DST tile `dst`: 1 * -m2, and 1 * -m3 where there is one, are added to x - m1.
ALWI void centre_tile(uint32_t t, uint32_t dst) {
    reconfig_data_format(cb_tiled, cb_mean);
    sub_bcast_cols_init_short(cb_tiled, cb_mean);
    sub_tiles_bcast_cols(cb_tiled, cb_mean, t, 0, dst);
    reconfig_data_format(cb_one, cb_var);
    mul_bcast_cols_init_short(cb_one, cb_var);
    mul_tiles_bcast_cols(cb_one, cb_var, 0, 0, dst);
    if constexpr (mean_parts == 3) mul_tiles_bcast_cols(cb_one, cb_rstd, 0, 0, dst);
}

// cb_tiled - mean -> cb_centred and, in bfloat16, what that rounds off back into cb_tiled, block by block in
// place.
ALWI void centre() {
    cb_wait_front(cb_mean, 1);
    cb_wait_front(cb_var, 1);
    if constexpr (mean_parts == 3) cb_wait_front(cb_rstd, 1);
    cb_reserve_back(cb_centred, Wt);
    pack_reconfig_data_format(cb_centred);
    constexpr uint32_t tiles = in_parts ? pair_block : block;
    for (uint32_t done = 0; done < Wt; done += tiles) {
        tile_regs_acquire();
        for (uint32_t i = 0; i < tiles; ++i) {
            centre_tile(i, i);
            mask_pad(done + i, i);
            if constexpr (in_parts) split(i, tiles + i);
        }
        tile_regs_commit();
        cb_pop_front(cb_tiled, tiles);
        tile_regs_wait();
        for (uint32_t i = 0; i < tiles; ++i) pack_tile(in_parts ? tiles + i : i, cb_centred);
        if constexpr (in_parts) {
            cb_reserve_back(cb_tiled, tiles);
            pack_reconfig_data_format(cb_tiled);
            for (uint32_t i = 0; i < tiles; ++i) pack_tile(i, cb_tiled);
            pack_reconfig_data_format(cb_centred);
        }
        tile_regs_release();
        if constexpr (in_parts) cb_push_back(cb_tiled, tiles);
    }
    cb_push_back(cb_centred, Wt);
    cb_pop_front(cb_mean, 1);
    cb_pop_front(cb_var, 1);
    if constexpr (mean_parts == 3) cb_pop_front(cb_rstd, 1);
    cb_wait_front(cb_centred, Wt);
    if constexpr (in_parts) cb_wait_front(cb_tiled, Wt);
}

// Squares of the centred values, added over the tiles of the row lane by lane -> cb_var and, in bfloat16,
// what that rounds off in cb_rstd.
ALWI void squares() {
    cb_reserve_back(cb_var, 1);
    if constexpr (in_parts) cb_reserve_back(cb_rstd, 1);
    pack_reconfig_data_format(cb_var);
    tile_regs_acquire();
    for (uint32_t t = 0; t < Wt; ++t) {
        reconfig_data_format_srca(cb_centred);
        copy_tile_to_dst_init_short(cb_centred);
        copy_tile(cb_centred, t, 0);
        if constexpr (in_parts) combine<EltwiseBinaryType::ELWADD>(cb_tiled, t, 0);
        square_tile_init();
        square_tile(0);
        accumulate(t, 0, 1);
    }
    if constexpr (in_parts) split(1, 0);
    tile_regs_commit();
    tile_regs_wait();
    pack_one(in_parts ? 0 : 1, cb_var);
    if constexpr (in_parts) pack_one(1, cb_rstd);
    tile_regs_release();
}

// 1/sqrt(var + eps) -> cb_rstd and, in bfloat16, what that rounds off in cb_mean.
ALWI void inverse_deviation(uint32_t epsilon_remainder_bits) {
    cb_wait_front(cb_var, 1);
    if constexpr (in_parts) cb_wait_front(cb_rstd, 1);
    pack_reconfig_data_format(cb_rstd);
    tile_regs_acquire();
    sum_rows(cb_var, 1);
    if constexpr (in_parts) reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>(cb_rstd, cb_one, 0, 0, 0);
    inverse_root(inverse_width_bits, epsilon_remainder_bits);
    if constexpr (in_parts) split(0, 1);
    tile_regs_commit();
    cb_pop_front(cb_var, 1);
    if constexpr (in_parts) cb_pop_front(cb_rstd, 1);
    cb_reserve_back(cb_rstd, 1);
    if constexpr (in_parts) cb_reserve_back(cb_mean, 1);
    tile_regs_wait();
    pack_one(in_parts ? 1 : 0, cb_rstd);
    if constexpr (in_parts) pack_one(0, cb_mean);
    tile_regs_release();
    reduce_uninit();
    cb_wait_front(cb_rstd, 1);
    if constexpr (in_parts) cb_wait_front(cb_mean, 1);
}

// DST tile `dst` = the centred tile `t` * 1/sqrt(var + eps), part by part; the product of the small parts is
// left out.
ALWI void scale_tile(uint32_t t, uint32_t dst) {
    mul_tiles_bcast_cols(cb_centred, cb_rstd, t, 0, dst);
    if constexpr (in_parts) {
        mul_tiles_bcast_cols(cb_centred, cb_mean, t, 0, dst);
        // With gamma or beta in fp32, tiles of cb_tiled are fp32 too.
        reconfig_data_format_srca(cb_centred, cb_tiled);
        mul_tiles_bcast_cols(cb_tiled, cb_rstd, t, 0, dst);
        reconfig_data_format_srca(cb_tiled, cb_centred);
    }
}

// centred * rstd * gamma + beta -> (32, W) sticks in cb_output, untilized by the packer out of DST.
ALWI void normalise() {
    cb_reserve_back(cb_output, sticks_per_tile_row);
    pack_reconfig_data_format(cb_output);
    pack_untilize_dest_init<block, Wt>(cb_output);
    for (uint32_t t = 0; t < Wt; t += block) {
        tile_regs_acquire();
        reconfig_data_format(cb_centred, cb_rstd);
        mul_bcast_cols_init_short(cb_centred, cb_rstd);
        for (uint32_t i = 0; i < block; ++i) scale_tile(t + i, i);
        scale_and_shift<has_gamma, has_beta>(t, block);
        tile_regs_commit();
        tile_regs_wait();
        pack_untilize_dest<block, Wt>(cb_output, 1, t / block);
        tile_regs_release();
    }
    pack_untilize_uninit(cb_output);
    cb_push_back(cb_output, sticks_per_tile_row);
    cb_pop_front(cb_centred, Wt);
    if constexpr (in_parts) cb_pop_front(cb_tiled, Wt);
    cb_pop_front(cb_rstd, 1);
    if constexpr (in_parts) cb_pop_front(cb_mean, 1);
}

}  // namespace

void kernel_main() {
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(0);
    const uint32_t epsilon_remainder_bits = get_arg_val<uint32_t>(1);

    compute_kernel_hw_startup(cb_input, cb_one, cb_tiled);
    cb_wait_front(cb_one, has_partial ? 2 : 1);
    cb_wait_front(cb_epsilon, 1);
    if constexpr (has_gamma) tilize_parameter(cb_gamma_stick, cb_gamma, Wt, block);
    if constexpr (has_beta) tilize_parameter(cb_beta_stick, cb_beta, Wt, block);

    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        tilize_sticks(cb_input, sticks_per_tile_row, Wt);
        if constexpr (in_parts) {
            mean_in_parts();
        } else {
            mean_in_fp32();
        }
        centre();
        squares();
        inverse_deviation(epsilon_remainder_bits);
        normalise();
    }
}
