// pack rounds to the nearest bfloat16, ties to even; NaN stays NaN, overflow is infinity, subnormals survive.
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

struct Case {
    std::uint32_t from;
    std::uint16_t to;
    const char* why;
};

constexpr Case kCases[] = {
    {0x3f800000, 0x3f80, "1 is a bfloat16"},
    {0x3f808000, 0x3f80, "a tie goes to the even one below"},
    {0x3f818000, 0x3f82, "a tie goes to the even one above"},
    {0x3f808001, 0x3f81, "just above a tie goes up"},
    {0x3f807fff, 0x3f80, "just below a tie goes down"},
    {0xbf818000, 0xbf82, "a negative tie too goes to even"},
    {0x3fffffff, 0x4000, "the carry reaches the exponent"},
    {0x7f7f7fff, 0x7f7f, "the last float that rounds to a finite bfloat16"},
    {0x7f7f8000, 0x7f80, "overflow becomes infinity"},
    {0xff7fffff, 0xff80, "overflow becomes minus infinity"},
    {0x7f800000, 0x7f80, "infinity stays"},
    {0x00010000, 0x0001, "the least subnormal bfloat16 stays"},
    {0x00018000, 0x0002, "a subnormal tie goes to even"},
    {0x00008000, 0x0000, "half the least subnormal ties to zero"},
    {0x00008001, 0x0001, "just above goes to the least subnormal"},
    {0x80000000, 0x8000, "minus zero stays"},
};

TEST(TilePackRounding, TiesGoToEven) {
    for (const Case& one : kCases) {
        DstTile dst;
        dst.values[77] = std::bit_cast<float>(one.from);
        L1Tile out(DataFormat::Float16_b);
        scalar::pack(dst.values, PackMask::all, false, DataFormat::Float16_b, out.data());
        const float expected = bfloat16_to_float(one.to);
        const float got = load(out.data(), out.format, 77);
        EXPECT_EQ(describe(expected), describe(got)) << one.why;
    }
}

// Rounding up the bits of these NaN would give infinity, or minus zero.
TEST(TilePackRounding, NanStaysNan) {
    for (const std::uint32_t bits : {0x7f800001u, 0x7fffffffu, 0xffffffffu, 0xff800001u, 0x7fc00000u}) {
        DstTile dst;
        dst.values[5] = std::bit_cast<float>(bits);
        L1Tile out(DataFormat::Float16_b);
        scalar::pack(dst.values, PackMask::all, false, DataFormat::Float16_b, out.data());
        EXPECT_TRUE(std::isnan(load(out.data(), out.format, 5))) << std::hex << bits;
    }
}

// 256 + (1 + 2^-9) is just above the tie 257 and goes to 258; dst rounded first, to 1, would make it 256.
TEST(TilePackRounding, AccumulationIsRoundedOnce) {
    DstTile dst;
    dst.at(3, 3) = 1.0f + 0x1p-9f;
    L1Tile out(DataFormat::Float16_b);
    out.set(3, 3, 256.0f);
    scalar::pack(dst.values, PackMask::all, true, DataFormat::Float16_b, out.data());
    EXPECT_EQ(out.at(3, 3), 258.0f);
}

}  // namespace
}  // namespace loom::tile::testing
