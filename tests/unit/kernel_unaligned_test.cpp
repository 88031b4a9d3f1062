// Loads and stores at addresses that are no multiples of their size, as the chip does them: rounded down.
#include <gtest/gtest.h>

#include "support/faulty_kernel.hpp"

namespace loom::testing {
namespace {

#if defined(__x86_64__)
std::vector<std::uint32_t> words_after(const std::string& statements, std::uint32_t count) {
    SmallProgram program;
    add_reader(program,
               "volatile uint32_t* w = reinterpret_cast<volatile uint32_t*>(cb);\n"
               "for (uint32_t i = 0; i < 8; ++i) w[i] = 0x11111111 * i;\n" +
                   statements + "\nfor (uint32_t i = 0; i < " + std::to_string(count) +
                   "; ++i) { const uint32_t value = w[i]; REPORT(i, value); }");
    program.run();
    std::vector<std::uint32_t> words;
    for (std::uint32_t i = 0; i < count; ++i) words.push_back(program.reported(i));
    return words;
}

TEST(KernelUnaligned, Loads) {
    EXPECT_EQ(words_after("w[0] = *reinterpret_cast<volatile uint32_t*>(cb + 5);\n"
                          "w[1] = *reinterpret_cast<volatile uint16_t*>(cb + 11);\n"
                          "const uint64_t two = *reinterpret_cast<volatile uint64_t*>(cb + 14);\n"
                          "w[2] = static_cast<uint32_t>(two); w[3] = static_cast<uint32_t>(two >> 32);",
                          8),
              (std::vector<std::uint32_t>{0x11111111, 0x2222, 0x33333333, 0x44444444, 0x44444444, 0x55555555,
                                          0x66666666, 0x77777777}));
}

TEST(KernelUnaligned, Stores) {
    EXPECT_EQ(words_after("*reinterpret_cast<volatile uint32_t*>(cb + 3) = 0xaaaaaaaa;\n"
                          "*reinterpret_cast<volatile uint16_t*>(cb + 7) = 0xbbbb;\n"
                          "*reinterpret_cast<volatile uint64_t*>(cb + 10) = 0xddddddddcccccccc;",
                          5),
              (std::vector<std::uint32_t>{0xaaaaaaaa, 0xbbbb1111, 0xcccccccc, 0xdddddddd, 0x44444444}));
}

TEST(KernelUnaligned, InALoopAndOnTheStack) {
    EXPECT_EQ(
        words_after(
            "for (uint32_t i = 0; i < 8; ++i) *reinterpret_cast<volatile uint32_t*>(cb + (i & 3)) += i;\n"
            "alignas(4) uint8_t own[8] = {1, 2, 3, 4, 5, 6, 7, 8}; volatile uint8_t* p = own; asm(\"\" : "
            "\"+r\"(p));\n"
            "w[1] = *reinterpret_cast<volatile uint32_t*>(p + 6);",
            2),
        (std::vector<std::uint32_t>{28, 0x08070605}));
}
#endif

}  // namespace
}  // namespace loom::testing
