// No false alarm: bytes that nobody wrote are moved about, and dropped before they count.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Of 32 sticks 20 hold data; all are tilized, squared and untilized, and 20 are written.
TEST(CheckLegalMemory, PadRowsAreTilizedAndDropped) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 24);\n"
        "cb_wait_front(0, 32), cb_reserve_back(24, 1);\n"
        "tilize_init(0, 1, 24), tilize_block(0, 1, 24), tilize_uninit(0, 24);\n"
        "cb_push_back(24, 1), cb_pop_front(0, 32), cb_wait_front(24, 1);\n"
        "mul_tiles_init(24, 24), tile_regs_acquire(), mul_tiles(24, 24, 0, 0, 0), tile_regs_commit();\n"
        "cb_reserve_back(16, 32), pack_untilize_dest_init<1>(16), tile_regs_wait(), "
        "pack_untilize_dest<1>(16);\n"
        "tile_regs_release(), pack_untilize_uninit(16), cb_push_back(16, 32), cb_pop_front(24, 1);",
        {.inputs = 0, .outputs = 0});
    program.cbs = {{.index = 0, .pages = 32, .page_bytes = 64},
                   {.index = 16, .pages = 32, .page_bytes = 64},
                   {.index = 24}};
    program.inputs = {{"input", {20, 32}}};
    program.outputs = {{"output", {20, 32}}};
    program.reader = dataflow_program(
                         "cb_reserve_back(0, 32);\n"
                         "for (uint32_t i = 0; i < 20; ++i)\n"
                         "    noc_async_read(get_noc_addr(i, INPUT), get_write_ptr(0) + 64 * i, 64);\n"
                         "noc_async_read_barrier(), cb_push_back(0, 32);")
                         .reader;
    program.writer =
        dataflow_program("",
                         "cb_wait_front(16, 32);\n"
                         "for (uint32_t i = 0; i < 20; ++i)\n"
                         "    noc_async_write(get_read_ptr(16) + 64 * i, get_noc_addr(i, OUTPUT), 64);\n"
                         "noc_async_write_barrier(), cb_pop_front(16, 32);")
            .writer;
    expect_clean(program);
}

// Only element 0 of the scalar's tile is there, and only that is broadcast.
TEST(CheckLegalMemory, ABroadcastOperandWithOneElement) {
    FaultyProgram program = one_tile_program("mul_tiles_bcast_scalar_init_short(0, 1);",
                                             "mul_tiles_bcast_scalar(0, 1, 0, 0, 0);");
    program.reader = dataflow_program(push_pages(0, "INPUT", 2, 2048) +
                                      "cb_reserve_back(1, 1);\n"
                                      "*reinterpret_cast<volatile uint16_t*>(get_write_ptr(1)) = 0x3f80;\n"
                                      "cb_push_back(1, 1);")
                         .reader;
    expect_clean(program);
}

// generate_reduce_scaler: zeros from the zero area, then 16 weights in row 0 of each face, by stores.
TEST(CheckLegalMemory, AScalerOfZerosAndStores) {
    FaultyProgram program = one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16);",
                                             "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                                             "pack_tile(0, 16); reduce_uninit();");
    program.reader =
        dataflow_program(push_pages(0, "INPUT", 2, 2048) +
                         "cb_reserve_back(1, 1);\n"
                         "const uint64_t zeros = get_noc_addr(MEM_ZEROS_BASE);\n"
                         "for (uint32_t at = 0; at < 2048; at += MEM_ZEROS_SIZE)\n"
                         "    noc_async_read(zeros, get_write_ptr(1) + at, MEM_ZEROS_SIZE);\n"
                         "noc_async_read_barrier();\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(1));\n"
                         "for (uint32_t face = 0; face < 4; ++face)\n"
                         "    for (uint32_t i = 0; i < 8; ++i) word[128 * face + i] = 0x3f803f80;\n"
                         "cb_push_back(1, 1);")
            .reader;
    expect_clean(program);
}

// Weights in the rows that the scaler is read at, and nothing anywhere else.
TEST(CheckLegalMemory, AScalerWithItsWeightsOnly) {
    FaultyProgram program = one_tile_program("reduce_init<SUM, REDUCE_ROW>(0, 1, 16);",
                                             "reduce_tile<SUM, REDUCE_ROW>(0, 1, 0, 0, 0);",
                                             "pack_tile(0, 16); reduce_uninit();");
    program.reader =
        dataflow_program(push_pages(0, "INPUT", 2, 2048) +
                         "cb_reserve_back(1, 1);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(1));\n"
                         "for (uint32_t face = 0; face < 4; ++face)\n"
                         "    for (uint32_t i = 0; i < 8; ++i) word[128 * face + i] = 0x3f803f80;\n"
                         "cb_push_back(1, 1);")
            .reader;
    expect_clean(program);
}

// A kernel copies a line word by word, and the words that nobody wrote are overwritten before they leave.
TEST(CheckLegalMemory, AKernelCopiesWhatItThenOverwrites) {
    expect_clean(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                         "for (uint32_t i = 0; i < 16; ++i) word[16 + i] = word[i];\n"
                         "for (uint32_t i = 0; i < 64; ++i) word[i] = i;\n"
                         "cb_push_back(0, 4);"));
}

