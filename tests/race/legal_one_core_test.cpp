// No false alarm: threads of one core that are ordered by circular buffers, or need no order.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

// Reader and writer share a line of L1, and hand it over through c_0.
TEST(RaceLegalOneCore, ScratchHandedOverThroughACircularBuffer) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(5, 1);\n"
        "for (uint32_t i = 0; i < 3; ++i) {\n"
        "    cb_reserve_back(0, 4);\n"
        "    *reinterpret_cast<volatile uint32_t*>(get_write_ptr(5)) = i;\n"
        "    cb_push_back(0, 4);\n"
        "}",
        "cb_reserve_back(5, 1);\n"
        "for (uint32_t i = 0; i < 3; ++i) {\n"
        "    cb_wait_front(0, 4);\n"
        "    const uint32_t page = *reinterpret_cast<volatile uint32_t*>(get_write_ptr(5));\n"
        "    noc_async_write(get_write_ptr(5), get_noc_addr(page, OUTPUT, 0), 4), "
        "noc_async_write_barrier();\n"
        "    cb_pop_front(0, 4);\n"
        "}");
    program.cbs.push_back({.index = 5, .page_bytes = 64});
    expect_clean(program);
}

// Constants that are never popped may be read by all.
TEST(RaceLegalOneCore, APersistentPageHasManyReaders) {
    FaultyProgram program =
        dataflow_program(push_pages(0, "INPUT", 1, 64),
                         "cb_wait_front(0, 1);\n"
                         "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                         "noc_async_write_barrier();");
    program.compute = "void kernel_main() { cb_wait_front(0, 1); }";
    expect_clean(program);
}

// A thread that looks a thousand times and then goes on has not been waiting for ever.
TEST(RaceLegalOneCore, APollThatGivesUp) {
    FaultyProgram program =
        dataflow_program("cb_wait_front(5, 1), cb_pop_front(5, 1);\n" + push_pages(0, "INPUT", 1, 64),
                         "cb_reserve_back(5, 1);\n"
                         "for (uint32_t i = 0; i < 1000; ++i)\n"
                         "    if (cb_pages_available_at_front(0, 1)) break;\n"
                         "cb_push_back(5, 1);\n" +
                             pop_pages(0, "OUTPUT", 1, 64));
    program.cbs.push_back({.index = 5, .page_bytes = 64});
    expect_clean(program);
}

}  // namespace
}  // namespace loom::testing
