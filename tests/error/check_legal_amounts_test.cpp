// No false alarm: amounts of pages that look odd, and add up.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Waits for 1, 2, 3 and 4 pages, all from the last pop; one pop in the end.
TEST(CheckLegalAmounts, WaitsThatGrow) {
    expect_clean(dataflow_program(
        push_pages(0, "INPUT", 8, 64),
        "for (uint32_t lap = 0; lap < 2; ++lap) {\n"
        "    for (uint32_t page = 0; page < 4; ++page) {\n"
        "        cb_wait_front(0, page + 1);\n"
        "        noc_async_write(get_read_ptr(0) + 64 * page, get_noc_addr(page, OUTPUT), 64);\n"
        "    }\n"
        "    noc_async_write_barrier();\n"
        "    cb_pop_front(0, 4);\n"
        "}"));
}

// A late pop: pages are popped one turn after they were used.
TEST(CheckLegalAmounts, APopThatLagsBehind) {
    expect_clean(dataflow_program(push_pages(0, "INPUT", 8, 64),
                                  "for (uint32_t page = 0; page < 8; ++page) {\n"
                                  "    const uint32_t kept = page == 0 ? 0 : 1;\n"
                                  "    cb_wait_front(0, kept + 1);\n"
                                  "    const uint32_t at = kept == 1 && page % 4 == 0 ? get_read_ptr(0) - "
                                  "192 : get_read_ptr(0) + 64 * kept;\n"
                                  "    noc_async_write(at, get_noc_addr(page, OUTPUT), 64);\n"
                                  "    noc_async_write_barrier();\n"
                                  "    if (kept != 0) cb_pop_front(0, 1);\n"
                                  "}\n"
                                  "cb_pop_front(0, 1);"));
}

// Four pages are reserved once and pushed one by one; an amount asked for twice is asked for once.
TEST(CheckLegalAmounts, OneReserveForFourPushes) {
    expect_clean(
        dataflow_program("for (uint32_t lap = 0; lap < 2; ++lap) {\n"
                         "    cb_reserve_back(0, 4), cb_reserve_back(0, 4);\n"
                         "    for (uint32_t page = 0; page < 4; ++page) {\n"
                         "        noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 64);\n"
                         "        noc_async_read_barrier();\n"
                         "        cb_push_back(0, 1);\n"
                         "    }\n"
                         "}",
                         pop_pages(0, "OUTPUT", 8, 64)));
}

// Constants: pushed once, waited for in each turn, never popped.
TEST(CheckLegalAmounts, PagesThatStayForTheWholeProgram) {
    expect_clean(
        dataflow_program(push_pages(0, "INPUT", 4, 64),
                         "for (uint32_t turn = 0; turn < 3; ++turn) {\n"
                         "    cb_wait_front(0, 4);\n"
                         "    noc_async_write(get_read_ptr(0) + 64 * turn, get_noc_addr(turn, OUTPUT), 64);\n"
                         "    noc_async_write_barrier();\n"
                         "}"));
}

// Amounts differ; the lap closes: 3 + 1 against 2 + 2.
TEST(CheckLegalAmounts, AmountsThatDifferOnBothSides) {
    expect_clean(dataflow_program(
        "for (uint32_t i = 0; i < 4; ++i) {\n"
        "    const uint32_t pages = i % 2 == 0 ? 3 : 1;\n"
        "    cb_reserve_back(0, pages);\n"
        "    for (uint32_t page = 0; page < pages; ++page)\n"
        "        noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0) + 64 * page, 64);\n"
        "    noc_async_read_barrier();\n"
        "    cb_push_back(0, pages);\n"
        "}",
        "for (uint32_t i = 0; i < 4; ++i) {\n"
        "    cb_wait_front(0, 2);\n"
        "    noc_async_write(get_read_ptr(0) + 64, get_noc_addr(i, OUTPUT), 64);\n"
        "    noc_async_write_barrier();\n"
        "    cb_pop_front(0, 2);\n"
        "}"));
}

// No pages at all, as for a core without work.
TEST(CheckLegalAmounts, NoPages) {
    expect_clean(
        dataflow_program("cb_reserve_back(0, 0), cb_push_back(0, 0);\n" + push_pages(0, "INPUT", 4, 64),
                         "cb_wait_front(0, 0), cb_pop_front(0, 0);\n" + pop_pages(0, "OUTPUT", 4, 64)));
}

// Four laps of a ring that is reserved as a whole while its pointer stands in the middle.
TEST(CheckLegalAmounts, AReserveThatGoesRound) {
    expect_clean(
        dataflow_program("for (uint32_t i = 0; i < 8; ++i) {\n"
                         "    cb_reserve_back(0, i % 2 == 0 ? 4 : 2);\n"
                         "    noc_async_read(get_noc_addr(i, INPUT), get_write_ptr(0), 64);\n"
                         "    noc_async_read(get_noc_addr(i, INPUT), get_write_ptr(0) + 64, 64);\n"
                         "    noc_async_read_barrier(), cb_push_back(0, 2);\n"
                         "}",
                         pop_pages(0, "OUTPUT", 16, 64)));
}

}  // namespace
}  // namespace loom::testing
