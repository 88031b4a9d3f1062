// tile::pack gives the bytes of its scalar twin: each mask, format, accumulation and case of rounding.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

constexpr PackMask kMasks[] = {PackMask::all, PackMask::reduce_row, PackMask::reduce_column,
                               PackMask::reduce_scalar};

TEST(TileSimdPack, EqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            for (const PackMask mask : kMasks) {
                for (const bool accumulate : {false, true}) {
                    DstTile dst;
                    inputs.fill(dst);
                    L1Tile expected(format);
                    if (accumulate) inputs.fill(expected);
                    L1Tile got = expected;
                    scalar::pack(dst.values, mask, accumulate, format, expected.data());
                    tile::pack(dst.values, mask, accumulate, format, got.data());
                    expect_same(expected, got, label("pack", format, "mask", mask, "accumulate", accumulate));
                }
            }
        }
    });
}

// Each bfloat16, and the floats around it where rounding decides: just off it, around the tie, just short of
// the next.
TEST(TileSimdPack, RoundsEveryBfloat16NeighbourhoodAsItsScalarTwin) {
    on_every_target([] {
        for (const std::uint32_t low : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
            for (std::uint32_t first = 0; first < 0x10000; first += kElements) {
                DstTile dst;
                for (std::uint32_t i = 0; i < kElements; ++i) {
                    dst.values[i] = std::bit_cast<float>((first + i) << 16 | low);
                }
                L1Tile expected(DataFormat::Float16_b), got(DataFormat::Float16_b);
                scalar::pack(dst.values, PackMask::all, false, DataFormat::Float16_b, expected.data());
                tile::pack(dst.values, PackMask::all, false, DataFormat::Float16_b, got.data());
                expect_same(expected, got, label("upper half from", first, "lower half", low));
            }
        }
    });
}

}  // namespace
}  // namespace loom::tile::testing
