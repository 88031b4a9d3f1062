// What MATH puts off gives the bytes of doing each step at once: random calls on DST beside a plain model of it, with
// operands that change as soon as they may, and tiles packed in place of what others still have to read.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "runtime/core/dst.hpp"
#include "tile_testing.hpp"

namespace loom::runtime {
namespace {

using namespace tile::testing;
using tile::Binary;
using tile::Broadcast;
using tile::kElements;
using tile::kSide;
using tile::PackMask;
using tile::ReduceDim;
using tile::Unary;

// One section, every step at once, by the scalar twins. A row reduction into a cleared tile keeps lanes until
// something else is done with it.
class Model {
public:
    explicit Model(bool fp32) : fp32_(fp32), tiles_(8) {}

    std::vector<DstTile>& tiles() { return tiles_; }
    DstTile& at(std::uint32_t index) {
        add_up(index);
        return tiles_[index];
    }
    void done(std::uint32_t index) {
        defined_[index] = true;
        if (!fp32_) tile::scalar::round_dst(tiles_[index].values);
    }
    bool defined(std::uint32_t index) const { return defined_[index]; }
    bool summing(std::uint32_t index) const { return summing_[index]; }
    DstTile& operand(std::uint32_t index) {
        if (!defined_[index]) {
            tiles_[index] = zeros();
            defined_[index] = true;
        }
        return at(index);
    }
    void reduce(tile::Operand a, tile::Operand scaler, std::uint32_t index) {
        if (!summing_[index]) {
            if (!defined_[index]) tiles_[index] = zeros();
            lanes_[index].assign(16 * kSide, 0.0f);
            summing_[index] = true;
        }
        float weights[kSide];
        tile::scalar::first_row(scaler, weights);
        tile::scalar::add_row_terms(a, 0, 1, weights, lanes_[index].data());
        defined_[index] = true;
        if (!fp32_) {
            add_up(index);
            tile::scalar::round_dst(tiles_[index].values);
        }
    }
    static DstTile zeros() {
        DstTile tile;
        for (float& value : tile.values) value = 0;
        return tile;
    }

private:
    void add_up(std::uint32_t index) {
        if (!summing_[index]) return;
        summing_[index] = false;
        float sums[kSide];
        tile::scalar::add_up_row_terms(lanes_[index].data(), sums);
        for (std::uint32_t r = 0; r < kSide; ++r) tiles_[index].at(r, 0) += sums[r];
    }

    bool fp32_;
    std::vector<DstTile> tiles_;
    bool defined_[8] = {};
    bool summing_[8] = {};
    std::vector<float> lanes_[8];
};

class Game {
public:
    Game(std::uint32_t seed, bool fp32) : random_(seed), fp32_(fp32), model_(fp32) {
        dst_->reset({.fp32 = fp32, .full_sync = fp32});
        for (std::uint32_t i = 0; i < kPages; ++i) {
            pages_.push_back(std::make_unique<L1Tile>(kFormats[i % 2]));
            inputs_.fill(pages_.back()->data(), kFormats[i % 2]);
        }
    }

    void play() {
        dst_->acquire();
        for (std::size_t calls = 1 + random_() % 40; calls > 0; --calls) {
            call();
            disturb();
        }
        dst_->commit();
        // In any order, some twice, some over pages that other tiles still have to read.
        for (int packs = 0; packs < 10; ++packs) pack(tile_index());
        dst_->release();
    }

private:
    static constexpr std::uint32_t kPages = 6;
    static constexpr std::uint32_t kTiles = 8;

    template <class All>
    auto one_of(const All& all) {
        return all[random_() % std::size(all)];
    }
    std::uint32_t tile_index() { return static_cast<std::uint32_t>(random_() % kTiles); }
    // Page i is circular buffer i's only one.
    Source source(std::uint32_t page) { return {pages_[page]->operand(), page, passing_}; }
    std::uint32_t page() { return static_cast<std::uint32_t>(random_() % kPages); }

