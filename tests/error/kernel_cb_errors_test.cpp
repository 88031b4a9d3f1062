// The whole message of each error that a kernel's use of circular buffers and arguments can have.
#include <gtest/gtest.h>

#include "support/error_text.hpp"
#include "support/small_program.hpp"

namespace loom::testing {
namespace {

// c_0 has four pages of 64 bytes, the kernel one runtime argument and two common ones.
std::string error_of_reader(const std::string& body) {
    SmallProgram program;
    program.cb(0, 64, 4);
    KernelDescriptor& kernel = program.reader("// a remark\nvoid kernel_main() {\n" + body + "\n}");
    kernel.runtime_args = {{{0, 0}, {7}}};
    kernel.common_runtime_args = {8, 9};
    return error_text([&] { program.run(); });
}

TEST(KernelCbErrors, Protocol) {
    EXPECT_EQ(error_of_reader("cb_wait_front(5, 1);"),
              "CB_MISSING: core (0,0) reader, source.cpp:3: cb_wait_front(c_5): this core has no circular "
              "buffer c_5. "
              "Describe it in the program, or use one that is there.");
    EXPECT_EQ(
        error_of_reader("get_write_ptr(77);"),
        "CB_MISSING: core (0,0) reader, source.cpp:3: get_write_ptr(c_77): this core has no circular buffer "
        "c_77. Describe it in the program, or use one that is there.");
    EXPECT_EQ(error_of_reader("cb_push_back(0, 3);\ncb_push_back(0, 2);"),
              "CB_OVERRUN: core (0,0) reader, source.cpp:4: cb_push_back(c_0, 2): 1 of 4 pages free in c_0. "
              "Reserve "
              "as many pages as are pushed, before the push.");
    EXPECT_EQ(error_of_reader("cb_push_back(0, 1);\n\ncb_pop_front(0, 2);"),
              "CB_UNDERRUN: core (0,0) reader, source.cpp:5: cb_pop_front(c_0, 2): c_0 has 1 page. "
              "Wait for as "
              "many pages as are popped, before the pop.");
}

TEST(KernelCbErrors, Laps) {
    const std::string advice =
        " A pointer wraps only when it meets the end exactly: use amounts whose sum does.";
    EXPECT_EQ(
        error_of_reader("cb_push_back(0, 3); cb_wait_front(0, 3); cb_pop_front(0, 3);\ncb_push_back(0, 2);"),
        "CB_LAP: core (0,0) reader, source.cpp:4: cb_push_back(c_0, 2): that passes the end of the buffer, "
        "from "
        "page 3 of 4 of c_0." +
            advice);
    EXPECT_EQ(
        error_of_reader("cb_push_back(0, 3); cb_pop_front(0, 3); cb_push_back(0, 1); cb_push_back(0, 1);\n"
                        "cb_pop_front(0, 2);"),
        "CB_LAP: core (0,0) reader, source.cpp:4: cb_pop_front(c_0, 2): that passes the end of the buffer, "
        "from "
        "page 3 of 4 of c_0." +
            advice);
}

TEST(KernelCbErrors, Arguments) {
    EXPECT_EQ(error_of_reader("get_arg_val<uint32_t>(0);\nget_arg_val<uint32_t>(1);"),
              "ARG_OUT_OF_RANGE: core (0,0) reader, source.cpp:4: get_arg_val(1): the kernel was given 1 "
              "runtime argument.");
    EXPECT_EQ(error_of_reader("get_common_arg_val<uint32_t>(2);"),
              "ARG_OUT_OF_RANGE: core (0,0) reader, source.cpp:3: get_common_arg_val(2): the kernel was "
              "given 2 common runtime arguments.");
}

TEST(KernelCbErrors, TheCommandThatRepeatsIt) {
    SmallProgram program;
    program.writer("void kernel_main() { cb_wait_front(9, 1); }");
    runtime::LaunchOptions options;
    options.again = "loom check x";
    EXPECT_EQ(error_text([&] { program.run(options); }),
              "CB_MISSING: core (0,0) writer, source.cpp:1: cb_wait_front(c_9): this core has no circular "
              "buffer c_9. "
              "Describe it in the program, or use one that is there.\nAgain: loom check x");
}

// Of several cores that fail, the one that comes first in the program is named, whichever host thread ran it.
TEST(KernelCbErrors, TheFirstCoreIsNamed) {
    for (int repeat = 0; repeat < 5; ++repeat) {
        SmallProgram program({.grid = {4, 1}, .threads = 2});
        program.cores = CoreRangeSet(CoreRange({0, 0}, {3, 0}));
        program.reader("void kernel_main() { if (get_absolute_logical_x() > 0) get_read_ptr(1); }");
        EXPECT_EQ(error_text([&] { program.run(); }),
                  "CB_MISSING: core (1,0) reader, source.cpp:1: get_read_ptr(c_1): this core has no circular "
                  "buffer "
                  "c_1. Describe it in the program, or use one that is there.");
    }
}

}  // namespace
}  // namespace loom::testing
