// Pages are counted: no more than there are, and laps that end where the buffer does.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbCount, MorePagesArePushedThanTheBufferHas) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "FAULT(cb_push_back(0, 5);) REPAIR(cb_push_back(0, 4);)",
                                  "cb_wait_front(0, 4);\ncb_pop_front(0, 4);"),
                 "CB_OVERRUN: core (0,0) reader, source.cpp:3: cb_push_back(c_0, 5): 4 of 4 pages free in "
                 "c_0. Reserve as many pages as are pushed, before the push.");
}

TEST(CheckCbCount, MorePagesArePoppedThanAreThere) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\ncb_push_back(0, 4);",
                                  "cb_wait_front(0, 4);\n"
                                  "cb_pop_front(0, 2);\n"
                                  "cb_pop_front(0, 2);\n"
                                  "FAULT(cb_pop_front(0, 1);)"),
                 "CB_UNDERRUN: core (0,0) writer, source.cpp:5: cb_pop_front(c_0, 1): c_0 has 0 pages. Wait "
                 "for as many pages as are popped, before the pop.");
}

// The pointer wraps on meeting the limit only: silicon would write on past it, over the next buffer.
TEST(CheckCbCount, ALapOfPushesThatDoesNotClose) {
    expect_fault(dataflow_program("for (uint32_t i = 0; i < FAULT(4) REPAIR(6); ++i) {\n"
                                  "    cb_reserve_back(0, FAULT(3) REPAIR(2));\n"
                                  "    cb_push_back(0, FAULT(3) REPAIR(2));\n"
                                  "}",
                                  "for (uint32_t i = 0; i < 12; ++i) {\n"
                                  "    cb_wait_front(0, 1);\n    cb_pop_front(0, 1);\n}"),
                 "CB_LAP: core (0,0) reader, source.cpp:4: cb_push_back(c_0, 3): that passes the end of "
                 "the buffer, from page 3 of 4 of c_0. A pointer wraps only when it meets the end "
                 "exactly: use amounts whose sum does.");
}

TEST(CheckCbCount, ALapOfPopsThatDoesNotClose) {
    expect_fault(dataflow_program("for (uint32_t i = 0; i < 12; ++i) {\n"
                                  "    cb_reserve_back(0, 1);\n    cb_push_back(0, 1);\n}",
                                  "for (uint32_t i = 0; i < FAULT(4) REPAIR(3); ++i) {\n"
                                  "    cb_wait_front(0, FAULT(3) REPAIR(4));\n"
                                  "    cb_pop_front(0, FAULT(3) REPAIR(4));\n"
                                  "}"),
                 "CB_LAP: core (0,0) writer, source.cpp:4: cb_pop_front(c_0, 3): that passes the end of "
                 "the buffer, from page 3 of 4 of c_0. A pointer wraps only when it meets the end "
                 "exactly: use amounts whose sum does.");
}

TEST(CheckCbCount, ABufferThatIsNotThere) {
    expect_fault(
        dataflow_program("FAULT(cb_reserve_back(1, 4);) REPAIR(cb_reserve_back(0, 4);)\ncb_push_back(0, 4);",
                         "cb_wait_front(0, 4);\ncb_pop_front(0, 4);"),
        "CB_MISSING: core (0,0) reader, source.cpp:2: cb_reserve_back(c_1): this core has no "
        "circular buffer c_1. Describe it in the program, or use one that is there.");
}

}  // namespace
}  // namespace loom::testing
