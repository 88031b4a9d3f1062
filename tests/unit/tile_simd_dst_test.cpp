// binary_dst, binary_reuse, unary and round_dst, which work on DST, give the bytes of their scalar twins.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

constexpr Unary kUnaries[] = {Unary::add_scalar, Unary::sub_scalar, Unary::mul_scalar, Unary::rsub_scalar,
                              Unary::fill,       Unary::rsqrt,      Unary::sqrt,       Unary::reciprocal,
                              Unary::square,     Unary::negate,     Unary::absolute,   Unary::round_bfloat16};

TEST(TileSimdDst, BinaryOfTwoDstTilesEqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        DstTile a, b;
        inputs.fill(a);
        inputs.fill(b);
        for (const Binary op : kBinaries) {
            DstTile expected, got;
            scalar::binary_dst(op, a.values, b.values, expected.values);
            tile::binary_dst(op, a.values, b.values, got.values);
            expect_same(expected, got, label("binary_dst", op));

            DstTile over_a = a, over_b = b;  // out may be a or b
            tile::binary_dst(op, over_a.values, b.values, over_a.values);
            tile::binary_dst(op, a.values, over_b.values, over_b.values);
            expect_same(expected, over_a, label("binary_dst over a", op));
            expect_same(expected, over_b, label("binary_dst over b", op));
        }
    });
}

TEST(TileSimdDst, BinaryReuseEqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            L1Tile b(format);
            inputs.fill(b);
            for (const Binary op : kBinaries) {
                for (const bool dst_is_a : {false, true}) {
                    DstTile expected;
                    inputs.fill(expected);
                    DstTile got = expected;
                    scalar::binary_reuse(op, dst_is_a, b.operand(), expected.values);
                    tile::binary_reuse(op, dst_is_a, b.operand(), got.values);
                    expect_same(expected, got, label("binary_reuse", op, "dst_is_a", dst_is_a, format));
                }
            }
        }
    });
}

TEST(TileSimdDst, UnaryEqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const Unary f : kUnaries) {
            for (const float s : {1.5f, -0.0f, 1e-5f, kInfinity, kNan}) {
                DstTile expected;
                inputs.fill(expected);
                DstTile got = expected;
                scalar::unary(f, s, expected.values);
                tile::unary(f, s, got.values);
                expect_same(expected, got, label("unary", f, "scalar", describe(s)));
            }
        }
        DstTile expected;
        inputs.fill(expected);
        DstTile got = expected;
        scalar::round_dst(expected.values);
        tile::round_dst(got.values);
        expect_same(expected, got, "round_dst");
    });
}

}  // namespace
}  // namespace loom::tile::testing
