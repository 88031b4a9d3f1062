// Hangs between UNPACK, MATH and PACK of one compute kernel, over DST and over buffers that it fills itself.
#include "hang/hang_testing.hpp"

namespace loom::testing {
namespace {

const HangCase kCases[] = {
    // PACK waits for DST a second time; MATH has committed once and ended.
    {.name = "TwoReleasesForOneCommit",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(16, 2);
             program.compute(R"(#include "api/compute/tile_move_copy.h"
                 void kernel_main() {
                 cb_reserve_back(16, 2);
                 for (uint32_t t = 0; t < 2; ++t) {
                 #ifdef REPAIRED
                     const bool acquires = true;
                 #else
                     const bool acquires = t == 0;
                 #endif
                     if (acquires) {
                         tile_regs_acquire();
                         tile_regs_commit();
                     }
                     tile_regs_wait();
                     pack_tile(0, 16);
                     tile_regs_release();
                 }
                 cb_push_back(16, 2);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  compute  PACK  tile_regs_wait()  source.cpp:14  MATH has committed no section of DST\n"
                "           UNPACK  finished      MATH  finished\n"
                "compute (MATH) ended, and compute (PACK) waits for one more section of DST: pair each "
                "tile_regs_wait with one tile_regs_commit."},

    // DST has two sections; a third acquire needs a release.
    {.name = "NothingReleases",
     .build =
         [](SmallProgram& program) {
             program.compute(R"(#include "api/compute/tile_move_copy.h"
                 void kernel_main() {
                 for (uint32_t t = 0; t < 3; ++t) {
                     tile_regs_acquire();
                     tile_regs_commit();
                 #ifdef REPAIRED
                     tile_regs_wait();
                     tile_regs_release();
                 #endif
                 }
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  compute  MATH  tile_regs_acquire()  source.cpp:4  PACK has not released a section of DST\n"
                "           UNPACK  finished      PACK  finished\n"
                "compute (PACK) ended without releasing 2 sections of DST that compute (MATH) committed: "
                "pair each tile_regs_commit with one tile_regs_wait and one tile_regs_release."},

    // UNPACK waits for a page that PACK pushes only after MATH has used it.
    {.name = "InAComputeKernel",
     .build =
         [](SmallProgram& program) {
             program.tile_cb(24, 1);
             program.compute(R"(#include "api/compute/tile_move_copy.h"
                 void kernel_main() {
                 #ifdef REPAIRED
                 tile_regs_acquire();
                 tile_regs_commit();
                 tile_regs_wait();
                 cb_reserve_back(24, 1);
                 pack_tile(0, 24);
                 cb_push_back(24, 1);
                 tile_regs_release();
                 cb_wait_front(24, 1);
                 #else
                 cb_reserve_back(24, 1);
                 cb_wait_front(24, 1);
                 tile_regs_acquire();
                 copy_tile(24, 0, 0);
                 tile_regs_commit();
                 tile_regs_wait();
                 pack_tile(0, 24);
                 cb_push_back(24, 1);
                 tile_regs_release();
                 #endif
                 cb_pop_front(24, 1);
             })");
         },
     .message = "HANG core (0,0): no kernel can run.\n"
                "  compute  UNPACK  cb_wait_front(c_24, 1)  source.cpp:14  0 of 1 page pushed\n"
                "           MATH    copy_tile()             source.cpp:16  UNPACK has not come to this call\n"
                "           PACK    tile_regs_wait()        source.cpp:18  MATH has committed no section "
                "of DST\n"
                "They wait for each other: compute (UNPACK) needs compute (PACK) to push 1 more of c_24, "
                "compute (PACK) needs compute (MATH) to commit a section of DST, compute (MATH) needs "
                "compute (UNPACK) to come to this call. Let compute (PACK) push c_24 before compute "
                "(UNPACK) waits for it."},
};

class ComputeHangs : public ::testing::TestWithParam<HangCase> {};

TEST_P(ComputeHangs, AreExplainedAndRepaired) {
    check_case(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, ComputeHangs, ::testing::ValuesIn(kCases), name_of_case);

}  // namespace
}  // namespace loom::testing
