// Writer: some pages of y, one after the other.
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

void kernel_main() {
    constexpr uint32_t cb_y = 16;
    constexpr auto y_args = TensorAccessorArgs<0>();
    const auto y = TensorAccessor(y_args, get_arg_val<uint32_t>(0));
    const uint32_t first = get_arg_val<uint32_t>(1);
    const uint32_t end = first + get_arg_val<uint32_t>(2);
    for (uint32_t page = first; page < end; ++page) {
        cb_wait_front(cb_y, 1);
        noc_async_write(get_read_ptr(cb_y), y.get_noc_addr(page), get_tile_size(cb_y));
        noc_async_write_barrier();
        cb_pop_front(cb_y, 1);
    }
}
