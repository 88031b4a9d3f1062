// What PACK packs of a DST tile that nothing has computed is zero, by either way of packing. Untilizing reads whole
// vectors, so the zeros must be as aligned as DST is: they were not, and AVX-512 faulted.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelPackUndefined, IsZeroTiledAndUntilized) {
    SmallProgram program;
    program.tile_cb(16, 2);
    program.collect(16, 2);
    program.compute(R"(#include "api/compute/pack_untilize.h"
        void kernel_main() {
            cb_reserve_back(16, 2);
            tile_regs_acquire(); tile_regs_commit(); tile_regs_wait();
            pack_tile(0, 16);
            cb_push_back(16, 1);
            pack_untilize_dest_init<1>(16);
            pack_untilize_dest<1>(16);
            pack_untilize_uninit(16);
            tile_regs_release();
            cb_push_back(16, 1);
        })");
    program.run();
    EXPECT_EQ(program.collected(), tiles_of({0, 0}));
}

}  // namespace
}  // namespace loom::testing