    void call() {
        const std::uint32_t t = tile_index();
        const std::uint32_t u = tile_index();
        const std::uint32_t v = tile_index();
        const std::uint32_t a = page();
        const std::uint32_t b = page();
        const Binary op = one_of(kBinaries);
        passing_ = random_() % 8 == 0;
        switch (random_() % 8) {
            case 0:
                dst_->copy(source(a), t);
                tile::scalar::copy(pages_[a]->operand(), model_.at(t).values);
                return model_.done(t);
            case 1: {
                const Broadcast kind = one_of(kBroadcasts);
                dst_->broadcast(kind, source(a), t);
                tile::scalar::broadcast(kind, pages_[a]->operand(), model_.at(t).values);
                return model_.done(t);
            }
            case 2: {
                const Broadcast kind = one_of(kBroadcasts);
                const bool accumulate = random_() % 2 == 0;
                const bool onto = accumulate && model_.defined(t);
                dst_->binary(op, kind, source(a), source(b), accumulate, t);
                tile::scalar::binary(op, kind, pages_[a]->operand(), pages_[b]->operand(), onto,
                                     model_.at(t).values);
                return model_.done(t);
            }
            case 3:
                first_ = random_() % 2 == 0;
                dst_->binary_reuse(op, first_, source(a), t);
                tile::scalar::binary_reuse(op, first_, pages_[a]->operand(), model_.operand(t).values);
                return model_.done(t);
            case 4: {
                dst_->binary_dst(op, t, u, v);
                DstTile& x = model_.operand(t);
                DstTile& y = model_.operand(u);
                model_.at(v);
                tile::scalar::binary_dst(op, x.values, y.values, model_.tiles()[v].values);
                return model_.done(v);
            }
            case 5:
                dst_->copy_dst(t, u);
                if (t == u) return;
                model_.at(u);
                model_.tiles()[u] = model_.operand(t);
                return model_.done(u);
            case 6: {
                constexpr Unary functions[] = {Unary::add_scalar,    Unary::mul_scalar, Unary::rsub_scalar,
                                               Unary::square,        Unary::negate,     Unary::fill,
                                               Unary::round_bfloat16};
                const Unary f = one_of(functions);
                dst_->unary(f, 0.375f, t);
                tile::scalar::unary(f, 0.375f, model_.operand(t).values);
                return model_.done(t);
            }
            default:
                // Of rows, into tiles that are clear or the result of such; of the other axes into any.
                if (random_() % 2 == 0 && (!model_.defined(t) || model_.summing(t))) {
                    for (std::size_t again = 1 + random_() % 3; again > 0; --again) {
                        dst_->reduce(ReduceDim::row, source(a), source(b), t);
                        model_.reduce(pages_[a]->operand(), pages_[b]->operand(), t);
                        if (!fp32_) break;  // a 16-bit DST rounds, and so adds up, each time
                    }
                    return;
                }
                const ReduceDim dim = random_() % 2 == 0 ? ReduceDim::column : ReduceDim::scalar;
                const bool defined = model_.defined(t);
                dst_->reduce(dim, source(a), source(b), t);
                tile::scalar::reduce(dim, pages_[a]->operand(), pages_[b]->operand(), defined,
                                     model_.at(t).values);
                return model_.done(t);
        }
    }

    // What the engine does between calls: pages given away and filled anew, after what reads them.
    void disturb() {
        if (passing_) {
            if (dst_->reads_l1()) dst_->settle();
            dst_->forget_columns();
            for (auto& page : pages_) inputs_.fill(page->data(), page->format);
            return;
        }
        if (random_() % 8 != 0) return;
        dst_->settle();
        dst_->forget_columns();
        for (auto& page : pages_) inputs_.fill(page->data(), page->format);
    }

    void pack(std::uint32_t t) {
        constexpr PackMask masks[] = {PackMask::all, PackMask::all, PackMask::reduce_row,
                                      PackMask::reduce_column, PackMask::reduce_scalar};
        const PackMask mask = one_of(masks);
        const bool accumulate = random_() % 4 == 0;
        const std::uint32_t to = page();
        L1Tile expected = *pages_[to];
        const DstTile value = model_.defined(t) ? model_.at(t) : Model::zeros();
        const std::string what =
            label("pack", t, "over page", to, "mask", mask, "accumulate", accumulate, "fp32", fp32_);
        if (random_() % 4 == 0) {
            std::vector<std::byte> rows(kSide * 256), got(kSide * 256);
            const DataFormat format = expected.format;
            tile::scalar::untilize(value.values, format, rows.data(), 256);
            dst_->untilize(t, format, got.data(), 256, 0);
            return expect_same(rows.data(), got.data(), format, what + " untilized",
                               kSide * 256 / element_bytes(format));
        }
        tile::scalar::pack(value.values, mask, accumulate, expected.format, expected.data());
        dst_->pack(t, mask, accumulate, expected.format, pages_[to]->data(), 1u << to);
        expect_same(expected, *pages_[to], what);
    }

    std::mt19937 random_;
    Inputs inputs_;
    bool fp32_;
    bool passing_ = false;
    bool first_ = false;
    Model model_;
    std::unique_ptr<Dst> dst_ = std::make_unique<Dst>();
    std::vector<std::unique_ptr<L1Tile>> pages_;
};

TEST(DstPutOff, RandomCallsGiveTheBytesOfDoingEachAtOnce) {
    for (const bool fp32 : {true, false})
        for (std::uint32_t round = 0; round < 1500; ++round) {
            Game(Inputs::seed() * 10000 + round, fp32).play();
            ASSERT_FALSE(::testing::Test::HasFailure())
                << "round " << round << ", LOOM_TEST_SEED=" << Inputs::seed();
        }
}

TEST(DstPutOff, ASectionMayBroadcastMoreThanItHasRoomFor) {
    Dst dst;
    dst.reset({.fp32 = true});
    Inputs inputs;
    L1Tile x(DataFormat::Float32), column(DataFormat::Float32), page(DataFormat::Float32);
    inputs.fill_plain(x);
    inputs.fill_plain(column);
    Model model(true);
    dst.acquire();
    dst.broadcast(Broadcast::columns, {column.operand(), 1}, 1);
    tile::scalar::broadcast(Broadcast::columns, column.operand(), model.at(1).values);
    dst.copy({x.operand(), 0}, 0);
    tile::scalar::copy(x.operand(), model.at(0).values);
    for (int i = 0; i < 500; ++i) {
        dst.broadcast(Broadcast::rows, {column.operand(), 1}, 2);
        dst.binary_dst(Binary::add, 0, 2, 0);
        tile::scalar::broadcast(Broadcast::rows, column.operand(), model.at(2).values);
        tile::scalar::binary_dst(Binary::add, model.at(0).values, model.at(2).values, model.at(0).values);
    }
    dst.commit();
    for (const std::uint32_t t : {0u, 1u, 2u}) {
        dst.pack(t, PackMask::all, false, DataFormat::Float32, page.data(), 0);
        expect_same(model.at(t).values, page.data(), DataFormat::Float32, label("tile", t));
    }
}

}  // namespace
}  // namespace loom::runtime
