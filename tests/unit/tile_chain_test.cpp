// A chain gives the bytes of its steps done one after another, on every SIMD target, wherever its result goes.
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "tile/chain.hpp"
#include "tile/copy.hpp"
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

constexpr Unary kUnaries[] = {Unary::add_scalar, Unary::sub_scalar, Unary::mul_scalar,    Unary::rsub_scalar,
                              Unary::rsqrt,      Unary::sqrt,       Unary::reciprocal,    Unary::square,
                              Unary::negate,     Unary::absolute,   Unary::round_bfloat16};

alignas(64) constexpr float kZeros[kSide] = {};

// A chain and its twin: the same steps, one tile function after another.
class Twins {
public:
    explicit Twins(Inputs& inputs) : inputs_(inputs) {}

    Chain chain;
    DstTile x;

    void load(DataFormat format, bool in_sticks = false) {
        L1Tile& a = operand(format);
        chain.load(in_sticks ? sticks_of(a) : a.operand());
        scalar::copy(a.operand(), x.values);
    }
    void binary(Binary op, bool reverse, DataFormat format, bool in_sticks = false) {
        L1Tile& a = operand(format);
        chain.binary(op, reverse, in_sticks ? sticks_of(a) : a.operand());
        scalar::binary_reuse(op, !reverse, a.operand(), x.values);
    }
    void binary_vector(Binary op, bool reverse, From form) {
        const float* values = vector();
        chain.binary_vector(op, reverse, form, values);
        DstTile spread = replicated(form, values);
        scalar::binary_dst(op, reverse ? spread.values : x.values, reverse ? x.values : spread.values,
                           x.values);
    }
    void add_product(DataFormat a_format, DataFormat b_format) {
        L1Tile& a = operand(a_format);
        L1Tile& b = operand(b_format);
        chain.add_product(a.operand(), b.operand());
        scalar::binary(Binary::mul, Broadcast::none, a.operand(), b.operand(), true, x.values);
    }
    void add_product_vector(DataFormat a_format, From form) {
        L1Tile& a = operand(a_format);
        const float* values = vector();
        chain.add_product_vector(a.operand(), form, values);
        DstTile product = replicated(form, values);
        scalar::binary_reuse(Binary::mul, false, a.operand(), product.values);
        scalar::binary_dst(Binary::add, x.values, product.values, x.values);
    }
    void unary(Unary f, float s) {
        chain.unary(f, s);
        scalar::unary(f, s, x.values);
    }

private:
    L1Tile& operand(DataFormat format) {
        tiles_.push_back(std::make_unique<L1Tile>(format));
        inputs_.fill(*tiles_.back());
        return *tiles_.back();
    }
    Operand sticks_of(L1Tile& tile) {
        sticks_.push_back(std::make_unique<StickTile>(tile));
        return sticks_.back()->operand();
    }
    const float* vector() {
        vectors_.push_back(std::make_unique<DstTile>());
        inputs_.fill(vectors_.back()->values, DataFormat::Float32, kSide);
        return vectors_.back()->values;
    }
    static DstTile replicated(From form, const float* values) {
        DstTile tile;
        for (std::uint32_t r = 0; r < kSide; ++r)
            for (std::uint32_t c = 0; c < kSide; ++c) tile.at(r, c) = values[form == From::rows ? r : c];
        return tile;
    }

    Inputs& inputs_;
    std::vector<std::unique_ptr<L1Tile>> tiles_;
    std::vector<std::unique_ptr<StickTile>> sticks_;
    std::vector<std::unique_ptr<DstTile>> vectors_;
};

