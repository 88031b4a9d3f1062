// Compute: adds a number to each element. The order of a tile's elements does not matter to it.
#include <stdint.h>

#include "api/compute/common.h"
#include "api/compute/eltwise_unary/binop_with_scalar.h"
#include "api/compute/eltwise_unary/eltwise_unary.h"
#include "api/compute/tile_move_copy.h"

void kernel_main() {
    constexpr uint32_t cb_x = 0;
    constexpr uint32_t cb_y = 16;
    const uint32_t tiles = get_arg_val<uint32_t>(0);
    unary_op_init_common(cb_x, cb_y);
    copy_tile_init(cb_x);
    binop_with_scalar_tile_init();
    for (uint32_t tile = 0; tile < tiles; ++tile) {
        cb_wait_front(cb_x, 1);
        cb_reserve_back(cb_y, 1);
        tile_regs_acquire();
        copy_tile(cb_x, 0, 0);
        add_unary_tile(0, get_named_compile_time_arg_val("added"));
        tile_regs_commit();
        cb_pop_front(cb_x, 1);
        tile_regs_wait();
        pack_tile(0, cb_y);
        tile_regs_release();
        cb_push_back(cb_y, 1);
    }
}
