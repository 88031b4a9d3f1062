// A page is what the buffer says, on both sides: a reader that counts sticks and a kernel that counts tiles hang, or read what is
// not there yet.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// 32 sticks of 32 elements are a tile, and each stick is a page.
FaultyProgram sticks(const std::string& wait, const std::string& pop) {
    FaultyProgram program = compute_program("compute_kernel_hw_startup(0, 0, 16);\n" + wait +
                                                "\n"
                                                "cb_reserve_back(16, 1);\n"
                                                "tilize_init(0, 1, 16);\n"
                                                "tilize_block(0, 1, 16);\n"
                                                "tilize_uninit(0, 16);\n"
                                                "cb_push_back(16, 1);\n" +
                                                pop,
                                            {.inputs = 0});
    program.inputs = {{"input", {32, 32}}};
    program.cbs.push_back({.index = 0, .pages = 32, .page_bytes = 64});
    program.reader = dataflow_program(push_pages(0, "INPUT", 32, 64)).reader;
    return program;
}

TEST(CheckCbUnit, TilizeWaitsForOneTileWhereTheReaderPushesSticks) {
    expect_fault(sticks("FAULT(cb_wait_front(0, 1);) REPAIR(cb_wait_front(0, 32);)",
                        "FAULT(cb_pop_front(0, 1);) REPAIR(cb_pop_front(0, 32);)"),
                 "CB_UNIT: core (0,0) compute UNPACK, source.cpp:6: tilize_block: reads 2048 bytes of "
                 "c_0, and what it has waited for is 1 page, 64 bytes: its pages have 64 bytes, a "
                 "tile has 2048. Count in pages on both sides.");
}

TEST(CheckCbUnit, ATileIsReadWhereTheReaderPushesHalves) {
    FaultyProgram program = one_tile_program("copy_tile_init(0);", "copy_tile(0, 0, 0);");
    program.cbs[0].page_bytes = 1024;  // and two pages: one tile
    program.cbs[0].pages = 2;
    program.inputs[0].shape = {2, 512};
    program.reader =
        dataflow_program(push_pages(0, "INPUT", 2, 1024) + push_pages(1, "OTHER", 1, 2048)).reader;
    program.compute =
        "void kernel_main() {\n"
        "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0);\n"
        "FAULT(cb_wait_front(0, 1);) REPAIR(cb_wait_front(0, 2);)\n"
        "tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit();\n"
        "cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), cb_push_back(16, "
        "1);\n"
        "REPAIR(cb_wait_front(0, 2);)\n"
        "cb_wait_front(1, 1), cb_pop_front(1, 1), cb_pop_front(0, FAULT(1) REPAIR(2));\n}";
    expect_fault(program,
                 "CB_UNIT: core (0,0) compute UNPACK, source.cpp:4: a tile operand: reads 2048 bytes of "
                 "c_0, and what it has waited for is 1 page, 1024 bytes: its pages have 1024 bytes, "
                 "a tile has 2048. Count in pages on both sides.");
}

TEST(CheckCbUnit, PackReservesOneStickForATile) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0);\n"
        "cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_pop_front(0, "
        "1);\n"
        "FAULT(cb_reserve_back(16, 1);) REPAIR(cb_reserve_back(16, 32);)\n"
        "tile_regs_wait();\n"
        "pack_tile(0, 16);\n"
        "tile_regs_release();\n"
        "FAULT(cb_push_back(16, 1);) REPAIR(cb_push_back(16, 32);)");
    program.cbs[1] = {.index = 16, .pages = 32, .page_bytes = 64};
    program.outputs = {{"output", {32, 32}}};
    program.writer = dataflow_program("", pop_pages(16, "OUTPUT", 32, 64)).writer;
    expect_fault(program,
                 "CB_UNIT: core (0,0) compute PACK, source.cpp:6: pack_tile: writes 2048 bytes of c_16, "
                 "and what it has reserved is 1 page, 64 bytes: its pages have 64 bytes, a tile has "
                 "2048. Count in pages on both sides.");
}

}  // namespace
}  // namespace loom::testing
