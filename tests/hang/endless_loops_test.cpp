// Loops without a call, and loops of loads and stores, end in a livelock too.
#include "hang/endless_testing.hpp"

namespace loom::testing {
namespace {

const EndlessCase kCases[] = {
    {"NothingInFor", "void kernel_main() {\nfor (;;) {}\n}", "a loop  source.cpp:2"},
    {"NothingInWhile", "void kernel_main() {\nwhile (true);\n}", "a loop  source.cpp:2"},
    {"NothingButAGoto", "void kernel_main() {\nagain: goto again;\n}", "a loop  source.cpp:2"},
    {"NothingAfterCalls",
     "void kernel_main() { cb_reserve_back(0, 1); volatile int here[8]; here[0] = 1;\nfor (;;) {}\n}",
     "a loop  source.cpp:2"},
    {"NothingOnACondition",
     "void kernel_main() { const bool on = get_arg_val<uint32_t>(0) == 7;\ndo {} while (on);\n}",
     "a loop  source.cpp:2"},
    {"Registers", "void kernel_main() { uint32_t n = 1;\nwhile (n != 0) n = n * 5 + 2 | 1;\n}",
     "a loop  source.cpp:2"},
    {"Locals", "void kernel_main() { volatile uint32_t n = 0;\nfor (;;) n = n + 1;\n}",
     "a loop  source.cpp:2"},
    {"InAFunction",
     "static void spin(uint32_t n) { if (n != 0) spin(n - 1); else\nfor (;;) {}\n}\n"
     "void kernel_main() { spin(3); }",
     "a loop  source.cpp:2"},
    {"Stores",
     "void kernel_main() { volatile uint32_t* at = (volatile uint32_t*)get_write_ptr(0);\nfor (uint32_t i = "
     "0;; ++i) *at = "
     "i;\n}",
     "a store  source.cpp:2"},
    {"LoadsBesideStores",
     "void kernel_main() { volatile uint32_t* at = (volatile uint32_t*)get_write_ptr(0); *at = 0;\nwhile "
     "(at[0] == 0) "
     "at[1] = at[1] + 1;\n}",
     "a "},
};

class EndlessLoops : public ::testing::TestWithParam<EndlessCase> {};

TEST_P(EndlessLoops, AreALivelock) {
    check_endless(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, EndlessLoops, ::testing::ValuesIn(kCases), name_of_endless);

// Nobody else can change the word: that is found long before the steps are spent.
TEST(EndlessLoops, OfLoadsAreVainPolls) {
    const std::string text = end_of({"",
                                     "void kernel_main() { volatile uint32_t* at = (volatile "
                                     "uint32_t*)get_write_ptr(0); *at = 5;\nwhile (*at == 5) "
                                     "{}\n}",
                                     ""},
                                    {});
    EXPECT_EQ(
        text.find(
            "LIVELOCK core (0,0): kernels poll, and nothing changes.\n  reader  loads the word at byte "),
        0u)
        << text;
    EXPECT_NE(text.find("  source.cpp:2  it stays 5\n"), std::string::npos) << text;
}

// Without a limit of the caller's there is one all the same.
TEST(EndlessLoops, EndByDefault) {
    const std::string text = end_of({"", "void kernel_main() {\nfor (;;) {}\n}", ""}, {});
    EXPECT_EQ(text.find("LIVELOCK core (0,0): a kernel does not end.\n"), 0u) << text;
}

}  // namespace
}  // namespace loom::testing
