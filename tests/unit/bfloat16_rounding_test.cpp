// bfloat16 rounds to nearest, ties to even; every bfloat16 survives the way through float.
#include "util/bfloat16.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace loom {
namespace {

TEST(Bfloat16, AllValuesRoundTrip) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const float value = bfloat16_to_float(static_cast<std::uint16_t>(bits));
        const std::uint32_t back = float_to_bfloat16(value);
        if (std::isnan(value))
            ASSERT_EQ(back, bits | 0x40u) << "NaN " << bits << " becomes quiet";
        else
            ASSERT_EQ(back, bits);
    }
}

// Between each finite value and the next: below the middle down, above it up, in the middle to the even one.
TEST(Bfloat16, RoundsToNearestAndTiesToEven) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        if ((bits & 0x7f80u) == 0x7f80u) continue;  // infinities and NaN
        const auto with = [&](std::uint32_t low) {
            return float_to_bfloat16(std::bit_cast<float>(bits << 16 | low));
        };
        ASSERT_EQ(with(0x0001), bits);
        ASSERT_EQ(with(0x7fff), bits);
        ASSERT_EQ(with(0x8000), bits + bits % 2);
        ASSERT_EQ(with(0x8001), bits + 1);
        ASSERT_EQ(with(0xffff), bits + 1);
    }
}

TEST(Bfloat16, OverflowsToInfinity) {
    const float largest = std::numeric_limits<float>::max();
    EXPECT_EQ(round_to_bfloat16(largest), std::numeric_limits<float>::infinity());
    EXPECT_EQ(round_to_bfloat16(-largest), -std::numeric_limits<float>::infinity());
    EXPECT_EQ(round_to_bfloat16(std::bit_cast<float>(0x7f7f7fffu)), std::bit_cast<float>(0x7f7f0000u));
}

// A NaN whose upper half alone would read as infinity.
TEST(Bfloat16, NanStaysNan) {
    EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(0x7f800001u)), 0x7fc0u);
    EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(0xffffffffu)), 0xffffu);
}

}  // namespace
}  // namespace loom
