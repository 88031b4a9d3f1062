// Compute: sticks in, LayerNorm of each row, sticks out. One tile row at a time, three times over its tiles: for the
// mean, for the variance, for the result. Centred and scaled values stay in DST; what passes from one time to the
// next through buffers are the mean and 1/sqrt(var + eps) of each row.
//
// Numbers: circular buffers may hold bfloat16, DST holds fp32. What a bfloat16 buffer would round travels as a sum of
// parts, each the bfloat16 of what the parts before it leave: the mean in three (c_25 and two in c_24), the variance in
// two (c_26, c_27), 1/sqrt(var + eps) in two (c_27, c_26). In fp32 buffers one part is enough, but for the mean: c_24
// holds a first one, c_25 the mean difference from it.
#include "layernorm_fused_rm_common.h"

namespace {

constexpr uint32_t Wt = get_compile_time_arg_val(1);  // tiles of a row
constexpr uint32_t block =
    get_compile_time_arg_val(2);  // tiles of it in DST at a time, two places left; divides Wt
constexpr bool has_gamma = get_compile_time_arg_val(3) != 0;
constexpr bool has_beta = get_compile_time_arg_val(4) != 0;
constexpr bool has_partial = get_compile_time_arg_val(5) != 0;        // the last tile has pad columns
constexpr uint32_t width_bits = get_compile_time_arg_val(6);          // W as a float
constexpr uint32_t inverse_width_bits = get_compile_time_arg_val(7);  // 1/W as a float

// The third part of the mean lies in the second page of c_24. Where that has but one, it lies behind x in c_1, which
// has two then.
constexpr uint32_t cb_mean_tail = Wt > 1 ? cb_centre : cb_tiled;

// DST tile `dst` = the mean in every column, in fp32 the first one. DST tile `scratch` is used.
ALWI void spread_mean(uint32_t dst, uint32_t scratch) {
    if constexpr (in_parts) {
        spread(cb_mean, 0, dst, scratch);
        add_column(cb_centre, 0, dst, scratch);
        add_column(cb_mean_tail, 1, dst, scratch);
    } else {
        spread(cb_centre, 0, dst, scratch);
    }
}

// The mean of each row -> c_25 and c_24; in fp32, a first one -> c_24.
ALWI void mean() {
    cb_reserve_back(cb_centre, Wt);
    pack_reconfig_data_format(cb_centre);
    tile_regs_acquire();
    add_row_sums(0, Wt, has_partial);
    sum_columns(0);
    if constexpr (in_parts) {
        mean_in_three(width_bits, inverse_width_bits);
    } else {
        scale(0, inverse_width_bits);
    }
    tile_regs_commit();
    if constexpr (in_parts) {
        cb_reserve_back(cb_mean, 1);
        if constexpr (Wt == 1) cb_reserve_back(cb_tiled, 1);
        tile_regs_wait();
        pack_tile(1, cb_mean);
        pack_tile(2, cb_centre);
        pack_tile(0, cb_mean_tail);
        tile_regs_release();
        cb_push_back(cb_mean, 1);
        if constexpr (Wt == 1) cb_push_back(cb_tiled, 1);
    } else {
        tile_regs_wait();
        pack_tile(0, cb_centre);
        tile_regs_release();
    }
    cb_push_back(cb_centre, Wt);
    cb_wait_front(cb_centre, Wt);
    if constexpr (in_parts) {
        cb_wait_front(cb_mean, 1);
        if constexpr (Wt == 1) cb_wait_front(cb_tiled, 2);
    }
}

// The variance -> c_26 and, in bfloat16, what that rounds off -> c_27. In fp32 the mean difference from the first mean
// -> c_25.
ALWI void squares() {
    constexpr uint32_t cb_other = in_parts ? cb_rstd : cb_mean;
    cb_reserve_back(cb_var, 1);
    cb_reserve_back(cb_other, 1);
    pack_reconfig_data_format(cb_var);
    tile_regs_acquire();
    spread_mean(centre_at, 3);
    add_squares(0, Wt, has_partial);
    variance(inverse_width_bits);
    if constexpr (in_parts) split(squares_at, 0);
    tile_regs_commit();
    tile_regs_wait();
    pack_tile(in_parts ? 0 : squares_at, cb_var);
    pack_tile(in_parts ? squares_at : sum_at, cb_other);
    tile_regs_release();
    cb_push_back(cb_var, 1);
    cb_push_back(cb_other, 1);
    cb_wait_front(cb_var, 1);
    cb_wait_front(cb_other, 1);
}

// 1/sqrt(var + eps) -> c_27 and, in bfloat16, what that rounds off -> c_26.
ALWI void inverse_deviation(uint32_t epsilon_remainder_bits) {
    pack_reconfig_data_format(cb_rstd);
    tile_regs_acquire();
    load(cb_var, 0, 1);
    if constexpr (in_parts) add_tile(cb_rstd, 0, 1, 2);
    inverse_root(1, 2, epsilon_remainder_bits);
    if constexpr (in_parts) split(1, 2);
    tile_regs_commit();
    cb_pop_front(cb_var, 1);
    if constexpr (in_parts) {
        cb_pop_front(cb_rstd, 1);
        cb_reserve_back(cb_var, 1);
    }
    cb_reserve_back(cb_rstd, 1);
    tile_regs_wait();
    pack_tile(in_parts ? 2 : 1, cb_rstd);
    if constexpr (in_parts) pack_tile(1, cb_var);
    tile_regs_release();
    cb_push_back(cb_rstd, 1);
    if constexpr (in_parts) {
        cb_push_back(cb_var, 1);
        cb_wait_front(cb_var, 1);
    }
    cb_wait_front(cb_rstd, 1);
}

// (x - mean) * rstd * gamma + beta -> (32, W) sticks in c_16, untilized by the packer out of DST.
ALWI void normalise() {
    constexpr uint32_t column = block;
    constexpr uint32_t scratch = block + 1;
    cb_reserve_back(cb_output, sticks_per_tile_row);
    pack_reconfig_data_format(cb_output);
    pack_untilize_dest_init<block, Wt>(cb_output);
    for (uint32_t t = 0; t < Wt; t += block) {
        tile_regs_acquire();
        spread_mean(column, scratch);
        for (uint32_t i = 0; i < block; ++i) {
            load(cb_tiled, t + i, i);
            subtract(i, column, i);
        }
        if constexpr (!in_parts) {
            spread(cb_mean, 0, column, scratch);
            for (uint32_t i = 0; i < block; ++i) subtract(i, column, i);
        }
        spread(cb_rstd, 0, column, scratch);
        if constexpr (in_parts) add_column(cb_var, 0, column, scratch);
        for (uint32_t i = 0; i < block; ++i) multiply(i, column, i);
        scale_and_shift<has_gamma, has_beta>(t, block, column);
        tile_regs_commit();
        tile_regs_wait();
        pack_untilize_dest<block, Wt>(cb_output, 1, t / block);
        tile_regs_release();
    }
    pack_untilize_uninit(cb_output);
    cb_push_back(cb_output, sticks_per_tile_row);
    cb_pop_front(cb_tiled, in_parts && Wt == 1 ? 2 : Wt);
    cb_pop_front(cb_centre, Wt);
    cb_pop_front(cb_mean, 1);
    cb_pop_front(cb_rstd, 1);
    if constexpr (in_parts) cb_pop_front(cb_var, 1);
}

}  // namespace

void kernel_main() {
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(0);
    const uint32_t epsilon_remainder_bits = get_arg_val<uint32_t>(1);

    compute_kernel_hw_startup(cb_input, cb_one, cb_tiled);
    cb_wait_front(cb_one, has_partial ? 2 : 1);
    cb_wait_front(cb_epsilon, 1);
    if constexpr (has_gamma) tilize_sticks(cb_gamma_stick, 1, Wt, cb_gamma);
    if constexpr (has_beta) tilize_sticks(cb_beta_stick, 1, Wt, cb_beta);

    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        tilize_sticks(cb_input, sticks_per_tile_row, Wt, cb_tiled);
        mean();
        squares();
        inverse_deviation(epsilon_remainder_bits);
        normalise();
    }
}
