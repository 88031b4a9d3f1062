// In silicon numerics a chain gives what its steps by the plain rules do, on numbers and on what is none, wherever it goes.
#include <array>
#include <vector>

#include "silicon_testing.hpp"
#include "tile/silicon/chain_steps.hpp"

namespace loom::tile::silicon::testing {
namespace {

// Operands of random chains, and the steps as the plain rules take them.
class Game {
public:
    /// One element in `rarity` is hard; none for 0.
    Game(std::uint32_t salt, std::uint32_t rarity) : words_(salt), rarity_(rarity) {}

    Chain chain;
    Mode mode{Chip::wormhole, true, MathFidelity::HiFi4, false};

    void begin() {
        used_ = 0;
        twin_.clear();
        mode.chip = kChips[words_.any() % 2];
        const bool wide = words_.any() % 2 == 0;
        chain.load({words(kElements, wide), wide ? DataFormat::Float32 : DataFormat::Float16_b});
        add(Act::load, wide ? From::float32 : From::bfloat16);
        for (std::uint32_t count = words_.any() % 5; count != 0; --count) step();
    }
    std::array<std::uint32_t, kElements> expected() {
        std::array<std::uint32_t, kElements> x;
        run_steps(mode, twin_.data(), twin_.size(), x.data());
        return x;
    }

private:
    const void* words(std::size_t count, bool wide) {
        auto& to = memory_.at(used_++);
        for (std::size_t i = 0; i < count; ++i) {
            const bool hard = rarity_ != 0 && words_.any() % rarity_ == 0;
            const std::uint32_t bits = hard ? words_.hard() : words_.number();
            if (wide)
                to[i] = bits;
            else
                reinterpret_cast<std::uint16_t*>(to.data())[i] = static_cast<std::uint16_t>(bits >> 16);
        }
        return last_ = to.data();
    }
    void add(Act act, From from) {
        Step made;
        made.kind = {act, from};
        made.a = last_;
        twin_.push_back(made);
    }
    void step() {
        constexpr Binary ops[] = {Binary::add, Binary::sub, Binary::mul};
        const Binary op = ops[words_.any() % 3];
        const bool reverse = op == Binary::sub && words_.any() % 2 == 0;
        const Act act = op == Binary::add   ? Act::add
                        : op == Binary::mul ? Act::mul
                        : reverse           ? Act::rsub
                                            : Act::sub;
        switch (words_.any() % 3) {
            case 0:
                chain.binary(op, reverse, {words(kElements, true), DataFormat::Float32});
                return add(act, From::float32);
            case 1:
                chain.binary_vector(op, reverse, From::rows, static_cast<const float*>(words(kSide, true)));
                return add(act, From::rows);
            default:
                constexpr Unary functions[] = {Unary::square, Unary::negate, Unary::absolute,
                                               Unary::round_bfloat16};
                const Unary f = functions[words_.any() % 4];
                chain.unary(f, 0);
                Step made;
                made.kind = StepKind(f);
                twin_.push_back(made);
        }
    }

    Words words_;
    std::uint32_t rarity_;
    std::size_t used_ = 0;
    const void* last_ = nullptr;
    std::vector<Step> twin_;
    struct alignas(64) Memory : std::array<std::uint32_t, kElements> {};
    std::array<Memory, 6> memory_;
};

void play(std::uint32_t rarity, int rounds) {
    Game game(rarity, rarity);
    for (int round = 0; round < rounds; ++round) {
        game.begin();
        const auto expected = game.expected();
        alignas(64) std::array<float, kElements> dst;
        game.chain.run_to_dst(dst.data(), &game.mode);
        ASSERT_EQ(std::memcmp(dst.data(), expected.data(), sizeof dst), 0) << "round " << round;
        for (const DataFormat format : {DataFormat::Float32, DataFormat::Float16_b}) {
            std::array<std::byte, kElements * 4> tile{}, wanted{}, rows{}, wanted_rows{};
            pack(game.mode, expected.data(), PackMask::all, false, format, wanted.data());
            game.chain.run_to_tile(format, tile.data(), &game.mode);
            ASSERT_EQ(tile, wanted) << "round " << round;
            const std::size_t pitch = kSide * element_bytes(format);
            untilize(game.mode, expected.data(), format, wanted_rows.data(), pitch);
            game.chain.run_to_rows(format, rows.data(), pitch, &game.mode);
            ASSERT_EQ(rows, wanted_rows) << "round " << round;
        }
    }
}

TEST(SiliconChain, OnNumbersIsItsStepsByThePlainRules) {
    play(0, 300);
}

TEST(SiliconChain, OnHardOperandsIsItsStepsByThePlainRules) {
    play(1, 300);
}

TEST(SiliconChain, WithAHardOperandHereAndThereIsItsStepsByThePlainRules) {
    play(1500, 1000);
}

}  // namespace
}  // namespace loom::tile::silicon::testing
