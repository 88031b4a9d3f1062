// reduce_init leaves a mask in the packer, which zeroes other operations' lanes too until reduce_uninit.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

TEST(KernelReduceMask, StaysUntilReduceUninit) {
    SmallProgram program;
    program.tile_cb(0, 1);
    program.tile_cb(16, 4);
    program.feed(0, tiles_of({1}));
    program.collect(16, 4);
    program.compute(R"(#include "api/compute/reduce.h"
        void kernel_main() {
            cb_wait_front(0, 1); cb_reserve_back(16, 4);
            tile_regs_acquire(); copy_tile(0, 0, 0); tile_regs_commit();
            tile_regs_wait();
            reduce_init<SUM, REDUCE_ROW>(0, 0, 16);
            pack_tile(0, 16);
            reduce_init<SUM, REDUCE_COL>(0, 0, 16);
            pack_tile(0, 16);
            reduce_init<AVG, REDUCE_SCALAR>(0, 0, 16);
            pack_tile(0, 16);
            reduce_uninit();
            pack_tile(0, 16);
            tile_regs_release();
            cb_push_back(16, 4);
        })");
    program.run();
    const std::vector<float> out = program.collected();
    for (std::uint32_t row = 0; row < 32; ++row) {
        for (std::uint32_t column = 0; column < 32; ++column) {
            ASSERT_EQ(element(out, 0, row, column), column % 16 == 0 ? 1 : 0)
                << "row " << row << ' ' << column;
            ASSERT_EQ(element(out, 1, row, column), row == 0 ? 1 : 0) << "col " << row << ' ' << column;
            ASSERT_EQ(element(out, 2, row, column), row + column == 0 ? 1 : 0)
                << "scalar " << row << ' ' << column;
            ASSERT_EQ(element(out, 3, row, column), 1) << "uninit " << row << ' ' << column;
        }
    }
}

}  // namespace
}  // namespace loom::testing
