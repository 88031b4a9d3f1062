// The writer with a mistake planted: it never pops c_16.
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

void kernel_main() {
    constexpr uint32_t cb_output = 16;
    constexpr uint32_t sticks_per_tile_row = 32;
    constexpr uint32_t stick_bytes = get_compile_time_arg_val(0);
    constexpr auto output_args = TensorAccessorArgs<1>();

    const uint32_t output_address = get_arg_val<uint32_t>(0);
    const uint32_t num_tile_rows = get_arg_val<uint32_t>(1);
    const uint32_t first_stick = get_arg_val<uint32_t>(2);

    const auto output = TensorAccessor(output_args, output_address);
    uint32_t stick = first_stick;
    for (uint32_t row = 0; row < num_tile_rows; ++row) {
        cb_wait_front(cb_output, sticks_per_tile_row);
        uint32_t source = get_read_ptr(cb_output);
        for (uint32_t i = 0; i < sticks_per_tile_row; ++i, ++stick, source += stick_bytes)
            noc_async_write(source, output.get_noc_addr(stick), stick_bytes);
        noc_async_write_barrier();
    }
}