// A copy of a chain on one tile in sticks and on vectors, which have changed when it runs.
void expect_same_to_sticks(Twins& twins, const std::string& what) {
    const Sticks* const sticks = twins.chain.sticks_if_all_else_is_vectors();
    if (sticks == nullptr) return;
    const Sticks kept_sticks = *sticks;
    std::vector<std::unique_ptr<DstTile>> kept;
    std::vector<const float*> vectors;
    twins.chain.for_each_vector([&](std::size_t number, const float* values) {
        EXPECT_EQ(number, vectors.size());
        kept.push_back(std::make_unique<DstTile>());
        std::memcpy(kept.back()->values, values, kSide * sizeof(float));
        vectors.push_back(kept.back()->values);
    });
    std::vector<Step> steps(3);  // whatever lies before
    twins.chain.copy_to(steps, kept_sticks);
    // Made for one tile, and run on another.
    EXPECT_TRUE(twins.chain.repeats(steps.data() + 3, twins.chain.num_steps(), sticks)) << what;
    EXPECT_FALSE(twins.chain.repeats(steps.data() + 3, twins.chain.num_steps(), &kept_sticks)) << what;
    const std::size_t offset = std::exchange(steps[3].offset, std::size_t{1} << 40);
    for (std::size_t i = 1; i < twins.chain.num_steps(); ++i)
        if (steps[3 + i].kind.reads_vector()) steps[3 + i].a = nullptr;
    EXPECT_EQ(steps.size(), 3 + twins.chain.num_steps() + 1);
    for (const DataFormat format : kFormats)
        for (const bool past_caches : {false, true}) {
            struct alignas(64) Line {
                std::array<float, 16> values;
            };
            constexpr std::size_t lines = 4;  // of a stick: more than the row, which begins with the second
            std::vector<Line> expected(kSide * lines), got(kSide * lines);
            OutSticks out;
            for (std::uint32_t r = 0; r < kSide; ++r)
                out[r] = reinterpret_cast<std::byte*>(&got[(r * 7 + 3) % kSide * lines]);
            L1Tile row(format);
            scalar::untilize(twins.x.values, format, row.data(), kSide * element_bytes(format));
            for (std::uint32_t r = 0; r < kSide; ++r)
                std::memcpy(expected[(r * 7 + 3) % kSide * lines + 1].values.data(),
                            static_cast<std::byte*>(row.data()) + r * kSide * element_bytes(format),
                            kSide * element_bytes(format));
            run_to_sticks(steps.data() + 3, twins.chain.num_steps(), offset, vectors.data(), format, out, 64,
                          past_caches);
            finish_streams();
            expect_same(expected.data(), got.data(), format, what + " to sticks",
                        static_cast<std::uint32_t>(sizeof(Line) * got.size() / element_bytes(format)));
        }
}

void expect_same_everywhere(Twins& twins, const std::string& what) {
    expect_same_to_sticks(twins, what);
    DstTile dst;
    twins.chain.run_to_dst(dst.values);
    expect_same(twins.x, dst, what + " to DST");
    for (const DataFormat format : kFormats) {
        L1Tile expected(format), got(format);
        scalar::pack(twins.x.values, PackMask::all, false, format, expected.data());
        twins.chain.run_to_tile(format, got.data());
        expect_same(expected, got, what + " to a tile of " + std::string(name_of(format)));

        constexpr std::uint32_t pitch = 80;  // more than a row; what lies between rows stays
        std::vector<float> rows_expected(kSide * pitch, 7.0f), rows_got(kSide * pitch, 7.0f);
        scalar::untilize(twins.x.values, format, rows_expected.data() + 4, pitch * sizeof(float));
        twins.chain.run_to_rows(format, rows_got.data() + 4, pitch * sizeof(float));
        expect_same(rows_expected.data(), rows_got.data(), DataFormat::Float32, what + " to rows",
                    format == DataFormat::Float32 ? kSide * pitch : 0);
        if (format == DataFormat::Float16_b)
            expect_same(rows_expected.data(), rows_got.data(), format, what + " to rows", 2 * kSide * pitch);
    }
}

TEST(TileChain, EachStepAlone) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            const auto with = [&](const std::string& what, const std::function<void(Twins&)>& step) {
                Twins twins(inputs);
                twins.load(format);
                step(twins);
                expect_same_everywhere(twins, what);
            };
            with(label("load", format), [](Twins&) {});
            for (const Binary op : kBinaries)
                for (const bool reverse : {false, true}) {
                    for (const DataFormat b : kFormats)
                        for (const bool in_sticks : {false, true})
                            with(label("binary", op, reverse, b, in_sticks),
                                 [&](Twins& t) { t.binary(op, reverse, b, in_sticks); });
                    for (const From form : {From::rows, From::columns})
                        with(label("vector", op, reverse, form),
                             [&](Twins& t) { t.binary_vector(op, reverse, form); });
                }
            for (const DataFormat b : kFormats)
                with(label("product", b), [&](Twins& t) { t.add_product(format, b); });
            for (const From form : {From::rows, From::columns})
                with(label("product", form), [&](Twins& t) { t.add_product_vector(format, form); });
            for (const Unary f : kUnaries) with(label("unary", f), [&](Twins& t) { t.unary(f, 1.5f); });
        }
    });
}

