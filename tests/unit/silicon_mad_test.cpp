// The vector unit's multiply and add: IEEE's where the CPU's flags are clean, and what is known of the rest.
#include "silicon_testing.hpp"
#include "tile/silicon/float_flags.hpp"

namespace loom::tile::silicon::testing {
namespace {

// How often flags were clean, of `count` pairs; where they were, `chip` gives what the CPU does.
template <class Cpu, class OnChip>
void expect_alike(int count, std::uint32_t salt, Cpu cpu, OnChip on_chip) {
    Words words(salt);
    int clean = 0;
    for (int i = 0; i < count; ++i) {
        const std::uint32_t x = words.hard();
        // Often near x, so that results cancel, or lie between two floats.
        const std::uint32_t y = i % 3 == 0 ? (x ^ (words.any() & 0x83000fffu)) : words.hard();
        volatile float a = as_float(x), b = as_float(y);
        std::uint32_t result = 0;
        {
            const FloatFlags flags;
            volatile float c = cpu(a, b);
            result = as_bits(c);
            if (!flags.clean()) continue;
        }
        if ((result & ~kSign) > kInfinity || result == kSign) continue;
        ++clean;
        for (const Chip chip : kChips) ASSERT_EQ(on_chip(chip, x, y), result) << std::hex << x << " " << y;
    }
#if defined(__SSE2__) || defined(__aarch64__)
    EXPECT_GT(clean, count / 2);
#endif
}

TEST(SiliconMad, SumsAreTheCpusWhereItsFlagsAreClean) {
    expect_alike(
        400'000, 1, [](float a, float b) { return a + b; }, sfpu_add);
}

TEST(SiliconMad, DifferencesAreTheCpusWhereItsFlagsAreClean) {
    expect_alike(
        400'000, 2, [](float a, float b) { return a - b; }, sfpu_sub);
}

TEST(SiliconMad, ProductsAreTheCpusWhereItsFlagsAreClean) {
    expect_alike(
        400'000, 3, [](float a, float b) { return a * b; }, sfpu_mul);
}

TEST(SiliconMad, WormholeHasNoNegativeZero) {
    EXPECT_EQ(sfpu_add(Chip::wormhole, kSign, kSign), 0u);
    EXPECT_EQ(sfpu_add(Chip::blackhole, kSign, kSign), kSign);
}

TEST(SiliconMad, SubnormalNumbersCountAsZeros) {
    for (const Chip chip : kChips) {
        EXPECT_EQ(sfpu_add(chip, 0x007fffff, kOne), kOne);
        EXPECT_EQ(sfpu_mul(chip, 0x00800000, 0x3f000000), 0u);
    }
}

TEST(SiliconMad, AProductKeepsThreeMoreBitsThanAFloat) {
    // (1 + 2^-23)^2 - 1 = 2^-22 + 2^-46: the last term counts as one more bit of the product, 2^-26.
    for (const Chip chip : kChips)
        EXPECT_EQ(mad(chip, 0x3f800001, 0x3f800001, kMinusOne), as_bits(0x1p-22f + 0x1p-26f));
}

}  // namespace
}  // namespace loom::tile::silicon::testing
