// No false alarm: two cores that are ordered by semaphores, or need no order.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

FaultyProgram on_two_cores(const std::string& first, const std::string& second) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "const uint32_t page = get_write_ptr(0);\n"
        "volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "volatile uint32_t* answer = reinterpret_cast<volatile uint32_t*>(get_semaphore(1));\n"
        "if (get_absolute_logical_x() == 0) {\n" +
            first + "\n} else {\n" + second + "\n}\n(void)word, (void)answer;",
        "");
    program.last_core = {1, 0};
    program.semaphores = {0, 0};
    return program;
}

// Core 1 says that it is ready, core 0 fills its page, core 1 sends that on; four rounds through one page.
TEST(RaceLegalTwoCores, AHandshakeOfTwoSemaphores) {
    expect_clean(
        on_two_cores("for (uint32_t i = 0; i < 4; ++i) {\n"
                     "    noc_semaphore_wait(answer, 1), noc_semaphore_set(answer, 0);\n"
                     "    noc_async_read(get_noc_addr(i, INPUT), page, 64), noc_async_read_barrier();\n"
                     "    noc_async_write(page, get_noc_addr(NOC_X(1), NOC_Y(0), page), 64);\n"
                     "    noc_async_write_barrier();\n"
                     "    noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);\n"
                     "}",
                     "for (uint32_t i = 0; i < 4; ++i) {\n"
                     "    noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(1)), 1);\n"
                     "    noc_semaphore_wait(word, 1), noc_semaphore_set(word, 0);\n"
                     "    noc_async_write(page, get_noc_addr(i, OUTPUT), 64), noc_async_write_barrier();\n"
                     "}"));
}

TEST(RaceLegalTwoCores, AMulticastOfDataAndThenOfItsSemaphore) {
    expect_clean(
        on_two_cores("noc_semaphore_wait(answer, 1);\n"
                     "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                     "noc_async_write_multicast(page, get_noc_multicast_addr(NOC_X(0), NOC_Y(0), NOC_X(1), "
                     "NOC_Y(0), page), 64, 1);\n"
                     "noc_semaphore_set(word, 1);\n"
                     "noc_semaphore_set_multicast(get_semaphore(0), get_noc_multicast_addr(NOC_X(0), "
                     "NOC_Y(0), NOC_X(1), NOC_Y(0), "
                     "get_semaphore(0)), 1);\n"
                     "noc_async_write_barrier();",
                     "noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(1)), 1);\n"
                     "noc_semaphore_wait(word, 1);\n"
                     "noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();"));
}

// A loop of loads on the semaphore's word is a wait.
TEST(RaceLegalTwoCores, ASpinOnTheWordOfASemaphore) {
    expect_clean(
        on_two_cores("noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                     "noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
                     "noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);",
                     "while (*word == 0) {}\n"
                     "noc_async_read(get_noc_addr(0, OUTPUT), page, 64), noc_async_read_barrier();"));
}

TEST(RaceLegalTwoCores, ASpinThatGivesUp) {
    expect_clean(
        on_two_cores("for (uint32_t i = 0; i < 1000; ++i)\n"
                     "    if (*word != 0) break;\n"
                     "noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);\n"
                     "noc_semaphore_wait(word, 1);",
                     "noc_semaphore_wait(word, 1);\n"
                     "noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);"));
}

// Pages of their own, in one tensor and one memory bank.
TEST(RaceLegalTwoCores, NeighboursInOneBank) {
    FaultyProgram program = on_two_cores(
        "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();",
        "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "noc_async_write(page, get_noc_addr(12, OUTPUT), 64), noc_async_write_barrier();");
    expect_clean(program);
}

// Two cores write halves of a page: bytes count, not pages.
TEST(RaceLegalTwoCores, HalvesOfAPage) {
    const std::string half =
        "noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "const uint32_t at = 32 * get_absolute_logical_x();\n"
        "noc_async_write(page + at, get_noc_addr(0, OUTPUT, at), 32), noc_async_write_barrier();";
    expect_clean(on_two_cores(half, half));
}

// A kernel reads its own output back, after the barrier.
TEST(RaceLegalTwoCores, AKernelReadsBackWhatHasLanded) {
    expect_clean(
        on_two_cores("noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                     "noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
                     "noc_async_read(get_noc_addr(0, OUTPUT), page + 64, 64), noc_async_read_barrier();",
                     ""));
}

// Tensors in L1: a page of each core's memory, reached by all through the NoC.
TEST(RaceLegalTwoCores, TensorsInL1) {
    FaultyProgram program = on_two_cores(
        "for (uint32_t i = 0; i < 4; i += 2) {\n"
        "    noc_async_read(get_noc_addr(i, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_async_write(page, get_noc_addr(i, OUTPUT), 64), noc_async_write_barrier();\n"
        "}",
        "for (uint32_t i = 1; i < 4; i += 2) {\n"
        "    noc_async_read(get_noc_addr(i, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_async_write(page, get_noc_addr(i, OUTPUT), 64), noc_async_write_barrier();\n"
        "}");
    program.inputs = {{.name = "input", .shape = {4, 32}, .memory = BufferType::L1}};
    program.outputs = {{.name = "output", .shape = {4, 32}, .memory = BufferType::L1}};
    expect_clean(program);
}

// Order is passed on: the reader tells the writer through c_0, and the writer tells the other core.
TEST(RaceLegalTwoCores, OrderThroughAnotherThread) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 1);\n"
        "const uint32_t page = get_write_ptr(0);\n"
        "if (get_absolute_logical_x() == 0) {\n"
        "    noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
        "    cb_push_back(0, 1);\n"
        "} else {\n"
        "    noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);\n"
        "    noc_async_read(get_noc_addr(0, OUTPUT), page, 64), noc_async_read_barrier();\n"
        "}",
        "if (get_absolute_logical_x() == 0) {\n"
        "    cb_wait_front(0, 1), cb_pop_front(0, 1);\n"
        "    noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);\n"
        "}");
    program.last_core = {1, 0};
    program.semaphores = {0};
    expect_clean(program);
}

