// What a write sends stays as it is until the write has left, and the kernel ends after it has landed.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckNocWrite, PagesArePoppedBeforeTheWriteHasLeft) {
    expect_fault(dataflow_program(push_pages(0, "INPUT", 4, 64),
                                  "for (uint32_t page = 0; page < 4; ++page) {\n"
                                  "    cb_wait_front(0, 1);\n"
                                  "    noc_async_write(get_read_ptr(0), get_noc_addr(page, OUTPUT), 64);\n"
                                  "    REPAIR(noc_async_writes_flushed();)\n"
                                  "    cb_pop_front(0, 1);\n"
                                  "}\n"
                                  "noc_async_write_barrier();"),
                 "NOC_SOURCE_OPEN: core (0,0) writer, source.cpp:6: cb_pop_front(c_0, 1): core (0,0) "
                 "writer, source.cpp:4: noc_async_write may still be sending these bytes. Call "
                 "noc_async_writes_flushed or noc_async_write_barrier between the two.");
}

// One line of L1 for results, refilled at once.
TEST(CheckNocWrite, AStoreOverwritesTheSource) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 1);\n"
                         "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_write_ptr(0));\n"
                         "for (uint32_t page = 0; page < 2; ++page) {\n"
                         "    for (uint32_t i = 0; i < 16; ++i)\n"
                         "        word[i] = page;\n"
                         "    noc_async_write(get_write_ptr(0), get_noc_addr(page, OUTPUT), 64);\n"
                         "    REPAIR(noc_async_writes_flushed();)\n"
                         "}\n"
                         "noc_async_write_barrier();",
                         ""),
        "NOC_SOURCE_OPEN: core (0,0) reader, source.cpp:6: a store: core (0,0) reader, "
        "source.cpp:7: noc_async_write may still be sending these bytes. Call "
        "noc_async_writes_flushed or noc_async_write_barrier between the two.");
}

TEST(CheckNocWrite, AReadOverwritesTheSource) {
    expect_fault(dataflow_program("cb_reserve_back(0, 1);\n"
                                  "for (uint32_t page = 0; page < 2; ++page) {\n"
                                  "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 64);\n"
                                  "    noc_async_read_barrier();\n"
                                  "    noc_async_write(get_write_ptr(0), get_noc_addr(page, OUTPUT), 64);\n"
                                  "    REPAIR(noc_async_write_barrier();)\n"
                                  "}\n"
                                  "noc_async_write_barrier();",
                                  ""),
                 "NOC_SOURCE_OPEN: core (0,0) reader, source.cpp:4: noc_async_read: core (0,0) reader, "
                 "source.cpp:6: noc_async_write may still be sending these bytes. Call "
                 "noc_async_writes_flushed or noc_async_write_barrier between the two.");
}

// A read's barrier says nothing of writes.
TEST(CheckNocWrite, TheOtherBarrierDoesNotHelp) {
    expect_fault(dataflow_program(push_pages(0, "INPUT", 4, 64),
                                  "cb_wait_front(0, 4);\n"
                                  "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                                  "FAULT(noc_async_read_barrier();) REPAIR(noc_async_write_barrier();)\n"
                                  "cb_pop_front(0, 4);\n"
                                  "noc_async_write_barrier();"),
                 "NOC_SOURCE_OPEN: core (0,0) writer, source.cpp:5: cb_pop_front(c_0, 4): core (0,0) "
                 "writer, source.cpp:3: noc_async_write may still be sending these bytes. Call "
                 "noc_async_writes_flushed or noc_async_write_barrier between the two.");
}

TEST(CheckNocWrite, TheKernelEndsWithAWriteUnderWay) {
    expect_fault(dataflow_program(push_pages(0, "INPUT", 4, 64),
                                  "cb_wait_front(0, 4);\n"
                                  "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                                  "FAULT(noc_async_writes_flushed();) REPAIR(noc_async_write_barrier();)\n"
                                  "cb_pop_front(0, 4);"),
                 "NOC_LEFT_OPEN: core (0,0) writer, source.cpp:3: noc_async_write: the kernel ends while "
                 "this may be under way. Call noc_async_write_barrier before it ends.");
}

}  // namespace
}  // namespace loom::testing
