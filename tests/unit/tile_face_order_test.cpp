// Face order: four 16x16 faces, row-major each; tilize puts rows into it and untilize takes them out.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

TEST(TileFaceOrder, FacesFollowOneAnother) {
    EXPECT_EQ(face_index(0, 0), 0u);
    EXPECT_EQ(face_index(0, 15), 15u);
    EXPECT_EQ(face_index(0, 16), 256u);  // face 1: the right half
    EXPECT_EQ(face_index(1, 0), 16u);
    EXPECT_EQ(face_index(15, 31), 511u);
    EXPECT_EQ(face_index(16, 0), 512u);  // face 2: the lower left
    EXPECT_EQ(face_index(16, 16), 768u);
    EXPECT_EQ(face_index(31, 31), 1023u);
}

TEST(TileFaceOrder, TilizePutsTheFirstRowIntoFacesZeroAndOne) {
    float rows[2 * kSide];
    for (std::uint32_t i = 0; i < 2 * kSide; ++i) rows[i] = static_cast<float>(i + 1);
    DstTile dst;

    scalar::tilize(rows, kSide * sizeof(float), 2, DataFormat::Float32, dst.values);

    EXPECT_EQ(dst.values[0], 1.0f);
    EXPECT_EQ(dst.values[15], 16.0f);
    EXPECT_EQ(dst.values[256], 17.0f);
    EXPECT_EQ(dst.values[16], 33.0f);
    EXPECT_EQ(dst.values[256 + 16 + 15], 64.0f);
    EXPECT_EQ(dst.values[32], 0.0f);  // row 2 was not given
    EXPECT_EQ(dst.values[1023], 0.0f);
}

TEST(TileFaceOrder, UntilizeUndoesTilize) {
    Inputs inputs;
    for (const DataFormat format : kFormats) {
        alignas(16) std::byte rows[4096];
        alignas(16) std::byte back[4096];
        inputs.fill(rows, format);
        DstTile dst;
        scalar::tilize(rows, kSide * element_bytes(format), kSide, format, dst.values);
        scalar::untilize(dst.values, format, back, kSide * element_bytes(format));
        expect_same(rows, back, format, label("round trip", format));
    }
}

TEST(TileFaceOrder, CopyUndoesPack) {
    Inputs inputs;
    for (const DataFormat format : kFormats) {
        L1Tile tile(format), back(format);
        inputs.fill(tile);
        DstTile dst;
        scalar::copy(tile.operand(), dst.values);
        scalar::pack(dst.values, PackMask::all, false, format, back.data());
        expect_same(tile, back, label("round trip", format));
    }
}

}  // namespace
}  // namespace loom::tile::testing
