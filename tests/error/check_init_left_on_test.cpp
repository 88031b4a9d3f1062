// Some inits leave the packer or the unpacker in a mode that only their uninit ends; what follows is masked, shuffled or read in
// rows. The next kernel on this core suffers as well.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckInitLeftOn, AReduceIsNeverUndone) {
    expect_fault(one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16);",
                                  "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                                  "pack_tile(0, 16); REPAIR(reduce_uninit();)"),
                 "LEFT_ON: core (0,0) compute PACK, source.cpp:3: reduce_init: the kernel goes on to its "
                 "end with this never undone. Call reduce_uninit first.");
}

// Two sticks of a tile each become a tile; c_0 is as the test says.
FaultyProgram tilizing(const std::string& statements) {
    return compute_program(
        "compute_kernel_hw_startup(0, 0, 16), cb_wait_front(0, 2), cb_reserve_back(16, 2);\n"
        "tilize_init(0, 2, 16), tilize_block(0, 2, 16), cb_push_back(16, 2);\n" +
            statements,
        {.inputs = 2, .outputs = 2});
}

TEST(CheckInitLeftOn, ATilizeIsNeverUndone) {
    expect_fault(tilizing("cb_pop_front(0, 2);\nREPAIR(tilize_uninit(0, 16);)"),
                 "LEFT_ON: core (0,0) compute UNPACK, source.cpp:3: tilize_init: the kernel goes on to "
                 "its end with this never undone. Call tilize_uninit first.");
}

TEST(CheckInitLeftOn, ATileIsReadWhileTheUnpackerTilizes) {
    FaultyProgram program = tilizing(
        "REPAIR(tilize_uninit(0, 16);)\n"
        "copy_tile_init(0), tile_regs_acquire();\n"
        "copy_tile(0, 0, 0);\n"
        "tile_regs_commit(), tile_regs_wait(), tile_regs_release();\n"
        "cb_pop_front(0, 2);");
    expect_fault(program,
                 "UNPACK_MODE: core (0,0) compute UNPACK, source.cpp:6: a tile operand: the unpacker "
                 "still tilizes. Call tilize_uninit first.");
}

TEST(CheckInitLeftOn, TilizeBlocksOfAnotherWidth) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16), cb_wait_front(0, 2), cb_reserve_back(16, 2);\n"
                        "tilize_init(0, FAULT(1) REPAIR(2), 16);\n"
                        "tilize_block(0, 2, 16);\n"
                        "tilize_uninit(0, 16), cb_push_back(16, 2), cb_pop_front(0, 2);",
                        {.inputs = 2, .outputs = 2}),
        "TILIZE_BLOCK: core (0,0) compute UNPACK, source.cpp:4: tilize_block(c_0, 2): "
        "tilize_init set rows of 1 tile (0: none), and this call has 2. They must agree.");
}

TEST(CheckInitLeftOn, AnUntilizeIsNeverUndone) {
    expect_fault(one_tile_program("copy_tile_init(0); pack_untilize_dest_init<1>(16);", "copy_tile(0, 0, 0);",
                                  "pack_untilize_dest<1>(16); REPAIR(pack_untilize_uninit(16);)"),
                 "LEFT_ON: core (0,0) compute PACK, source.cpp:3: pack_untilize_dest_init: the kernel "
                 "goes on to its end with this never undone. Call pack_untilize_uninit first.");
}

TEST(CheckInitLeftOn, ATileIsPackedWhileThePackerUntilizes) {
    expect_fault(
        one_tile_program("copy_tile_init(0); pack_untilize_dest_init<1>(16);", "copy_tile(0, 0, 0);",
                         "REPAIR(pack_untilize_uninit(16);) pack_tile(0, 16); pack_untilize_uninit(16);"),
        "PACK_MODE: core (0,0) compute PACK, source.cpp:7: pack_tile: the packer is set up for "
        "something else. Call pack_untilize_uninit first.");
}

TEST(CheckInitLeftOn, AnUntilizeOfAnotherWidth) {
    expect_fault(
        one_tile_program("copy_tile_init(0); pack_untilize_dest_init<FAULT(2) REPAIR(1)>(16);",
                         "copy_tile(0, 0, 0);", "pack_untilize_dest<1>(16); pack_untilize_uninit(16);"),
        "PACK_MODE: core (0,0) compute PACK, source.cpp:7: pack_untilize_dest: the packer is set "
        "up for something else. Call pack_untilize_dest_init<1, 1>, with one row of blocks, "
        "first.");
}

// The FPU was programmed for a copy in between; the unpacker still tilizes.
TEST(CheckInitLeftOn, TilizeUnderTheInitOfACopy) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16), cb_wait_front(0, 2), cb_reserve_back(16, 2);\n"
                        "tilize_init(0, 2, 16);\n"
                        "FAULT(copy_tile_init(0);)\n"
                        "tilize_block(0, 2, 16);\n"
                        "tilize_uninit(0, 16), cb_push_back(16, 2), cb_pop_front(0, 2);",
                        {.inputs = 2, .outputs = 2}),
        "OP_INIT: core (0,0) compute MATH, source.cpp:5: tilize_block: the FPU is set up for "
        "copy_tile (line 4). Call tilize_init first.");
}

TEST(CheckInitLeftOn, TilizeWithoutAnInit) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16), cb_wait_front(0, 2), cb_reserve_back(16, 2);\n"
                        "REPAIR(tilize_init(0, 2, 16);)\n"
                        "tilize_block(0, 2, 16);\n"
                        "tilize_uninit(0, 16), cb_push_back(16, 2), cb_pop_front(0, 2);",
                        {.inputs = 2, .outputs = 2}),
        "TILIZE_BLOCK: core (0,0) compute UNPACK, source.cpp:4: tilize_block(c_0, 2): "
        "tilize_init set rows of 0 tiles (0: none), and this call has 2. They must agree.");
}

// The packer keeps column 0 of what comes after, and packs zeros for the rest.
TEST(CheckInitLeftOn, AReduceMasksThePackOfTheNextOp) {
    expect_fault(compute_program(
                     "compute_kernel_hw_startup(0, 1, 16), reduce_init<SUM, REDUCE_ROW>(0, 1, 16);\n"
                     "cb_wait_front(0, 1), cb_wait_front(1, 1), cb_reserve_back(16, 2);\n"
                     "tile_regs_acquire(), reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0), tile_regs_commit();\n"
                     "tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                     "REPAIR(reduce_uninit();)\n"
                     "copy_tile_init(0), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit();\n"
                     "tile_regs_wait();\n"
                     "pack_tile(0, 16);\n"
                     "tile_regs_release(), cb_push_back(16, 2), cb_pop_front(0, 1), cb_pop_front(1, 1);\n"
                     "FAULT(reduce_uninit();)",
                     {.others = 1, .outputs = 2}),
                 "LEFT_ON: core (0,0) compute PACK, source.cpp:2: reduce_init: the kernel goes on to "
                 "pack_tile (line 9) with this never undone. Call reduce_uninit first.");
}

}  // namespace
}  // namespace loom::testing
