// Kernels that poll without end are found by a number of steps, not by time.
#include "hang/hang_testing.hpp"

namespace loom::testing {
namespace {

const HangCase kCases[] = {
    // A loop on cb_pages_available_at_front is no blocking call: only the number of vain polls tells.
    {.name = "PollsForWhatNobodyPushes",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.reader(R"(void kernel_main() {
                 #ifdef REPAIRED
                 cb_reserve_back(0, 2);
                 cb_push_back(0, 2);
                 #else
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
                 #endif
             })");
             program.writer(R"(void kernel_main() {
                 while (!cb_pages_available_at_front(0, 2)) {
                 }
                 cb_pop_front(0, 2);
             })");
         },
     .message = "LIVELOCK core (0,0): kernels poll, and nothing changes.\n"
                "  reader  finished\n"
                "  writer  cb_pages_available_at_front(c_0, 2)  source.cpp:2  1 of 2 pages pushed\n"
                "reader ended after pushing 1 page of c_0 in all; writer waits for 1 more: push as many as "
                "are waited for.",
     .code = Code::LIVELOCK},

    // Each polls before it pushes.
    {.name = "PollsForEachOther",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.tile_cb(1, 2);
             program.reader(R"(void kernel_main() {
                 #ifdef REPAIRED
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
                 #endif
                 while (!cb_pages_available_at_front(1, 1)) {
                     noc_async_read_barrier();
                 }
                 cb_pop_front(1, 1);
                 #ifndef REPAIRED
                 cb_reserve_back(0, 1);
                 cb_push_back(0, 1);
                 #endif
             })");
             program.writer(R"(void kernel_main() {
                 while (!cb_pages_available_at_front(0, 1)) {
                     noc_async_read_barrier();
                 }
                 cb_pop_front(0, 1);
                 cb_reserve_back(1, 1);
                 cb_push_back(1, 1);
             })");
         },
     .message = "LIVELOCK core (0,0): kernels poll, and nothing changes.\n"
                "  reader  cb_pages_available_at_front(c_1, 1)  source.cpp:6  0 of 1 page pushed\n"
                "  writer  cb_pages_available_at_front(c_0, 1)  source.cpp:2  0 of 1 page pushed\n"
                "They wait for each other: reader needs writer to push 1 of c_1, which nobody has pushed "
                "yet, writer needs reader to push 1 of c_0, which nobody has pushed yet. Let writer push "
                "c_1 before it waits, if c_1 is what reader means.",
     .code = Code::LIVELOCK},

    // The consumer has ended.
    {.name = "PollsForRoom",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(0, 2);
             program.reader(R"(void kernel_main() {
                 for (uint32_t page = 0; page < 3; ++page) {
                     while (!cb_pages_reservable_at_back(0, 1)) {
                     }
                     cb_reserve_back(0, 1);
                     cb_push_back(0, 1);
                 }
             })");
             program.writer(R"(void kernel_main() {
                 cb_wait_front(0, 1);
                 #ifdef REPAIRED
                 cb_pop_front(0, 1);
                 #endif
             })");
         },
     .message = "LIVELOCK core (0,0): kernels poll, and nothing changes.\n"
                "  reader  cb_pages_reservable_at_back(c_0, 1)  source.cpp:3  0 of 1 page free\n"
                "  writer  finished\n"
                "writer ended after popping 0 of the 2 pages pushed to c_0: let it pop each page that it "
                "has used.",
     .code = Code::LIVELOCK},
};

class Livelocks : public ::testing::TestWithParam<HangCase> {};

TEST_P(Livelocks, AreExplainedAndRepaired) {
    check_case(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, Livelocks, ::testing::ValuesIn(kCases), name_of_case);

}  // namespace
}  // namespace loom::testing
