// The matrix unit's sums and products: what each phase multiplies, and where it rounds.
#include "silicon_testing.hpp"

namespace loom::tile::silicon::testing {
namespace {

std::uint32_t product(MathFidelity fidelity, bool dst32, float a, float b) {
    std::uint32_t dst = 0;
    for (std::uint32_t phase = 0; phase < phases(fidelity); ++phase)
        dst = multiply(Chip::wormhole, dst32, as_bits(a), as_bits(b), phase, dst);
    return dst;
}

TEST(SiliconFpu, LoFiMultipliesFiveBitsBySeven) {
    EXPECT_EQ(product(MathFidelity::LoFi, true, 1.0f + 0x1p-4f + 0x1p-5f, 1.0f + 0x1p-6f + 0x1p-7f),
              as_bits((1.0f + 0x1p-4f) * (1.0f + 0x1p-6f)));
}

TEST(SiliconFpu, HiFi2AddsFiveBitsOfAAndHiFi3FourOfB) {
    const float a = 1.0f + 0x1p-4f + 0x1p-5f;
    const float b = 1.0f + 0x1p-6f + 0x1p-7f;
    EXPECT_EQ(product(MathFidelity::HiFi2, true, a, b), as_bits(a * (1.0f + 0x1p-6f)));
    EXPECT_EQ(product(MathFidelity::HiFi3, true, a, b),
              as_bits(a * (1.0f + 0x1p-6f) + (1.0f + 0x1p-4f) * 0x1p-7f));
}

TEST(SiliconFpu, HiFi4OfBfloat16IsExactInA32BitDst) {
    Words words(1);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint32_t a = words.number() & kBfloat16Mask;
        const std::uint32_t b = words.number() & kBfloat16Mask;
        ASSERT_EQ(product(MathFidelity::HiFi4, true, as_float(a), as_float(b)),
                  as_bits(as_float(a) * as_float(b)));
    }
}

TEST(SiliconFpu, HiFi4LosesTheLastBitOfA) {
    EXPECT_EQ(product(MathFidelity::HiFi4, true, 1.0f + 0x1p-10f, 1.0f), kOne);
    EXPECT_EQ(product(MathFidelity::HiFi4, true, 1.0f, 1.0f + 0x1p-10f), as_bits(1.0f + 0x1p-10f));
}

TEST(SiliconFpu, ASixteenBitDstRoundsAfterEachPhase) {
    // 1.0078125 squared is 1.01568...: what phases add one by one rounds up twice.
    const float a = 1.0f + 0x1p-7f;
    EXPECT_EQ(product(MathFidelity::HiFi4, false, a, a), as_bits(1.0f + 0x1p-6f));
    EXPECT_EQ(product(MathFidelity::HiFi4, true, a, a), as_bits(a * a));
}

TEST(SiliconFpu, AddRoundsTheSmallerOneToTheLargerOnesLastPlace) {
    EXPECT_EQ(add(Chip::wormhole, true, kOne, as_bits(0x1p-11f)), as_bits(1.0f + 0x1p-10f));
    EXPECT_EQ(add(Chip::wormhole, true, kOne, as_bits(0x1p-12f)), kOne);
    EXPECT_EQ(add(Chip::wormhole, true, kOne, as_bits(-0x1p-11f)), as_bits(1.0f - 0x1p-10f));
}

TEST(SiliconFpu, AddOfBfloat16RoundsTiesAway) {
    EXPECT_EQ(add(Chip::wormhole, false, kOne, as_bits(0x1p-8f)), as_bits(1.0f + 0x1p-7f));
}

TEST(SiliconFpu, WormholeMisplacesASumOfMinusOne) {
    const Term minus_one{1, 23, 1};
    EXPECT_EQ(accumulate(Chip::blackhole, true, minus_one, {}, 0), 0u);
    EXPECT_EQ(accumulate(Chip::wormhole, true, minus_one, {}, 0), kSign | 27u << 23);
}

}  // namespace
}  // namespace loom::tile::silicon::testing