// Whatever sequence: those that exist as one function, their beginnings, and others.
TEST(TileChain, RandomSequences) {
    on_every_target([] {
        Inputs inputs;
        std::mt19937 random(Inputs::seed());
        const auto one_of = [&](const auto& all) { return all[random() % std::size(all)]; };
        constexpr From forms[] = {From::rows, From::columns};
        for (int round = 0; round < 200; ++round) {
            Twins twins(inputs);
            twins.load(one_of(kFormats), random() % 2 == 0);
            std::string what = label("seed", Inputs::seed(), "round", round);
            for (std::size_t steps = random() % 9; steps > 0; --steps) switch (random() % 6) {
                    case 0:
                        twins.binary(one_of(kBinaries), random() % 2 == 0, one_of(kFormats),
                                     random() % 2 == 0);
                        break;
                    case 1:
                    case 2:
                        twins.binary_vector(one_of(kBinaries), random() % 4 == 0, one_of(forms));
                        break;
                    case 3:
                        twins.add_product(one_of(kFormats), one_of(kFormats));
                        break;
                    case 4:
                        twins.add_product_vector(one_of(kFormats), one_of(forms));
                        break;
                    default:
                        twins.unary(one_of(kUnaries), 0.75f);
                }
            expect_same_everywhere(twins, what);
        }
    });
}

TEST(TileChain, TheStepsOfALayerNorm) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats)
            for (const bool in_sticks : {false, true})
                for (const bool twice : {false, true})
                    for (int steps = 0; steps <= 4; ++steps) {
                        Twins twins(inputs);
                        twins.load(format, in_sticks);
                        if (steps >= 1) twins.binary_vector(Binary::sub, false, From::rows);
                        if (steps >= 1 && twice) twins.binary_vector(Binary::sub, false, From::rows);
                        if (steps >= 2) twins.binary_vector(Binary::mul, false, From::rows);
                        if (steps >= 3) twins.binary_vector(Binary::mul, false, From::columns);
                        if (steps >= 4) twins.binary_vector(Binary::add, false, From::columns);
                        expect_same_everywhere(twins, label("steps", steps, format, in_sticks, twice));
                    }
    });
}

// Functions found for one sequence are used again for the next; they must be right for that too, if it is another, a
// longer or a shorter one.
TEST(TileChain, OneChainAgainAndAgain) {
    on_every_target([] {
        Inputs inputs;
        std::mt19937 random(Inputs::seed());
        Twins twins(inputs);
        for (int round = 0; round < 300; ++round) {
            const std::string what = label("seed", Inputs::seed(), "round", round);
            twins.load(kFormats[random() % 2], random() % 2 == 0);
            // Few kinds, so that beginnings repeat.
            for (std::size_t steps = random() % 5, i = 0; i < steps; ++i) {
                const Binary op = i == 0 ? Binary::sub : Binary::mul;
                random() % 4 == 0 ? twins.unary(Unary::square, 0)
                                  : twins.binary_vector(op, false, i < 2 ? From::rows : From::columns);
            }
            expect_same_everywhere(twins, what);
            Chain copy;
            copy.load_vector(From::rows, kZeros);
            copy.begin_as(twins.chain);
            if (random() % 2 == 0) copy.unary(Unary::negate, 0), twins.unary(Unary::negate, 0);
            DstTile dst;
            copy.run_to_dst(dst.values);
            expect_same(twins.x, dst, what + " copied");
        }
    });
}

