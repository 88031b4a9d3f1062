// Tilize reads sticks, as many as the tile is high; pack_untilize_dest writes them, block by block.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

std::vector<float> sticks(std::uint32_t rows, std::uint32_t width) {
    std::vector<float> values;
    for (std::uint32_t row = 0; row < rows; ++row)
        for (std::uint32_t column = 0; column < width; ++column)
            values.push_back(static_cast<float>(row * 2 + column % 2) +
                             64.0f * static_cast<float>(column / 32));
    return values;
}

constexpr const char* kTilize = R"(#include "api/compute/tilize.h"
    void kernel_main() {
        constexpr uint32_t tiles = get_compile_time_arg_val(0), pages = get_compile_time_arg_val(1);
        cb_wait_front(0, pages); cb_reserve_back(16, tiles);
        tilize_init(0, tiles, 16);
        tilize_block(0, tiles, 16);
        tilize_uninit(0, 16);
        cb_push_back(16, tiles); cb_pop_front(0, pages);
    })";

TEST(KernelTilize, ThirtyTwoSticksBecomeTiles) {
    SmallProgram program;
    program.cb(0, 3 * 64, 32);
    program.tile_cb(16, 3);
    program.feed(0, sticks(32, 96));
    program.collect(16, 3);
    program.compute(kTilize).compile_time_args = {3, 32};
    program.run();
    const std::vector<float> in = sticks(32, 96);
    const std::vector<float> out = program.collected();
    for (std::uint32_t row = 0; row < 32; ++row)
        for (std::uint32_t column = 0; column < 96; ++column)
            ASSERT_EQ(element(out, column / 32, row, column % 32), in[row * 96 + column])
                << row << ' ' << column;
}

// What lies behind the one stick is NaN, and the buffer ends there.
TEST(KernelTilize, ATileOfOneRowReadsOneStick) {
    SmallProgram program;
    program.cb(0, 2 * 64, 1, DataFormat::Float16_b, 1);
    program.tile_cb(16, 2);
    program.feed(0, sticks(1, 64));
    program.collect(16, 2);
    program.compute(kTilize).compile_time_args = {2, 1};
    program.run();
    const std::vector<float> in = sticks(1, 64);
    const std::vector<float> out = program.collected();
    for (std::uint32_t row = 0; row < 32; ++row)
        for (std::uint32_t column = 0; column < 64; ++column)
            ASSERT_EQ(element(out, column / 32, row, column % 32), row == 0 ? in[column] : 0)
                << row << ' ' << column;
}

TEST(KernelTilize, UntilizeWritesBlocksSideBySide) {
    SmallProgram program;
    program.cb(0, 4 * 64, 32);
    program.tile_cb(1, 4);
    program.cb(16, 4 * 64, 32);
    program.feed(0, sticks(32, 128));
    program.collect(16, 32);
    program.compute(R"(#include "api/compute/tilize.h"
        #include "api/compute/pack_untilize.h"
        void kernel_main() {
            cb_wait_front(0, 32); cb_reserve_back(1, 4);
            tilize_init(0, 4, 1); tilize_block(0, 4, 1); tilize_uninit(0, 1);
            cb_push_back(1, 4); cb_pop_front(0, 32);
            cb_wait_front(1, 4); cb_reserve_back(16, 32);
            pack_untilize_dest_init<2, 4>(16);
            for (uint32_t block = 0; block < 2; ++block) {
                tile_regs_acquire();
                for (uint32_t t = 0; t < 2; ++t) copy_tile(1, 2 * block + t, t);
                tile_regs_commit(); tile_regs_wait();
                pack_untilize_dest<2, 4>(16, 1, block);
                tile_regs_release();
            }
            pack_untilize_uninit(16);
            cb_push_back(16, 32); cb_pop_front(1, 4);
        })");
    program.run();
    EXPECT_EQ(program.collected(), sticks(32, 128));
}

}  // namespace
}  // namespace loom::testing
