// Hangs over circular buffers between kernels: each is told with its reason, and ends once that is mended.
#include "hang/hang_testing.hpp"

namespace loom::testing {
namespace {

const HangCase kCases[] = {
    // The reader wants room for four more, compute wants a fourth page first.
    {.name = "TooFewPushedForTheOther",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 4);
             program.reader(R"(void kernel_main() {
                 for (uint32_t i = 0; i < 2; ++i) {
                     cb_reserve_back(0, 4);
                 #ifdef REPAIRED
                     cb_push_back(0, 4);
                 #else
                     cb_push_back(0, 3);
                 #endif
                 }
             })");
             program.compute(R"(#include "api/compute/common.h"
                 void kernel_main() {
                 for (uint32_t i = 0; i < 2; ++i) {
                     cb_wait_front(0, 4);
                     cb_pop_front(0, 4);
                 }
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader           cb_reserve_back(c_0, 4)  source.cpp:3  1 of 4 pages free\n"
                "  compute  UNPACK  cb_wait_front(c_0, 4)    source.cpp:4  3 of 4 pages pushed\n"
                "           MATH  finished      PACK  finished\n"
                "They wait for each other: reader needs compute (UNPACK) to pop 3 of c_0, compute (UNPACK) "
                "needs reader to push 1 more of c_0. Let reader push 4 pages of c_0 before it reserves "
                "more, or compute (UNPACK) wait for fewer."},

    // No schedule helps a buffer that is too small.
    {.name = "ReservesMoreThanThereIs",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(16, 2);
             program.reader(R"(void kernel_main() {
                 #ifdef REPAIRED
                 cb_reserve_back(16, 2);
                 cb_push_back(16, 2);
                 #else
                 cb_reserve_back(16, 3);
                 cb_push_back(16, 3);
                 #endif
             })");
             program.writer(R"(void kernel_main() {
                 cb_wait_front(16, 2);
                 cb_pop_front(16, 2);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  cb_reserve_back(c_16, 3)  source.cpp:6  c_16 holds 2 pages: can never be granted\n"
                "  writer  cb_wait_front(c_16, 2)    source.cpp:2  0 of 2 pages pushed\n"
                "Give c_16 at least 3 pages, or reserve at most 2."},

    // The reader counts one page less than the writer.
    {.name = "ProducerEndsEarly",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.reader(R"(void kernel_main() {
                 #ifdef REPAIRED
                 const uint32_t pages = 5;
                 #else
                 const uint32_t pages = 4;
                 #endif
                 for (uint32_t page = 0; page < pages; ++page) {
                     cb_reserve_back(0, 1);
                     cb_push_back(0, 1);
                 }
             })");
             program.writer(R"(void kernel_main() {
                 for (uint32_t page = 0; page < 5; ++page) {
                     cb_wait_front(0, 1);
                     cb_pop_front(0, 1);
                 }
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  finished\n"
                "  writer  cb_wait_front(c_0, 1)  source.cpp:3  0 of 1 page pushed\n"
                "reader ended after pushing 4 pages of c_0 in all; writer waits for 1 more: push as many "
                "as are waited for."},

    // The writer pops one page and ends; the reader has more than fit.
    {.name = "ConsumerEndsEarly",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.reader(R"(void kernel_main() {
                 for (uint32_t page = 0; page < 4; ++page) {
                     cb_reserve_back(0, 1);
                     cb_push_back(0, 1);
                 }
             })");
             program.writer(R"(void kernel_main() {
                 #ifdef REPAIRED
                 const uint32_t pages = 4;
                 #else
                 const uint32_t pages = 1;
                 #endif
                 for (uint32_t page = 0; page < pages; ++page) {
                     cb_wait_front(0, 1);
                     cb_pop_front(0, 1);
                 }
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  cb_reserve_back(c_0, 1)  source.cpp:3  0 of 1 page free\n"
                "  writer  finished\n"
                "writer ended after popping 1 of the 3 pages pushed to c_0: let it pop each page that it "
                "has used."},

    // The reader fills c_0, and compute waits for c_1.
    {.name = "NobodyPushes",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.tile_cb(1, 2);
             program.reader(R"(void kernel_main() {
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
             })");
             program.compute(R"(#include "api/compute/common.h"
                 void kernel_main() {
                 #ifdef REPAIRED
                 const uint32_t input = 0;
                 #else
                 const uint32_t input = 1;
                 #endif
                 cb_wait_front(input, 1);
                 cb_pop_front(input, 1);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader           finished\n"
                "  compute  UNPACK  cb_wait_front(c_1, 1)  source.cpp:8  0 of 1 page pushed\n"
                "           MATH  finished      PACK  finished\n"
                "No kernel has pushed c_1: let one push the 1 page that compute (UNPACK) waits for."},

    // Nobody takes what the reader makes.
    {.name = "NobodyPops",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.reader(R"(void kernel_main() {
                 for (uint32_t page = 0; page < 3; ++page) {
                     cb_reserve_back(0, 1);
                     cb_push_back(0, 1);
                 }
             })");
             program.writer(R"(void kernel_main() {
                 #ifdef REPAIRED
                 cb_wait_front(0, 1);
                 cb_pop_front(0, 1);
                 #endif
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  cb_reserve_back(c_0, 1)  source.cpp:3  0 of 1 page free\n"
                "  writer  finished\n"
                "No kernel has popped c_0: let one pop what reader pushes."},

    // One thread on both sides of a buffer.
    {.name = "WaitsForItself",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.reader(R"(void kernel_main() {
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
                 #ifndef REPAIRED
                 cb_wait_front(0, 2);
                 #endif
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
                 cb_wait_front(0, 2);
                 cb_pop_front(0, 2);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  cb_wait_front(c_0, 2)  source.cpp:5  1 of 2 pages pushed\n"
                "reader waits for itself to push 1 more of c_0: let it do that before it waits."},

    // Reader and writer each wait for what the other pushes next.
    {.name = "EachWaitsFirst",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.tile_cb(1, 2);
             program.reader(R"(void kernel_main() {
#ifdef REPAIRED
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
#endif
                 cb_wait_front(1, 1);
                 cb_pop_front(1, 1);
#ifndef REPAIRED
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
#endif
             })");
             program.writer(R"(void kernel_main() {
                 cb_wait_front(0, 1);
                 cb_pop_front(0, 1);
                 cb_reserve_back(1, 1);
                 cb_push_back(1, 1);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader  cb_wait_front(c_1, 1)  source.cpp:6  0 of 1 page pushed\n"
                "  writer  cb_wait_front(c_0, 1)  source.cpp:2  0 of 1 page pushed\n"
                "They wait for each other: reader needs writer to push 1 of c_1, which nobody has pushed "
                "yet, writer needs reader to push 1 of c_0, which nobody has pushed yet. Let writer push "
                "c_1 before it waits, if c_1 is what reader means."},

    // Two faults that have nothing to do with each other are both told; compute and writer only follow.
    {.name = "TwoCausesOfTheirOwn",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.tile_cb(1, 2);
             program.tile_cb(16, 2);
             program.reader(R"(void kernel_main() {
                 #ifdef REPAIRED
                 cb_reserve_back(0, 2);
                 cb_push_back(0, 2);
                 cb_reserve_back(1, 1);
                 cb_push_back(1, 1);
                 #else
                 cb_reserve_back(0, 3);
                 cb_push_back(0, 3);
                 #endif
             })");
             program.compute(R"(#include "api/compute/tile_move_copy.h"
                 void kernel_main() {
                 cb_wait_front(0, 2);
                 cb_pop_front(0, 2);
                 tile_regs_acquire();
                 tile_regs_commit();
                 tile_regs_wait();
                 cb_reserve_back(16, 1);
                 pack_tile(0, 16);
                 cb_push_back(16, 1);
                 tile_regs_release();
             })");
             program.writer(R"(void kernel_main() {
                 #ifdef REPAIRED
                 cb_wait_front(16, 1);
                 cb_pop_front(16, 1);
                 #else
                 cb_wait_front(16, 5);
                 #endif
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  reader           cb_reserve_back(c_0, 3)  source.cpp:8  c_0 holds 2 pages: can never be "
                "granted\n"
                "  compute  UNPACK  cb_wait_front(c_0, 2)    source.cpp:3  0 of 2 pages pushed\n"
                "           MATH  finished      PACK  finished\n"
                "  writer           cb_wait_front(c_16, 5)   source.cpp:6  c_16 holds 2 pages: can never "
                "be granted\n"
                "Give c_0 at least 3 pages, or reserve at most 2.\n"
                "Give c_16 at least 5 pages, or wait for at most 2."},
};

class CbHangs : public ::testing::TestWithParam<HangCase> {};

TEST_P(CbHangs, AreExplainedAndRepaired) {
    check_case(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, CbHangs, ::testing::ValuesIn(kCases), name_of_case);

}  // namespace
}  // namespace loom::testing
