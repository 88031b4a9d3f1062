// Statics and stacks that no processor of the chip has room for.
#include <gtest/gtest.h>

#include "support/faulty_kernel.hpp"

namespace loom::testing {
namespace {

// A function with an array of so many words in its frame, and one with as many statics.
std::string frame(int words) {
    return "__attribute__((noinline)) uint32_t f(uint32_t n) { volatile uint32_t a[" + std::to_string(words) +
           "]; a[n] = n; cb_reserve_back(0, 1); return a[n]; }";
}
std::string statics(int words) {
    return "static uint32_t a[" + std::to_string(words) + "]; volatile uint32_t* p = a;";
}

TEST(KernelLocalMemory, AFrameThatIsTooLarge) {
    expect_told("KERNEL_LOCAL_MEMORY: core (0,0) reader, source.cpp:1: the stack takes at least ", "f(3);",
                frame(1200));
    EXPECT_EQ(told_in_run("f(3);", frame(900)), "(nothing was thrown)");
    EXPECT_EQ(told_in_check("f(3);", frame(900)), "clean");
}

TEST(KernelLocalMemory, RecursionWithoutEnd) {
    const std::string deep =
        "__attribute__((noinline)) uint32_t f(uint32_t n) { cb_reserve_back(0, 1); return n == 0 ? 1 : f(n - "
        "1) * n; }";
    expect_told("KERNEL_LOCAL_MEMORY: core (0,0) reader, source.cpp:1: the stack takes at least ",
                "f(1u << 31);", deep);
    EXPECT_EQ(told_in_run("f(20);", deep), "(nothing was thrown)");
    // No call of the engine's in it: nobody is asked until the stack ends.
    expect_told(
        "KERNEL_LOCAL_MEMORY: core (0,0) reader, source.cpp:1: ", "volatile uint32_t out = f(1u << 31, 1);",
        "__attribute__((noinline, no_sanitize(\"thread\"))) uint32_t f(uint32_t n, uint32_t m) { "
        "return n == 0 ? m "
        ": f(n - 1, m + 1) * n; }");
}

TEST(KernelLocalMemory, AFrameThatIsLargerThanTheHostsStack) {
    expect_told("KERNEL_LOCAL_MEMORY: core (0,0) reader, source.cpp:1: the kernel's stack is full", "f(3);",
                frame(500000));
}

TEST(KernelLocalMemory, StaticsThatAreTooLarge) {
    const std::string words =
        "KERNEL_LOCAL_MEMORY: source.cpp on NCRISC: its variables and constants take 4108 bytes, and there "
        "are 4096 of "
        "local memory on wormhole, of which the stack needs 192 at least. Keep large arrays in L1.";
    EXPECT_EQ(told_in_run("p[cb & 7] = 1;", statics(1026)), words);
    EXPECT_EQ(told_in_check("p[cb & 7] = 1;", statics(1026)), words);
    EXPECT_EQ(told_in_run("p[cb & 7] = 1;", statics(900)), "(nothing was thrown)");
    EXPECT_EQ(told_in_check("p[cb & 7] = 1;", statics(900)), "clean");
}

// Blackhole has twice as much, and compute threads half as much.
TEST(KernelLocalMemory, IsTheProcessors) {
    const auto told = [](Arch arch, bool compute, int words) {
        SmallProgram program({.arch = arch, .grid = {1, 1}, .threads = 1});
        const std::string source = statics(words) + "\nvoid kernel_main() { p[1] = 1; }";
        compute ? program.compute(source) : program.reader(source);
        return error_text([&] { program.run(); }).substr(0, 49);
    };
    EXPECT_EQ(told(Arch::BLACKHOLE, false, 1500), "(nothing was thrown)");
    EXPECT_EQ(told(Arch::BLACKHOLE, false, 2040), "KERNEL_LOCAL_MEMORY: source.cpp on NCRISC: its va");
    EXPECT_EQ(told(Arch::WORMHOLE_B0, true, 500), "KERNEL_LOCAL_MEMORY: source.cpp on UNPACK: its va");
    EXPECT_EQ(told(Arch::BLACKHOLE, true, 500), "(nothing was thrown)");
}

}  // namespace
}  // namespace loom::testing
