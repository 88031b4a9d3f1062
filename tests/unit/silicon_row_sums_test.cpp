// The fast form of a row's sums gives what the plain rule does, one element after another.
#include <array>

#include "silicon_testing.hpp"
#include "tile/silicon/row_sums.hpp"

namespace loom::tile::silicon::testing {
namespace {

struct Problem {
    std::array<std::uint16_t, kElements> tile{};
    std::array<std::uint32_t, kElements> scaler{};
    std::array<std::uint32_t, kSide> sums{};
};

Problem problem(Words& words, int kind) {
    Problem made;
    for (std::uint16_t& element : made.tile) {
        const std::uint32_t bits = kind % 3 == 0   ? words.number(120, 132)
                                   : kind % 3 == 1 ? words.any()
                                                   : words.number(1, 24);
        element = static_cast<std::uint16_t>(words.any() % 16 == 0 ? bits >> 16 & 0x8000u : bits >> 16);
    }
    for (std::uint32_t i = 0; i < kSide; ++i) {
        const std::uint32_t weight =
            kind % 2 == 0 ? kOne : words.number(kind % 3 == 2 ? 5 : 120, 130) & kTf32Mask;
        made.scaler[i / 16 * 256 + i % 16] = kind % 5 == 4 && i > 20 ? 0 : weight;
        made.sums[i] = kind % 4 == 0 ? 0 : words.number(kind % 3 == 2 ? 1 : 100, 140);
    }
    return made;
}

// Of a tile in sticks, as tilize leaves it.
void plain(Chip chip, bool dst32, std::uint32_t num_phases, const Problem& given, bool in_sticks,
           std::uint32_t* sums) {
    std::array<std::uint32_t, kElements> tile;
    for (std::uint32_t i = 0; i < kElements; ++i) {
        tile[i] = std::uint32_t{given.tile[i]} << 16;
        if (in_sticks) tile[i] = packed_bfloat16(tile[i]);
    }
    for (std::uint32_t phase = 0; phase < num_phases; ++phase)
        for (std::uint32_t half = 0; half < 2; ++half)
            for (std::uint32_t row = 0; row < kSide; ++row)
                sums[row] = dot(chip, dst32, given.scaler.data() + half * 256, 1,
                                tile.data() + face_index(row, half * 16), phase, sums[row]);
}

TEST(SiliconRowSums, TheFastFormIsThePlainRule) {
    Words words(1);
    for (int kind = 0; kind < 240; ++kind) {
        Problem given = problem(words, kind);
        for (const Chip chip : kChips)
            for (const bool dst32 : {false, true})
                for (std::uint32_t num_phases = 1; num_phases <= 4; ++num_phases) {
                    if (!dst32)
                        for (std::uint32_t& sum : given.sums) sum &= kBfloat16Mask;
                    auto expected = given.sums;
                    plain(chip, dst32, num_phases, given, kind % 2 != 0, expected.data());
                    auto got = given.sums;
                    // In L1, or still in sticks.
                    Sticks sticks;
                    std::array<std::array<std::uint16_t, kSide>, kSide> rows;
                    for (std::uint32_t row = 0; row < kSide; ++row) {
                        for (std::uint32_t column = 0; column < kSide; ++column)
                            rows[row][column] = given.tile[face_index(row, column)];
                        sticks[row] = reinterpret_cast<const std::byte*>(rows[row].data());
                    }
                    std::array<std::uint32_t, kSide> weights;
                    for (std::uint32_t i = 0; i < kSide; ++i) weights[i] = given.scaler[face_index(0, i)];
                    const Operand tile = kind % 2 == 0 ? Operand{given.tile.data(), DataFormat::Float16_b}
                                                       : Operand{&sticks, DataFormat::Float16_b, true, 0};
                    if (!add_row_sums(chip, dst32, tile, weights.data(), num_phases, got.data()))
                        GTEST_SKIP() << "this CPU has no fast form";
                    ASSERT_EQ(got, expected) << "kind " << kind << ", phases " << num_phases;
                }
    }
}

}  // namespace
}  // namespace loom::tile::silicon::testing
