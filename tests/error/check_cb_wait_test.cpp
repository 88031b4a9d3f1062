// Pages are popped after they were waited for: silicon counts a pop without asking, and its counters run past each other.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbWait, APopOfMoreThanWasWaitedFor) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\ncb_push_back(0, 4);",
                                  "FAULT(cb_wait_front(0, 3);) REPAIR(cb_wait_front(0, 4);)\n"
                                  "cb_pop_front(0, 4);"),
                 "CB_NOT_WAITED: core (0,0) writer, source.cpp:3: cb_pop_front(c_0, 4): 4 pages popped, 3 "
                 "waited for. Call cb_wait_front(c_0, 4) before the pop.");
}

// A wait counts from the last pop, so one that stood before it does not cover the next pages.
TEST(CheckCbWait, APopUsesItsWaitUp) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\ncb_push_back(0, 4);",
                                  "cb_wait_front(0, 2);\n"
                                  "cb_pop_front(0, 2);\n"
                                  "REPAIR(cb_wait_front(0, 2);)\n"
                                  "cb_pop_front(0, 2);"),
                 "CB_NOT_WAITED: core (0,0) writer, source.cpp:5: cb_pop_front(c_0, 2): 2 pages popped, 0 "
                 "waited for. Call cb_wait_front(c_0, 2) before the pop.");
}

// Waits are no sum: two for one page are one for one page.
TEST(CheckCbWait, TwoWaitsForOnePageAreNoWaitForTwo) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\ncb_push_back(0, 4);",
                                  "cb_wait_front(0, 1);\n"
                                  "FAULT(cb_wait_front(0, 1);) REPAIR(cb_wait_front(0, 4);)\n"
                                  "cb_pop_front(0, 4);"),
                 "CB_NOT_WAITED: core (0,0) writer, source.cpp:4: cb_pop_front(c_0, 4): 4 pages popped, 1 "
                 "waited for. Call cb_wait_front(c_0, 4) before the pop.");
}

// UNPACK drops a tile that it never looked at.
TEST(CheckCbWait, UnpackPopsWithoutAWait) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16);\n"
                        "copy_tile_init(0);\n"
                        "cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit();\n"
                        "cb_pop_front(0, 1);\n"
                        "cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                        "cb_push_back(16, 1);\n"
                        "REPAIR(cb_wait_front(0, 1);)\n"
                        "cb_pop_front(0, 1);",
                        {.inputs = 2}),
        "CB_NOT_WAITED: core (0,0) compute UNPACK, source.cpp:9: cb_pop_front(c_0, 1): 1 page popped, 0 "
        "waited for. Call cb_wait_front(c_0, 1) before the pop.");
}

}  // namespace
}  // namespace loom::testing
