// tilize and untilize give the bytes of their scalar twins, at any pitch, and touch no byte between rows.
#include <vector>

#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

// Pitches in elements: a lone tile, an odd gap, a wide tensor.
constexpr std::uint32_t kPitches[] = {32, 37, 160};

TEST(TileSimdTilize, EqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            for (const std::uint32_t pitch : kPitches) {
                std::vector<std::byte> rows(kSide * pitch * element_bytes(format));
                inputs.fill(rows.data(), format, kSide * pitch);
                for (std::uint32_t num_rows = 1; num_rows <= kSide; ++num_rows) {
                    DstTile expected, got;
                    const std::size_t pitch_bytes = pitch * element_bytes(format);
                    scalar::tilize(rows.data(), pitch_bytes, num_rows, format, expected.values);
                    tile::tilize(rows.data(), pitch_bytes, num_rows, format, got.values);
                    expect_same(expected, got, label("tilize", format, "pitch", pitch, "rows", num_rows));
                }
            }
        }
    });
}

TEST(TileSimdUntilize, EqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            for (const std::uint32_t pitch : kPitches) {
                DstTile dst;
                inputs.fill(dst);
                std::vector<std::byte> expected(kSide * pitch * element_bytes(format), std::byte{0x5a});
                std::vector<std::byte> got = expected;
                const std::size_t pitch_bytes = pitch * element_bytes(format);
                scalar::untilize(dst.values, format, expected.data(), pitch_bytes);
                tile::untilize(dst.values, format, got.data(), pitch_bytes);
                expect_same(expected.data(), got.data(), format, label("untilize", format, "pitch", pitch),
                            kSide * pitch);
            }
        }
    });
}

}  // namespace
}  // namespace loom::tile::testing
