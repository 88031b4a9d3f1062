// The whole message of each error that a kernel's transfers and semaphores can have.
#include <gtest/gtest.h>

#include "support/error_text.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

// c_0, at byte 103424 (a multiple of 64) of L1, has four pages of 64 bytes; DRAM is read as pages of 64 from
// byte 0.
std::string error_of_reader(const std::string& statement, Arch arch = Arch::WORMHOLE_B0) {
    SmallProgram program({.arch = arch, .grid = {1, 1}, .threads = 1});
    program.cb(0, 64, 4);
    program.reader(
        "void kernel_main() {\n"
        "const InterleavedAddrGen<true> dram{0, 64};\n"
        "const uint32_t cb = get_write_ptr(0);\n" +
        statement + "\n}");
    return error_text([&] { program.run(); });
}

TEST(KernelNocErrors, Addresses) {
    EXPECT_EQ(error_of_reader("noc_async_read(get_noc_addr(3, dram, 1u << 30), cb, 32);"),
              "NOC_ADDRESS: core (0,0) reader, source.cpp:4: noc_async_read: 32 bytes there do not exist: "
              "DRAM bank 3, "
              "byte 1073741824.");
    EXPECT_EQ(error_of_reader("noc_async_write(cb, get_noc_addr(17u, 18u, cb), 32);"),
              "NOC_ADDRESS: core (0,0) reader, source.cpp:4: noc_async_write: 32 bytes there do not exist: "
              "L1 of the "
              "core at NoC (17,18), byte 103424.");
    EXPECT_EQ(error_of_reader("noc_async_write(cb, get_noc_addr(25u, 25u, 1499136u - 16), 32);"),
              "NOC_ADDRESS: core (0,0) reader, source.cpp:4: noc_async_write: 32 bytes there do not exist: "
              "L1 of the "
              "core at NoC (25,25), byte 1499120.");
    EXPECT_EQ(error_of_reader("noc_async_read(get_noc_addr(0, dram), 0x16e000, 32);"),
              "NOC_ADDRESS: core (0,0) reader, source.cpp:4: noc_async_read: 32 bytes there do not exist: L1 "
              "address "
              "0x16e000.");
    EXPECT_EQ(error_of_reader("get_noc_addr(64u, 18u, cb & 0xf);"),
              "NOC_ADDRESS: core (0,0) reader, source.cpp:4: get_noc_addr: 0 bytes there do not exist: NoC "
              "(64,18), L1 "
              "address 0x0.");
}

TEST(KernelNocErrors, Alignment) {
    EXPECT_EQ(error_of_reader("noc_async_read(get_noc_addr(0, dram, 32), cb + 16, 16);"),
              "NOC_ALIGNMENT: core (0,0) reader, source.cpp:4: noc_async_read: source (DRAM byte 32) and "
              "destination (L1 "
              "byte 103440) must leave the same remainder modulo 32 on wormhole.");
    EXPECT_EQ(error_of_reader("noc_async_write(cb + 16, get_noc_addr(0, dram, 8), 8);"),
              "NOC_ALIGNMENT: core (0,0) reader, source.cpp:4: noc_async_write: source (L1 byte 103440) and "
              "destination "
              "(DRAM byte 8) must leave the same remainder modulo 16 on wormhole.");
    EXPECT_EQ(error_of_reader("noc_async_read(get_noc_addr(cb), cb + 72, 8);"),
              "NOC_ALIGNMENT: core (0,0) reader, source.cpp:4: noc_async_read: source (L1 byte 103424) and "
              "destination "
              "(L1 byte 103496) must leave the same remainder modulo 16 on wormhole.");
}

// Half sticks of 32 bytes: fine on Wormhole, not on Blackhole.
TEST(KernelNocErrors, BlackholeAlignsReadsTo64) {
    const std::string half = "noc_async_read(get_noc_addr(1, dram, 32), cb, 32);";
    EXPECT_EQ(error_of_reader(half), "(nothing was thrown)");
    EXPECT_EQ(error_of_reader(half, Arch::BLACKHOLE),
              "NOC_ALIGNMENT: core (0,0) reader, source.cpp:4: noc_async_read: source (DRAM byte 32) and "
              "destination (L1 "
              "byte 111360) must leave the same remainder modulo 64 on blackhole.");
    EXPECT_EQ(error_of_reader("noc_async_write(cb + 16, get_noc_addr(1, dram, 32), 32);", Arch::BLACKHOLE),
              "(nothing was thrown)");
}

TEST(KernelNocErrors, Semaphores) {
    EXPECT_EQ(
        error_of_reader("get_semaphore(16);"),
        "SEMAPHORE_MISSING: core (0,0) reader, source.cpp:4: get_semaphore(16): there is no semaphore 16.");
    EXPECT_EQ(
        error_of_reader("noc_semaphore_set(reinterpret_cast<volatile uint32_t*>(cb + 2), 1);"),
        "NOC_ALIGNMENT: core (0,0) reader, source.cpp:4: noc_semaphore_set: source (L1 byte 103426) and "
        "destination (L1 byte 103426) must leave the same remainder modulo 4 on wormhole.");
    EXPECT_EQ(error_of_reader("noc_semaphore_wait(reinterpret_cast<volatile uint32_t*>(0x200000), 1);"),
              "NOC_ADDRESS: core (0,0) reader, source.cpp:4: noc_semaphore_wait: 4 bytes there do not exist: "
              "L1 address "
              "0x200000.");
}

}  // namespace
}  // namespace loom::testing
