// No false alarm: compute kernels whose three threads do legal things in an order that only three threads can have.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// PACK reserves a place that UNPACK frees further down: in one thread that would be a deadlock.
TEST(CheckLegalDst, ATileIsRefilledInPlace) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 24), copy_tile_init(0), square_tile_init();\n"
        "cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_pop_front(0, "
        "1);\n"
        "cb_reserve_back(24, 1), tile_regs_wait(), pack_tile(0, 24), tile_regs_release(), cb_push_back(24, "
        "1);\n"
        "for (uint32_t i = 0; i < 3; ++i) {\n"
        "    cb_wait_front(24, 1), tile_regs_acquire(), copy_tile(24, 0, 0), square_tile(0), "
        "tile_regs_commit();\n"
        "    cb_reserve_back(24, 1);\n"
        "    cb_pop_front(24, 1);\n"
        "    tile_regs_wait(), pack_tile(0, 24), tile_regs_release(), cb_push_back(24, 1);\n"
        "}\n"
        "cb_wait_front(24, 1), tile_regs_acquire(), copy_tile(24, 0, 0), tile_regs_commit(), "
        "cb_pop_front(24, 1);\n"
        "cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), cb_push_back(16, "
        "1);");
    program.cbs.push_back({.index = 24});
    expect_clean(program);
}

// As ACQ() and REL() have it: wait and pack stand before the commit, and PACK blocks until MATH has got there.
TEST(CheckLegalDst, WaitAndPackBeforeCommit) {
    expect_clean(
        compute_program("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0);\n"
                        "for (uint32_t i = 0; i < 2; ++i) {\n"
                        "    cb_wait_front(0, 1), cb_reserve_back(16, 1);\n"
                        "    tile_regs_acquire(), tile_regs_wait();\n"
                        "    copy_tile(0, 0, 0), pack_tile(0, 16);\n"
                        "    tile_regs_commit(), tile_regs_release();\n"
                        "    cb_push_back(16, 1), cb_pop_front(0, 1);\n"
                        "}",
                        {.inputs = 2, .outputs = 2}));
}

TEST(CheckLegalDst, TheOlderSpellingOfDst) {
    expect_clean(
        compute_program("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0);\n"
                        "for (uint32_t i = 0; i < 2; ++i) {\n"
                        "    cb_wait_front(0, 1), cb_reserve_back(16, 1);\n"
                        "    acquire_dst(), copy_tile(0, 0, 0), pack_tile(0, 16), release_dst();\n"
                        "    cb_push_back(16, 1), cb_pop_front(0, 1);\n"
                        "}",
                        {.inputs = 2, .outputs = 2}));
}

// MATH runs ahead into the other half of DST while PACK packs this one.
TEST(CheckLegalDst, ManyTilesThroughBothHalvesOfDst) {
    FaultyProgram program = compute_program(
        std::string("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0);\n") +
            "for (uint32_t i = 0; i < 4; ++i) {\n"
            "    cb_wait_front(0, 2), tile_regs_acquire();\n"
            "    for (uint32_t t = 0; t < 2; ++t) copy_tile(0, t, t);\n"
            "    tile_regs_commit(), cb_pop_front(0, 2);\n"
            "    cb_reserve_back(16, 2), tile_regs_wait(), pack_tile_block(0, 16, 2), tile_regs_release();\n"
            "    cb_push_back(16, 2);\n"
            "}",
        {.inputs = 8, .outputs = 8});
    program.cbs[0].pages = 4;
    program.cbs[1].pages = 2;
    expect_clean(program);
}

// UNPACK waits for 1, 2, 3 and 4 tiles and pops them all in the end; PACK reserves four and pushes one by one.
TEST(CheckLegalDst, WaitsThatGrowAndOneReserve) {
    expect_clean(
        compute_program("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), cb_reserve_back(16, 4);\n"
                        "for (uint32_t i = 0; i < 4; ++i) {\n"
                        "    cb_wait_front(0, i + 1);\n"
                        "    tile_regs_acquire(), copy_tile(0, i, 0), tile_regs_commit();\n"
                        "    tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), cb_push_back(16, 1);\n"
                        "}\n"
                        "cb_pop_front(0, 4);",
                        {.inputs = 4, .outputs = 4}));
}

// All of DST in its four shapes, tile by tile.
TEST(CheckLegalDst, AllOfDst) {
    for (const bool fp32 : {false, true})
        for (const bool full_sync : {false, true}) {
            const std::string tiles = std::to_string((fp32 ? 4 : 8) * (full_sync ? 2 : 1));
            FaultyProgram program = compute_program(
                "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), cb_wait_front(0, 1);\n"
                "for (uint32_t i = 0; i < 3; ++i) {\n"
                "    tile_regs_acquire();\n"
                "    for (uint32_t t = 0; t < " +
                    tiles +
                    "; ++t) copy_tile(0, 0, t);\n"
                    "    tile_regs_commit(), tile_regs_wait(), cb_reserve_back(16, " +
                    tiles +
                    ");\n"
                    "    for (uint32_t t = 0; t < " +
                    tiles +
                    "; ++t) pack_tile(t, 16);\n"
                    "    tile_regs_release(), cb_push_back(16, " +
                    tiles +
                    ");\n"
                    "}\n"
                    "cb_pop_front(0, 1);",
                {.outputs = 3 * static_cast<std::uint32_t>(std::stoul(tiles))});
            program.config = {.fp32_dest_acc_en = fp32, .dst_full_sync_en = full_sync};
            expect_clean(program);
        }
}

// A row of four tiles, untilized two by two into the same rows.
TEST(CheckLegalDst, AnUntilizeInBlocks) {
    expect_clean(
        compute_program("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), cb_wait_front(0, 4);\n"
                        "cb_reserve_back(16, 4), pack_untilize_dest_init<2, 4>(16);\n"
                        "for (uint32_t block = 0; block < 2; ++block) {\n"
                        "    tile_regs_acquire();\n"
                        "    for (uint32_t t = 0; t < 2; ++t) copy_tile(0, 2 * block + t, t);\n"
                        "    tile_regs_commit(), tile_regs_wait();\n"
                        "    pack_untilize_dest<2, 4>(16, 1, block), tile_regs_release();\n"
                        "}\n"
                        "pack_untilize_uninit(16), cb_push_back(16, 4), cb_pop_front(0, 4);",
                        {.inputs = 4, .outputs = 4}));
}

}  // namespace
}  // namespace loom::testing
