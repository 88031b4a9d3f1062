// A page changes hands by push and pop only. Whoever keeps a pointer past that races with the other side.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// A double buffer by hand: the second page is filled while only the first was reserved, and compute may still read it.
TEST(RaceInCircularBuffers, TheReaderFillsAPageThatComputeHasNotPopped) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0);\n"
        "for (uint32_t i = 0; i < 4; ++i) {\n"
        "    cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), "
        "cb_pop_front(0, 1);\n"
        "    cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), "
        "cb_push_back(16, 1);\n"
        "}",
        {.inputs = 2, .outputs = 4});
    program.inputs = {{"input", {4, 1024}}};
    program.reader = dataflow_program(
                         "const uint32_t first = get_write_ptr(0);\n"
                         "for (uint32_t page = 0; page < 4; ++page) {\n"
                         "    REPAIR(cb_reserve_back(0, 1);)\n"
                         "    FAULT(if (page % 2 == 0) cb_reserve_back(0, 1);)\n"
                         "    noc_async_read(get_noc_addr(page, INPUT), first + page % 2 * 2048, 2048);\n"
                         "    noc_async_read_barrier();\n"
                         "    cb_reserve_back(0, 1);\n"
                         "    cb_push_back(0, 1);\n"
                         "}")
                         .reader;
    expect_fault(program,
                 "WRITE_OUTSIDE_WINDOW: core (0,0) reader, source.cpp:6: noc_async_read: writes bytes "
                 "2048 to 4096 of c_0; it has reserved 0 pages of 2048 bytes, from byte 2048. Reserve "
                 "what is written, and write it before it is pushed.");
}

// The writer lets the page go before the NoC has taken it, and the reader fills it with the next one.
TEST(RaceInCircularBuffers, TheReaderRefillsAPageThatIsStillBeingSent) {
    FaultyProgram program = dataflow_program(
        push_pages(0, "INPUT", 8, 64),
        "for (uint32_t page = 0; page < 8; ++page) {\n"
        "    cb_wait_front(0, 1);\n"
        "    FAULT(const uint32_t from = get_read_ptr(0); cb_pop_front(0, 1);)\n"
        "    noc_async_write(FAULT(from) REPAIR(get_read_ptr(0)), get_noc_addr(page, OUTPUT), 64);\n"
        "    noc_async_write_barrier();\n"
        "    REPAIR(cb_pop_front(0, 1);)\n"
        "}");
    expect_fault(program,
                 "READ_OUTSIDE_WINDOW: core (0,0) writer, source.cpp:5: noc_async_write: reads bytes 0 to "
                 "64 of c_0; it has waited for 0 pages of 64 bytes, from byte 64. Wait for what is read, "
                 "and read it before it is popped.");
}

// In-place: the result goes where the operand was, and PACK starts before UNPACK has read it.
TEST(RaceInCircularBuffers, ComputeRefillsItsInputWithoutAPop) {
    FaultyProgram program = compute_program(
        "compute_kernel_hw_startup(0, 0, 24), copy_tile_init(0), square_tile_init();\n"
        "cb_wait_front(0, 1), tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_pop_front(0, "
        "1);\n"
        "cb_reserve_back(24, 1), tile_regs_wait(), pack_tile(0, 24), tile_regs_release(), cb_push_back(24, "
        "1);\n"
        "cb_wait_front(24, 1), tile_regs_acquire(), copy_tile(24, 0, 0), square_tile(0), "
        "tile_regs_commit();\n"
        "REPAIR(cb_pop_front(24, 1), cb_reserve_back(24, 1);)\n"
        "tile_regs_wait();\n"
        "pack_tile(0, 24);\n"
        "tile_regs_release();\n"
        "REPAIR(cb_push_back(24, 1), cb_wait_front(24, 1);)\n"
        "tile_regs_acquire(), copy_tile(24, 0, 0), tile_regs_commit(), cb_pop_front(24, 1);\n"
        "cb_reserve_back(16, 1), tile_regs_wait(), pack_tile(0, 16), tile_regs_release(), cb_push_back(16, "
        "1);");
    program.cbs.push_back({.index = 24});
    expect_fault(program,
                 "WRITE_OUTSIDE_WINDOW: core (0,0) compute PACK, source.cpp:8: pack_tile: writes bytes 0 "
                 "to 2048 of c_24; it has reserved 0 pages of 2048 bytes, from byte 0. Reserve what is "
                 "written, and write it before it is pushed.");
}

