// Compute, for rows of which not everything fits L1: the row comes in chunks, once for each pass over it.
//   sum -> mean;   squares -> 1/sqrt(var + eps);   output.
// Where its tiles fit, they stay in c_1 from the first pass on.
// Between chunks a running sum lies in a buffer: in fp32 as it is, in bfloat16 as three parts whose sum is exact. The
// last chunk may have fewer tiles; buffers still move by whole chunks, so that their laps close. How the mean and the
// variance are found is told in layernorm_fused_rm.cpp.
#include "layernorm_fused_rm_common.h"

namespace {

constexpr uint32_t chunk = get_compile_time_arg_val(1);       // tiles of a chunk
constexpr uint32_t chunks = get_compile_time_arg_val(2);      // chunks of a row
constexpr uint32_t last_tiles = get_compile_time_arg_val(3);  // tiles of the last chunk that exist
constexpr uint32_t block =
    get_compile_time_arg_val(4);  // tiles in DST at a time, two places left; divides chunk
constexpr bool has_gamma = get_compile_time_arg_val(5) != 0;
constexpr bool has_beta = get_compile_time_arg_val(6) != 0;
constexpr bool has_partial = get_compile_time_arg_val(7) != 0;        // the last tile has pad columns
constexpr uint32_t width_bits = get_compile_time_arg_val(8);          // W as a float
constexpr uint32_t inverse_width_bits = get_compile_time_arg_val(9);  // 1/W as a float
constexpr bool stays = get_compile_time_arg_val(10) != 0;             // the row, in cb_tiled

constexpr uint32_t mean_parts = in_parts ? 3 : 1;  // pages of cb_mean
constexpr uint32_t sums = in_parts ? 3 : 2;        // pages of cb_var: parts of one sum, or two sums
constexpr uint32_t rstd_parts = in_parts ? 2 : 1;  // pages of cb_rstd

// Calls f(chunk number, its first tile in cb_tiled) for each chunk of the row: as it comes, or of a row that is there.
template <bool comes, typename F>
ALWI void for_each_chunk(F f) {
    for (uint32_t c = 0; c < chunks; ++c) {
        const uint32_t first = stays ? c * chunk : 0;
        if constexpr (comes) tilize_sticks(cb_input, sticks_per_tile_row, chunk, cb_tiled, first);
        f(c, first);
        if constexpr (!stays) cb_pop_front(cb_tiled, chunk);
    }
}

// Tiles of a chunk that exist.
ALWI uint32_t tiles_of(uint32_t c) {
    return c == chunks - 1 ? last_tiles : chunk;
}

// DST tile `dst` = the sum of what the `parts` pages of `cb` have in column 0, in every column. DST tile `scratch`
// is used.
template <uint32_t parts>
ALWI void spread_parts(uint32_t cb, uint32_t dst, uint32_t scratch) {
    spread(cb, 0, dst, scratch);
    for (uint32_t part = 1; part < parts; ++part) add_column(cb, part, dst, scratch);
}

// Packs `parts` DST tiles into `cb`; what lies there goes first, if anything does.
template <uint32_t parts>
ALWI void replace(uint32_t cb, bool full, uint32_t dst0, uint32_t dst1, uint32_t dst2) {
    if (full) cb_pop_front(cb, parts);
    cb_reserve_back(cb, parts);
    pack_reconfig_data_format(cb);
    tile_regs_wait();
    pack_tile(dst0, cb);
    if constexpr (parts > 1) pack_tile(dst1, cb);
    if constexpr (parts > 2) pack_tile(dst2, cb);
    tile_regs_release();
    cb_push_back(cb, parts);
    cb_wait_front(cb, parts);
}

// The row's sum, then its mean -> cb_mean; in fp32 a first mean.
ALWI void mean() {
    for_each_chunk<true>([](uint32_t c, uint32_t first) {
        tile_regs_acquire();
        add_row_sums(first, tiles_of(c), has_partial && c == chunks - 1);
        if (c > 0) {
            for (uint32_t part = 0; part < mean_parts; ++part) add_tile(cb_mean, part, 0, 1);
        }
        if (c == chunks - 1) sum_columns(0);
        if constexpr (in_parts) {
            if (c < chunks - 1) {
                split(0, 1);
                split(0, 2);
            } else {
                mean_in_three(width_bits, inverse_width_bits);
            }
        } else if (c == chunks - 1) {
            scale(0, inverse_width_bits);
        }
        tile_regs_commit();
        replace<mean_parts>(cb_mean, c > 0, in_parts ? 1 : 0, 2, 0);
    });
}

// Squares of the centred values, added lane by lane -> cb_var, in three parts; in fp32 the differences from the first
// mean and their squares. Behind the last chunk the variance in their place, in fp32 with the mean difference before it.
ALWI void squares() {
    for_each_chunk<!stays>([](uint32_t c, uint32_t first) {
        tile_regs_acquire();
        spread_parts<mean_parts>(cb_mean, centre_at, 3);
        add_squares(first, tiles_of(c), has_partial && c == chunks - 1);
        if (c > 0) {
            for (uint32_t part = 0; part < sums; ++part)
                add_tile(cb_var, part, in_parts || part == 1 ? squares_at : sum_at, 0);
        }
        if (c == chunks - 1) variance(inverse_width_bits);
        if constexpr (in_parts) {
            split(squares_at, 0);
            split(squares_at, 2);
        }
        tile_regs_commit();
        replace<sums>(cb_var, c > 0, in_parts ? 0 : sum_at, in_parts ? 2 : squares_at, squares_at);
    });
}

// 1/sqrt(var + eps) -> cb_rstd.
ALWI void inverse_deviation(uint32_t epsilon_remainder_bits) {
    cb_reserve_back(cb_rstd, rstd_parts);
    pack_reconfig_data_format(cb_rstd);
    tile_regs_acquire();
    load(cb_var, in_parts ? 0 : 1, 1);
    if constexpr (in_parts) {
        for (uint32_t part = 1; part < sums; ++part) add_tile(cb_var, part, 1, 2);
    }
    inverse_root(1, 2, epsilon_remainder_bits);
    if constexpr (in_parts) split(1, 0);
    tile_regs_commit();
    tile_regs_wait();
    if constexpr (in_parts) pack_tile(0, cb_rstd);
    pack_tile(1, cb_rstd);
    tile_regs_release();
    cb_push_back(cb_rstd, rstd_parts);
    cb_wait_front(cb_rstd, rstd_parts);
}

// (x - mean) * rstd * gamma + beta -> 32 sticks of a chunk in cb_output, untilized by the packer out of DST.
ALWI void normalise() {
    constexpr uint32_t column = block;
    constexpr uint32_t scratch = block + 1;
    for_each_chunk<!stays>([](uint32_t, uint32_t first) {
        if constexpr (has_gamma) tilize_sticks(cb_gamma_stick, 1, chunk, cb_gamma);
        if constexpr (has_beta) tilize_sticks(cb_beta_stick, 1, chunk, cb_beta);
        cb_reserve_back(cb_output, sticks_per_tile_row);
        pack_reconfig_data_format(cb_output);
        pack_untilize_dest_init<block, chunk>(cb_output);
        for (uint32_t t = 0; t < chunk; t += block) {
            tile_regs_acquire();
            spread_parts<mean_parts>(cb_mean, column, scratch);
            for (uint32_t i = 0; i < block; ++i) {
                load(cb_tiled, first + t + i, i);
                subtract(i, column, i);
            }
            if constexpr (!in_parts) {
                spread(cb_var, 0, column, scratch);
                for (uint32_t i = 0; i < block; ++i) subtract(i, column, i);
            }
            spread_parts<rstd_parts>(cb_rstd, column, scratch);
            for (uint32_t i = 0; i < block; ++i) multiply(i, column, i);
            scale_and_shift<has_gamma, has_beta>(t, block, column);
            tile_regs_commit();
            tile_regs_wait();
            pack_untilize_dest<block, chunk>(cb_output, 1, t / block);
            tile_regs_release();
        }
        pack_untilize_uninit(cb_output);
        cb_push_back(cb_output, sticks_per_tile_row);
        if constexpr (has_gamma) cb_pop_front(cb_gamma, chunk);
        if constexpr (has_beta) cb_pop_front(cb_beta, chunk);
    });
    if constexpr (stays) cb_pop_front(cb_tiled, chunks * chunk);
}

}  // namespace

void kernel_main() {
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(0);
    const uint32_t epsilon_remainder_bits = get_arg_val<uint32_t>(1);

    compute_kernel_hw_startup(cb_input, cb_one, cb_tiled);
    cb_wait_front(cb_one, has_partial ? 2 : 1);
    cb_wait_front(cb_epsilon, 1);
    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        mean();
        squares();
        inverse_deviation(epsilon_remainder_bits);
        normalise();
        cb_pop_front(cb_mean, mean_parts);
        cb_pop_front(cb_var, sums);
        cb_pop_front(cb_rstd, rstd_parts);
    }
}
