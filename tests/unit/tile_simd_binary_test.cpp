// tile::binary gives the bytes of its scalar twin: every op, broadcast, pair of formats, and accumulation.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

void compare(Binary op, Broadcast part, DataFormat format_a, DataFormat format_b, bool accumulate) {
    Inputs inputs;
    L1Tile a(format_a), b(format_b);
    inputs.fill(a);
    inputs.fill(b);
    DstTile expected;  // NaN where it is not accumulated to: nothing old may remain
    if (accumulate) inputs.fill(expected);
    DstTile got = expected;

    scalar::binary(op, part, a.operand(), b.operand(), accumulate, expected.values);
    tile::binary(op, part, a.operand(), b.operand(), accumulate, got.values);

    expect_same(expected, got,
                label("op", op, "broadcast", part, "a", format_a, "b", format_b, "accumulate", accumulate));
}

TEST(TileSimdBinary, EqualsItsScalarTwin) {
    on_every_target([] {
        for (const Binary op : kBinaries) {
            for (const Broadcast part : kBroadcasts) {
                for (const DataFormat format_a : kFormats) {
                    for (const DataFormat format_b : kFormats) {
                        compare(op, part, format_a, format_b, false);
                        compare(op, part, format_a, format_b, true);
                    }
                }
            }
        }
    });
}

TEST(TileSimdBroadcast, EqualsItsScalarTwin) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            L1Tile b(format);
            inputs.fill(b);
            DstTile expected, got;
            for (const Broadcast part : kBroadcasts) {
                scalar::broadcast(part, b.operand(), expected.values);
                tile::broadcast(part, b.operand(), got.values);
                expect_same(expected, got, label("broadcast", part, format));
            }
            scalar::copy(b.operand(), expected.values);
            tile::copy(b.operand(), got.values);
            expect_same(expected, got, label("copy", format));
        }
    });
}

}  // namespace
}  // namespace loom::tile::testing