// The writer peeks at what compute consumes: nothing keeps the page once UNPACK has popped it.
TEST(RaceInCircularBuffers, APageIsReadByASecondThreadThatDoesNotPop) {
    FaultyProgram program =
        dataflow_program(push_pages(0, "INPUT", 8, 64),
                         "cb_wait_front(0, 1), cb_reserve_back(5, 1);\n"
                         "REPAIR(noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);)\n"
                         "noc_async_write_barrier(), cb_push_back(5, 1);\n"
                         "FAULT(noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);)\n"
                         "noc_async_write_barrier();");
    program.compute =
        "void kernel_main() {\n"
        "cb_wait_front(5, 1), cb_pop_front(5, 1);\n"
        "for (uint32_t i = 0; i < 8; ++i) cb_wait_front(0, 1), cb_pop_front(0, 1);\n}";
    program.cbs.push_back({.index = 5, .page_bytes = 64});
    expect_fault(program,
                 "RACE: core (0,0) reader, source.cpp:4: noc_async_read: writes bytes that core (0,0) "
                 "writer, source.cpp:5: noc_async_write reads, and nothing orders the two. Order the two "
                 "by a circular buffer, a semaphore or a barrier.");
}

// c_5 is a page of the reader's own; the writer writes one page of c_0.
FaultyProgram staged(const std::string& reader) {
    FaultyProgram program = dataflow_program(reader, pop_pages(0, "OUTPUT", 1, 64));
    program.cbs.push_back({.index = 5, .page_bytes = 64});
    return program;
}

// A write to the own core's L1 is a write like any other: it lands by the barrier.
TEST(RaceInCircularBuffers, APageIsPushedWhileAWriteToItIsUnderWay) {
    expect_fault(
        staged("cb_reserve_back(5, 1), cb_reserve_back(0, 1);\n"
               "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(5), 64), noc_async_read_barrier();\n"
               "noc_async_write(get_write_ptr(5), get_noc_addr(get_write_ptr(0)), 64);\n"
               "REPAIR(noc_async_write_barrier();)\n"
               "cb_push_back(0, 1);\n"
               "noc_async_write_barrier();"),
        "RACE: core (0,0) writer, source.cpp:4: noc_async_write: reads bytes that core (0,0) "
        "reader, source.cpp:4: noc_async_write writes, and nothing orders the two. Call "
        "noc_async_write_barrier there before this thread is told.");
}

// A multicast that comes back to its sender, too.
TEST(RaceInCircularBuffers, APageIsPushedWhileALoopbackMulticastIsUnderWay) {
    expect_fault(
        staged("cb_reserve_back(5, 1), cb_reserve_back(0, 1);\n"
               "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(5), 64), noc_async_read_barrier();\n"
               "noc_async_write_multicast_loopback_src(get_write_ptr(5), get_noc_multicast_addr(NOC_X(0), "
               "NOC_Y(0), NOC_X(0), NOC_Y(0), get_write_ptr(0)), 64, 1);\n"
               "REPAIR(noc_async_write_barrier();)\n"
               "cb_push_back(0, 1);\n"
               "noc_async_write_barrier();"),
        "RACE: core (0,0) writer, source.cpp:4: noc_async_write: reads bytes that core (0,0) "
        "reader, source.cpp:4: noc_async_write_multicast writes, and nothing orders the two. "
        "Call noc_async_write_barrier there before this thread is told.");
}

}  // namespace
}  // namespace loom::testing
