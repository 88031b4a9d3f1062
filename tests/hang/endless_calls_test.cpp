// Kernels that make granted calls for ever end in a livelock, by a number of steps.
#include "hang/endless_testing.hpp"

namespace loom::testing {
namespace {

std::string looping(const std::string& body, const std::string& before = "") {
    return "void kernel_main() { " + before + "\nfor (;;) { " + body + " }\n}";
}

const EndlessCase kCases[] = {
    {"ReadBarrier", looping("noc_async_read_barrier();"), "noc_async_read_barrier()  source.cpp:2"},
    {"WriteBarrier", looping("noc_async_write_barrier();"), "noc_async_write_barrier()  source.cpp:2"},
    {"Arguments", looping("get_arg_val<uint32_t>(0);"), "get_arg_val()  source.cpp:2"},
    {"Semaphores", looping("get_semaphore(0);"), "get_semaphore()  source.cpp:2"},
    {"Reserve", looping("cb_reserve_back(0, 2);"), "cb_reserve_back()  source.cpp:2"},
    {"Pointers", looping("get_write_ptr(0);"), "get_write_ptr()  source.cpp:2"},
    {"Raising",
     looping("noc_semaphore_inc(there, 1);", "const uint64_t there = get_noc_addr(get_semaphore(0));"),
     "noc_semaphore_inc()  source.cpp:2"},
    {"Reads",
     looping("noc_async_read(there, get_write_ptr(0), 64); noc_async_read(there, get_write_ptr(0) + 64, 64);",
             "const uint64_t there = get_noc_addr(get_write_ptr(0) + 128);"),
     ""},
    {"Writes",
     looping("noc_async_write(get_write_ptr(0), there, 64);",
             "const uint64_t there = get_noc_addr(get_write_ptr(0) + 128);"),
     ""},
    // Each waits for what the other goes on to do.
    {"FeedingEachOther", looping("cb_reserve_back(0, 1); cb_push_back(0, 1);"), "cb_",
     looping("cb_wait_front(0, 1); cb_pop_front(0, 1);")},
};

class EndlessCalls : public ::testing::TestWithParam<EndlessCase> {};

TEST_P(EndlessCalls, AreALivelock) {
    check_endless(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, EndlessCalls, ::testing::ValuesIn(kCases), name_of_endless);

TEST(EndlessCalls, TheReportSaysWhoAndWhereAndWhatHelps) {
    runtime::LaunchOptions options;
    options.max_steps = kFewSteps;
    options.again = "the command";
    EXPECT_EQ(
        end_of({"", looping("noc_async_read_barrier();"), "", "void kernel_main() { cb_wait_front(0, 1); }"},
               options),
        "LIVELOCK core (0,0): a kernel does not end.\n"
        "  reader  noc_async_read_barrier()  source.cpp:2  goes on after 20000 steps\n"
        "  writer  cb_wait_front(c_0, 1)     source.cpp:1  0 of 1 page pushed\n"
        "reader does not end after 20000 steps: let its loop come to an end or, if it is only long, raise "
        "max_steps (--max-steps).\n"
        "Again: the command");
}

// The limit is on loops, not on what a kernel that ends does.
TEST(EndlessCalls, AKernelThatStaysBelowTheLimitEnds) {
    runtime::LaunchOptions options;
    options.max_steps = 4 * kFewSteps;
    EXPECT_EQ(
        end_of({"", "void kernel_main() {\nfor (uint32_t i = 0; i < 20000; ++i) noc_async_read_barrier();\n}",
                ""},
               options),
        "");
}

TEST(EndlessCalls, OfComputeAreALivelock) {
    SmallProgram program;
    program.tile_cb(0, 2);
    program.compute("void kernel_main() {\ntile_regs_acquire();\nfor (;;) fill_tile(0, 1.0f);\n}");
    runtime::LaunchOptions options;
    options.max_steps = kFewSteps;
    try {
        program.run(options);
        FAIL() << "it ended";
    } catch (const runtime::HangError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("MATH    a loop  source.cpp:3  goes on after 20000 steps"), std::string::npos)
            << text;
    }
}

}  // namespace
}  // namespace loom::testing
