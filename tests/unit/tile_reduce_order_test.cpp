// reduce adds in one documented order, weights each axis as documented, and writes only the result lanes.
#include <array>
#include <utility>

#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

L1Tile filled(float value) {
    L1Tile tile(DataFormat::Float32);
    for (std::uint32_t i = 0; i < kElements; ++i) store(value, tile.data(), tile.format, i);
    return tile;
}

// 2^24 + 1 rounds back to 2^24, so a sum tells in which order its terms met.
constexpr float kBig = 16777216.0f;
struct Order {
    std::array<std::pair<std::uint32_t, float>, 3> terms;  // index, value; all others are zero
    float sum;
    const char* why;
};
constexpr Order kOrders[] = {
    {{{{0, kBig}, {16, -kBig}, {1, 1.0f}}}, 1.0f, "0 meets 16 first"},
    {{{{0, kBig}, {16, 1.0f}, {8, -kBig}}}, 0.0f, "16 meets 0 before 8 does"},
    {{{{0, kBig}, {8, -kBig}, {4, 1.0f}}}, 1.0f, "8 meets 0 before 4 does"},
    {{{{0, kBig}, {8, 1.0f}, {4, -kBig}}}, 0.0f, "4 meets 0 after 8 did"},
    {{{{0, kBig}, {4, -kBig}, {2, 1.0f}}}, 1.0f, "4 meets 0 before 2 does"},
    {{{{0, kBig}, {2, -kBig}, {1, 1.0f}}}, 1.0f, "2 meets 0 before 1 does"},
    {{{{3, kBig}, {1, -kBig}, {2, 1.0f}}}, 1.0f, "3 meets 1 before 2 does"},
};

TEST(TileReduceOrder, HalvesByStridesOf16To1) {
    L1Tile ones = filled(1.0f);
    for (const Order& order : kOrders) {
        L1Tile in_row = filled(0.0f), in_column = filled(0.0f);
        for (const auto& [index, value] : order.terms) {
            in_row.set(20, index, value);
            in_column.set(index, 20, value);
        }
        DstTile row, column, rows_of_row, rows_of_column;
        scalar::reduce(ReduceDim::row, in_row.operand(), ones.operand(), false, row.values);
        scalar::reduce(ReduceDim::column, in_column.operand(), ones.operand(), false, column.values);
        scalar::reduce(ReduceDim::scalar, in_row.operand(), ones.operand(), false, rows_of_row.values);
        scalar::reduce(ReduceDim::scalar, in_column.operand(), ones.operand(), false, rows_of_column.values);
        EXPECT_EQ(row.at(20, 0), order.sum) << "row: " << order.why;
        EXPECT_EQ(column.at(0, 20), order.sum) << "column: " << order.why;
        EXPECT_EQ(rows_of_row.at(0, 0), order.sum) << "scalar, within a row: " << order.why;
        EXPECT_EQ(rows_of_column.at(0, 0), order.sum) << "scalar, of the row sums: " << order.why;
    }
}

TEST(TileReduceOrder, TheScalerWeighsTheCollapsedAxis) {
    L1Tile a = filled(0.0f), scaler(DataFormat::Float32);
    a.set(18, 5, 3.0f);
    for (std::uint32_t c = 0; c < kSide; ++c) scaler.set(0, c, static_cast<float>(c));
    DstTile row, column, all;
    scalar::reduce(ReduceDim::row, a.operand(), scaler.operand(), false, row.values);
    scalar::reduce(ReduceDim::column, a.operand(), scaler.operand(), false, column.values);
    scalar::reduce(ReduceDim::scalar, a.operand(), scaler.operand(), false, all.values);
    EXPECT_EQ(row.at(18, 0), 3.0f * 5);
    EXPECT_EQ(column.at(0, 5), 3.0f * 18);
    EXPECT_EQ(all.at(0, 0), 3.0f * 18 * 5);
}

TEST(TileReduceOrder, OtherLanesAreZeroedOrKept) {
    L1Tile ones = filled(1.0f);
    for (const ReduceDim dim : {ReduceDim::row, ReduceDim::column, ReduceDim::scalar}) {
        DstTile fresh, kept;
        for (float& value : kept.values) value = 7.0f;
        scalar::reduce(dim, ones.operand(), ones.operand(), false, fresh.values);
        scalar::reduce(dim, ones.operand(), ones.operand(), true, kept.values);
        const float sum = dim == ReduceDim::scalar ? 1024.0f : 32.0f;
        for (std::uint32_t r = 0; r < kSide; ++r) {
            for (std::uint32_t c = 0; c < kSide; ++c) {
                const bool result = (dim == ReduceDim::column || c == 0) && (dim == ReduceDim::row || r == 0);
                ASSERT_EQ(fresh.at(r, c), result ? sum : 0.0f) << label("dim", dim, "row", r, "column", c);
                ASSERT_EQ(kept.at(r, c), result ? 7.0f + sum : 7.0f)
                    << label("dim", dim, "row", r, "column", c);
            }
        }
    }
}

}  // namespace
}  // namespace loom::tile::testing
