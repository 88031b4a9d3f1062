// A producer writes the pages that it has reserved, and none that it has pushed: the consumer may be there already.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckCbWriteWindow, AStoreBeyondTheReservedPages) {
    expect_fault(
        dataflow_program("FAULT(cb_reserve_back(0, 1);) REPAIR(cb_reserve_back(0, 2);)\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                         "for (uint32_t i = 0; i < 2; ++i)\n"
                         "    word[16 * i] = i;\n"
                         "cb_push_back(0, FAULT(1) REPAIR(2));",
                         "cb_wait_front(0, FAULT(1) REPAIR(2));\ncb_pop_front(0, FAULT(1) REPAIR(2));"),
        "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:5: a store: writes bytes 64 to 68 "
        "of c_0; it has reserved 1 page of 64 bytes, from byte 0. Reserve what is written, and "
        "write it before it is pushed.");
}

TEST(CheckCbWriteWindow, AReadFromTheNocLongerThanThePage) {
    expect_fault(dataflow_program(
                     "cb_reserve_back(0, 1);\n"
                     "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0) + 32, FAULT(64) REPAIR(32));\n"
                     "noc_async_read_barrier();\n"
                     "cb_push_back(0, 1);",
                     "cb_wait_front(0, 1);\ncb_pop_front(0, 1);"),
                 "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:3: noc_async_read: writes bytes 32 "
                 "to 96 of c_0; it has reserved 1 page of 64 bytes, from byte 0. Reserve what is "
                 "written, and write it before it is pushed.");
}

TEST(CheckCbWriteWindow, AReadFromTheNocThatRunsPastTheBuffer) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), FAULT(512) REPAIR(256));\n"
        "noc_async_read_barrier();\n"
        "cb_push_back(0, 4);",
        "cb_wait_front(0, 4), cb_pop_front(0, 4);");
    program.inputs[0].shape = {2, 256};
    expect_fault(program,
                 "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:3: noc_async_read: writes bytes 0 "
                 "to 512 of c_0; it has reserved 4 pages of 64 bytes, from byte 0. Reserve what is "
                 "written, and write it before it is pushed.");
}

// A loop of plain stores that runs over, as a compiler likes to make one call of.
TEST(CheckCbWriteWindow, AZeroFillThatRunsOver) {
    expect_fault(dataflow_program("cb_reserve_back(0, FAULT(3) REPAIR(4));\n"
                                  "uint32_t* word = reinterpret_cast<uint32_t*>(get_write_ptr(0));\n"
                                  "for (uint32_t i = 0; i < 64; ++i) word[i] = 0;\n"
                                  "cb_reserve_back(0, 4);\n"
                                  "cb_push_back(0, 4);"),
                 "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:4: a store: writes bytes 192 to 196 "
                 "of c_0; it has reserved 3 pages of 64 bytes, from byte 0. Reserve what is written, and "
                 "write it before it is pushed.");
}

// Pointers belong to a thread: the read pointer of one that never pops stays at the first page.
TEST(CheckCbWriteWindow, TheProducerFillsPagesAtItsReadPointer) {
    expect_fault(
        dataflow_program("for (uint32_t page = 0; page < 4; ++page) {\n"
                         "    cb_reserve_back(0, 1);\n"
                         "    const uint32_t to = FAULT(get_read_ptr(0)) REPAIR(get_write_ptr(0));\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), to, 64), noc_async_read_barrier();\n"
                         "    cb_push_back(0, 1);\n"
                         "}"),
        "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:5: noc_async_read: writes bytes 0 "
        "to 64 of c_0; it has reserved 1 page of 64 bytes, from byte 64. Reserve what is "
        "written, and write it before it is pushed.");
}

// A header that is filled in late: the consumer may have read the page already.
TEST(CheckCbWriteWindow, AStoreAfterThePush) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 1);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                         "REPAIR(*word = 7;)\n"
                         "cb_push_back(0, 1);\n"
                         "FAULT(*word = 7;)",
                         "cb_wait_front(0, 1);\ncb_pop_front(0, 1);"),
        "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:6: a store: writes bytes 0 to 4 of "
        "c_0; it has reserved 0 pages of 64 bytes, from byte 64. Reserve what is written, and "
        "write it before it is pushed.");
}

// Past the last page there is no buffer, and no tensor: it is another program's memory, or the next buffer's once there is one.
TEST(CheckCbWriteWindow, AStoreBehindTheBuffer) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                         "word[FAULT(64) REPAIR(63)] = 1;\n"
                         "cb_push_back(0, 4);",
                         "cb_wait_front(0, 4), cb_pop_front(0, 4);"),
        "L1_UNOWNED: core (0,0) reader, source.cpp:4: a store: bytes 103680 to 103684 of L1 of core (0,0) "
        "belong to no circular buffer, semaphore or tensor. Describe a buffer for them.");
}

}  // namespace
}  // namespace loom::testing