// Odd shapes: an output page of 50 bytes takes 64 in DRAM, and the writer writes all of them.
TEST(CheckLegalMemory, PaddingOfAPageInDram) {
    FaultyProgram program = dataflow_program(
        "for (uint32_t page = 0; page < 4; ++page) {\n"
        "    cb_reserve_back(0, 1);\n"
        "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 50);\n"
        "    noc_async_read_barrier();\n"
        "    cb_push_back(0, 1);\n"
        "}");
    program.inputs[0].shape = {4, 25};
    program.outputs[0].shape = {4, 25};
    expect_clean(program);
}

// Stores that the compiler is free to merge and to widen.
TEST(CheckLegalMemory, StoresThatAreNotVolatile) {
    expect_clean(dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "uint32_t* zeros = reinterpret_cast<uint32_t*>(get_write_ptr(0));\n"
        "for (uint32_t i = 0; i < 16; ++i) zeros[i] = 0;\n"
        "uint32_t* to = reinterpret_cast<uint32_t*>(get_write_ptr(0) + 64);\n"
        "for (uint32_t i = 0; i < 16; ++i) to[i] = zeros[i];\n"
        "struct Line { uint32_t word[16]; };\n"
        "*reinterpret_cast<Line*>(get_write_ptr(0) + 128) = *reinterpret_cast<Line*>(get_write_ptr(0));\n"
        "for (uint32_t i = 0; i < 16; ++i) zeros[48 + i] = zeros[i];\n"
        "cb_push_back(0, 4);"));
}

// The stack and the constants of a kernel are no L1 that anyone else sees.
TEST(CheckLegalMemory, TablesAndArraysOfTheKernelsOwn) {
    expect_clean(
        dataflow_program("static const uint32_t table[4] = {3, 1, 2, 0};\n"
                         "static uint32_t turn = 0;\n"
                         "uint32_t order[4];\n"
                         "for (uint32_t i = 0; i < 4; ++i) order[i] = table[i] + turn;\n"
                         "cb_reserve_back(0, 4);\n"
                         "for (uint32_t i = 0; i < 4; ++i)\n"
                         "    noc_async_read(get_noc_addr(order[i], INPUT), get_write_ptr(0) + 64 * i, 64);\n"
                         "noc_async_read_barrier(), cb_push_back(0, 4);"));
}

// One stick is a row; the 31 below it are not there, and a broadcast of rows reads none of them.
TEST(CheckLegalMemory, ARowThatIsBroadcast) {
    FaultyProgram program = one_tile_program(
        "unary_bcast_init<BroadcastType::ROW>(1);",
        "unary_bcast<BroadcastType::ROW>(1, 0, 0); unary_bcast_uninit<BroadcastType::ROW>(1);");
    program.config.fp32_dest_acc_en = false;  // into a 32-bit DST the chip spreads no row
    program.reader =
        dataflow_program(push_pages(0, "INPUT", 2, 2048) +
                         "cb_reserve_back(1, 1);\n"
                         "noc_async_read(get_noc_addr(0, OTHER), get_write_ptr(1), 32);\n"
                         "noc_async_read(get_noc_addr(0, OTHER, 512), get_write_ptr(1) + 512, 32);\n"
                         "noc_async_read_barrier(), cb_push_back(1, 1);")
            .reader;
    expect_clean(program);
}

TEST(CheckLegalMemory, ACallOfMemcpy) {
    expect_clean(dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64), noc_async_read_barrier();\n"
        "for (uint32_t page = 1; page < 4; ++page)\n"
        "    __builtin_memcpy(reinterpret_cast<void*>(get_write_ptr(0) + 64 * page), "
        "reinterpret_cast<const void*>(get_write_ptr(0)), 64);\n"
        "cb_push_back(0, 4);"));
}

TEST(CheckLegalMemory, ACallOfMemset) {
    expect_clean(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "__builtin_memset(reinterpret_cast<void*>(get_write_ptr(0)), 0, 256);\n"
                         "cb_push_back(0, 4);"));
}

// Language that a compiler makes other calls of: a static with an initializer at run time, and an atomic operation.
TEST(CheckLegalMemory, StaticsAndAtomics) {
    expect_clean(
        dataflow_program("static uint32_t pages = get_write_ptr(0) != 0 ? 4 : 0;\n"
                         "uint32_t count = 0;\n"
                         "__atomic_fetch_add(&count, pages, __ATOMIC_RELAXED);\n" +
                         push_pages(0, "INPUT", 4, 64) + "if (count == 0) cb_wait_front(0, 1);"));
}

// A static whose first value is computed.
TEST(CheckLegalMemory, AStaticThatIsInitializedAtRunTime) {
    expect_clean(dataflow_program("static uint32_t pages = get_write_ptr(0) != 0 ? 4 : 0;\n" +
                                  push_pages(0, "INPUT", 4, 64) + "if (pages == 0) cb_wait_front(0, 1);"));
}

}  // namespace
}  // namespace loom::testing
