// Pages are pushed after they were reserved: silicon counts a push without asking, and what the consumer still reads is
// overwritten.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbReserve, APushOfMoreThanWasReserved) {
    expect_fault(dataflow_program("FAULT(cb_reserve_back(0, 3);) REPAIR(cb_reserve_back(0, 4);)\n"
                                  "cb_push_back(0, 4);",
                                  "cb_wait_front(0, 4);\ncb_pop_front(0, 4);"),
                 "CB_NOT_RESERVED: core (0,0) reader, source.cpp:3: cb_push_back(c_0, 4): 4 pages pushed, 3 "
                 "reserved. Call cb_reserve_back(c_0, 4) before the push.");
}

// A reserve covers the pages of the pushes that follow, and no page twice.
TEST(CheckCbReserve, APushUsesItsReserveUp) {
    expect_fault(dataflow_program("cb_reserve_back(0, 2);\n"
                                  "cb_push_back(0, 1);\n"
                                  "cb_push_back(0, 1);\n"
                                  "REPAIR(cb_reserve_back(0, 1);)\n"
                                  "cb_push_back(0, 1);",
                                  "cb_wait_front(0, 3);\ncb_pop_front(0, 3);"),
                 "CB_NOT_RESERVED: core (0,0) reader, source.cpp:6: cb_push_back(c_0, 1): 1 page pushed, 0 "
                 "reserved. Call cb_reserve_back(c_0, 1) before the push.");
}

// A pass with an early `continue` for empty work: the reserve is skipped, the push is not.
TEST(CheckCbReserve, APushOnAPathThatReservesNothing) {
    expect_fault(dataflow_program("for (uint32_t page = 0; page < 3; ++page) {\n"
                                  "    FAULT(if (page != 1)) cb_reserve_back(0, 1);\n"
                                  "    cb_push_back(0, 1);\n"
                                  "}",
                                  "for (uint32_t page = 0; page < 3; ++page) {\n"
                                  "    cb_wait_front(0, 1);\n    cb_pop_front(0, 1);\n}"),
                 "CB_NOT_RESERVED: core (0,0) reader, source.cpp:4: cb_push_back(c_0, 1): 1 page pushed, 0 "
                 "reserved. Call cb_reserve_back(c_0, 1) before the push.");
}

// Two tiles are reserved and packed once for two pushes: the second one has nothing behind it.
TEST(CheckCbReserve, PackPushesMoreThanItReserved) {
    expect_fault(
        compute_program("compute_kernel_hw_startup(0, 0, 16);\n"
                        "copy_tile_init(0);\n"
                        "cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit();\n"
                        "FAULT(cb_reserve_back(16, 1);) REPAIR(cb_reserve_back(16, 2);)\n"
                        "tile_regs_wait(), pack_tile(0, 16);\n"
                        "REPAIR(pack_tile(0, 16);)\n"
                        "tile_regs_release(), cb_pop_front(0, 1);\n"
                        "cb_push_back(16, 2);",
                        {.outputs = 2}),
        "CB_NOT_RESERVED: core (0,0) compute PACK, source.cpp:9: cb_push_back(c_16, 2): 2 pages pushed, 1 "
        "reserved. Call cb_reserve_back(c_16, 2) before the push.");
}

}  // namespace
}  // namespace loom::testing
