// Where packs go: in order past the last one until a push, out of order wherever told.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

// Tiles of 1 and of 2 are in DST tiles 0 and 1 when `packs` runs; returns the first element of each tile of
// c_16.
std::vector<float> packed(const std::string& packs, std::uint32_t tiles) {
    SmallProgram program;
    program.tile_cb(0, 2);
    program.tile_cb(16, tiles);
    program.feed(0, tiles_of({1, 2}));
    program.collect(16, tiles);
    program.compute(R"(#include "api/compute/tile_move_copy.h"
        void kernel_main() {
            cb_wait_front(0, 2);
            tile_regs_acquire();
            copy_tile(0, 0, 0);
            copy_tile(0, 1, 1);
            tile_regs_commit();
            tile_regs_wait();
            )" + packs +
                    R"(
            tile_regs_release();
        })");
    program.run();
    std::vector<float> first;
    for (std::uint32_t t = 0; t < tiles; ++t) first.push_back(element(program.collected(), t, 31, 31));
    return first;
}

TEST(KernelPackOffset, AReserveDoesNotRewindIt) {
    EXPECT_EQ(packed("cb_reserve_back(16, 2); pack_tile(0, 16); cb_reserve_back(16, 2); pack_tile(1, 16);"
                     "cb_push_back(16, 2);",
                     2),
              (std::vector<float>{1, 2}));
}

TEST(KernelPackOffset, APushDoes) {
    EXPECT_EQ(packed("cb_reserve_back(16, 3); pack_tile(0, 16); cb_push_back(16, 1); pack_tile(1, 16);"
                     "pack_tile(0, 16); cb_push_back(16, 2);",
                     3),
              (std::vector<float>{1, 2, 1}));
}

TEST(KernelPackOffset, InOrderTheTileIndexIsIgnored) {
    EXPECT_EQ(
        packed("cb_reserve_back(16, 2); pack_tile(0, 16, 1); pack_tile(1, 16, 0); cb_push_back(16, 2);", 2),
        (std::vector<float>{1, 2}));
}

TEST(KernelPackOffset, OutOfOrderPacksLeaveItAlone) {
    EXPECT_EQ(packed("cb_reserve_back(16, 4); pack_tile<true>(1, 16, 3); pack_tile<true>(0, 16, 2);"
                     "pack_tile(1, 16); pack_tile(0, 16); cb_push_back(16, 4);",
                     4),
              (std::vector<float>{2, 1, 1, 2}));
}

TEST(KernelPackOffset, ABlockIsPackedInOrder) {
    EXPECT_EQ(packed("cb_reserve_back(16, 2); pack_tile_block(0, 16, 2); cb_push_back(16, 2);", 2),
              (std::vector<float>{1, 2}));
}

TEST(KernelPackOffset, WithL1AccumulationThePackerAdds) {
    EXPECT_EQ(packed("cb_reserve_back(16, 1); pack_tile<true>(0, 16, 0); pack_reconfig_l1_acc(1);"
                     "pack_tile<true>(1, 16, 0); pack_reconfig_l1_acc(0); cb_push_back(16, 1);",
                     1),
              (std::vector<float>{3}));
}

}  // namespace
}  // namespace loom::testing
