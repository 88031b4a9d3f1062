// What silicon's packer makes of a word of DST.
#include "silicon_testing.hpp"
#include "tile/silicon/l1_accumulate.hpp"

namespace loom::tile::silicon::testing {
namespace {

TEST(SiliconPacker, RoundsTiesAwayFromZero) {
    EXPECT_EQ(packed_bfloat16(0x3f808000), 0x3f810000u);
    EXPECT_EQ(packed_bfloat16(0xbf808000), 0xbf810000u);
    EXPECT_EQ(packed_bfloat16(0x3f807fff), 0x3f800000u);
}

TEST(SiliconPacker, MakesNaNInfiniteAndSubnormalZero) {
    EXPECT_EQ(packed_bfloat16(0xffc12345), kSign | kInfinity);
    EXPECT_EQ(packed_bfloat16(0x807f0000), 0u);
    EXPECT_EQ(packed_bfloat16(kSign), 0u);
    EXPECT_EQ(packed_bfloat16(0x007fffff), 0x00800000u);  // rounded first
}

TEST(SiliconPacker, KeepsAllBitsOfA32BitDstInFloat32) {
    EXPECT_EQ(packed(true, true, 0xffc12345), 0xffc12345u);
    EXPECT_EQ(packed(false, true, 0xffc10000), kSign | kInfinity);
}

TEST(SiliconPacker, AccumulatesInL1WithTiesToEven) {
    EXPECT_EQ(accumulated_bfloat16(0x3f80, 0x3b80), 0x3f80);  // 1 + 2^-8
    EXPECT_EQ(accumulated_bfloat16(0x3f81, 0x3b80), 0x3f82);
    EXPECT_EQ(accumulated_bfloat16(0x7f80, 0xff80), 0x7fc0);
    EXPECT_EQ(accumulated_float32(0x00000001, kOne), kOne);
}

}  // namespace
}  // namespace loom::tile::silicon::testing
