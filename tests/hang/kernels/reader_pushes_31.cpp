// The reader with a mistake planted: it pushes 31 sticks a tile row.
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

namespace {

constexpr uint32_t cb_input = 0;
constexpr uint32_t cb_scaler = 2;
constexpr uint32_t cb_epsilon = 3;
constexpr uint32_t cb_gamma = 4;
constexpr uint32_t cb_beta = 5;

constexpr uint32_t sticks_per_tile_row = 32;
constexpr uint32_t one_fp32 = 0x3f800000;

// Every element of one tile gets the same value: right for any place where a newer or older reduce looks for
// its weights, and for any broadcast.
void push_constant_tile(uint32_t cb, uint32_t fp32_bits) {
    const bool wide = get_dataformat(cb) == DataFormat::Float32;
    const uint32_t word = wide ? fp32_bits : (fp32_bits & 0xffff0000u) | (fp32_bits >> 16);
    cb_reserve_back(cb, 1);
    volatile tt_l1_ptr uint32_t* page = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_write_ptr(cb));
    for (uint32_t i = 0; i < get_tile_size(cb) / sizeof(uint32_t); ++i) page[i] = word;
    cb_push_back(cb, 1);
}

template <typename Accessor>
void push_stick(uint32_t cb, const Accessor& tensor, uint32_t stick_bytes) {
    cb_reserve_back(cb, 1);
    noc_async_read(tensor.get_noc_addr(0), get_write_ptr(cb), stick_bytes);
    noc_async_read_barrier();
    cb_push_back(cb, 1);
}

}  // namespace

void kernel_main() {
    constexpr uint32_t stick_bytes = get_compile_time_arg_val(0);
    constexpr bool has_gamma = get_compile_time_arg_val(1) != 0;
    constexpr bool has_beta = get_compile_time_arg_val(2) != 0;
    constexpr auto input_args = TensorAccessorArgs<3>();
    constexpr auto gamma_args = TensorAccessorArgs<input_args.next_compile_time_args_offset()>();
    constexpr auto beta_args = TensorAccessorArgs<gamma_args.next_compile_time_args_offset()>();

    const uint32_t input_address = get_arg_val<uint32_t>(0);
    const uint32_t gamma_address = get_arg_val<uint32_t>(1);
    const uint32_t beta_address = get_arg_val<uint32_t>(2);
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(3);
    const uint32_t first_stick = get_arg_val<uint32_t>(4);
    const uint32_t epsilon_bits = get_arg_val<uint32_t>(5);

    // Sums are taken with weight 1 and divided by W in fp32: 1/W is no bfloat16 unless W is a power of two.
    push_constant_tile(cb_scaler, one_fp32);
    push_constant_tile(cb_epsilon, epsilon_bits);
    if constexpr (has_gamma) push_stick(cb_gamma, TensorAccessor(gamma_args, gamma_address), stick_bytes);
    if constexpr (has_beta) push_stick(cb_beta, TensorAccessor(beta_args, beta_address), stick_bytes);

    const auto input = TensorAccessor(input_args, input_address);
    uint32_t stick = first_stick;
    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        cb_reserve_back(cb_input, sticks_per_tile_row);
        uint32_t destination = get_write_ptr(cb_input);
        for (uint32_t i = 0; i < sticks_per_tile_row; ++i, ++stick, destination += stick_bytes)
            noc_async_read(input.get_noc_addr(stick), destination, stick_bytes);
        noc_async_read_barrier();
        cb_push_back(cb_input, sticks_per_tile_row - 1);
    }
}
