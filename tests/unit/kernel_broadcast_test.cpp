// A broadcast reads column 0, row 0 or element (0, 0) of operand B and nothing else: the rest here is NaN.
#include <gtest/gtest.h>

#include <limits>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(KernelBroadcast, ReadsOnlyTheNamedPartOfB) {
    SmallProgram program;
    program.tile_cb(0, 1);
    program.tile_cb(1, 3);
    program.tile_cb(16, 4);
    std::vector<float> b;
    append_tile(b, [](auto row, auto column) { return column == 0 ? static_cast<float>(row) : kNan; });
    append_tile(b, [](auto row, auto column) { return row == 0 ? static_cast<float>(column) : kNan; });
    append_tile(b, [](auto row, auto column) { return row + column == 0 ? 5.0f : kNan; });
    program.feed(0, tiles_of({2}));
    program.feed(1, b);
    program.collect(16, 4);
    program.compute(R"(#include "api/compute/bcast.h"
        void kernel_main() {
            cb_wait_front(0, 1); cb_wait_front(1, 3); cb_reserve_back(16, 4);
            tile_regs_acquire();
            mul_bcast_cols_init_short(0, 1); mul_tiles_bcast_cols(0, 1, 0, 0, 0);
            add_bcast_rows_init_short(0, 1); add_tiles_bcast_rows(0, 1, 0, 1, 1);
            sub_tiles_bcast_scalar_init_short(0, 1); sub_tiles_bcast_scalar(0, 1, 0, 2, 2);
            unary_bcast_init<BroadcastType::COL>(1, 16); unary_bcast<BroadcastType::COL>(1, 0, 3);
            tile_regs_commit(); tile_regs_wait();
            pack_tile_block(0, 16, 4);
            tile_regs_release();
            cb_push_back(16, 4);
        })");
    program.run();
    const std::vector<float> out = program.collected();
    for (std::uint32_t row = 0; row < 32; ++row) {
        for (std::uint32_t column = 0; column < 32; ++column) {
            ASSERT_EQ(element(out, 0, row, column), 2.0f * static_cast<float>(row)) << row << ' ' << column;
            ASSERT_EQ(element(out, 1, row, column), 2.0f + static_cast<float>(column))
                << row << ' ' << column;
            ASSERT_EQ(element(out, 2, row, column), 2.0f - 5.0f) << row << ' ' << column;
            ASSERT_EQ(element(out, 3, row, column), static_cast<float>(row)) << row << ' ' << column;
        }
    }
}

}  // namespace
}  // namespace loom::testing
