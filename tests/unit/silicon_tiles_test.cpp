// What works on many words at a time gives what the rule does on each of them.
#include <array>

#include "silicon_testing.hpp"
#include "tile/silicon/fpu_loops.hpp"

namespace loom::tile::silicon::testing {
namespace {

using Tile = std::array<std::uint32_t, kElements>;

/// Words of one kind in a tile: a source register's, or those of a DST of that width.
Tile tile_of(Words& words, std::uint32_t mask, int round) {
    Tile tile;
    for (std::uint32_t& word : tile)
        word = (round % 3 == 0 ? words.hard() : round % 3 == 1 ? words.number(120, 134) : words.any()) & mask;
    return tile;
}
constexpr std::uint32_t dst_mask(bool dst32) {
    return dst32 ? ~0u : kBfloat16Mask;
}

TEST(SiliconTiles, SumsOfSourceRegisters) {
    Words words(1);
    for (int round = 0; round < 200; ++round) {
        const Tile a = tile_of(words, kTf32Mask, round), b = tile_of(words, kTf32Mask, round);
        for (const bool dst32 : {false, true}) {
            Tile out;
            add_words(dst32, a.data(), b.data(), kSign, kElements, out.data());
            for (std::size_t i = 0; i < kElements; ++i)
                ASSERT_EQ(out[i], add(kChips[round % 2], dst32, a[i], b[i] ^ kSign))
                    << std::hex << a[i] << " " << b[i] << (dst32 ? ", 32 bits" : ", 16 bits");
        }
    }
}

TEST(SiliconTiles, ProductsOfSourceRegisters) {
    Words words(2);
    for (int round = 0; round < 200; ++round) {
        const Tile a = tile_of(words, kTf32Mask, round), b = tile_of(words, kTf32Mask, round);
        for (const bool dst32 : {false, true})
            for (const Chip chip : kChips) {
                const Tile before = tile_of(words, dst_mask(dst32), round);
                Tile dst = before;
                multiply_words(chip, dst32, a.data(), b.data(), 4, kElements, dst.data());
                for (std::size_t i = 0; i < kElements; ++i) {
                    std::uint32_t expected = before[i];
                    for (std::uint32_t phase = 0; phase < 4; ++phase)
                        expected = multiply(chip, dst32, a[i], b[i], phase, expected);
                    ASSERT_EQ(dst[i], expected) << std::hex << a[i] << " " << b[i] << " onto " << before[i];
                }
            }
    }
}

TEST(SiliconTiles, SumsAndProductsOfDst) {
    Words words(3);
    for (int round = 0; round < 200; ++round)
        for (const bool dst32 : {false, true})
            for (const Binary op : {Binary::add, Binary::sub, Binary::mul}) {
                const Mode mode{kChips[round % 2], dst32, MathFidelity::HiFi4, false};
                const Tile a = tile_of(words, dst_mask(dst32), round),
                           b = tile_of(words, dst_mask(dst32), round);
                Tile out;
                binary_dst(mode, op, a.data(), b.data(), out.data());
                for (std::size_t i = 0; i < kElements; ++i)
                    ASSERT_EQ(out[i], stored(dst32, silicon::binary(mode.sfpu(), op, a[i], b[i])))
                        << std::hex << a[i] << " " << b[i];
            }
}

}  // namespace
}  // namespace loom::tile::silicon::testing
