// Addresses that are no memory, and multicasts that miscount their receivers: the NoC waits for acknowledgements for ever.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckNocAddress, ACoreThatIsNotThere) {
    expect_fault(
        dataflow_program("cb_reserve_back(0, 4);\n"
                         "const uint32_t x = FAULT(5) REPAIR(NOC_X(0));\n"
                         "noc_async_read(get_noc_addr(x, NOC_Y(0), MEM_ZEROS_BASE), get_write_ptr(0), 64);\n"
                         "noc_async_read_barrier();",
                         ""),
        "NOC_ADDRESS: core (0,0) reader, source.cpp:4: noc_async_read: 64 bytes there do not "
        "exist: L1 of the core at NoC (5,18), byte 8192.");
}

TEST(CheckNocAddress, BeyondTheEndOfL1) {
    expect_fault(dataflow_program(
                     "cb_reserve_back(0, 4);\n"
                     "noc_async_read(get_noc_addr(0, INPUT), FAULT(0x16e000) REPAIR(get_write_ptr(0)), 64);\n"
                     "noc_async_read_barrier();",
                     ""),
                 "NOC_ADDRESS: core (0,0) reader, source.cpp:3: noc_async_read: 64 bytes there do not "
                 "exist: L1 address 0x16e000.");
}

// A null pointer: on the chip, L1 starts there, and the store goes into the firmware.
TEST(CheckNocAddress, AStoreThroughANullPointer) {
    expect_fault(dataflow_program("cb_reserve_back(0, 4);\n"
                                  "uint32_t address = get_write_ptr(0);\n"
                                  "FAULT(address = 0x40;)\n"
                                  "*reinterpret_cast<volatile uint32_t*>(address) = 1;",
                                  ""),
                 "L1_OUTSIDE: core (0,0) reader, source.cpp:5: a store: 4 bytes at address 0x40 are outside "
                 "this core's L1. It is a null pointer, or a bare offset: on the chip that would be byte 64 "
                 "of L1. Take "
                 "addresses from get_write_ptr, get_read_ptr or get_semaphore.");
}

// The pages of c_0 go to the same place of the other core of a row of two.
FaultyProgram multicast(const std::string& call) {
    FaultyProgram program = dataflow_program(
        "if (get_absolute_logical_x() == 0) {\n"
        "    cb_reserve_back(0, 4);\n"
        "    noc_async_read(get_noc_addr(0, INPUT), get_write_ptr(0), 64);\n"
        "    noc_async_read_barrier();\n"
        "    const uint64_t row = get_noc_multicast_addr(NOC_X(0), NOC_Y(0), NOC_X(1), NOC_Y(0), "
        "get_write_ptr(0));\n"
        "    " +
            call +
            "\n"
            "    noc_async_write_barrier();\n"
            "}",
        "");
    program.last_core = {1, 0};
    return program;
}

TEST(CheckNocAddress, AMulticastCountsItsSender) {
    expect_fault(multicast("noc_async_write_multicast(get_write_ptr(0), row, 64, FAULT(2) REPAIR(1));"),
                 "MULTICAST_COUNT: core (0,0) reader, source.cpp:7: noc_async_write_multicast: num_dests "
                 "is 2, and the rectangle holds 1 core without the sender. They must agree, and be at "
                 "least 1.");
}

TEST(CheckNocAddress, ALoopbackMulticastForgetsItsSender) {
    expect_fault(
        multicast(
            "noc_async_write_multicast_loopback_src(get_write_ptr(0), row + 64, 64, FAULT(1) REPAIR(2));"),
        "MULTICAST_COUNT: core (0,0) reader, source.cpp:7: noc_async_write_multicast: num_dests "
        "is 1, and the rectangle holds 2 cores with the sender. They must agree, and be at least "
        "1.");
}

TEST(CheckNocAddress, ASemaphoreThatTheChipDoesNotHave) {
    FaultyProgram program = dataflow_program("get_semaphore(FAULT(16) REPAIR(0));", "");
    program.semaphores = {0};
    expect_fault(program,
                 "SEMAPHORE_MISSING: core (0,0) reader, source.cpp:2: get_semaphore(16): there is no "
                 "semaphore 16.");
}

// The chip has sixteen, the program described one: the other words are nobody's, and hold what the last program left.
TEST(CheckNocAddress, ASemaphoreThatTheProgramDoesNotHave) {
    FaultyProgram program = dataflow_program("get_semaphore(FAULT(1) REPAIR(0));", "");
    program.semaphores = {0};
    expect_fault(
        program,
        "SEMAPHORE_MISSING: core (0,0) reader, source.cpp:2: get_semaphore(1): there is no semaphore 1.");
}

// What a core sends lies behind the neighbour's last buffer: nobody there looks for it.
TEST(CheckNocAddress, AWriteBehindTheBuffersOfAnotherCore) {
    FaultyProgram program = dataflow_program(
        "cb_reserve_back(0, 4);\n"
        "if (get_absolute_logical_x() == 0) {\n"
        "    const uint32_t page = get_write_ptr(0);\n"
        "    noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(get_semaphore(0)), 1);\n"
        "    noc_async_read(get_noc_addr(0, INPUT), page, 64), noc_async_read_barrier();\n"
        "    noc_async_write(page, get_noc_addr(NOC_X(1), NOC_Y(0), page + FAULT(256) REPAIR(192)), 64);\n"
        "    noc_async_write_barrier();\n"
        "} else {\n"
        "    noc_semaphore_inc(get_noc_addr(NOC_X(0), NOC_Y(0), get_semaphore(0)), 1);\n"
        "}",
        "");
    program.last_core = {1, 0};
    program.semaphores = {0};
    expect_fault(
        program,
        "L1_UNOWNED: core (0,0) reader, source.cpp:7: noc_async_write: bytes 103680 to 103744 of L1 of core "
        "(1,0) belong to no circular buffer, semaphore or tensor. Describe a buffer for them.");
}

}  // namespace
}  // namespace loom::testing
