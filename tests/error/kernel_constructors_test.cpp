// Code of a kernel's that would run before or after kernel_main: tt-metal refuses the image, and so does Loom, before any of
// it runs.
#include <gtest/gtest.h>

#include "support/faulty_kernel.hpp"

namespace loom::testing {
namespace {

void expect_refused(const std::string& at_namespace_scope) {
    expect_told(
        "KERNEL_LOAD: source.cpp was compiled but cannot be loaded: source.cpp:1 is code that runs before or "
        "after "
        "kernel_main, as the constructor of a variable at namespace scope does, and tt-metal loads no such "
        "kernel.",
        "", at_namespace_scope);
}

TEST(KernelConstructors, ThatCallTheEngineAreRefused) {
    expect_refused("const auto x = get_arg_val<uint32_t>(0);");
    expect_refused("uint32_t x = get_semaphore(0);");
}

TEST(KernelConstructors, ThatNeverEndAreRefused) {
    expect_refused("uint32_t endless() { for (;;) {} } uint32_t x = endless();");
}

TEST(KernelConstructors, NamedByAnAttributeAreRefused) {
    expect_refused(
        "__attribute__((constructor)) void before() { *reinterpret_cast<volatile uint32_t*>(64) = 1; }");
    expect_refused("__attribute__((destructor)) void after() { for (;;) {} }");
}

TEST(KernelConstructors, ConstantsHaveNone) {
    EXPECT_EQ(told_in_run(
                  "volatile uint32_t y = x.a;",
                  "struct X { uint32_t a; constexpr X(uint32_t b) : a(b) {} }; const X x(3); uint32_t z[3] = "
                  "{1};"),
              "(nothing was thrown)");
}

// What is constructed as a function first runs.
TEST(KernelConstructors, OfAFunctionsStaticsRunThere) {
    EXPECT_EQ(told_in_run("static const uint32_t x = get_semaphore(0); volatile uint32_t y = x;"),
              "(nothing was thrown)");
}

}  // namespace
}  // namespace loom::testing
