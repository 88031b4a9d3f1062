// A runtime argument that the program does not give: silicon reads whatever lies behind the last one.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

TEST(CheckMemoryArguments, ARuntimeArgumentOutOfRange) {
    FaultyProgram program = dataflow_program(
        "const uint32_t pages = get_arg_val<uint32_t>(FAULT(2) REPAIR(1));\n"
        "cb_reserve_back(0, pages);\n"
        "cb_push_back(0, pages);",
        "cb_wait_front(0, 4);\ncb_pop_front(0, 4);");
    program.args = {0, 4};
    expect_fault(
        program,
        "ARG_OUT_OF_RANGE: core (0,0) reader, source.cpp:2: get_arg_val(2): the kernel was given 2 runtime "
        "arguments.");
}

TEST(CheckMemoryArguments, AnArgumentOfComputeOutOfRange) {
    FaultyProgram program = dataflow_program("cb_reserve_back(0, 4);\ncb_push_back(0, 4);", "");
    program.compute =
        "void kernel_main() {\n"
        "const uint32_t pages = get_arg_val<uint32_t>(FAULT(1) REPAIR(0));\n"
        "cb_wait_front(0, pages), cb_pop_front(0, pages);\n"
        "}";
    program.args = {4};
    expect_fault(program,
                 "ARG_OUT_OF_RANGE: core (0,0) compute UNPACK, source.cpp:2: get_arg_val(1): the kernel "
                 "was given 1 runtime argument.");
}

// Through a pointer to the arguments nothing can be counted but where it starts.
TEST(CheckMemoryArguments, APointerBehindTheArguments) {
    FaultyProgram program = dataflow_program(
        "const uint32_t* args = reinterpret_cast<const uint32_t*>(get_arg_addr(FAULT(1) REPAIR(0)));\n"
        "cb_reserve_back(0, args[0]);\n"
        "cb_push_back(0, args[0]);",
        "cb_wait_front(0, 4);\ncb_pop_front(0, 4);");
    program.args = {4};
    expect_fault(
        program,
        "ARG_OUT_OF_RANGE: core (0,0) reader, source.cpp:2: get_arg_val(1): the kernel was given 1 runtime "
        "argument.");
}

TEST(CheckMemoryArguments, ACommonArgumentThatIsNotThere) {
    FaultyProgram program = dataflow_program(
        "const uint32_t pages = FAULT(get_common_arg_val<uint32_t>(0)) REPAIR(get_arg_val<uint32_t>(0));\n"
        "cb_reserve_back(0, pages);\n"
        "cb_push_back(0, pages);",
        "cb_wait_front(0, 4);\ncb_pop_front(0, 4);");
    program.args = {4};
    expect_fault(program,
                 "ARG_OUT_OF_RANGE: core (0,0) reader, source.cpp:2: get_common_arg_val(0): the kernel "
                 "was given 0 common runtime arguments.");
}

}  // namespace
}  // namespace loom::testing
