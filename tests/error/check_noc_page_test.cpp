// A transfer stays inside one page of a tensor: beyond it lies another tensor, or another page of this one, in its own bank.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// A loop with one page too many reads the next tensor, or what was one before.
TEST(CheckNocPage, APageThatTheTensorDoesNotHave) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "for (uint32_t page = 13; page < FAULT(17) REPAIR(16); ++page) {\n"
                                  "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), 64);\n"
                                  "    noc_async_read_barrier();\n"
                                  "}",
                                  ""),
                 "NOC_PAGE: core (0,0) reader, source.cpp:4: noc_async_read: page 16 of input, which has "
                 "16 pages.");
}

TEST(CheckNocPage, APageOfTheOutputThatIsNotThere) {
    expect_fault(
        dataflow_program(push_pages(0, "INPUT", 4, 64),
                         "cb_wait_front(0, 4);\n"
                         "noc_async_write(get_read_ptr(0), get_noc_addr(FAULT(16) REPAIR(15), OUTPUT), 64);\n"
                         "noc_async_write_barrier();\n"
                         "cb_pop_front(0, 4);"),
        "NOC_PAGE: core (0,0) writer, source.cpp:3: noc_async_write: page 16 of output, which "
        "has 16 pages.");
}

// Two sticks in one read: the second is not behind the first, since pages go round the banks.
TEST(CheckNocPage, ATransferOfTwoPages) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), FAULT(128) REPAIR(64));\n"
                         "noc_async_read_barrier();",
                         ""),
        "NOC_PAGE: core (0,0) reader, source.cpp:3: noc_async_read: bytes 0 to 128 of page 0 of "
        "input, whose pages have 64; the next page lies in another bank.");
}

// An address of 0 is an argument that nobody set.
TEST(CheckNocPage, AnAddressBeforeEveryTensor) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "FAULT(const InterleavedAddrGen<true> tensor{0, 64};) REPAIR(const auto tensor = INPUT;)\n"
        "noc_async_read(get_noc_addr(1, tensor), get_write_ptr(0), 64);\n"
        "noc_async_read_barrier();",
        "");
    expect_fault(program,
                 "NOC_PAGE: core (0,0) reader, source.cpp:4: noc_async_read: byte 0 of DRAM bank 1 lies "
                 "before every tensor.");
}

TEST(CheckNocPage, APageOfATensorInL1) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "noc_async_read(get_noc_addr(FAULT(2) REPAIR(1), INPUT), get_write_ptr(0), 64);\n"
        "noc_async_read_barrier();",
        "");
    program.inputs = {{.name = "input", .shape = {2, 32}, .memory = BufferType::L1}};
    expect_fault(program,
                 "NOC_PAGE: core (0,0) reader, source.cpp:3: noc_async_read: page 2 of input, which has 2 "
                 "pages.");
}

}  // namespace
}  // namespace loom::testing
