// A check tells loads and stores whose address the chip would round down; a plain run rounds it down.
#include <gtest/gtest.h>

#include "support/faulty_kernel.hpp"

namespace loom::testing {
namespace {

std::string found(const std::string& statements) {
    const std::string told = told_in_check(statements);
    const std::size_t at = told.find(" are not aligned");
    return at == std::string::npos ? told : told.substr(0, told.find(" at address ")) + told.substr(at);
}

TEST(CheckUnaligned, Words) {
    EXPECT_EQ(
        found("reinterpret_cast<volatile uint32_t*>(cb + 2)[0] = 1;").substr(0, 150),
        std::string(
            "UNALIGNED: core (0,0) reader, source.cpp:3: a store: 4 bytes are not aligned to 4: the chip "
            "rounds such an address down, to 0x10019400. Load and store ")
            .substr(0, 150));
    EXPECT_EQ(found("volatile uint16_t half = *reinterpret_cast<volatile uint16_t*>(cb + 1);").substr(0, 79),
              "UNALIGNED: core (0,0) reader, source.cpp:3: a load: 2 bytes are not aligned to ");
    EXPECT_EQ(found("alignas(4) uint8_t own[8] = {}; volatile uint8_t* p = own; asm(\"\" : \"+r\"(p)); "
                    "*reinterpret_cast<volatile "
                    "uint32_t*>(p + 1) = 1;")
                  .substr(0, 80),
              "UNALIGNED: core (0,0) reader, source.cpp:3: a store: 4 bytes are not aligned to ");
}

TEST(CheckUnaligned, WhatTheChipDoesByteByByteOrWordByWord) {
    EXPECT_EQ(told_in_check("reinterpret_cast<volatile uint64_t*>(cb + 4)[0] = 1;"), "clean");
    EXPECT_EQ(told_in_check(
                  "struct __attribute__((packed)) P { uint8_t a; uint32_t b; };\n"
                  "reinterpret_cast<volatile P*>(cb)->b = 1; memset(reinterpret_cast<void*>(cb + 9), 0, 7);"),
              "clean");
}

}  // namespace
}  // namespace loom::testing
