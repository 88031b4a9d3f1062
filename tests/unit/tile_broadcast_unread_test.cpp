// A broadcast, and a reduction's scaler, read only their part of a tile: NaN in all the rest changes nothing.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

// Row + 1, column + 1 or 1 in the part of B that is read, and NaN elsewhere.
L1Tile only_part(Broadcast part, DataFormat format) {
    L1Tile b(format);
    for (std::uint32_t k = 0; k < kSide; ++k) {
        if (part == Broadcast::columns) b.set(k, 0, static_cast<float>(k + 1));
        if (part == Broadcast::rows) b.set(0, k, static_cast<float>(k + 1));
    }
    if (part == Broadcast::scalar) b.set(0, 0, 1.0f);
    return b;
}

float expected_part(Broadcast part, std::uint32_t row, std::uint32_t column) {
    if (part == Broadcast::columns) return static_cast<float>(row + 1);
    if (part == Broadcast::rows) return static_cast<float>(column + 1);
    return 1.0f;
}

template <class BroadcastFunction, class BinaryFunction>
void check(BroadcastFunction broadcast, BinaryFunction binary) {
    for (const DataFormat format : kFormats) {
        for (const Broadcast part : {Broadcast::columns, Broadcast::rows, Broadcast::scalar}) {
            L1Tile b = only_part(part, format), a(format);
            for (std::uint32_t i = 0; i < kElements; ++i) store(2.0f, a.data(), format, i);
            DstTile expected, expected_product, got, got_product;
            for (std::uint32_t r = 0; r < kSide; ++r) {
                for (std::uint32_t c = 0; c < kSide; ++c) {
                    expected.at(r, c) = expected_part(part, r, c);
                    expected_product.at(r, c) = 2.0f * expected_part(part, r, c);
                }
            }
            broadcast(part, b.operand(), got.values);
            binary(Binary::mul, part, a.operand(), b.operand(), false, got_product.values);
            expect_same(expected, got, label("broadcast", part, format));
            expect_same(expected_product, got_product, label("binary with broadcast", part, format));
        }
    }
}

TEST(TileBroadcastUnread, ScalarReadsOnlyTheNamedPart) {
    check(scalar::broadcast, scalar::binary);
}

TEST(TileBroadcastUnread, SimdReadsOnlyTheNamedPart) {
    on_every_target([] { check(tile::broadcast, tile::binary); });
}

TEST(TileReduceUnread, OnlyRowZeroOfTheScalerIsRead) {
    L1Tile ones(DataFormat::Float16_b), scaler(DataFormat::Float16_b);
    for (std::uint32_t i = 0; i < kElements; ++i) store(1.0f, ones.data(), ones.format, i);
    for (std::uint32_t c = 0; c < kSide; ++c) scaler.set(0, c, 0.5f);
    on_every_target([&] {
        for (const auto& [dim, sum] : {std::pair(ReduceDim::row, 16.0f), std::pair(ReduceDim::column, 16.0f),
                                       std::pair(ReduceDim::scalar, 256.0f)}) {
            DstTile by_scalar, by_simd;
            scalar::reduce(dim, ones.operand(), scaler.operand(), false, by_scalar.values);
            tile::reduce(dim, ones.operand(), scaler.operand(), false, by_simd.values);
            EXPECT_EQ(by_scalar.at(0, 0), sum) << label("scalar, dim", dim);
            EXPECT_EQ(by_simd.at(0, 0), sum) << label(simd_target(), "dim", dim);
        }
    });
}

}  // namespace
}  // namespace loom::tile::testing
