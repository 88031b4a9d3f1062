// Loads and stores of a kernel's own to memory that is not its core's: told, in a plain run and in a check.
#include <gtest/gtest.h>

#include "support/faulty_kernel.hpp"

namespace loom::testing {
namespace {

const std::string kStore = "L1_OUTSIDE: core (0,0) reader, source.cpp:3: a store: ";
const std::string kLoad = "L1_OUTSIDE: core (0,0) reader, source.cpp:3: a load: ";

TEST(KernelStrayAccess, BelowL1) {
    const std::string advice = " of L1. Take addresses from get_write_ptr, get_read_ptr or get_semaphore.";
    expect_told(
        kStore +
            "4 bytes at address 0x0 are outside this core's L1. It is a null pointer, or a bare offset: on "
            "the chip that would be byte 0" +
            advice,
        "*reinterpret_cast<volatile uint32_t*>(0) = 1;");
    expect_told(
        kStore +
            "1 byte at address 0x40 are outside this core's L1. It is a null pointer, or a bare offset: on "
            "the chip that would be byte 64" +
            advice,
        "*reinterpret_cast<volatile uint8_t*>(64) = 1;");
    expect_told(
        kLoad +
            "8 bytes at address 0x20000 are outside this core's L1. It is a null pointer, or a bare offset: "
            "on the chip that would be byte 131072" +
            advice,
        "volatile uint64_t found = *reinterpret_cast<volatile uint64_t*>(0x20000);");
}

// Nothing reads it and nothing else is done: it must not go away.
TEST(KernelStrayAccess, ANullStoreIsNoStatementToLeaveOut) {
    expect_told(kStore + "4 bytes at address 0x0 are", "uint32_t* p = nullptr; *p = 1;");
    expect_told(kStore + "4 bytes at address 0x10 are",
                "struct S { int a[4], b; }; S* p = nullptr; p->b = 1;");
}

TEST(KernelStrayAccess, PastL1) {
    // A check knows sooner, past the buffers.
    const std::string all =
        "for (volatile uint32_t* p = reinterpret_cast<volatile uint32_t*>(cb);; ++p) *p = 0;";
    EXPECT_EQ(told_in_run(all).substr(0, kStore.size()), kStore);
    EXPECT_EQ(told_in_check(all).substr(0, 10), "L1_UNOWNED");
    EXPECT_NE(told_in_run("reinterpret_cast<volatile uint32_t*>(cb)[349000] = 0;")
                  .find("It is byte 1499424 of 1499136: keep to what"),
              std::string::npos);
    EXPECT_NE(
        told_in_run("*reinterpret_cast<volatile uint32_t*>(cb - 103424 - 4) = 0;").find("It is byte -4 of"),
        std::string::npos);
}

// L1s lie in one row with a page between them: a stride leads from one into the next.
TEST(KernelStrayAccess, IntoTheL1OfAnotherCore) {
    const std::string words =
        "are outside this core's L1. It is byte 103428 of the L1 of core (1,0), which only the NoC "
        "reaches.";
    for (const std::string& told :
         {told_in_run("reinterpret_cast<volatile uint32_t*>(cb)[(1499136 + 4096) / 4 + 1] = 7;"),
          told_in_check("reinterpret_cast<volatile uint32_t*>(cb)[(1499136 + 4096) / 4 + 1] = 7;")})
        EXPECT_NE(told.find(words), std::string::npos) << told;
}

TEST(KernelStrayAccess, HighAddresses) {
    for (const char* address : {"0x7f0000001000", "0xdead000000001000", "0xffffffffffffff00"})
        expect_told(kStore + "4 bytes at address " + address +
                        " are outside this core's L1. Nor are they this kernel's stack, statics or runtime "
                        "arguments.",
                    "*reinterpret_cast<volatile uint32_t*>(" + std::string(address) + ") = 1;");
}

TEST(KernelStrayAccess, CopiesAndFills) {
    expect_told(kStore + "64 bytes at address 0x40 are", "memset(reinterpret_cast<void*>(64), 0, 64);");
    expect_told(kLoad + "12 bytes at address 0x10 are",
                "memcpy(reinterpret_cast<void*>(cb), reinterpret_cast<void*>(16), 12);");
    expect_told(kStore + "8589934592 bytes at address ",
                "memset(reinterpret_cast<void*>(cb), 0, 1ull << 33);");
}

TEST(KernelStrayAccess, OneThatWroteOverItsFrames) {
    EXPECT_EQ(told_in_run("fill();",
                          "__attribute__((noinline)) void fill() { uint64_t a[2]; volatile uint64_t* p = a; "
                          "for (int i = 0; ; ++i) p[i] = 0x4141414141414141; }")
                  .substr(0, 56),
              "L1_OUTSIDE: core (0,0) reader, source.cpp:1: a store: 8 ");
    EXPECT_EQ(told_in_run("fill();",
                          "__attribute__((noinline)) void fill() { uint64_t a[2]; volatile uint64_t* p = a; "
                          "for (int i = 0; i < 12; ++i) p[i] = 0x12345678; }")
                  .substr(0, 12),
              "KERNEL_FAULT");
}

TEST(KernelStrayAccess, WhatIsTheKernelsOwnIsNotTold) {
    const std::string statements =
        "volatile uint32_t words[8]; for (uint32_t i = 0; i < 8; ++i) words[i] = i;\n"
        "counter += words[3]; uint8_t bytes[5]; memset(bytes, 1, 5); memcpy(bytes, names, 5);\n"
        "reinterpret_cast<volatile uint32_t*>(cb)[63] = counter + bytes[4];";
    const std::string helper =
        "static volatile uint32_t counter = 1; static const char* volatile names = \"abcd\";";
    EXPECT_EQ(told_in_run(statements, helper), "(nothing was thrown)");
    EXPECT_EQ(told_in_check(statements, helper), "clean");
}

}  // namespace
}  // namespace loom::testing
