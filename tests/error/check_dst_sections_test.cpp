// DST belongs to MATH from acquire to commit and to PACK from wait to release. Outside, the other one works there.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

constexpr const char* kTakeInput =
    "compute_kernel_hw_startup(0, 0, 16), copy_tile_init(0), cb_wait_front(0, 1);\n";
constexpr const char* kGiveOutput = "cb_push_back(16, 1), cb_pop_front(0, 1);";

FaultyProgram copying(const std::string& statements) {
    return compute_program(kTakeInput + statements + "\n" + kGiveOutput);
}

TEST(CheckDstSections, AnOpBeforeAcquire) {
    expect_fault(copying("FAULT(copy_tile(0, 0, 0);)\n"
                         "tile_regs_acquire();\n"
                         "REPAIR(copy_tile(0, 0, 0);)\n"
                         "tile_regs_commit(), tile_regs_wait(), cb_reserve_back(16, 1);\n"
                         "pack_tile(0, 16), tile_regs_release();"),
                 "DST_NOT_ACQUIRED: core (0,0) compute MATH, source.cpp:3: copy_tile: outside "
                 "tile_regs_acquire .. tile_regs_commit. Acquire DST first.");
}

// MATH goes on with the next section while PACK still reads this one.
TEST(CheckDstSections, AnOpAfterCommit) {
    expect_fault(copying("square_tile_init(), tile_regs_acquire(), copy_tile(0, 0, 0);\n"
                         "REPAIR(square_tile(0);)\n"
                         "tile_regs_commit();\n"
                         "FAULT(square_tile(0);)\n"
                         "tile_regs_wait(), cb_reserve_back(16, 1), pack_tile(0, 16), tile_regs_release();"),
                 "DST_NOT_ACQUIRED: core (0,0) compute MATH, source.cpp:6: square_tile: outside "
                 "tile_regs_acquire .. tile_regs_commit. Acquire DST first.");
}

TEST(CheckDstSections, APackBeforeWait) {
    expect_fault(
        copying("tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_reserve_back(16, 1);\n"
                "FAULT(pack_tile(0, 16);)\n"
                "tile_regs_wait();\n"
                "REPAIR(pack_tile(0, 16);)\n"
                "tile_regs_release();"),
        "DST_NOT_WAITED: core (0,0) compute PACK, source.cpp:4: pack_tile: outside "
        "tile_regs_wait .. tile_regs_release. Wait for DST first.");
}

TEST(CheckDstSections, AReleaseWithoutAWait) {
    expect_fault(
        copying("tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_reserve_back(16, 1);\n"
                "tile_regs_wait(), pack_tile(0, 16), tile_regs_release();\n"
                "FAULT(tile_regs_release();)"),
        "DST_NOT_WAITED: core (0,0) compute PACK, source.cpp:5: tile_regs_release: outside "
        "tile_regs_wait .. tile_regs_release. Wait for DST first.");
}

// One commit is one section: the second wait is granted by chance, for the same one.
TEST(CheckDstSections, TwoWaitsOnOneCommit) {
    expect_fault(
        copying("tile_regs_acquire(), copy_tile(0, 0, 0), tile_regs_commit(), cb_reserve_back(16, 1);\n"
                "tile_regs_wait();\n"
                "FAULT(tile_regs_wait();)\n"
                "pack_tile(0, 16), tile_regs_release();"),
        "DST_WAITED_TWICE: core (0,0) compute PACK, source.cpp:5: tile_regs_wait: it already "
        "waited at line 4, and has not released since. Pair each tile_regs_wait with one "
        "tile_regs_release.");
}

// The older spelling waits within acquire_dst, and release_dst commits.
TEST(CheckDstSections, AWaitAfterAcquireDst) {
    expect_fault(copying("acquire_dst(), copy_tile(0, 0, 0), cb_reserve_back(16, 1);\n"
                         "FAULT(tile_regs_wait();)\n"
                         "pack_tile(0, 16), release_dst();"),
                 "DST_WAITED_TWICE: core (0,0) compute PACK, source.cpp:4: tile_regs_wait: it already "
                 "waited at line 3, and has not released since. Pair each tile_regs_wait with one "
                 "tile_regs_release.");
}

}  // namespace
}  // namespace loom::testing
