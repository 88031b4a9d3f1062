// A circular buffer has one producer and one consumer: each RISC-V has pointers of its own, so a second one starts where the
// first one did.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

constexpr const char* kPushTwo = "cb_reserve_back(0, 2);\ncb_push_back(0, 2);";
constexpr const char* kPopTwo = "cb_wait_front(0, 2);\ncb_pop_front(0, 2);";

TEST(CheckCbShared, ReaderAndWriterPush) {
    FaultyProgram program =
        dataflow_program(std::string(kPushTwo) + "\nREPAIR(cb_reserve_back(0, 2); cb_push_back(0, 2);)",
                         "FAULT(cb_reserve_back(0, 2);)\nFAULT(cb_push_back(0, 2);)");
    program.compute = "void kernel_main() { cb_wait_front(0, 4); cb_pop_front(0, 4); }";
    expect_fault(program,
                 "CB_SHARED: core (0,0) writer, source.cpp:3: cb_push_back(c_0, 2): a second thread "
                 "produces for c_0; core (0,0) reader, source.cpp:3: cb_push_back does too. Pointers "
                 "belong to a thread, so a circular buffer has one producer and one consumer.");
}

TEST(CheckCbShared, ComputeAndWriterPop) {
    FaultyProgram program =
        dataflow_program("cb_reserve_back(0, 4);\ncb_push_back(0, 4);",
                         std::string(kPopTwo) + "\nREPAIR(cb_wait_front(0, 2); cb_pop_front(0, 2);)");
    program.compute = "void kernel_main() {\nFAULT(cb_wait_front(0, 2);)\nFAULT(cb_pop_front(0, 2);)\n}";
    expect_fault(program,
                 "CB_SHARED: core (0,0) writer, source.cpp:3: cb_pop_front(c_0, 2): a second thread "
                 "consumes from c_0; core (0,0) compute UNPACK, source.cpp:3: cb_pop_front does too. "
                 "Pointers belong to a thread, so a circular buffer has one producer and one consumer.");
}

// The reader primes a buffer that PACK goes on to fill.
TEST(CheckCbShared, ReaderAndPackPush) {
    FaultyProgram program = dataflow_program("FAULT(cb_reserve_back(0, 2);)\nFAULT(cb_push_back(0, 2);)",
                                             std::string(kPopTwo) + kPopTwo);
    program.compute =
        "void kernel_main() {\n"
        "REPAIR(cb_reserve_back(0, 2); cb_push_back(0, 2);)\n"
        "cb_reserve_back(0, 2);\n"
        "cb_push_back(0, 2);\n}";
    expect_fault(program,
                 "CB_SHARED: core (0,0) compute PACK, source.cpp:4: cb_push_back(c_0, 2): a second thread "
                 "produces for c_0; core (0,0) reader, source.cpp:3: cb_push_back does too. Pointers "
                 "belong to a thread, so a circular buffer has one producer and one consumer.");
}

}  // namespace
}  // namespace loom::testing
