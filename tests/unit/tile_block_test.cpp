// What works on several tiles, or on parts of one, gives the bytes of its scalar twin: sums of rows in lanes, rows of
// tiles from sticks, row 0, and copies past the caches.
#include <algorithm>
#include <numeric>
#include <vector>

#include "tile/copy.hpp"
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

TEST(TileRowTerms, OneTileIsReduce) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            L1Tile a(format), ones(format);
            inputs.fill_plain(a);
            for (std::uint32_t c = 0; c < kSide; ++c) ones.set(0, c, 1.0f);
            alignas(64) float weights[kSide], lanes[16 * kSide] = {}, sums[kSide];
            tile::first_row(ones.operand(), weights);
            tile::add_row_terms(a.operand(), 0, 1, weights, lanes);
            tile::add_up_row_terms(lanes, sums);
            DstTile reduced;
            scalar::reduce(ReduceDim::row, a.operand(), ones.operand(), false, reduced.values);
            for (std::uint32_t r = 0; r < kSide; ++r) EXPECT_EQ(sums[r], reduced.at(r, 0)) << r;
        }
    });
}

TEST(TileRowTerms, SeveralTilesEqualTheScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats)
            for (const bool weighted : {false, true})
                for (const std::uint32_t count : {1u, 2u, 5u}) {
                    const std::size_t stride = kElements * element_bytes(format) + 64;
                    std::vector<std::byte> tiles(count * stride + 16);
                    for (std::uint32_t t = 0; t < count; ++t)
                        inputs.fill(tiles.data() + 16 + t * stride, format);
                    alignas(64) float weights[kSide];
                    for (float& weight : weights) weight = weighted ? inputs.plain() : 1.0f;
                    alignas(64) float expected[16 * kSide], got[16 * kSide], sum_expected[kSide],
                        sum_got[kSide];
                    inputs.fill(expected, DataFormat::Float32, 16 * kSide);
                    std::memcpy(got, expected, sizeof got);
                    const Operand first{tiles.data() + 16, format};
                    scalar::add_row_terms(first, stride, count, weights, expected);
                    tile::add_row_terms(first, stride, count, weights, got);
                    const std::string what = label("terms", format, weighted, count);
                    expect_same(expected, got, DataFormat::Float32, what, 16 * kSide);
                    scalar::add_up_row_terms(expected, sum_expected);
                    tile::add_up_row_terms(expected, sum_got);
                    expect_same(sum_expected, sum_got, DataFormat::Float32, what + "added up", kSide);
                }
    });
}

TEST(TileRowTerms, TilesInSticksToo) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats)
            for (const bool weighted : {false, true}) {
                // Three tiles side by side: 64 or 128 bytes of each stick apart.
                const std::size_t pitch = 3 * kSide * element_bytes(format);
                std::vector<std::byte> bytes(kSide * pitch);
                inputs.fill(bytes.data(), format,
                            static_cast<std::uint32_t>(bytes.size() / element_bytes(format)));
                Sticks sticks;
                for (std::uint32_t r = 0; r < kSide; ++r)
                    sticks[r] = bytes.data() + (r * 5 + 2) % kSide * pitch;
                alignas(64) float weights[kSide], expected[16 * kSide], got[16 * kSide];
                for (float& weight : weights) weight = weighted ? inputs.plain() : 1.0f;
                inputs.fill(expected, DataFormat::Float32, 16 * kSide);
                std::memcpy(got, expected, sizeof got);
                const Operand first{&sticks, format, true, 0};
                scalar::add_row_terms(first, first.next_bytes(), 3, weights, expected);
                tile::add_row_terms(first, first.next_bytes(), 3, weights, got);
                expect_same(expected, got, DataFormat::Float32, label("sticks", format, weighted),
                            16 * kSide);
            }
    });
}

TEST(TileTilizeToTiles, IsTilizeAndPackOneTileAfterAnother) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat from : kFormats)
            for (const DataFormat to : kFormats)
                for (const std::uint32_t rows : {1u, 31u, 32u})
                    for (const std::uint32_t count : {1u, 3u}) {
                        const std::size_t pitch = count * kSide * element_bytes(from) + 32;
                        std::vector<std::byte> sticks(rows * pitch);
                        inputs.fill(sticks.data(), from,
                                    static_cast<std::uint32_t>(sticks.size() / element_bytes(from)));
                        const std::size_t bytes = kElements * element_bytes(to);
                        std::vector<std::byte> got(count * bytes + 64, std::byte{0xa5});
                        tile::Sticks row{};
                        for (std::uint32_t r = 0; r < rows; ++r) row[r] = sticks.data() + r * pitch;
                        tile::tilize_to_tiles(row, 0, rows, from, count, to, got.data());
                        for (std::uint32_t t = 0; t < count; ++t) {
                            DstTile x;
                            scalar::tilize(sticks.data() + t * kSide * element_bytes(from), pitch, rows, from,
                                           x.values);
                            L1Tile expected(to);
                            scalar::pack(x.values, PackMask::all, false, to, expected.data());
                            expect_same(expected.data(), got.data() + t * bytes, to,
                                        label("tilize", from, to, rows, count, t));
                        }
                        EXPECT_EQ(got[count * bytes], std::byte{0xa5})
                            << "nothing is written behind the tiles";
                    }
    });
}

TEST(TileFirstRow, IsRowZeroOfTheUpperFaces) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            L1Tile a(format);
            inputs.fill(a);
            alignas(64) float row[kSide], expected[kSide];
            scalar::first_row(a.operand(), expected);
            const StickTile sticks(a);
            for (const Operand& operand : {a.operand(), sticks.operand()}) {
                tile::first_row(operand, row);
                expect_same(expected, row, DataFormat::Float32, label("first row", format), kSide);
            }
            EXPECT_EQ(std::bit_cast<std::uint32_t>(expected[17]), std::bit_cast<std::uint32_t>(a.at(0, 17)));
        }
    });
}

TEST(Stream, CopiesWhateverTheAlignmentAndNothingElse) {
    on_every_target([] {
        std::vector<std::uint8_t> from(1000);
        std::iota(from.begin(), from.end(), std::uint8_t{1});
        for (const std::size_t bytes : {0u, 1u, 63u, 64u, 65u, 256u, 700u})
            for (const std::size_t shift : {0u, 1u, 16u, 63u}) {
                std::vector<std::uint8_t> to(1000, 0xee);
                stream(from.data() + 3, to.data() + shift, bytes);
                finish_streams();
                std::vector<std::uint8_t> expected(1000, 0xee);
                std::copy_n(from.data() + 3, bytes, expected.data() + shift);
                EXPECT_EQ(to, expected) << bytes << " bytes, shifted by " << shift;
            }
    });
}

}  // namespace
}  // namespace loom::tile::testing
