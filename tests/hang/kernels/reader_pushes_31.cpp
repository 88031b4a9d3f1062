// The reader with a mistake planted: it pushes 31 sticks a tile row.
#include "layernorm_fused_rm_tiles.h"

void kernel_main() {
    constexpr uint32_t width = get_compile_time_arg_val(0);         // elements of a row
    constexpr uint32_t padded_width = get_compile_time_arg_val(1);  // the same in whole tiles
    constexpr bool has_gamma = get_compile_time_arg_val(2) != 0;
    constexpr bool has_beta = get_compile_time_arg_val(3) != 0;
    constexpr auto input_args = TensorAccessorArgs<4>();
    constexpr auto gamma_args = TensorAccessorArgs<input_args.next_compile_time_args_offset()>();
    constexpr auto beta_args = TensorAccessorArgs<gamma_args.next_compile_time_args_offset()>();
    constexpr uint32_t element_bytes = get_tile_size(cb_input) / (tile_side * tile_side);
    constexpr uint32_t page_bytes = padded_width * element_bytes;

    const uint32_t input_address = get_arg_val<uint32_t>(0);
    const uint32_t gamma_address = get_arg_val<uint32_t>(1);
    const uint32_t beta_address = get_arg_val<uint32_t>(2);
    const uint32_t num_sticks = get_arg_val<uint32_t>(3);
    const uint32_t first_stick = get_arg_val<uint32_t>(4);
    const uint32_t epsilon_bits = get_arg_val<uint32_t>(5);

    push_constants(width, epsilon_bits);
    // The tiles of c_4 and c_5 have one row of 32 elements.
    if constexpr (has_gamma)
        push_stick(cb_gamma, TensorAccessor(gamma_args, gamma_address), 0,
                   width * (get_tile_size(cb_gamma) / tile_side));
    if constexpr (has_beta)
        push_stick(cb_beta, TensorAccessor(beta_args, beta_address), 0,
                   width * (get_tile_size(cb_beta) / tile_side));
    clear_padding(width, padded_width, page_bytes);

    const auto input = TensorAccessor(input_args, input_address);
    const uint32_t end = first_stick + num_sticks;
    for (uint32_t first = first_stick; first < end; first += tile_side) {
        cb_reserve_back(cb_input, tile_side);
        uint32_t destination = get_write_ptr(cb_input);
        // The last tile row may have fewer sticks; what the other places hold stays in rows that nobody
        // writes back.
        for (uint32_t stick = first; stick < first + tile_side && stick < end;
             ++stick, destination += page_bytes)
            noc_async_read(input.get_noc_addr(stick), destination, width * element_bytes);
        noc_async_read_barrier();
        cb_push_back(cb_input, tile_side - 1);
    }
}
