// Reader, for rows of which not everything fits L1: each tile row comes in chunks of columns, once for each pass of the
// compute kernel, or only for the first if it stays; in the last pass gamma and beta come.
#include "layernorm_fused_rm_tiles.h"

namespace {

constexpr uint32_t width = get_compile_time_arg_val(0);   // elements of a row
constexpr uint32_t chunk = get_compile_time_arg_val(1);   // elements of a chunk: whole tiles
constexpr uint32_t chunks = get_compile_time_arg_val(2);  // chunks of a row
constexpr bool has_gamma = get_compile_time_arg_val(3) != 0;
constexpr bool has_beta = get_compile_time_arg_val(4) != 0;
constexpr bool stays = get_compile_time_arg_val(5) != 0;  // the row, once it is there
constexpr uint32_t passes = 3;                            // over a tile row: mean, squares, output
constexpr uint32_t element_bytes = get_tile_size(cb_input) / (tile_side * tile_side);

// Elements of chunk `c` that exist. What else lies in its place is an earlier chunk of the same row, or cleared.
constexpr uint32_t elements_of(uint32_t c) {
    return c == chunks - 1 ? width - c * chunk : chunk;
}

template <typename Accessor>
void push_sticks(const Accessor& input, uint32_t c, uint32_t first, uint32_t end) {
    cb_reserve_back(cb_input, tile_side);
    uint32_t destination = get_write_ptr(cb_input);
    for (uint32_t stick = first; stick < first + tile_side && stick < end; ++stick) {
        noc_async_read(input.get_noc_addr(stick, c * chunk * element_bytes), destination,
                       elements_of(c) * element_bytes);
        destination += chunk * element_bytes;
    }
    noc_async_read_barrier();
    cb_push_back(cb_input, tile_side);
}

}  // namespace

void kernel_main() {
    constexpr auto input_args = TensorAccessorArgs<6>();
    constexpr auto gamma_args = TensorAccessorArgs<input_args.next_compile_time_args_offset()>();
    constexpr auto beta_args = TensorAccessorArgs<gamma_args.next_compile_time_args_offset()>();

    const uint32_t input_address = get_arg_val<uint32_t>(0);
    const uint32_t gamma_address = get_arg_val<uint32_t>(1);
    const uint32_t beta_address = get_arg_val<uint32_t>(2);
    const uint32_t num_sticks = get_arg_val<uint32_t>(3);
    const uint32_t first_stick = get_arg_val<uint32_t>(4);
    const uint32_t epsilon_bits = get_arg_val<uint32_t>(5);

    push_constants(width, epsilon_bits);
    if constexpr (chunks == 1) clear_padding(width, chunk, chunk * element_bytes);
    const auto input = TensorAccessor(input_args, input_address);
    const auto gamma = TensorAccessor(gamma_args, gamma_address);
    const auto beta = TensorAccessor(beta_args, beta_address);
    const uint32_t end = first_stick + num_sticks;
    for (uint32_t first = first_stick; first < end; first += tile_side) {
        for (uint32_t pass = 0; pass < passes; ++pass) {
            for (uint32_t c = 0; c < chunks; ++c) {
                // The tiles of c_4 and c_5 have one row of 32 elements.
                if constexpr (has_gamma) {
                    constexpr uint32_t bytes = get_tile_size(cb_gamma) / tile_side;
                    if (pass == passes - 1)
                        push_stick(cb_gamma, gamma, c * chunk * bytes, elements_of(c) * bytes);
                }
                if constexpr (has_beta) {
                    constexpr uint32_t bytes = get_tile_size(cb_beta) / tile_side;
                    if (pass == passes - 1)
                        push_stick(cb_beta, beta, c * chunk * bytes, elements_of(c) * bytes);
                }
                if (pass == 0 || !stays) push_sticks(input, c, first, end);
            }
        }
    }
}
