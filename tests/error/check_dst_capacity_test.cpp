// DST has 4, 8 or 16 tiles, by its width and by how many sections it is cut into; beyond lies the other section.
#include <gtest/gtest.h>

#include "support/faulty_program.hpp"

namespace loom::testing {
namespace {

FaultyProgram in_tile(const std::string& dst, bool fp32, bool full_sync) {
    FaultyProgram program = one_tile_program("copy_tile_init(0);", "copy_tile(0, 0, " + dst + ");",
                                             "pack_tile(" + dst + ", 16);");
    program.config = {.fp32_dest_acc_en = fp32, .dst_full_sync_en = full_sync};
    return program;
}

TEST(CheckDstCapacity, FourTilesOf32BitsInHalfSync) {
    expect_fault(in_tile("FAULT(4) REPAIR(3)", true, false),
                 "DST_CAPACITY: core (0,0) compute MATH, source.cpp:5: copy_tile: DST tile 4 of 4, which "
                 "is what 32-bit DST holds in half sync.");
}

TEST(CheckDstCapacity, EightTilesOf16BitsInHalfSync) {
    expect_fault(in_tile("FAULT(8) REPAIR(7)", false, false),
                 "DST_CAPACITY: core (0,0) compute MATH, source.cpp:5: copy_tile: DST tile 8 of 8, which "
                 "is what 16-bit DST holds in half sync.");
}

TEST(CheckDstCapacity, EightTilesOf32BitsInFullSync) {
    expect_fault(in_tile("FAULT(8) REPAIR(7)", true, true),
                 "DST_CAPACITY: core (0,0) compute MATH, source.cpp:5: copy_tile: DST tile 8 of 8, which "
                 "is what 32-bit DST holds in full sync.");
}

TEST(CheckDstCapacity, SixteenTilesOf16BitsInFullSync) {
    expect_fault(in_tile("FAULT(16) REPAIR(15)", false, true),
                 "DST_CAPACITY: core (0,0) compute MATH, source.cpp:5: copy_tile: DST tile 16 of 16, "
                 "which is what 16-bit DST holds in full sync.");
}

TEST(CheckDstCapacity, APackBeyond) {
    expect_fault(
        one_tile_program("copy_tile_init(0);", "copy_tile(0, 0, 0);", "pack_tile(FAULT(4) REPAIR(0), 16);"),
        "DST_CAPACITY: core (0,0) compute PACK, source.cpp:7: pack_tile: DST tile 4 of 4, which "
        "is what 32-bit DST holds in half sync.");
}

// Ops that ask whether their tile is defined: they add to it if it is.
TEST(CheckDstCapacity, FarBeyond) {
    const std::string at = "DST_CAPACITY: core (0,0) compute MATH, source.cpp:5: ";
    for (const std::string dst : {"100", "65535", "4294967295"}) {
        const std::string operands = "(0, 0, 0, 0, FAULT(" + dst + "u) REPAIR(0));";
        const std::string what = ": DST tile " + dst + " of 4, which is what 32-bit DST holds in half sync.";
        expect_fault(one_tile_program("mul_tiles_init(0, 0);", "mul_tiles" + operands, "pack_tile(0, 16);"),
                     at + "mul_tiles" + what);
        expect_fault(one_tile_program("reduce_init<PoolType::SUM, ReduceDim::REDUCE_ROW>(0, 0, 16);",
                                      "reduce_tile<PoolType::SUM, ReduceDim::REDUCE_ROW>" + operands,
                                      "pack_tile(0, 16); reduce_uninit();"),
                     at + "reduce_tile" + what);
    }
}

}  // namespace
}  // namespace loom::testing
