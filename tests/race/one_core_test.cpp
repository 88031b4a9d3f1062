// Reader, writer and compute of one core share L1 and DRAM: circular buffers order them, and nothing else does.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// c_5 is scratch that reader and writer both use. They agree to, but not when.
FaultyProgram with_scratch(const std::string& reader, const std::string& writer) {
    FaultyProgram program = dataflow_program(reader, writer);
    program.cbs.push_back({.index = 5, .page_bytes = 64});
    program.semaphores = {0};
    return program;
}

TEST(RaceOnOneCore, ScratchIsWrittenAndReadAtAnyTime) {
    expect_fault(
        with_scratch("cb_reserve_back(5, 1), cb_reserve_back(0, 1);\n"
                     "*reinterpret_cast<volatile uint32_t*>(get_write_ptr(5)) = 3;\n"
                     "cb_push_back(0, 1);",
                     "cb_reserve_back(5, 1);\n"
                     "REPAIR(cb_wait_front(0, 1);)\n"
                     "const uint32_t page = *reinterpret_cast<volatile uint32_t*>(get_write_ptr(5)) & 3;\n"
                     "cb_wait_front(0, 1), cb_pop_front(0, 1);\n"
                     "if (page > 4) cb_wait_front(0, 1);"),
        "RACE: core (0,0) writer, source.cpp:4: a load: reads bytes that core (0,0) reader, "
        "source.cpp:3: a store writes, and nothing orders the two. Order the two by a circular "
        "buffer, a semaphore or a barrier.");
}

// Both use the scratch for staging.
TEST(RaceOnOneCore, ScratchIsWrittenByBoth) {
    expect_fault(
        with_scratch(
            "cb_reserve_back(5, 1), cb_reserve_back(0, 1);\n"
            "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(5), 64), noc_async_read_barrier();\n"
            "cb_push_back(0, 1);",
            "cb_reserve_back(5, 1);\n"
            "REPAIR(cb_wait_front(0, 1);)\n"
            "noc_async_read(get_noc_addr(1, INPUT), get_write_ptr(5), 64), noc_async_read_barrier();\n"
            "cb_wait_front(0, 1), cb_pop_front(0, 1);"),
        "RACE: core (0,0) writer, source.cpp:4: noc_async_read: writes bytes that core (0,0) "
        "reader, source.cpp:3: noc_async_read writes, and nothing orders the two. Order the two "
        "by a circular buffer, a semaphore or a barrier.");
}

// The page is in the writer's hands, and the write under way, when the reader is told.
TEST(RaceOnOneCore, TheReaderIsToldBeforeTheWriteHasLanded) {
    const char* second_pass =
        "noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);\n"
        "cb_reserve_back(0, 1);\n"
        "noc_async_read(get_noc_addr(0, OUTPUT), get_write_ptr(0), 64), noc_async_read_barrier();\n"
        "cb_push_back(0, 1);";
    expect_fault(
        with_scratch(push_pages(0, "INPUT", 1, 64) + second_pass,
                     "cb_wait_front(0, 1);\n"
                     "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                     "FAULT(noc_async_writes_flushed();) REPAIR(noc_async_write_barrier();)\n"
                     "cb_pop_front(0, 1);\n"
                     "noc_semaphore_set(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);\n"
                     "noc_async_write_barrier(), cb_wait_front(0, 1), cb_pop_front(0, 1);"),
        "RACE: core (0,0) reader, source.cpp:10: noc_async_read: reads bytes that core (0,0) "
        "writer, source.cpp:3: noc_async_write writes, and nothing orders the two. Call "
        "noc_async_write_barrier there before this thread is told.");
}

