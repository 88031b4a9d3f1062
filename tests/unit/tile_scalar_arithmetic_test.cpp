// The scalar twins compute what their names say: each against a value worked out by hand.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

// 100 * row + column: distinct in each lane, exact in float.
float numbered(std::uint32_t row, std::uint32_t column) {
    return static_cast<float>(100 * row + column);
}

L1Tile numbered_tile() {
    L1Tile tile(DataFormat::Float32);
    for (std::uint32_t r = 0; r < kSide; ++r) {
        for (std::uint32_t c = 0; c < kSide; ++c) tile.set(r, c, numbered(r, c));
    }
    return tile;
}

float of_one(Unary f, float x, float s) {
    DstTile dst;
    dst.at(17, 30) = x;
    scalar::unary(f, s, dst.values);
    return dst.at(17, 30);
}

TEST(TileScalarArithmetic, BinaryPairsTheRightElements) {
    L1Tile a = numbered_tile(), b = numbered_tile();
    const auto one = [&](Binary op, Broadcast part) {
        DstTile dst;
        scalar::binary(op, part, a.operand(), b.operand(), false, dst.values);
        return dst.at(18, 3);  // a is 1803
    };
    EXPECT_EQ(one(Binary::add, Broadcast::none), 1803.0f + 1803.0f);
    EXPECT_EQ(one(Binary::sub, Broadcast::columns), 1803.0f - 1800.0f);
    EXPECT_EQ(one(Binary::mul, Broadcast::rows), 1803.0f * 3.0f);
    EXPECT_EQ(one(Binary::add, Broadcast::scalar), 1803.0f);
}

TEST(TileScalarArithmetic, BinaryReuseKeepsTheOrderOfOperands) {
    L1Tile b = numbered_tile();
    DstTile dst;
    dst.at(1, 1) = 1.0f;
    scalar::binary_reuse(Binary::sub, true, b.operand(), dst.values);
    EXPECT_EQ(dst.at(1, 1), 1.0f - 101.0f);
    scalar::binary_reuse(Binary::sub, false, b.operand(), dst.values);
    EXPECT_EQ(dst.at(1, 1), 101.0f + 100.0f);
}

TEST(TileScalarArithmetic, UnaryFunctions) {
    EXPECT_EQ(of_one(Unary::add_scalar, 5, 2), 7);
    EXPECT_EQ(of_one(Unary::sub_scalar, 5, 2), 3);
    EXPECT_EQ(of_one(Unary::mul_scalar, 5, 2), 10);
    EXPECT_EQ(of_one(Unary::rsub_scalar, 5, 2), -3);
    EXPECT_EQ(of_one(Unary::fill, 5, 2), 2);
    EXPECT_EQ(of_one(Unary::rsqrt, 4, 0), 0.5f);
    EXPECT_EQ(of_one(Unary::sqrt, 9, 0), 3);
    EXPECT_EQ(of_one(Unary::reciprocal, 8, 0), 0.125f);
    EXPECT_EQ(of_one(Unary::square, -3, 0), 9);
    EXPECT_EQ(of_one(Unary::negate, 3, 0), -3);
    EXPECT_EQ(of_one(Unary::absolute, -3, 0), 3);
    EXPECT_EQ(of_one(Unary::round_bfloat16, 257, 0), 256);
}

TEST(TileScalarArithmetic, UnaryFunctionsAtTheEdges) {
    EXPECT_EQ(of_one(Unary::rsqrt, 0.0f, 0), kInfinity);
    EXPECT_EQ(of_one(Unary::rsqrt, kInfinity, 0), 0.0f);
    EXPECT_TRUE(std::isnan(of_one(Unary::rsqrt, -1.0f, 0)));
    EXPECT_EQ(of_one(Unary::reciprocal, -0.0f, 0), -kInfinity);
    EXPECT_EQ(of_one(Unary::square, 1e30f, 0), kInfinity);
    EXPECT_EQ(of_one(Unary::mul_scalar, 1e-38f, 0.01f), 1e-38f * 0.01f) << "subnormal results are kept";
}

}  // namespace
}  // namespace loom::tile::testing
