// In tiles, too: elements that nobody wrote may lie beside the result, not in it, and in no sum.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Of 32 sticks, 20 are the tensor's; the rest of c_0 is as it was, or zero. c_1 is a scaler.
FaultyProgram short_tile(const std::string& fill, const std::string& setup, const std::string& math,
                         const std::string& pack) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 1, 16);\n"
        "cb_wait_front(0, 32), cb_reserve_back(24, 1);\n"
        "tilize_init(0, 1, 24), tilize_block(0, 1, 24), tilize_uninit(0, 24);\n"
        "cb_push_back(24, 1), cb_pop_front(0, 32), cb_wait_front(24, 1), cb_wait_front(1, 1);\n" +
            setup +
            "\n"
            "cb_reserve_back(16, 1), tile_regs_acquire();\n" +
            math + "\ntile_regs_commit(), tile_regs_wait();\n" + pack +
            "\ntile_regs_release(), cb_push_back(16, 1), cb_pop_front(24, 1), cb_pop_front(1, 1);",
        {.inputs = 0, .others = 1});
    program.inputs.push_back({"input", {20, 32}});
    program.cbs.push_back({.index = 0, .pages = 32, .page_bytes = 64});
    program.cbs.push_back({.index = 24});
    program.reader =
        dataflow_program(
            push_pages(1, "OTHER", 1, 2048) +
            "cb_reserve_back(0, 32);\n"
            "for (uint32_t stick = 0; stick < 20; ++stick)\n"
            "    noc_async_read(get_noc_addr(stick, INPUT), get_write_ptr(0) + 64 * stick, 64);\n" +
            fill + "\nnoc_async_read_barrier();\ncb_push_back(0, 32);")
            .reader;
    return program;
}
constexpr const char* kFill =
    "REPAIR(for (uint32_t i = 20; i < 32; ++i) "
    "noc_async_read(get_noc_addr(MEM_ZEROS_BASE), get_write_ptr(0) + 64 * i, 64);)";

TEST(CheckMemoryTiles, PadRowsInASumOverColumns) {
    expect_fault(
        short_tile(kFill, "reduce_init<SUM, REDUCE_COL>(24, 1, 16);",
                   "reduce_tile<SUM, REDUCE_COL>(24, 1, 0, 0, 0);", "pack_tile(0, 16), reduce_uninit();"),
        "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 32 of page 0 of "
        "output come from c_0, where nobody wrote. Fill it before it is used.");
}

TEST(CheckMemoryTiles, PadRowsInAMean) {
    expect_fault(
        short_tile(kFill, "reduce_init<AVG, REDUCE_SCALAR>(24, 1, 16);",
                   "reduce_tile<AVG, REDUCE_SCALAR>(24, 1, 0, 0, 0);", "pack_tile(0, 16), reduce_uninit();"),
        "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 2 of page 0 of "
        "output come from c_0, where nobody wrote. Fill it before it is used.");
}

TEST(CheckMemoryTiles, PadRowsAreWrittenWithTheRest) {
    expect_fault(short_tile(kFill, "copy_tile_init(24);", "copy_tile(24, 0, 0);", "pack_tile(0, 16);"),
                 "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 1152 to 1536 of page "
                 "0 of output come from c_0, where nobody wrote. Fill it before it is used.");
}

// Only the first 16 weights were set, and the sum needs 32.
TEST(CheckMemoryTiles, AScalerThatIsHalfThere) {
    FaultyProgram program = one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16);",
                                             "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                                             "pack_tile(0, 16), reduce_uninit();");
    program.reader =
        dataflow_program(
            push_pages(0, "INPUT", 2, 2048) +
            "cb_reserve_back(1, 1);\n"
            "noc_async_read(get_noc_addr(0, OTHER), get_write_ptr(1), FAULT(512) REPAIR(2048));\n"
            "noc_async_read_barrier(), cb_push_back(1, 1);")
            .reader;
    expect_fault(program,
                 "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 2 of page 0 of "
                 "output come from c_1, where nobody wrote. Fill it before it is used.");
}

// generate_bcast_* fill the row or column that is broadcast: as an operand of its own size the tile is garbage.
TEST(CheckMemoryTiles, ABroadcastOperandIsUsedWhole) {
    FaultyProgram program =
        one_tile_program("FAULT(mul_tiles_init(0, 1);) REPAIR(mul_tiles_bcast_scalar_init_short(0, 1);)",
                         "FAULT(mul_tiles(0, 1, 0, 0, 0);) REPAIR(mul_tiles_bcast_scalar(0, 1, 0, 0, 0);)");
    program.reader = dataflow_program(push_pages(0, "INPUT", 2, 2048) +
                                      "cb_reserve_back(1, 1);\n"
                                      "*reinterpret_cast<volatile uint16_t*>(get_write_ptr(1)) = 0x3f80;\n"
                                      "cb_push_back(1, 1);")
                         .reader;
    expect_fault(program,
                 "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 2 to 2048 of page 0 "
                 "of output come from c_1, where nobody wrote. Fill it before it is used.");
}

// The first pack of a sum in L1 adds to what the last program left there.
TEST(CheckMemoryTiles, AccumulationOntoFreshL1) {
    expect_fault(one_tile_program("copy_tile_init(0);", "copy_tile(0, 0, 0);",
                                  "REPAIR(pack_tile<true>(0, 16, 0);) pack_reconfig_l1_acc(1); "
                                  "pack_tile<true>(0, 16, 0); pack_reconfig_l1_acc(0);"),
                 "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 2048 of page 0 "
                 "of output come from c_16, where nobody wrote. Fill it before it is used.");
}

// A weight of zero does not make a NaN harmless: pad columns need values even where they do not count.
TEST(CheckMemoryTiles, PadColumnsUnderAWeightOfZero) {
    FaultyProgram program = one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16);",
                                             "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                                             "pack_tile(0, 16), reduce_uninit();");
    program.reader =
        dataflow_program(
            "cb_reserve_back(0, 2);\n"
            "FAULT(noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 512);)\n"
            "REPAIR(noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 2048);)\n"
            "noc_async_read_barrier(), cb_push_back(0, 2), cb_reserve_back(1, 1);\n"
            "for (uint32_t i = 0; i < 4; ++i)\n"
            "    noc_async_read(get_noc_addr(MEM_ZEROS_BASE), get_write_ptr(1) + 512 * i, 512);\n"
            "noc_async_read_barrier(), cb_push_back(1, 1);")
            .reader;
    expect_fault(program,
                 "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 2 of page 0 of "
                 "output come from c_0, where nobody wrote. Fill it before it is used.");
}

}  // namespace
}  // namespace loom::testing