// Core 0 fills core 1's page, core 1 answers when it has sent it on; four rounds through one page.
TEST(RaceLegalTwoCores, AHandshakeThatTheSenderBegins) {
    expect_clean(
        on_two_cores("for (uint32_t i = 0; i < 4; ++i) {\n"
                     "    noc_async_read(get_noc_addr(i, INPUT), page, 64), noc_async_read_barrier();\n"
                     "    noc_async_write(page, get_noc_addr(NOC_X(1), NOC_Y(0), page), 64);\n"
                     "    noc_async_write_barrier();\n"
                     "    noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);\n"
                     "    noc_semaphore_wait(answer, 1), noc_semaphore_set(answer, 0);\n"
                     "}",
                     "for (uint32_t i = 0; i < 4; ++i) {\n"
                     "    noc_semaphore_wait(word, 1), noc_semaphore_set(word, 0);\n"
                     "    noc_async_write(page, get_noc_addr(i, OUTPUT), 64), noc_async_write_barrier();\n"
                     "    noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(1)), 1);\n"
                     "}"));
}

// Data and semaphore to the same core go the same way: no barrier is needed between them.
TEST(RaceLegalTwoCores, ASemaphoreBehindItsDataOnOneWay) {
    expect_clean(
        on_two_cores("noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
                     "noc_async_write(page, get_noc_addr(NOC_X(1), NOC_Y(0), page), 64);\n"
                     "noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);\n"
                     "noc_async_write_barrier();",
                     "noc_semaphore_wait(word, 1);\n"
                     "noc_async_write(page, get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();"));
}

// A loop that looks at two words in turn waits as one that looks at one does.
TEST(RaceLegalTwoCores, ASpinOnTwoWords) {
    expect_clean(on_two_cores("while (*word + *answer < 2) {}",
                              "noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);\n"
                              "noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(1)), 1);"));
}

// A word of another core is fetched again and again until it changes.
TEST(RaceLegalTwoCores, ASpinOnTheSemaphoreOfAnotherCore) {
    expect_clean(
        on_two_cores("volatile uint32_t* copy = reinterpret_cast<volatile uint32_t*>(page);\n"
                     "do {\n"
                     "    noc_async_read(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), page, 4), "
                     "noc_async_read_barrier();\n"
                     "} while (*copy == 0);",
                     "noc_semaphore_inc(get_noc_addr(NOC_X(1), NOC_Y(0), get_semaphore(0)), 1);"));
}

}  // namespace
}  // namespace loom::testing
