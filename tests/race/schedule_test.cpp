// What a kernel finds out by looking, not by waiting, is the schedule's to say; it must not reach a result.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(RaceWithTheSchedule, WhetherItHadToWaitIsWritten) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 1);\n"
        "noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64), noc_async_read_barrier();\n"
        "cb_push_back(0, 1);",
        "uint32_t polls = 0;\n"
        "while (!cb_pages_available_at_front(0, 1)) ++polls;\n"
        "cb_wait_front(0, 1);\n"
        "*reinterpret_cast<volatile uint32_t*>(get_read_ptr(0)) = FAULT(polls != 0) REPAIR(1);\n"
        "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
        "cb_pop_front(0, 1);");
    expect_fault(program,
                 "SCHEDULE: The result depends on the schedule: byte 0 of page 0 of output is 0x00 in the "
                 "plain one and 0x01 under starve=NCRISC. It was written by core (0,0) writer, "
                 "source.cpp:6: noc_async_write.");
}

// A ticket drawn from a semaphore that two cores raise.
TEST(RaceWithTheSchedule, ACountThatIsReadWhileOthersRaiseIt) {
    FaultyProgram program = dataflow_program(
        "const uint64_t bell = get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0));\n"
        "if (get_absolute_logical_x() == 1) {\n"
        "    noc_semaphore_inc(bell, 1);\n"
        "} else {\n"
        "    volatile uint32_t* word = reinterpret_cast<volatile uint32_t*>(get_semaphore(0));\n"
        "    cb_reserve_back(0, 1);\n"
        "    noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64), noc_async_read_barrier();\n"
        "    REPAIR(noc_semaphore_wait(word, 1);)\n"
        "    *reinterpret_cast<volatile uint32_t*>(get_write_ptr(0)) = *word;\n"
        "    noc_async_write(get_write_ptr(0), get_noc_addr(0, OUTPUT), 64), noc_async_write_barrier();\n"
        "}",
        "");
    program.last_core = {1, 0};
    program.semaphores = {0};
    expect_fault(program,
                 "SCHEDULE: The result depends on the schedule: byte 0 of page 0 of output is 0x00 in the "
                 "plain one and 0x01 under reverse. It was written by core (0,0) reader, source.cpp:11: "
                 "noc_async_write.");
}

// Whichever page comes first goes first.
TEST(RaceWithTheSchedule, WhoComesFirstIsServedFirst) {
    FaultyProgram program = dataflow_program(
        push_pages(0, "INPUT", 1, 64),
        "uint32_t to = 0;\n"
        "FAULT(if (!cb_pages_available_at_front(0, 1)) to = 1;)\n"
        "cb_wait_front(0, 1);\n"
        "noc_async_write(get_read_ptr(0), get_noc_addr(to, OUTPUT), 64), noc_async_write_barrier();\n"
        "cb_pop_front(0, 1);");
    expect_fault(program,
                 "SCHEDULE: The result depends on the schedule: byte 0 of page 0 of output is 0x80 in "
                 "the plain one and not written under starve=NCRISC. It was written by core (0,0) writer, "
                 "source.cpp:5: noc_async_write.");
}

// Nothing is written where the page was not there yet.
TEST(RaceWithTheSchedule, APageIsWrittenOnlyIfItIsThereInTime) {
    FaultyProgram program =
        dataflow_program(push_pages(0, "INPUT", 1, 64),
                         "bool in_time = true;\n"
                         "FAULT(in_time = cb_pages_available_at_front(0, 1);)\n"
                         "cb_wait_front(0, 1);\n"
                         "if (in_time) noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT), 64);\n"
                         "noc_async_write_barrier(), cb_pop_front(0, 1);");
    expect_fault(program,
                 "SCHEDULE: The result depends on the schedule: byte 0 of page 0 of output is 0x80 in the "
                 "plain one and not written under starve=NCRISC. It was written by core (0,0) writer, "
                 "source.cpp:5: noc_async_write.");
}

}  // namespace
}  // namespace loom::testing
