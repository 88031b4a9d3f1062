// Words for tests of the chip's arithmetic: any bits, special ones, and numbers that are near one another.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <iterator>
#include <random>

#include "support/seed.hpp"
#include "tile/silicon/tiles.hpp"

namespace loom::tile::silicon::testing {

inline constexpr Chip kChips[] = {Chip::wormhole, Chip::blackhole};

inline float as_float(std::uint32_t bits) {
    return std::bit_cast<float>(bits);
}
inline std::uint32_t as_bits(float value) {
    return std::bit_cast<std::uint32_t>(value);
}

class Words {
public:
    explicit Words(std::uint32_t salt) : random_(static_cast<std::uint32_t>(loom::testing::seed()) + salt) {}

    std::uint32_t any() { return static_cast<std::uint32_t>(random_()); }
    /// A normal number with an exponent of low .. high.
    std::uint32_t number(std::uint32_t low = 117, std::uint32_t high = 137) {
        return (any() & (kSign | kFraction)) | (low + any() % (high - low + 1)) << 23;
    }
    /// One in four is rare: special, tiny, huge, or any bits.
    std::uint32_t hard() {
        constexpr std::uint32_t special[] = {
            0,           kSign,       kInfinity,   kSign | kInfinity, 0x7fc00000u, 0x7f800001u, 0x00000001u,
            0x807fffffu, 0x00800000u, 0x7f7fffffu, 0x3f808000u,       0x3f818000u, 0x3f801000u, 0xff7fffffu};
        switch (any() % 16) {
            case 0:
                return special[any() % std::size(special)];
            case 1:
                return any();
            case 2:
                return number(1, 30);
            case 3:
                return number(225, 254);
            default:
                return number();
        }
    }

private:
    std::mt19937 random_;
};

}  // namespace loom::tile::silicon::testing
