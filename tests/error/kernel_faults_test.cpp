// What a kernel's code does that the host's processor refuses: told with its line, and the process goes on.
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "support/faulty_kernel.hpp"

namespace loom::testing {
namespace {

const std::string kFault = "KERNEL_FAULT: core (0,0) reader, source.cpp:3: ";

TEST(KernelFaults, CallsToNowhere) {
    const std::string call =
        "typedef void (*F)(); volatile F f = reinterpret_cast<F>(static_cast<uintptr_t>(";
    expect_told(kFault + "a call of address 0x0, where no code is.", call + "0)); f();");
    expect_told(kFault + "a call of address 0x1234567000, where no code is.", call + "0x1234567000)); f();");
    expect_told(kFault + "a call of address 0x", call + "cb)); f();");
    // No address of the processor's: it refuses the call itself.
    expect_told(kFault, call + "0xdead000000000000)); f();");
}

TEST(KernelFaults, Traps) {
    expect_told(
        kFault + "a trap: __builtin_trap, an index outside its array, or code that was never to be reached.",
        "__builtin_trap();");
    expect_told(kFault + "a trap", "uint32_t a[4] = {}; a[cb] = 1; volatile uint32_t out = a[cb & 3];");
    expect_told(kFault + "a trap", "if (cb != 3) __builtin_unreachable();");
#if defined(__x86_64__)
    expect_told(kFault + "a trap", "asm volatile(\"int3\");");
    expect_told(kFault, "asm volatile(\"hlt\");");
#endif
}

// A load that no hook is told of.
TEST(KernelFaults, LoadsWithoutAHook) {
#if defined(__x86_64__)
    expect_told(kFault + "a load or store at address 0x30, which has no memory",
                "asm volatile(\"movl 0x30, %%eax\" ::: \"eax\");");
#endif
}

TEST(KernelFaults, InAComputeKernelTheThreadIsNamed) {
    SmallProgram program;
    program.compute("void kernel_main() {\nMATH(__builtin_trap();)\n}");
    EXPECT_EQ(error_text([&] { program.run(); }).substr(0, 62),
              "KERNEL_FAULT: core (0,0) compute MATH, source.cpp:2: a trap: _");
}

TEST(KernelFaults, WhatWouldEndTheProcess) {
    const std::string after =
        ": it would end the process, and a kernel has none. Return from kernel_main instead.";
    for (const char* call : {"abort", "exit", "_exit"})
        expect_told("KERNEL_ENDS_PROCESS: core (0,0) reader, source.cpp:3: " + std::string(call) + after,
                    std::string(call) + (call == std::string("abort") ? "();" : "(3);"),
                    "#include <unistd.h>\n#include <stdlib.h>\n#line 2");
    expect_told("KERNEL_ENDS_PROCESS: core (0,0) reader, source.cpp:3: assert" + after, "assert(cb == 1);",
                "#include <assert.h>\n#line 2");
}

// One name of libc's after another: what the process has loaded is no library for kernels. Newer linkers say the place
// in the section too: "source.cpp:3:(.text+0x61): undefined reference to `printf'".
TEST(KernelFaults, NamesThatNobodyDefines) {
    for (const char* call : {"printf(\"\")", "system(\"\")", "malloc(1)", "fork()"}) {
        const std::string told = told_in_run(
            std::string(call) + ";", "#include <unistd.h>\n#include <stdio.h>\n#include <stdlib.h>\n#line 2");
        EXPECT_EQ(told.substr(0, 44), "KERNEL_COMPILE: source.cpp does not compile:");
        const std::regex place("source\\.cpp:3:(\\(\\.text\\+0x[0-9a-f]+\\):)? undefined reference to `" +
                               std::string(call).substr(0, 4));
        EXPECT_TRUE(std::regex_search(told, place)) << told;
    }
}

TEST(KernelFaults, TheNextProgramRuns) {
    for (const char* statements : {"__builtin_trap();", "*reinterpret_cast<volatile uint32_t*>(0) = 1;",
                                   "REPORT(0, 7); noc_async_write_barrier();"}) {
        SmallProgram program;
        add_reader(program, statements);
        const std::string told = error_text([&] { program.run(); });
        if (statements[0] != 'R') {
            EXPECT_NE(told, "(nothing was thrown)");
            continue;
        }
        EXPECT_EQ(told, "(nothing was thrown)");
        EXPECT_EQ(program.reported(0), 7u);
    }
}

}  // namespace
}  // namespace loom::testing
