// No false alarm: circular buffers used in legal ways that look odd.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckLegalCb, OneThreadProducesAndConsumes) {
    expect_clean(
        dataflow_program("for (uint32_t page = 0; page < 8; ++page) {\n"
                         "    cb_reserve_back(0, 1);\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 64);\n"
                         "    noc_async_read_barrier();\n"
                         "    cb_push_back(0, 1), cb_wait_front(0, 1);\n"
                         "    noc_async_write(get_read_ptr(0), get_noc_addr(page, OUTPUT), 64);\n"
                         "    noc_async_write_barrier();\n"
                         "    cb_pop_front(0, 1);\n"
                         "}",
                         ""));
}

// A producer may read the pages it has reserved: padding is copied from the line above.
TEST(CheckLegalCb, ReservedPagesAreReadBeforeThePush) {
    expect_clean(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "const uint32_t page = get_write_ptr(0);\n"
                         "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(page);\n"
                         "for (uint32_t i = 0; i < 16; ++i) word[16 + i] = word[i] + 1;\n"
                         "noc_async_read(get_noc_addr(page), page + 128, 128), noc_async_read_barrier();\n"
                         "cb_push_back(0, 4);"));
}

// Both sides ask before they go on, and do other things meanwhile.
TEST(CheckLegalCb, PollingInsteadOfWaiting) {
    expect_clean(
        dataflow_program("for (uint32_t page = 0; page < 8; ++page) {\n"
                         "    while (!cb_pages_reservable_at_back(0, 1)) {}\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 64);\n"
                         "    noc_async_read_barrier();\n"
                         "    cb_push_back(0, 1);\n"
                         "}",
                         "for (uint32_t page = 0; page < 8; ++page) {\n"
                         "    while (!cb_pages_available_at_front(0, 1)) {}\n"
                         "    noc_async_write(get_read_ptr(0), get_noc_addr(page, OUTPUT), 64);\n"
                         "    noc_async_writes_flushed();\n"
                         "    cb_pop_front(0, 1);\n"
                         "}\n"
                         "noc_async_write_barrier();"));
}

// c_1 lies where c_0 does, and is used after c_0 has been emptied, and the other way round.
TEST(CheckLegalCb, AliasesOneAfterTheOther) {
    FaultyProgram program =
        dataflow_program("for (uint32_t turn = 0; turn < 2; ++turn) {\n" + push_pages(0, "INPUT", 4, 64) +
                             "cb_reserve_back(0, 4), cb_reserve_back(1, 4);\n" +
                             push_pages(1, "INPUT", 4, 64) + "cb_reserve_back(1, 4);\n}",
                         "for (uint32_t turn = 0; turn < 2; ++turn) {\n" + pop_pages(0, "OUTPUT", 4, 64) +
                             pop_pages(1, "OUTPUT", 4, 64) + "}");
    program.cbs[0].alias = 1;
    expect_clean(program);
}

// A word that is loaded many times in a row by the thread that wrote it is waited for by nobody.
TEST(CheckLegalCb, AWordIsLoadedAgainAndAgain) {
    expect_clean(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                         "for (uint32_t i = 0; i < 64; ++i) word[i] = i;\n"
                         "uint32_t sum = 0;\n"
                         "for (uint32_t i = 0; i < 3000; ++i) sum += word[5];\n"
                         "word[0] = sum;\n"
                         "cb_push_back(0, 4);"));
}

// Blackhole: pages of 64 bytes, reads modulo 64.
TEST(CheckLegalCb, TheSameOnBlackhole) {
    FaultyProgram program = dataflow_program();
    program.arch = Arch::BLACKHOLE;
    expect_clean(program);
}

}  // namespace
}  // namespace loom::testing
