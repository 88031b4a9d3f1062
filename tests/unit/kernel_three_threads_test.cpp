// A compute kernel is three threads: orders that only three can run must run, and each thread runs its part
// alone.
#include <gtest/gtest.h>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

// PACK blocks in tile_regs_wait until MATH commits, though the wait comes first in the text; it then sees DST
// as of the commit, the second operation included.
TEST(KernelThreeThreads, PackMayComeBeforeCommit) {
    SmallProgram program;
    program.tile_cb(0, 2);
    program.tile_cb(16, 1);
    program.feed(0, tiles_of({3, 4}));
    program.collect(16, 1);
    program.compute(R"(#include "api/compute/tile_move_copy.h"
        void kernel_main() {
            cb_wait_front(0, 2); cb_reserve_back(16, 1);
            tile_regs_acquire();
            tile_regs_wait();
            copy_tile(0, 0, 0);
            pack_tile(0, 16);
            copy_tile(0, 1, 0);
            tile_regs_commit();
            tile_regs_release();
            cb_push_back(16, 1);
        })");
    program.run();
    EXPECT_EQ(program.collected(), tiles_of({4}));
}

// A buffer that compute fills again in place: PACK waits for the room that UNPACK's pop, later in the text,
// gives.
TEST(KernelThreeThreads, AReserveMayComeBeforeThePopThatGrantsIt) {
    SmallProgram program;
    program.tile_cb(0, 2);
    program.tile_cb(24, 2);
    program.tile_cb(16, 2);
    program.feed(0, tiles_of({5, 9}));
    program.collect(16, 2);
    program.compute(R"(#include "api/compute/eltwise_binary.h"
        void move(uint32_t from, uint32_t to) {
            for (uint32_t t = 0; t < 2; ++t) {
                tile_regs_acquire(); copy_tile(from, t, 0); tile_regs_commit();
                tile_regs_wait(); pack_tile(0, to); tile_regs_release();
            }
        }
        void kernel_main() {
            cb_wait_front(0, 2); cb_reserve_back(24, 2);
            move(0, 24);
            cb_push_back(24, 2);
            for (uint32_t lap = 0; lap < 3; ++lap) {
                cb_wait_front(24, 2);
                tile_regs_acquire();
                for (uint32_t t = 0; t < 2; ++t) add_tiles(24, 0, t, t, t);
                tile_regs_commit();
                cb_reserve_back(24, 2);
                cb_pop_front(24, 2);
                tile_regs_wait();
                pack_tile_block(0, 24, 2);
                tile_regs_release();
                cb_push_back(24, 2);
            }
            cb_wait_front(24, 2); cb_reserve_back(16, 2);
            move(24, 16);
            cb_push_back(16, 2);
        })");
    program.run();
    EXPECT_EQ(program.collected(), tiles_of({20, 36}));
}

// The text names no thread: all three run it whole, each with globals of its own, and a call acts in its
// thread only.
TEST(KernelThreeThreads, EachThreadHasItsOwnGlobals) {
    SmallProgram program;
    program.tile_cb(0, 1);
    program.tile_cb(16, 3);
    program.feed(0, tiles_of({1}));
    program.collect(16, 3);
    KernelDescriptor& kernel = program.compute(R"(#include "api/compute/eltwise_unary/binop_with_scalar.h"
        static uint32_t laps = 0;
        void kernel_main() {
            cb_wait_front(0, 1);
            UNPACK((laps = 100));
            MATH((laps = 0x40000000));
            for (uint32_t t = 0; t < get_arg_val<uint32_t>(0); ++t) {
                tile_regs_acquire();
                copy_tile(0, 0, 0);
                mul_unary_tile(0, laps);
                tile_regs_commit(); tile_regs_wait();
                cb_reserve_back(16, 1); pack_tile(0, 16); cb_push_back(16, 1);
                PACK(++laps);
                tile_regs_release();
            }
        })");
    kernel.runtime_args = {{{0, 0}, {3}}};
    program.run();
    EXPECT_EQ(program.collected(), tiles_of({2, 2, 2})) << "0x40000000 is 2.0f, and only MATH has it";
}

}  // namespace
}  // namespace loom::testing
