// A chain gives the bytes of its steps done one after another, on every SIMD target, wherever its result goes.
#include <functional>
#include <vector>

#include "tile/chain.hpp"
#include "tile_testing.hpp"

namespace loom::tile::testing {
namespace {

constexpr Unary kUnaries[] = {Unary::add_scalar, Unary::sub_scalar, Unary::mul_scalar,    Unary::rsub_scalar,
                              Unary::rsqrt,      Unary::sqrt,       Unary::reciprocal,    Unary::square,
                              Unary::negate,     Unary::absolute,   Unary::round_bfloat16};

// A chain and its twin: the same steps, one tile function after another.
class Twins {
public:
    explicit Twins(Inputs& inputs) : inputs_(inputs) {}

    Chain chain;
    DstTile x;

    void load(DataFormat format) {
        L1Tile& a = operand(format);
        chain.load(a.operand());
        scalar::copy(a.operand(), x.values);
    }
    void binary(Binary op, bool reverse, DataFormat format) {
        L1Tile& a = operand(format);
        chain.binary(op, reverse, a.operand());
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
    std::vector<std::unique_ptr<DstTile>> vectors_;
};

void expect_same_everywhere(Twins& twins, const std::string& what) {
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
                        with(label("binary", op, reverse, b), [&](Twins& t) { t.binary(op, reverse, b); });
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
            twins.load(one_of(kFormats));
            std::string what = label("seed", Inputs::seed(), "round", round);
            for (std::size_t steps = random() % 9; steps > 0; --steps) switch (random() % 6) {
                    case 0:
                        twins.binary(one_of(kBinaries), random() % 2 == 0, one_of(kFormats));
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
            for (int steps = 0; steps <= 4; ++steps) {
                Twins twins(inputs);
                twins.load(format);
                if (steps >= 1) twins.binary_vector(Binary::sub, false, From::rows);
                if (steps >= 2) twins.binary_vector(Binary::mul, false, From::rows);
                if (steps >= 3) twins.binary_vector(Binary::mul, false, From::columns);
                if (steps >= 4) twins.binary_vector(Binary::add, false, From::columns);
                expect_same_everywhere(twins, label("steps", steps, format));
            }
    });
}

TEST(TileChain, AccumulatesAndStaysAsItIs) {
    on_every_target([] {
        Inputs inputs;
        for (const DataFormat format : kFormats)
            for (const Binary op : kBinaries) {
                Twins twins(inputs);
                twins.load(format);
                twins.binary_vector(Binary::sub, false, From::rows);
                DstTile expected, got;
                inputs.fill(expected);
                got = expected;
                scalar::binary_dst(op, expected.values, twins.x.values, expected.values);
                twins.chain.accumulate(op, true, got.values);
                expect_same(expected, got, label("accumulate", op, format));
                expect_same_everywhere(twins, label("afterwards", op, format));
            }
    });
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

}  // namespace
}  // namespace loom::tile::testing
