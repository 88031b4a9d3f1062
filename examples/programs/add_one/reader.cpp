// Reader: some pages of x, one after the other.
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

void kernel_main() {
    constexpr uint32_t cb_x = 0;
    constexpr auto x_args = TensorAccessorArgs<0>();
    const auto x = TensorAccessor(x_args, get_arg_val<uint32_t>(0));
    const uint32_t first = get_arg_val<uint32_t>(1);
    const uint32_t end = first + get_arg_val<uint32_t>(2);
    for (uint32_t page = first; page < end; ++page) {
        cb_reserve_back(cb_x, 1);
        noc_async_read(x.get_noc_addr(page), get_write_ptr(cb_x), get_tile_size(cb_x));
        noc_async_read_barrier();
        cb_push_back(cb_x, 1);
    }
}
