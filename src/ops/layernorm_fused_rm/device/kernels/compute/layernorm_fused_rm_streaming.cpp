// Compute, for rows that do not fit L1: the row comes in chunks, once for each pass over it.
//   sum -> mean;   squares -> 1/sqrt(var + eps);   output.
// Between chunks a running sum lies in a buffer as parts whose sum is exact: three, or two for squares in fp32. The last chunk may have fewer tiles; buffers still move by whole chunks, so
// that their laps close.
#include "layernorm_fused_rm_common.h"

namespace {

constexpr uint32_t chunk = get_compile_time_arg_val(0);       // tiles of a chunk
constexpr uint32_t chunks = get_compile_time_arg_val(1);      // chunks of a row, at least 2
constexpr uint32_t last_tiles = get_compile_time_arg_val(2);  // tiles of the last chunk that exist
constexpr uint32_t block =
    get_compile_time_arg_val(3);  // tiles in DST at a time, one place left; divides chunk
constexpr bool has_gamma = get_compile_time_arg_val(4) != 0;
constexpr bool has_beta = get_compile_time_arg_val(5) != 0;
constexpr bool has_partial = get_compile_time_arg_val(6) != 0;        // the last tile has pad columns
constexpr uint32_t width_bits = get_compile_time_arg_val(7);          // W as a float
constexpr uint32_t inverse_width_bits = get_compile_time_arg_val(8);  // 1/W as a float

constexpr uint32_t mean_parts = 3;                 // pages of cb_mean
constexpr uint32_t mean_terms = in_parts ? 3 : 2;  // of them, those that the mean takes
constexpr uint32_t sum_parts = in_parts ? 3 : 2;   // pages of cb_var
constexpr uint32_t rstd_parts = in_parts ? 2 : 1;  // pages of cb_rstd

// Calls f(chunk number, tiles of it that exist) with each chunk of the row in cb_tiled.
template <typename F>
ALWI void for_each_chunk(F f) {
    for (uint32_t c = 0; c < chunks; ++c) {
        tilize_sticks(cb_input, sticks_per_tile_row, chunk);
        f(c, c == chunks - 1 ? last_tiles : chunk);
        cb_pop_front(cb_tiled, chunk);
    }
}

ALWI void mask_pad(uint32_t c, uint32_t t, uint32_t dst) {
    if (has_partial && c == chunks - 1 && t == last_tiles - 1)
        combine<EltwiseBinaryType::ELWMUL>(cb_one, 1, dst);
}

// DST tile `dst` += the running sum in `cb`, all its parts.
template <uint32_t parts>
ALWI void add_running(uint32_t cb, uint32_t dst) {
    cb_wait_front(cb, parts);
    for (uint32_t part = 0; part < parts; ++part) combine<EltwiseBinaryType::ELWADD>(cb, part, dst);
}

// Packs `parts` DST tiles into `cb`; what lies there goes first, if anything does.
template <uint32_t parts>
ALWI void replace(uint32_t cb, bool full, uint32_t dst0, uint32_t dst1, uint32_t dst2) {
    if (full) cb_pop_front(cb, parts);
    cb_reserve_back(cb, parts);
    pack_reconfig_data_format(cb);
    tile_regs_wait();
    pack_tile(dst0, cb);
    pack_tile(dst1, cb);
    if constexpr (parts == 3) pack_tile(dst2, cb);
    tile_regs_release();
    cb_push_back(cb, parts);
}

// The row's sum, then the mean in three parts: m1, -m2, -m3.
ALWI void mean_in_parts() {
    for_each_chunk([](uint32_t c, uint32_t tiles) {
        tile_regs_acquire();
        sum_rows(cb_tiled, tiles, has_partial && c == chunks - 1);
        if (c > 0) add_running<mean_parts>(cb_mean, 0);
        if (c < chunks - 1) {
            split(0, 1);
            split(0, 2);
        } else {
            mean_in_three(width_bits, inverse_width_bits);
        }
        tile_regs_commit();
        replace<mean_parts>(cb_mean, c > 0, 1, 2, 0);
        reduce_uninit();
    });
}

// The row's sum lane by lane, then the mean in two parts: m1, -m2. The third page is not read then.
ALWI void mean_in_fp32() {
    for_each_chunk([](uint32_t c, uint32_t tiles) {
        tile_regs_acquire();
        for (uint32_t t = 0; t < tiles; ++t) {
            reconfig_data_format_srca(cb_tiled);
            copy_tile_to_dst_init_short(cb_tiled);
            copy_tile(cb_tiled, t, 0);
            mask_pad(c, t, 0);
            accumulate_in_halves(t);
        }
        split(2, 3);
        if (c > 0) {
            cb_wait_front(cb_mean, mean_parts);
            combine<EltwiseBinaryType::ELWADD>(cb_mean, 0, 1);
            combine<EltwiseBinaryType::ELWADD>(cb_mean, 1, 3);
            combine<EltwiseBinaryType::ELWADD>(cb_mean, 2, 2);
        }
        const bool last = c == chunks - 1;
        if (last) regroup_lanes();
        tile_regs_commit();
        replace<mean_parts>(cb_mean, c > 0, last ? 0 : 1, last ? 1 : 3, 2);
    });
    cb_wait_front(cb_mean, mean_parts);
    tile_regs_acquire();
    mean_of_lanes(cb_mean, 0, cb_mean, 1, cb_mean, 2, width_bits, inverse_width_bits);
    tile_regs_commit();
    replace<mean_parts>(cb_mean, true, 2, 0, 0);
    reduce_uninit();
}

// x - mean of tile `t` -> DST tile `dst`: 1 * -m2, and 1 * -m3 where there is one, are added to x - m1.
ALWI void centre_tile(uint32_t t, uint32_t dst) {
    reconfig_data_format(cb_tiled, cb_mean);
    sub_bcast_cols_init_short(cb_tiled, cb_mean);
    sub_tiles_bcast_cols(cb_tiled, cb_mean, t, 0, dst);
    reconfig_data_format(cb_one, cb_mean);
    mul_bcast_cols_init_short(cb_one, cb_mean);
    for (uint32_t part = 1; part < mean_terms; ++part) mul_tiles_bcast_cols(cb_one, cb_mean, 0, part, dst);
}

// Squares of the centred values, added lane by lane -> cb_var.
ALWI void squares() {
    for_each_chunk([](uint32_t c, uint32_t tiles) {
        tile_regs_acquire();
        for (uint32_t t = 0; t < tiles; ++t) {
            centre_tile(t, 0);
            mask_pad(c, t, 0);
            square_tile_init();
            square_tile(0);
            accumulate(t, 0, 1);
        }
        if (c > 0) add_running<sum_parts>(cb_var, 1);
        split(1, 0);
        if constexpr (sum_parts == 3) split(1, 2);
        tile_regs_commit();
        replace<sum_parts>(cb_var, c > 0, 0, sum_parts == 3 ? 2 : 1, 1);
    });
}

// 1/sqrt(var + eps) -> cb_rstd.
ALWI void inverse_deviation(uint32_t epsilon_remainder_bits) {
    cb_wait_front(cb_var, sum_parts);
    cb_reserve_back(cb_rstd, rstd_parts);
    pack_reconfig_data_format(cb_rstd);
    tile_regs_acquire();
    sum_rows(cb_var, sum_parts);
    inverse_root(inverse_width_bits, epsilon_remainder_bits);
    if constexpr (in_parts) split(0, 1);
    tile_regs_commit();
    cb_pop_front(cb_var, sum_parts);
    tile_regs_wait();
    if constexpr (in_parts) pack_tile(1, cb_rstd);
    pack_tile(0, cb_rstd);
    tile_regs_release();
    reduce_uninit();
    cb_push_back(cb_rstd, rstd_parts);
    cb_wait_front(cb_rstd, rstd_parts);
}

// DST tile `dst` = 1/sqrt(var + eps) in every column: its parts, added.
ALWI void spread_rstd(uint32_t dst) {
    reconfig_data_format_srca(cb_rstd);
    unary_bcast_init<BroadcastType::COL>(cb_rstd);
    unary_bcast<BroadcastType::COL>(cb_rstd, 0, dst);
    unary_bcast_uninit<BroadcastType::COL>(cb_rstd);
    if constexpr (in_parts) {
        reconfig_data_format(cb_one, cb_rstd);
        mul_bcast_cols_init_short(cb_one, cb_rstd);
        mul_tiles_bcast_cols(cb_one, cb_rstd, 0, 1, dst);
    }
}

// (x - mean) * rstd * gamma + beta -> 32 sticks of a chunk in cb_output, untilized by the packer out of DST.
ALWI void normalise() {
    for (uint32_t c = 0; c < chunks; ++c) {
        if constexpr (has_gamma) tilize_parameter(cb_gamma_stick, cb_gamma, chunk, block);
        if constexpr (has_beta) tilize_parameter(cb_beta_stick, cb_beta, chunk, block);
        tilize_sticks(cb_input, sticks_per_tile_row, chunk);
        cb_reserve_back(cb_output, sticks_per_tile_row);
        pack_reconfig_data_format(cb_output);
        pack_untilize_dest_init<block, chunk>(cb_output);
        for (uint32_t t = 0; t < chunk; t += block) {
            tile_regs_acquire();
            spread_rstd(block);
            for (uint32_t i = 0; i < block; ++i) centre_tile(t + i, i);
            mul_binary_tile_init();
            for (uint32_t i = 0; i < block; ++i) mul_binary_tile(i, block, i);
            scale_and_shift<has_gamma, has_beta>(t, block);
            tile_regs_commit();
            tile_regs_wait();
            pack_untilize_dest<block, chunk>(cb_output, 1, t / block);
            tile_regs_release();
        }
        pack_untilize_uninit(cb_output);
        cb_push_back(cb_output, sticks_per_tile_row);
        cb_pop_front(cb_tiled, chunk);
        if constexpr (has_gamma) cb_pop_front(cb_gamma, chunk);
        if constexpr (has_beta) cb_pop_front(cb_beta, chunk);
    }
}

}  // namespace

void kernel_main() {
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(0);
    const uint32_t epsilon_remainder_bits = get_arg_val<uint32_t>(1);

    compute_kernel_hw_startup(cb_input, cb_one, cb_tiled);
    cb_wait_front(cb_one, has_partial ? 2 : 1);
    cb_wait_front(cb_epsilon, 1);
    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        if constexpr (in_parts) {
            mean_in_parts();
        } else {
            mean_in_fp32();
        }
        cb_wait_front(cb_mean, mean_parts);
        squares();
        inverse_deviation(epsilon_remainder_bits);
        normalise();
        cb_pop_front(cb_mean, mean_parts);
        cb_pop_front(cb_rstd, rstd_parts);
    }
}
