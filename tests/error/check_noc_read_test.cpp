// Data read through the NoC is there after the barrier and not before: most of the time it is, which is why nobody notices.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckNocRead, PagesArePushedBeforeTheBarrier) {
    expect_fault(dataflow_program("for (uint32_t page = 0; page < 4; ++page) {\n"
                                  "    cb_reserve_back(0, 1);\n"
                                  "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 64);\n"
                                  "    REPAIR(noc_async_read_barrier();)\n"
                                  "    cb_push_back(0, 1);\n"
                                  "}\n"
                                  "noc_async_read_barrier();"),
                 "NOC_READ_OPEN: core (0,0) reader, source.cpp:6: cb_push_back(c_0, 1): core (0,0) "
                 "reader, source.cpp:4: noc_async_read may still be filling these pages. Call "
                 "noc_async_read_barrier before the push.");
}

// The writer's barrier waits for writes, not for reads.
TEST(CheckNocRead, TheOtherBarrierDoesNotHelp) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "for (uint32_t page = 0; page < 4; ++page)\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0) + 64 * page, 64);\n"
                         "FAULT(noc_async_write_barrier();) REPAIR(noc_async_read_barrier();)\n"
                         "cb_push_back(0, 4);\n"
                         "noc_async_read_barrier();"),
        "NOC_READ_OPEN: core (0,0) reader, source.cpp:6: cb_push_back(c_0, 4): core (0,0) "
        "reader, source.cpp:4: noc_async_read may still be filling these pages. Call "
        "noc_async_read_barrier before the push.");
}

// A kernel that looks at an index it has just read.
TEST(CheckNocRead, AWordIsLoadedBeforeTheBarrier) {
    expect_fault(
        dataflow_program(
            "cb_reserve_back(0, 4);\n"
            "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
            "REPAIR(noc_async_read_barrier();)\n"
            "const uint32_t index = *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) & 1;\n"
            "noc_async_read_barrier();\n"
            "for (uint32_t page = 0; page < 4; ++page)\n"
            "    noc_async_read(get_noc_addr(index + page, INPUT), get_write_ptr(0) + 64 * page, 64);\n"
            "noc_async_read_barrier();\n"
            "cb_push_back(0, 4);"),
        "NOC_READ_EARLY: core (0,0) reader, source.cpp:5: a load: core (0,0) reader, "
        "source.cpp:3: noc_async_read may still be filling these bytes. Call "
        "noc_async_read_barrier between the two.");
}

// A page is filled out of its first half, which is still on its way.
TEST(CheckNocRead, BytesAreReadOnwardsBeforeTheBarrier) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "for (uint32_t page = 0; page < 4; ++page)\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0) + 64 * page, 64);\n"
                         "REPAIR(noc_async_read_barrier();)\n"
                         "noc_async_read(get_noc_addr(get_write_ptr(0)), get_write_ptr(0) + 32, 32);\n"
                         "noc_async_read_barrier();\n"
                         "cb_push_back(0, 4);"),
        "NOC_READ_EARLY: core (0,0) reader, source.cpp:6: noc_async_read: core (0,0) reader, "
        "source.cpp:4: noc_async_read may still be filling these bytes. Call "
        "noc_async_read_barrier between the two.");
}

// Zeros are stored over the tail of a page whose data is still on its way: which of the two stays is chance.
TEST(CheckNocRead, PaddingIsStoredBeforeTheBarrier) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "for (uint32_t page = 0; page < 4; ++page)\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0) + 64 * page, 64);\n"
                         "REPAIR(noc_async_read_barrier();)\n"
                         "*reinterpret_cast<volatile uint32_t*>(get_write_ptr(0) + 60) = 0;\n"
                         "noc_async_read_barrier();\n"
                         "cb_push_back(0, 4);"),
        "NOC_READ_EARLY: core (0,0) reader, source.cpp:6: a store: core (0,0) reader, "
        "source.cpp:4: noc_async_read may still be filling these bytes. Call "
        "noc_async_read_barrier between the two.");
}

// Forwarded to another place before it is here.
TEST(CheckNocRead, AWriteSendsWhatIsStillBeingRead) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
                                  "REPAIR(noc_async_read_barrier();)\n"
                                  "noc_async_write(get_write_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                                  "noc_async_full_barrier();",
                                  ""),
                 "NOC_READ_EARLY: core (0,0) reader, source.cpp:5: noc_async_write: core (0,0) reader, "
                 "source.cpp:3: noc_async_read may still be filling these bytes. Call "
                 "noc_async_read_barrier between the two.");
}

TEST(CheckNocRead, TheKernelEndsWithAReadUnderWay) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
                                  "REPAIR(noc_async_read_barrier();)",
                                  ""),
                 "NOC_LEFT_OPEN: core (0,0) reader, source.cpp:3: noc_async_read: the kernel ends while "
                 "this may be under way. Call noc_async_read_barrier before it ends.");
}

// Two reads to one place: which lands last?
TEST(CheckNocRead, TwoReadsToOnePlace) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
                                  "REPAIR(noc_async_read_barrier();)\n"
                                  "noc_async_read(get_noc_addr(1, INPUT), get_write_ptr(0), 32);\n"
                                  "noc_async_read_barrier();",
                                  ""),
                 "NOC_READ_EARLY: core (0,0) reader, source.cpp:5: noc_async_read: core (0,0) reader, "
                 "source.cpp:3: noc_async_read may still be filling these bytes. Call "
                 "noc_async_read_barrier between the two.");
}

// A copy within L1 is a read too, and what it reads stays as it is until the barrier.
TEST(CheckNocRead, TheSourceOfACopyInL1IsOverwritten) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "const uint32_t page = get_write_ptr(0);\n"
                         "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                         "noc_async_read(get_noc_addr(page), page + 64, 64);\n"
                         "REPAIR(noc_async_read_barrier();)\n"
                         "*reinterpret_cast<volatile uint32_t*>(page) = 0;\n"
                         "noc_async_read_barrier();",
                         ""),
        "NOC_SOURCE_OPEN: core (0,0) reader, source.cpp:7: a store: core (0,0) reader, source.cpp:5: "
        "noc_async_read may still be reading these bytes. Call noc_async_read_barrier between the two.");
}

}  // namespace
}  // namespace loom::testing