// What a sum takes, and how: the sequences that are one function, and others.
TEST(TileChain, AddsTermsOfTilesInARow) {
    on_every_target([] {
        Inputs inputs;
        alignas(64) float means[2][kSide];
        for (float* mean : means) inputs.fill(mean, DataFormat::Float32, kSide);
        using Steps = std::function<void(Chain&, DstTile&)>;
        const auto take = [&](Binary op, From form) -> Steps {
            return [&means, op, form](Chain& chain, DstTile& x) {
                chain.binary_vector(op, false, form, means[0]);
                DstTile spread;
                for (std::uint32_t r = 0; r < kSide; ++r)
                    for (std::uint32_t c = 0; c < kSide; ++c)
                        spread.at(r, c) = means[0][form == From::rows ? r : c];
                scalar::binary_dst(op, x.values, spread.values, x.values);
            };
        };
        const Steps centre = take(Binary::sub, From::rows);
        const Steps square = [](Chain& chain, DstTile& x) {
            chain.unary(Unary::square, 0);
            scalar::unary(Unary::square, 0, x.values);
        };
        const Steps halve = [](Chain& chain, DstTile& x) {
            chain.unary(Unary::mul_scalar, 0.5f);
            scalar::unary(Unary::mul_scalar, 0.5f, x.values);
        };
        const std::vector<std::vector<Steps>> sequences = {
            {},       {centre},        {centre, square},
            {square}, {centre, halve}, {take(Binary::mul, From::columns), square}};
        for (const DataFormat format : kFormats)
            for (std::size_t s = 0; s < sequences.size(); ++s)
                for (const auto& [count, in_sticks] :
                     {std::pair{1u, false}, {2u, false}, {7u, false}, {2u, true}, {7u, true}}) {
                    const std::string what = label("sequence", s, "of", count, format, in_sticks);
                    const std::size_t bytes = std::size_t{kElements} * element_bytes(format);
                    std::vector<std::byte> tiles(count * bytes + 16);
                    Sticks sticks;
                    for (std::size_t r = 0; r < kSide; ++r)
                        sticks[r] = tiles.data() + 16 + r * count * bytes / kSide;
                    inputs.fill(tiles.data() + 16, format, static_cast<std::uint32_t>(kElements * count));
                    const Operand leftmost =
                        in_sticks ? Operand{&sticks, format, true, 0} : Operand{tiles.data() + 16, format};
                    DstTile expected, got;
                    inputs.fill(expected);
                    got = expected;
                    Chain first, next;
                    for (std::size_t t = 0; t < count; ++t) {
                        const Operand a = leftmost.after(t * leftmost.next_bytes());
                        Chain& chain = t == 0 ? first : next;
                        DstTile x;
                        chain.load(a);
                        scalar::copy(a, x.values);
                        for (const Steps& step : sequences[s]) step(chain, x);
                        scalar::binary_dst(Binary::add, x.values, expected.values, expected.values);
                        EXPECT_TRUE(chain.follows(first, t)) << what;
                        EXPECT_FALSE(chain.follows(first, t + 1)) << what;
                    }
                    first.add_terms(count, got.values);
                    expect_same(expected, got, what);
                    first.add_terms(count, got.values);  // it stays as it is
                }
    });
}

TEST(TileChain, FollowsWithTheSameStepsAlone) {
    L1Tile tile(DataFormat::Float32);
    alignas(64) float other[kSide] = {};
    const auto made = [&](Chain& chain, const std::function<void(Chain&)>& steps) -> Chain& {
        chain.load(tile.operand());
        steps(chain);
        return chain;
    };
    const std::vector<std::function<void(Chain&)>> all = {
        [](Chain&) {},
        [](Chain& c) { c.binary_vector(Binary::sub, false, From::rows, kZeros); },
        [&](Chain& c) { c.binary_vector(Binary::sub, false, From::rows, other); },
        [](Chain& c) { c.binary_vector(Binary::sub, false, From::columns, kZeros); },
        [](Chain& c) { c.unary(Unary::square, 0); },
        [](Chain& c) { c.unary(Unary::add_scalar, 1.0f); },
        [](Chain& c) { c.unary(Unary::add_scalar, 2.0f); },
        [&](Chain& c) { c.add_product(tile.operand(), tile.operand()); },
        [&](Chain& c) { c.add_product_vector(tile.operand(), From::rows, kZeros); },
        [&](Chain& c) { c.add_product_vector(tile.operand(), From::rows, other); },
        [](Chain& c) { c.unary(Unary::fill, 1.0f); },
    };
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < all.size(); ++j) {
            Chain one, two;
            // One that begins with no tile has none after it.
            const bool expected = i == j && i + 1 != all.size();
            EXPECT_EQ(made(two, all[j]).follows(made(one, all[i]), 0), expected) << i << ' ' << j;
        }
}

