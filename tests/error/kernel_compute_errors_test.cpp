// The whole message of each error that a compute kernel can have.
#include <gtest/gtest.h>

#include "support/error_text.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

struct Mode {
    bool fp32 = true;
    bool full_sync = false;
};

// c_0 holds two tiles, c_1 32 sticks of two tiles, c_16 two tiles; c_0 is full of ones.
std::string error_of_compute(const std::string& statements, Mode mode = {}) {
    SmallProgram program;
    program.tile_cb(0, 2);
    program.cb(1, 128, 32);
    program.tile_cb(16, 2);
    program.feed(0, tiles_of({1, 1}));
    program
        .compute(
            "#include \"api/compute/compute_kernel_api.h\"\nvoid kernel_main() {\ncb_wait_front(0, 2);\n" +
            statements + "\n}")
        .config = ComputeConfigDescriptor{.fp32_dest_acc_en = mode.fp32, .dst_full_sync_en = mode.full_sync};
    return error_text([&] { program.run(); });
}

TEST(KernelComputeErrors, Dst) {
    EXPECT_EQ(
        error_of_compute("copy_tile(0, 0, 0);"),
        "DST_NOT_ACQUIRED: core (0,0) compute MATH, source.cpp:4: copy_tile: outside tile_regs_acquire .. "
        "tile_regs_commit. Acquire DST first.");
    EXPECT_EQ(error_of_compute("tile_regs_commit();"),
              "DST_NOT_ACQUIRED: core (0,0) compute MATH, source.cpp:4: tile_regs_commit: outside "
              "tile_regs_acquire .. "
              "tile_regs_commit. Acquire DST first.");
    EXPECT_EQ(error_of_compute("pack_tile(0, 16);"),
              "DST_NOT_WAITED: core (0,0) compute PACK, source.cpp:4: pack_tile: outside tile_regs_wait .. "
              "tile_regs_release. Wait for DST first.");
    EXPECT_EQ(
        error_of_compute("tile_regs_release();"),
        "DST_NOT_WAITED: core (0,0) compute PACK, source.cpp:4: tile_regs_release: outside tile_regs_wait .. "
        "tile_regs_release. Wait for DST first.");
}

TEST(KernelComputeErrors, DstCapacity) {
    const std::string call = "tile_regs_acquire();\nadd_tiles(0, 0, 0, 1, ";
    const std::string where = "DST_CAPACITY: core (0,0) compute MATH, source.cpp:5: add_tiles: DST tile ";
    EXPECT_EQ(error_of_compute(call + "4);"), where + "4 of 4, which is what 32-bit DST holds in half sync.");
    EXPECT_EQ(error_of_compute(call + "8);", {.fp32 = false}),
              where + "8 of 8, which is what 16-bit DST holds in half sync.");
    EXPECT_EQ(error_of_compute(call + "8);", {.full_sync = true}),
              where + "8 of 8, which is what 32-bit DST holds in full sync.");
    EXPECT_EQ(error_of_compute(call + "16);", {.fp32 = false, .full_sync = true}),
              where + "16 of 16, which is what 16-bit DST holds in full sync.");
    EXPECT_EQ(
        error_of_compute("tile_regs_acquire(); tile_regs_commit(); tile_regs_wait();\npack_tile(4, 16);"),
        "DST_CAPACITY: core (0,0) compute PACK, source.cpp:5: pack_tile: DST tile 4 of 4, which is what "
        "32-bit DST "
        "holds in half sync.");
}

TEST(KernelComputeErrors, OutsideABuffer) {
    EXPECT_EQ(error_of_compute("tile_regs_acquire(); copy_tile(0, 2, 0);"),
              "READ_OUTSIDE_CB: core (0,0) compute UNPACK, source.cpp:4: tile 2 of c_0: reads 4096 + 2048 "
              "bytes, past "
              "the end of c_0, which has 4096.");
    EXPECT_EQ(error_of_compute("tilize_init(1, 3, 16); tilize_block(1, 3, 16);"),
              "READ_OUTSIDE_CB: core (0,0) compute UNPACK, source.cpp:4: tilize_block, tile 0 of c_1: reads "
              "0 + 6016 "
              "bytes, past the end of c_1, which has 4096.");
    EXPECT_EQ(error_of_compute("tile_regs_acquire(); tile_regs_commit(); tile_regs_wait();\n"
                               "for (int i = 0; i < 3; ++i) pack_tile(0, 16);"),
              "WRITE_OUTSIDE_CB: core (0,0) compute PACK, source.cpp:5: pack_tile(0, c_16): writes 2048 "
              "bytes at byte "
              "4096, past the end of c_16, which has 4096.");
    EXPECT_EQ(error_of_compute("tile_regs_acquire(); tile_regs_commit(); tile_regs_wait();\n"
                               "pack_untilize_dest_init<2, 4>(16); pack_untilize_dest<2, 4>(16);"),
              "WRITE_OUTSIDE_CB: core (0,0) compute PACK, source.cpp:5: pack_untilize_dest: writes 8064 "
              "bytes at byte 0, "
              "past the end of c_16, which has 4096.");
}

TEST(KernelComputeErrors, ModesLeftOrMissing) {
    EXPECT_EQ(error_of_compute("tilize_init(1, 2, 16);\ntile_regs_acquire(); copy_tile(0, 0, 0);"),
              "UNPACK_MODE: core (0,0) compute UNPACK, source.cpp:5: a tile operand: the unpacker still "
              "tilizes. Call "
              "tilize_uninit first.");
    EXPECT_EQ(error_of_compute("tilize_init(1, 1, 16);\ntilize_block(1, 2, 16);"),
              "TILIZE_BLOCK: core (0,0) compute UNPACK, source.cpp:5: tilize_block(c_1, 2): tilize_init set "
              "rows of 1 "
              "tile (0: none), and this call has 2. They must agree.");
    EXPECT_EQ(error_of_compute("tile_regs_acquire(); tile_regs_commit(); tile_regs_wait();\n"
                               "pack_untilize_dest_init<2>(16);\npack_tile(0, 16);"),
              "PACK_MODE: core (0,0) compute PACK, source.cpp:6: pack_tile: the packer is set up for "
              "something else. "
              "Call pack_untilize_uninit first.");
    EXPECT_EQ(error_of_compute("tile_regs_acquire(); tile_regs_commit(); tile_regs_wait();\n"
                               "pack_untilize_dest<2, 2>(16);"),
              "PACK_MODE: core (0,0) compute PACK, source.cpp:5: pack_untilize_dest: the packer is set up "
              "for something "
              "else. Call pack_untilize_dest_init<2, 2>, with one row of blocks, first.");
}

}  // namespace
}  // namespace loom::testing