// A flag in L1 that is no semaphore: the compiler and the NoC may both put the data behind it.
TEST(RaceOnOneCore, AFlagInAnyWordOfL1) {
    expect_fault(with_scratch("cb_reserve_back(5, 1);\n"
                              "volatile uint32_t* flag = reinterpret_cast<volatile uint32_t*>("
                              "FAULT(get_write_ptr(5)) REPAIR(get_semaphore(0)));\n"
                              "*flag = 1;",
                              "cb_reserve_back(5, 1);\n"
                              "volatile uint32_t* flag = reinterpret_cast<volatile uint32_t*>("
                              "FAULT(get_write_ptr(5)) REPAIR(get_semaphore(0)));\n"
                              "while (*flag != 1) {}"),
                 "RACE: core (0,0) writer, source.cpp:4: a load: reads bytes that core (0,0) reader, "
                 "source.cpp:4: a store writes, and nothing orders the two. Order the two by a circular "
                 "buffer, a semaphore or a barrier.");
}

// Of two threads that write a page, the last one wins: which is that?
TEST(RaceOnOneCore, ReaderAndWriterWriteOnePage) {
    expect_fault(
        dataflow_program(
            push_pages(0, "INPUT", 2, 64) +
                "cb_reserve_back(0, 2);\n"
                "noc_async_read(get_noc_addr(2, INPUT), get_write_ptr(0), 64), noc_async_read_barrier();\n"
                "noc_async_write(get_write_ptr(0), get_noc_addr(FAULT(1) REPAIR(2), OUTPUT), 64);\n"
                "noc_async_write_barrier();",
            pop_pages(0, "OUTPUT", 2, 64)),
        "RACE: core (0,0) writer, source.cpp:4: noc_async_write: writes bytes that core (0,0) "
        "reader, source.cpp:10: noc_async_write writes, and nothing orders the two. Order the "
        "two by a circular buffer, a semaphore or a barrier.");
}

// The writer takes the result for a sign that the input was read; but PACK fills a tile and waits for no operand.
TEST(RaceOnOneCore, OrderThroughComputeThatUsesNoOperand) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), fill_tile_init(), cb_wait_front(0, 1);\n"
        "tile_regs_acquire();\n"
        "FAULT(fill_tile(0, 1.0f);) REPAIR(copy_tile(0, 0, 0);)\n"
        "tile_regs_commit(), cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), "
        "tile_regs_release();\n"
        "cb_push_back(16, 1), cb_pop_front(0, 1);");
    program.cbs.push_back({.index = 5, .page_bytes = 64});
    program.reader = dataflow_program(
                         "cb_reserve_back(5, 1);\n"
                         "*reinterpret_cast<volatile uint32_t*>(get_write_ptr(5)) = 3;\n" +
                         push_pages(0, "INPUT", 1, 2048))
                         .reader;
    program.writer =
        dataflow_program("",
                         "cb_reserve_back(5, 1), cb_wait_front(16, 1);\n"
                         "const uint32_t three = *reinterpret_cast<volatile uint32_t*>(get_write_ptr(5));\n"
                         "if (three > 9) cb_wait_front(16, 1);\n"
                         "cb_pop_front(16, 1);")
            .writer;
    expect_fault(program,
                 "RACE: core (0,0) writer, source.cpp:3: a load: reads bytes that core (0,0) reader, "
                 "source.cpp:3: a store writes, and nothing orders the two. Order the two by a circular "
                 "buffer, a semaphore or a barrier.");
}

// The writer writes a page and the reader reads it back, as a second pass does.
TEST(RaceOnOneCore, TheReaderReadsBackWhatTheWriterWrote) {
    const char* second_pass =
        "REPAIR(noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);)\n"
        "cb_reserve_back(0, 1);\n"
        "noc_async_read(get_noc_addr(0, OUTPUT), get_write_ptr(0), 64), noc_async_read_barrier();\n"
        "cb_push_back(0, 1);";
    expect_fault(
        with_scratch(
            push_pages(0, "INPUT", 1, 64) + second_pass,
            pop_pages(0, "OUTPUT", 1, 64) +
                "REPAIR(noc_semaphore_set(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);)\n"
                "cb_wait_front(0, 1), cb_pop_front(0, 1);"),
        "RACE: core (0,0) writer, source.cpp:4: noc_async_write: writes bytes that core (0,0) reader, "
        "source.cpp:10: noc_async_read reads, and nothing orders the two. Order the two by a circular "
        "buffer, a semaphore or a barrier.");
}

}  // namespace
}  // namespace loom::testing
