// tile::reduce gives the bytes of its scalar twin, in every vector width: its sums have one documented order.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

constexpr ReduceDim kDims[] = {ReduceDim::row, ReduceDim::column, ReduceDim::scalar};

void compare(ReduceDim dim, L1Tile& a, L1Tile& scaler, const DstTile& before, bool accumulate) {
    DstTile expected = before, got = before;
    scalar::reduce(dim, a.operand(), scaler.operand(), accumulate, expected.values);
    tile::reduce(dim, a.operand(), scaler.operand(), accumulate, got.values);
    expect_same(expected, got, label("reduce", dim, a.format, "by", scaler.format, "accumulate", accumulate));
}

// Plain values let a wrong order show as other last bits; hard ones let NaN and infinities travel to the
// right lane.
TEST(TileSimdReduce, EqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const ReduceDim dim : kDims) {
            for (const DataFormat format_a : kFormats) {
                for (const DataFormat format_scaler : kFormats) {
                    L1Tile a(format_a), scaler(format_scaler);
                    const DstTile poisoned;
                    DstTile old;
                    inputs.fill(old);

                    inputs.fill_plain(a);
                    inputs.fill_plain(scaler);
                    compare(dim, a, scaler, poisoned, false);
                    compare(dim, a, scaler, old, true);

                    inputs.fill(a);
                    compare(dim, a, scaler, poisoned, false);
                    compare(dim, a, scaler, old, true);
                }
            }
        }
    });
}

}  // namespace
}  // namespace loom::tile::testing
