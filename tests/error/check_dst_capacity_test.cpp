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

}  // namespace
}  // namespace loom::testing
