// The same rule for tiles: UNPACK reads those it has waited for, PACK writes those it has reserved.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbWindowOfTiles, UnpackReadsASecondTileThatItDidNotWaitFor) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16), add_tiles_init(0, 0);\n"
                        "FAULT(cb_wait_front(0, 1);) REPAIR(cb_wait_front(0, 2);)\n"
                        "cb_reserve_back(16, 1), tile_regs_acquire();\n"
                        "add_tiles(0, 0, 0, 1, 0);\n"
                        "tile_regs_commit(), tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                        "cb_push_back(16, 1), cb_wait_front(0, 2), cb_pop_front(0, 2);",
                        {.inputs = 2}),
        "READ_OUTSIDE_WINDOW: core (0,0) compute UNPACK, source.cpp:5: a tile operand: reads "
        "bytes 2048 to 4096 of c_0; it has waited for 1 page of 2048 bytes, from byte 0. Wait "
        "for what is read, and read it before it is popped.");
}

// Packs in order go on where the last one ended, past what was reserved.
TEST(CheckCbWindowOfTiles, PackWritesASecondTileThatItDidNotReserve) {
    expect_fault(compute_program(
                     "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), cb_wait_front(0, 1);\n"
                     "tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), tile_regs_wait();\n"
                     "FAULT(cb_reserve_back(16, 1);) REPAIR(cb_reserve_back(16, 2);)\n"
                     "for (uint32_t i = 0; i < 2; ++i)\n"
                     "    pack_tile(0, 16);\n"
                     "tile_regs_release(), cb_reserve_back(16, 2), cb_push_back(16, 2), cb_pop_front(0, 1);",
                     {.outputs = 2}),
                 "WRITE_OUTSIDE_WINDOW: core (0,0) compute PACK, source.cpp:6: pack_tile: writes bytes "
                 "2048 to 4096 of c_16; it has reserved 1 page of 2048 bytes, from byte 0. Reserve what "
                 "is written, and write it before it is pushed.");
}

// Out of order, the index counts from the write pointer and not from the start of the buffer.
TEST(CheckCbWindowOfTiles, AnOutTileCountsFromTheWritePointer) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), cb_wait_front(0, 1);\n"
                        "for (uint32_t i = 0; i < 3; ++i) {\n"
                        "    tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), tile_regs_wait();\n"
                        "    cb_reserve_back(16, 1);\n"
                        "    pack_tile<true>(0, 16, FAULT(i) REPAIR(0));\n"
                        "    cb_push_back(16, 1), tile_regs_release();\n"
                        "}\n"
                        "cb_pop_front(0, 1);",
                        {.outputs = 3}),
        "WRITE_OUTSIDE_WINDOW: core (0,0) compute PACK, source.cpp:6: pack_tile: writes bytes "
        "4096 to 6144 of c_16; it has reserved 1 page of 2048 bytes, from byte 2048. Reserve "
        "what is written, and write it before it is pushed.");
}

// tilize_block reads 32 sticks whatever the tensor has.
TEST(CheckCbWindowOfTiles, TilizeWaitsForTheSticksOfTheTensorOnly) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 16), tilize_init(0, 1, 16), cb_reserve_back(16, 1);\n"
        "FAULT(cb_wait_front(0, 20);) REPAIR(cb_wait_front(0, 32);)\n"
        "tilize_block(0, 1, 16);\n"
        "tilize_uninit(0, 16), cb_push_back(16, 1), cb_wait_front(0, 32), cb_pop_front(0, 32);",
        {.inputs = 0});
    program.inputs = {{"input", {32, 32}}};
    program.cbs.push_back({.index = 0, .pages = 32, .page_bytes = 64});
    program.reader = dataflow_program(push_pages(0, "INPUT", 32, 64)).reader;
    expect_fault(program,
                 "CB_UNIT: core (0,0) compute UNPACK, source.cpp:4: tilize_block: reads 2048 bytes of "
                 "c_0, and what it has waited for is 20 pages, 1280 bytes: its pages have 64 bytes, a "
                 "tile has 2048. Count in pages on both sides.");
}

}  // namespace
}  // namespace loom::testing
