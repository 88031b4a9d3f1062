// Writer, for rows that do not fit L1: 32 sticks of a chunk of columns at a time, without their padding.
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

void kernel_main() {
    constexpr uint32_t cb_output = 16;
    constexpr uint32_t tile_side = 32;
    constexpr uint32_t stick_bytes = get_compile_time_arg_val(0);  // of a row
    constexpr uint32_t chunk_bytes = get_compile_time_arg_val(1);  // of a chunk of it
    constexpr uint32_t chunks = get_compile_time_arg_val(2);       // chunks of a row
    constexpr auto output_args = TensorAccessorArgs<3>();

    const uint32_t output_address = get_arg_val<uint32_t>(0);
    const uint32_t num_sticks = get_arg_val<uint32_t>(1);
    const uint32_t first_stick = get_arg_val<uint32_t>(2);

    const auto output = TensorAccessor(output_args, output_address);
    const uint32_t end = first_stick + num_sticks;
    for (uint32_t first = first_stick; first < end; first += tile_side) {
        for (uint32_t c = 0; c < chunks; ++c) {
            const uint32_t offset = c * chunk_bytes;
            const uint32_t bytes = c == chunks - 1 ? stick_bytes - offset : chunk_bytes;
            cb_wait_front(cb_output, tile_side);
            uint32_t source = get_read_ptr(cb_output);
            for (uint32_t stick = first; stick < first + tile_side && stick < end;
                 ++stick, source += chunk_bytes)
                noc_async_write(source, output.get_noc_addr(stick, offset), bytes);
            noc_async_write_barrier();
            cb_pop_front(cb_output, tile_side);
        }
    }
}
