// The rules on whole vectors give what their plain forms do.
#include "tile/silicon/lanes.hpp"

#include <algorithm>
#include <array>

#include "silicon_testing.hpp"

namespace loom::tile::silicon::testing {
namespace {

constexpr std::size_t kMany = 4096;

TEST(SiliconLanes, ReciprocalRootsAreThePlainRules) {
    Words words(1);
    for (int round = 0; round < 64; ++round) {
        std::array<std::uint32_t, kMany> given;
        for (std::uint32_t& word : given)
            word = round % 4 == 0 ? words.hard()
                   : round % 4 == 1
                       ? words.any()
                       : words.number(round % 4 == 2 ? 1 : 100, round % 4 == 2 ? 254 : 150) & ~kSign;
        for (const Chip chip : kChips) {
            auto got = given;
            reciprocal_roots(chip, got.data(), got.size());
            for (std::size_t i = 0; i < kMany; ++i)
                ASSERT_EQ(got[i], stored(true, rsqrt({chip, true, false}, given[i])))
                    << "chip " << static_cast<int>(chip) << ", of " << std::hex << given[i];
        }
    }
}

// One of every two exponents, and each fraction: roots of the others are these, times a power of two.
TEST(SiliconLanes, ReciprocalRootsOfAllFractionsAreThePlainRule) {
    constexpr std::uint32_t first = std::bit_cast<std::uint32_t>(0.5f),
                            end = std::bit_cast<std::uint32_t>(2.0f);
    std::array<std::uint32_t, kMany> got;
#ifdef LOOM_SANITIZER
    constexpr std::uint32_t step = 61;
#else
    constexpr std::uint32_t step = 1;
#endif
    for (const Chip chip : kChips)
        for (std::uint32_t at = first; at < end; at += kMany * step) {
            for (std::uint32_t i = 0; i < kMany; ++i) got[i] = at + i * step;
            reciprocal_roots(chip, got.data(), got.size());
            for (std::uint32_t i = 0; i < kMany; ++i)
                ASSERT_EQ(got[i], stored(true, rsqrt({chip, true, false}, at + i * step)))
                    << "chip " << static_cast<int>(chip) << ", of " << std::hex << at + i * step;
        }
}

TEST(SiliconLanes, SumsDifferencesAndProductsAreThePlainRules) {
    Words words(3);
    std::array<std::uint32_t, kMany> a, b, got;
    for (const Chip chip : kChips)
        for (const bool dst32 : {false, true})
            for (const Binary op : {Binary::add, Binary::sub, Binary::mul}) {
                for (std::size_t i = 0; i < kMany; ++i) {
                    // Vectors without anything odd, with a few odd words, and with nothing else.
                    const std::size_t kind = i / 64 % 3;
                    a[i] = kind == 0 ? words.number() : kind == 1 ? words.hard() : words.any();
                    b[i] = i % 3 == 0 ? a[i] ^ (words.any() & 0x83000fffu) : words.number();
                }
                const SfpuMode mode{chip, dst32, false};
                combine(mode, op, a.data(), b.data(), kMany, got.data());
                for (std::size_t i = 0; i < kMany; ++i)
                    ASSERT_EQ(got[i], stored(dst32, binary(mode, op, a[i], b[i])))
                        << std::hex << a[i] << " and " << b[i] << ", op " << static_cast<int>(op);
            }
}

TEST(SiliconLanes, PackedElementsAreThePlainRules) {
    Words words(2);
    for (const std::size_t count : {std::size_t{16}, std::size_t{48}, kMany}) {
        std::array<std::uint32_t, kMany> given;
        std::ranges::generate(given, [&] { return words.any() % 2 == 0 ? words.hard() : words.any(); });
        std::array<std::uint16_t, kMany + 1> got;
        got[count] = 0xabcd;
        pack_bfloat16(given.data(), count, got.data());
        for (std::size_t i = 0; i < count; ++i)
            ASSERT_EQ(got[i], packed_bfloat16(given[i]) >> 16) << std::hex << given[i];
        EXPECT_EQ(got[count], 0xabcd) << "nothing behind them is written";
    }
}

}  // namespace
}  // namespace loom::tile::silicon::testing
