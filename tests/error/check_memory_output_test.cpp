// Bytes that nobody wrote may be moved about; they may not become part of an output. Fresh L1 holds what the last program left.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// c_1 is a line of L1 for the kernel's own use.
FaultyProgram with_scratch(const std::string& writer) {
    FaultyProgram program = dataflow_program(push_pages(0, "INPUT", 4, 64), writer);
    program.cbs.push_back({.index = 1, .page_bytes = 64});
    return program;
}

TEST(CheckMemoryOutput, APageThatNobodyFilled) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "for (uint32_t page = 0; page < FAULT(3) REPAIR(4); ++page)\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0) + 64 * page, 64);\n"
                         "noc_async_read_barrier();\n"
                         "cb_push_back(0, 4);"),
        "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 64 of page 3 of "
        "output come from c_0, where nobody wrote. Fill it before it is used.");
}

// The last stick is shorter than its page, and the writer writes the page.
TEST(CheckMemoryOutput, TheTailOfAPage) {
    expect_fault(
        dataflow_program(
            "for (uint32_t page = 0; page < 4; ++page) {\n"
            "    cb_reserve_back(0, 1);\n"
            "    noc_async_read(get_noc_addr(page, INPUT), get_write_ptr(0), FAULT(48) REPAIR(64));\n"
            "    noc_async_read_barrier();\n"
            "    cb_push_back(0, 1);\n"
            "}"),
        "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 48 to 64 of page 0 "
        "of output come from c_0, where nobody wrote. Fill it before it is used.");
}

// What the kernel reads was never computed: it reads the output where it means the input.
TEST(CheckMemoryOutput, ATensorWithoutData) {
    expect_fault(
        dataflow_program(
            "for (uint32_t page = 0; page < 4; ++page) {\n"
            "    cb_reserve_back(0, 1);\n"
            "    noc_async_read(get_noc_addr(page + 4, FAULT(OUTPUT) REPAIR(INPUT)), get_write_ptr(0), 64);\n"
            "    noc_async_read_barrier();\n"
            "    cb_push_back(0, 1);\n"
            "}"),
        "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 0 to 64 of page 0 of "
        "output come from output, where nobody wrote. Fill it before it is used.");
}

// A copy by the kernel itself goes through registers, where nothing can be tracked: the result tells.
TEST(CheckMemoryOutput, AWordThatTheKernelCopies) {
    expect_fault(
        with_scratch("cb_wait_front(0, 4), cb_reserve_back(1, 1);\n"
                     "volatile uint32_t* to = reinterpret_cast<volatile uint32_t*>(get_read_ptr(0));\n"
                     "REPAIR(*reinterpret_cast<volatile uint32_t*>(get_write_ptr(1)) = 0;)\n"
                     "*to = *reinterpret_cast<volatile uint32_t*>(get_write_ptr(1));\n"
                     "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                     "noc_async_write_barrier(), cb_pop_front(0, 4);"),
        "UNWRITTEN_RESULT: core (0,0) writer, source.cpp:5: a load: bytes of c_1 that nobody "
        "wrote decide the result: byte 0 of page 0 of output changes with them. Fill them before "
        "they are used.");
}

// The pages that are written depend on a count that nobody set.
TEST(CheckMemoryOutput, ADecision) {
    FaultyProgram program = with_scratch(
        "cb_wait_front(0, 4), cb_reserve_back(1, 1);\n"
        "volatile uint32_t* flag = reinterpret_cast<volatile uint32_t*>(get_write_ptr(1));\n"
        "REPAIR(*flag = 1;)\n"
        "const uint32_t page = *flag == 0xffffffff ? 1 : 0;\n"
        "noc_async_write(get_read_ptr(0) + 64 * page, get_noc_addr(0, OUTPUT), 64);\n"
        "noc_async_write_barrier(), cb_pop_front(0, 4);");
    expect_fault(program,
                 "UNWRITTEN_RESULT: core (0,0) writer, source.cpp:5: a load: bytes of c_1 that nobody "
                 "wrote decide the result: byte 0 of page 0 of output changes with them. Fill them before "
                 "they are used.");
}

// A page of 50 bytes is 64 apart from the next: what lies between belongs to no tensor.
TEST(CheckMemoryOutput, WhatLiesBetweenThePagesOfDram) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
        "noc_async_read_barrier();\n"
        "REPAIR(for (uint32_t i = 25; i < 32; ++i)) REPAIR(reinterpret_cast<volatile "
        "uint16_t*>(get_write_ptr(0))[i] = 0;)\n"
        "cb_push_back(0, 4);",
        "cb_wait_front(0, 4);\n"
        "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
        "noc_async_write_barrier(), cb_pop_front(0, 4);");
    program.inputs[0].shape = {4, 25};
    expect_fault(program,
                 "UNWRITTEN: core (0,0) writer, source.cpp:3: noc_async_write: bytes 50 to 64 of page 0 "
                 "of output come from DRAM outside the tensors, where nobody wrote. Fill it before it is "
                 "used.");
}

// A page copied without volatile, and one word short.
TEST(CheckMemoryOutput, ALoopOfStoresThatEndsEarly) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "uint32_t* word = reinterpret_cast<uint32_t*>(get_write_ptr(0));\n"
                                  "for (uint32_t i = 0; i < FAULT(63) REPAIR(64); ++i) word[i] = 0;\n"
                                  "cb_push_back(0, 4);"),
                 "UNWRITTEN: core (0,0) writer, source.cpp:4: noc_async_write: bytes 60 to 64 of page 3 "
                 "of output come from c_0, where nobody wrote. Fill it before it is used.");
}

// Zero is what a flag most often is compared with; fresh L1 may hold it or not.
TEST(CheckMemoryOutput, ADecisionOnZero) {
    expect_fault(
        with_scratch("cb_wait_front(0, 4), cb_reserve_back(1, 1);\n"
                     "volatile uint32_t* flag = reinterpret_cast<volatile uint32_t*>(get_write_ptr(1));\n"
                     "REPAIR(*flag = 0;)\n"
                     "const uint32_t page = *flag == 0 ? 1 : 0;\n"
                     "noc_async_write(get_read_ptr(0) + 64 * page, get_noc_addr(0, OUTPUT), 32);\n"
                     "noc_async_write_barrier(), cb_pop_front(0, 4);"),
        "UNWRITTEN_RESULT: core (0,0) writer, source.cpp:5: a load: bytes of c_1 that nobody wrote decide "
        "the result: byte 0 of page 0 of output changes with them. Fill them before they are used.");
}

}  // namespace
}  // namespace loom::testing
