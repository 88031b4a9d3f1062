// Integer division as RISC-V has it, where x86-64 traps: by zero, and the least number by -1.
#include <gtest/gtest.h>

#include <limits>

#include "support/small_program.hpp"

namespace loom::testing {
namespace {

#if defined(__x86_64__)
// a / b and a % b in a type, whose values the compiler does not know; the words of both results.
template <typename T>
std::vector<std::uint32_t> divided(const std::string& type, T a, T b, bool constant = false) {
    SmallProgram program;
    const std::string left = "static_cast<" + type + ">(" + std::to_string(a) + "u" + "ll)";
    const std::string right = "static_cast<" + type + ">(" + std::to_string(b) + "ull)";
    program.reader(
        "void kernel_main() { volatile " + type + " a = " + left + ", b = " + right + ";\n" +
        "const uint64_t quotient = static_cast<uint64_t>(a / " + (constant ? right : "b") + ");\n" +
        "const uint64_t remainder = static_cast<uint64_t>(a % " + (constant ? right : "b") + ");\n" +
        "REPORT(0, static_cast<uint32_t>(quotient)); REPORT(1, static_cast<uint32_t>(quotient >> 32));\n"
        "REPORT(2, static_cast<uint32_t>(remainder)); REPORT(3, static_cast<uint32_t>(remainder >> 32)); }");
    program.run();
    return {program.reported(0), program.reported(1), program.reported(2), program.reported(3)};
}

constexpr std::uint32_t kOnes = 0xffffffff;
using Words = std::vector<std::uint32_t>;

TEST(KernelDivision, ByZero) {
    for (const bool constant : {false, true}) {
        EXPECT_EQ(divided<std::uint32_t>("uint32_t", 1234, 0, constant), (Words{kOnes, 0, 1234, 0}));
        EXPECT_EQ(divided<std::uint32_t>("int32_t", 1234, 0, constant), (Words{kOnes, kOnes, 1234, 0}));
        EXPECT_EQ(divided<std::uint32_t>("int32_t", kOnes, 0, constant), (Words{kOnes, kOnes, kOnes, kOnes}));
        EXPECT_EQ(divided<std::uint64_t>("uint64_t", 0x123456789a, 0, constant),
                  (Words{kOnes, kOnes, 0x3456789a, 0x12}));
        EXPECT_EQ(divided<std::uint64_t>("int64_t", 0x123456789a, 0, constant),
                  (Words{kOnes, kOnes, 0x3456789a, 0x12}));
    }
}

TEST(KernelDivision, OfNarrowTypes) {
    EXPECT_EQ(divided<std::uint32_t>("uint8_t", 77, 0), (Words{0xff, 0, 77, 0}));
    EXPECT_EQ(divided<std::uint32_t>("uint16_t", 777, 0), (Words{0xffff, 0, 777, 0}));
    EXPECT_EQ(divided<std::uint32_t>("int16_t", 777, 0), (Words{kOnes, kOnes, 777, 0}));
}

TEST(KernelDivision, OfTheLeastNumberByMinusOne) {
    EXPECT_EQ(divided<std::uint32_t>("int32_t", 0x80000000, kOnes), (Words{0x80000000, kOnes, 0, 0}));
    EXPECT_EQ(divided<std::uint64_t>("int64_t", std::uint64_t{1} << 63, ~std::uint64_t{0}),
              (Words{0, 0x80000000, 0, 0}));
}

// Operands in memory of every form that a compiler names.
TEST(KernelDivision, OperandsInMemory) {
    SmallProgram program;
    program.reader(
        "static volatile uint32_t zero[4];\n"
        "void kernel_main() { uint32_t left = 9, low = 0, high = 0; const volatile uint32_t* p = zero;\n"
        "asm volatile(\"xorl %%edx, %%edx; divl %2\" : \"+a\"(left), \"=&d\"(high) : \"m\"(zero[2]));\n"
        "REPORT(0, left); REPORT(1, high); left = 8;\n"
        "asm volatile(\"xorl %%edx, %%edx; divl 4(%2,%3,4)\" : \"+a\"(left), \"=&d\"(low) : \"r\"(p), "
        "\"r\"(1ull));\n"
        "REPORT(2, left); REPORT(3, low); left = 7;\n"
        "asm volatile(\"movq %2, %%r13; xorl %%edx, %%edx; divl (%%r13)\" : \"+a\"(left), \"=&d\"(low) : "
        "\"r\"(p) : "
        "\"r13\");\n"
        "REPORT(4, left); REPORT(5, low); left = 6;\n"
        "asm volatile(\"movq %2, %%r12; xorl %%edx, %%edx; divl 8(%%r12)\" : \"+a\"(left), \"=&d\"(low) : "
        "\"r\"(p) : "
        "\"r12\");\n"
        "REPORT(6, left); REPORT(7, low); }");
    program.run();
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(program.reported(2 * i), kOnes);
        EXPECT_EQ(program.reported(2 * i + 1), 9 - i);
    }
}
#endif

}  // namespace
}  // namespace loom::testing