TEST(TileChain, RepeatsWithOtherTilesAndVectorsAlone) {
    L1Tile tile(DataFormat::Float32);
    Sticks sticks{}, others{};
    alignas(64) float other[kSide] = {};
    const auto chain = [](Chain& made, const Sticks& from, std::uint32_t offset,
                          const std::function<void(Chain&)>& step) -> Chain& {
        made.load({&from, DataFormat::Float32, true, offset});
        step(made);
        return made;
    };
    // Of each, whether the one after it repeats it.
    const std::vector<std::pair<std::function<void(Chain&)>, bool>> all = {
        {[](Chain& c) { c.binary_vector(Binary::sub, false, From::rows, kZeros); }, true},
        {[&](Chain& c) { c.binary_vector(Binary::sub, false, From::rows, other); }, false},
        {[&](Chain& c) { c.binary_vector(Binary::sub, false, From::columns, other); }, false},
        {[](Chain& c) { c.unary(Unary::mul_scalar, 0.0f); }, false},
        {[](Chain& c) { c.unary(Unary::mul_scalar, -0.0f); }, false},
        {[](Chain& c) { c.unary(Unary::square, 0); }, false},
        {[&](Chain& c) { c.binary(Binary::add, false, tile.operand()); }, false},
        {[](Chain&) {}, false},
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        Chain one;
        std::vector<Step> steps;
        chain(one, sticks, 0, all[i].first).copy_to(steps, sticks);
        const auto repeats = [&](std::size_t j, const Sticks& from, std::uint32_t offset) {
            Chain two;
            return chain(two, from, offset, all[j].first).repeats(steps.data(), one.num_steps(), &sticks);
        };
        const bool in_memory = i == 6;  // a tile that is not of the sticks
        EXPECT_EQ(repeats(i, sticks, 0), !in_memory) << i;
        EXPECT_EQ(repeats(i, sticks, 128), !in_memory) << i;
        EXPECT_FALSE(repeats(i, others, 0)) << i;
        for (std::size_t j = i + 1; j < all.size(); ++j)
            EXPECT_EQ(repeats(j, sticks, 0), j == i + 1 && all[i].second) << i << ' ' << j;
    }
}

TEST(TileChain, MayEndWhereItReads) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats) {
            L1Tile page(format);
            inputs.fill(page);
            L1Tile expected(format);
            DstTile x;
            scalar::copy(page.operand(), x.values);
            scalar::unary(Unary::square, 0, x.values);
            scalar::pack(x.values, PackMask::all, false, format, expected.data());
            Chain chain;
            chain.load(page.operand());
            chain.unary(Unary::square, 0);
            chain.run_to_tile(format, page.data());
            expect_same(expected, page, label("in place", format));
        }
    });
}

#if defined(__x86_64__)
// Of vectors 0 to 3 what lies above an SSE register.
std::array<std::array<float, 4>, 4> upper_halves() {
    std::array<std::array<float, 4>, 4> halves;
    asm volatile(
        "vextractf128 $1, %%ymm0, 0(%0)\n"
        "vextractf128 $1, %%ymm1, 16(%0)\n"
        "vextractf128 $1, %%ymm2, 32(%0)\n"
        "vextractf128 $1, %%ymm3, 48(%0)\n"
        :
        : "r"(halves.data())
        : "memory");
    return halves;
}

// Else each SSE instruction that follows waits for what was last done to its register (docs/performance.md).
TEST(TileChain, GivesUpTheUpperHalvesOfVectors) {
    if (!__builtin_cpu_supports("avx")) GTEST_SKIP() << "this CPU has no AVX";
    Inputs inputs;
    on_every_target([&] {
        for (const DataFormat format : kFormats) {
            Twins twins(inputs);
            twins.load(format);
            twins.unary(Unary::square, 0);
            L1Tile tile(format);
            twins.chain.run_to_tile(format, tile.data());
            const auto halves = upper_halves();
            for (const auto& half : halves)
                for (const float value : half) EXPECT_EQ(value, 0);
        }
    });
}
#endif

}  // namespace
}  // namespace loom::tile::testing
