// A product is rounded before it is added, on every target.
//
// (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24, whose last bit a float cannot hold: added to -(1 + 2^-11), a rounded
// product leaves 0 and a fused multiply-add 2^-24. A compiler that may contract would fuse tile::binary's Mul
// and Add.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

constexpr float kFactor = 1.0f + 0x1p-12f;
constexpr float kMinusProduct = -(1.0f + 0x1p-11f);

L1Tile filled(float value) {
    L1Tile tile(DataFormat::Float32);
    for (std::uint32_t i = 0; i < kElements; ++i) store(value, tile.data(), tile.format, i);
    return tile;
}

template <class Function>
void check_binary(Function binary, const char* who) {
    L1Tile a = filled(kFactor), b = filled(kFactor);
    for (const Broadcast part : kBroadcasts) {
        DstTile dst;
        for (float& value : dst.values) value = kMinusProduct;
        binary(Binary::mul, part, a.operand(), b.operand(), true, dst.values);
        for (const float value : dst.values) ASSERT_EQ(value, 0.0f) << label(who, "broadcast", part);
    }
}

// Rows of products: term 0 is (1 + 2^-12)^2, term 16 is -(1 + 2^-11) * 1.
template <class Function>
void check_reduce(Function reduce, const char* who) {
    L1Tile a = filled(0.0f), scaler = filled(1.0f);
    scaler.set(0, 0, kFactor);
    for (std::uint32_t k = 0; k < kSide; ++k) {
        a.set(k, 16, kMinusProduct);
        a.set(k, 0, kFactor);
    }
    DstTile dst;
    reduce(ReduceDim::row, a.operand(), scaler.operand(), false, dst.values);
    for (std::uint32_t r = 0; r < kSide; ++r) ASSERT_EQ(dst.at(r, 0), 0.0f) << label(who, "row", r);
}

TEST(TileNoFusedMultiply, ScalarRoundsTheProduct) {
    check_binary(scalar::binary, "scalar");
    check_reduce(scalar::reduce, "scalar");
}

TEST(TileNoFusedMultiply, SimdRoundsTheProduct) {
    on_every_target([] {
        check_binary(tile::binary, simd_target());
        check_reduce(tile::reduce, simd_target());
    });
}

}  // namespace
}  // namespace loom::tile::testing
