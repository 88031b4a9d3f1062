// A pack mask keeps the lanes of a reduction's result and packs zero elsewhere, also where DST holds NaN.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

bool is_kept(PackMask mask, std::uint32_t row, std::uint32_t column) {
    if (mask == PackMask::reduce_row) return column == 0 || column == 16;  // column 0 of every face
    if (mask == PackMask::reduce_column) return row == 0;                  // row 0 of faces 0 and 1
    return row == 0 && column == 0;
}

void fill_kept(DstTile& dst, PackMask mask, float value) {
    for (std::uint32_t r = 0; r < kSide; ++r) {
        for (std::uint32_t c = 0; c < kSide; ++c) {
            if (is_kept(mask, r, c)) dst.at(r, c) = value;
        }
    }
}

TEST(TilePackMask, LanesOutsideAreZero) {
    for (const PackMask mask : {PackMask::reduce_row, PackMask::reduce_column, PackMask::reduce_scalar}) {
        DstTile dst;  // NaN elsewhere
        fill_kept(dst, mask, 3.0f);
        L1Tile out(DataFormat::Float16_b);
        scalar::pack(dst.values, mask, false, DataFormat::Float16_b, out.data());
        for (std::uint32_t r = 0; r < kSide; ++r) {
            for (std::uint32_t c = 0; c < kSide; ++c) {
                ASSERT_EQ(out.at(r, c), is_kept(mask, r, c) ? 3.0f : 0.0f)
                    << label("mask", mask, "row", r, "column", c);
            }
        }
    }
}

// The packer masks before it adds: what L1 holds outside the mask gets zero added.
TEST(TilePackMask, AccumulationKeepsWhatIsOutside) {
    DstTile dst;
    fill_kept(dst, PackMask::reduce_row, 3.0f);
    L1Tile out(DataFormat::Float32);
    for (std::uint32_t i = 0; i < kElements; ++i) store(10.0f, out.data(), out.format, i);
    scalar::pack(dst.values, PackMask::reduce_row, true, DataFormat::Float32, out.data());
    EXPECT_EQ(out.at(9, 0), 13.0f);
    EXPECT_EQ(out.at(9, 16), 13.0f);
    EXPECT_EQ(out.at(9, 1), 10.0f);
}

}  // namespace
}  // namespace loom::tile::testing
