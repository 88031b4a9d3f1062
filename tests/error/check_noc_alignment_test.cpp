// Both ends of a transfer leave the same remainder modulo the alignment, which is the architecture's: silicon moves other bytes.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

FaultyProgram on(Arch arch, const std::string& reader, const std::string& writer = "") {
    FaultyProgram program = dataflow_program(reader, writer);
    program.arch = arch;
    return program;
}

TEST(CheckNocAlignment, WormholeReadsFromDramModulo32) {
    expect_fault(on(Arch::WORMHOLE_B0,
                    "cb_reserve_back(0, 1);\n"
                    "noc_async_read(get_noc_addr(0, INPUT, FAULT(16) REPAIR(32)), get_write_ptr(0), 16);\n"
                    "noc_async_read_barrier();"),
                 "NOC_ALIGNMENT: core (0,0) reader, source.cpp:3: noc_async_read: source (DRAM byte 80) "
                 "and destination (L1 byte 103424) must leave the same remainder modulo 32 on wormhole.");
}

// The second half of a stick is at byte 32: fine on Wormhole, which the reader was written for.
constexpr const char* kHalfStick =
    "cb_reserve_back(0, 1);\n"
    "FAULT(noc_async_read(get_noc_addr(0, INPUT, 32), get_write_ptr(0), 32);)\n"
    "REPAIR(noc_async_read(get_noc_addr(0, INPUT, 32), get_write_ptr(0) + 32, 32);)\n"
    "noc_async_read_barrier();";

TEST(CheckNocAlignment, BlackholeReadsFromDramModulo64) {
    EXPECT_EQ(found_in(check(on(Arch::WORMHOLE_B0, kHalfStick), Variant::faulty)), "clean");
    expect_fault(on(Arch::BLACKHOLE, kHalfStick),
                 "NOC_ALIGNMENT: core (0,0) reader, source.cpp:3: noc_async_read: source (DRAM byte 96) "
                 "and destination (L1 byte 111360) must leave the same remainder modulo 64 on blackhole.");
}

TEST(CheckNocAlignment, WritesAreModulo16) {
    const std::string writer =
        "cb_wait_front(0, 4);\n"
        "noc_async_write(get_read_ptr(0), get_noc_addr(0, OUTPUT, FAULT(8) REPAIR(16)), 16);\n"
        "noc_async_write_barrier();\n"
        "cb_pop_front(0, 4);";
    expect_fault(on(Arch::WORMHOLE_B0, push_pages(0, "INPUT", 4, 64), writer),
                 "NOC_ALIGNMENT: core (0,0) writer, source.cpp:3: noc_async_write: source (L1 byte "
                 "103424) and destination (DRAM byte 200) must leave the same remainder modulo 16 on "
                 "wormhole.");
    expect_fault(on(Arch::BLACKHOLE, push_pages(0, "INPUT", 4, 64), writer),
                 "NOC_ALIGNMENT: core (0,0) writer, source.cpp:3: noc_async_write: source (L1 byte "
                 "111360) and destination (DRAM byte 200) must leave the same remainder modulo 16 on "
                 "blackhole.");
}

// Sticks packed tightly in L1: 8 bytes apart is no address that the NoC can read from.
TEST(CheckNocAlignment, ReadsFromL1AreModulo16) {
    expect_fault(on(Arch::WORMHOLE_B0, push_pages(0, "INPUT", 4, 64) +
                                           "cb_wait_front(0, 4), cb_pop_front(0, 4), cb_reserve_back(0, 4);\n"
                                           "noc_async_read(get_noc_addr(get_write_ptr(0)), get_write_ptr(0) "
                                           "+ 64 + FAULT(8) REPAIR(16), 8);\n"
                                           "noc_async_read_barrier();"),
                 "NOC_ALIGNMENT: core (0,0) reader, source.cpp:9: noc_async_read: source (L1 byte 103424) "
                 "and destination (L1 byte 103496) must leave the same remainder modulo 16 on wormhole.");
}

}  // namespace
}  // namespace loom::testing
