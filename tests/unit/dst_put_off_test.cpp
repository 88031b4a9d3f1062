// What MATH puts off gives the bytes of doing each step at once: random calls on DST beside a plain model of it, with
// operands that change as soon as they may, and tiles packed in place of what others still have to read.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
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
    Game(std::uint32_t seed, bool fp32) : random_(seed), fp32_(fp32) {
        // 4 or 8 tiles of 32 bits, 8 of 16.
        dst_->reset({.fp32 = fp32, .full_sync = fp32 && random_() % 2 == 0});
        std::byte* at = memory_ + 16;  // no better aligned than the contract promises
        for (std::uint32_t i = 0; i < kPages; ++i) {
            const DataFormat format = kFormats[i / kPagesOfAFormat];
            pages_[i] = {at, format};
            at += bytes_of(format);
        }
        fill();
    }

    void play() {
        for (std::size_t sections = 1 + random_() % 4; sections > 0; --sections) {
            if (!dst_->can_acquire()) drain();
            dst_->acquire();
            models_.emplace_back(fp32_);
            for (std::size_t calls = 1 + random_() % 40; calls > 0; --calls) {
                call();
                disturb();
            }
            dst_->commit();
            if (random_() % 2 == 0) drain();
        }
        while (!models_.empty()) drain();
    }

private:
    static constexpr std::uint32_t kPagesOfAFormat = 3;
    static constexpr std::uint32_t kPages = 2 * kPagesOfAFormat;

    template <class All>
    auto one_of(const All& all) {
        return all[random_() % std::size(all)];
    }
    static std::size_t bytes_of(DataFormat format) { return std::size_t{kElements} * element_bytes(format); }
    std::uint32_t tile_index() { return static_cast<std::uint32_t>(random_() % dst_->capacity()); }
    // Page i is circular buffer i's only one; those of a format lie one behind another.
    Source source(std::uint32_t page) { return {pages_[page], page, passing_}; }
    std::uint32_t page() { return static_cast<std::uint32_t>(random_() % kPages); }
    void fill() {
        for (const tile::Operand& page : pages_) inputs_.fill(const_cast<void*>(page.data), page.format);
    }
    Model& model() { return models_.back(); }

    // The oldest section, packed in any order, some tiles twice, some over pages that others still have to read.
    void drain() {
        for (int packs = 0; packs < 10; ++packs) pack(tile_index());
        dst_->release();
        models_.pop_front();
    }

    // Whether to try the short way first, as calls do whose operands stay.
    bool soon() { return !passing_ && random_() % 4 != 0; }

    void copy(std::uint32_t a, std::uint32_t t) {
        if (!soon() || !dst_->copy_soon(pages_[a], a, t)) dst_->copy(source(a), t);
        tile::scalar::copy(pages_[a], model().at(t).values);
        model().done(t);
    }
    void binary_dst(Binary op, std::uint32_t t, std::uint32_t u, std::uint32_t v) {
        if (!soon() || !dst_->binary_dst_soon(op, t, u, v)) dst_->binary_dst(op, t, u, v);
        DstTile& x = model().operand(t);
        DstTile& y = model().operand(u);
        model().at(v);
        tile::scalar::binary_dst(op, x.values, y.values, model().tiles()[v].values);
        model().done(v);
    }
    void unary(Unary f, std::uint32_t t) {
        if (!soon() || !dst_->unary_soon(f, 0.375f, t)) dst_->unary(f, 0.375f, t);
        tile::scalar::unary(f, 0.375f, model().operand(t).values);
        model().done(t);
    }
    // A sum over pages that follow one another, each changed in the same way before.
    void grow(std::uint32_t t, std::uint32_t term, std::uint32_t mean, std::uint32_t a) {
        const std::uint32_t choice = random_() % 4;
        const std::uint32_t end = (a / kPagesOfAFormat + 1) * kPagesOfAFormat;
        for (; a < end; ++a) {
            copy(a, term);
            if (choice % 2 == 1) binary_dst(Binary::sub, term, mean, term);
            if (choice / 2 == 1) unary(Unary::square, term);
            binary_dst(Binary::add, t, term, t);
        }
        // A row reduction into what is no reduction's result.
        if (random_() % 3 != 0) return;
        const std::uint32_t b = page();
        dst_->reduce(ReduceDim::row, source(b), source(b), t);
        tile::scalar::reduce(ReduceDim::row, pages_[b], pages_[b], true, model().at(t).values);
        model().done(t);
    }

    void call() {
        const std::uint32_t t = tile_index();
        const std::uint32_t u = tile_index();
        const std::uint32_t v = tile_index();
        const std::uint32_t a = page();
        const std::uint32_t b = page();
        const Binary op = one_of(kBinaries);
        passing_ = random_() % 8 == 0;
        switch (random_() % 9) {
            case 0:
                return copy(a, t);
            case 1: {
                const Broadcast kind = one_of(kBroadcasts);
                if (kind != Broadcast::columns || !soon() || !dst_->broadcast_known_column(pages_[a].data, t))
                    dst_->broadcast(kind, source(a), t);
                tile::scalar::broadcast(kind, pages_[a], model().at(t).values);
                return model().done(t);
            }
            case 2: {
                const Broadcast kind = one_of(kBroadcasts);
                const bool accumulate = random_() % 2 == 0;
                const bool onto = accumulate && model().defined(t);
                if (kind != Broadcast::columns || accumulate || !soon() ||
                    !dst_->binary_with_known_column(op, pages_[a], a, pages_[b].data, t))
                    dst_->binary(op, kind, source(a), source(b), accumulate, t);
                tile::scalar::binary(op, kind, pages_[a], pages_[b], onto, model().at(t).values);
                return model().done(t);
            }
            case 3:
                first_ = random_() % 2 == 0;
                dst_->binary_reuse(op, first_, source(a), t);
                tile::scalar::binary_reuse(op, first_, pages_[a], model().operand(t).values);
                return model().done(t);
            case 4:
                return binary_dst(op, t, u, v);
            case 5:
                dst_->copy_dst(t, u);
                if (t == u) return;
                model().at(u);
                model().tiles()[u] = model().operand(t);
                return model().done(u);
            case 6: {
                constexpr Unary functions[] = {Unary::add_scalar,    Unary::mul_scalar, Unary::rsub_scalar,
                                               Unary::square,        Unary::negate,     Unary::fill,
                                               Unary::round_bfloat16};
                return unary(one_of(functions), t);
            }
            case 7:
                return grow(t, u, v, a);
            default:
                // Of rows, into tiles that are clear or the result of such; of the other axes into any.
                if (random_() % 2 == 0 && (!model().defined(t) || model().summing(t))) {
                    for (std::size_t again = 1 + random_() % 3; again > 0; --again) {
                        dst_->reduce(ReduceDim::row, source(a), source(b), t);
                        model().reduce(pages_[a], pages_[b], t);
                        if (!fp32_) break;  // a 16-bit DST rounds, and so adds up, each time
                    }
                    return;
                }
                const ReduceDim dim = random_() % 2 == 0 ? ReduceDim::column : ReduceDim::scalar;
                const bool defined = model().defined(t);
                dst_->reduce(dim, source(a), source(b), t);
                tile::scalar::reduce(dim, pages_[a], pages_[b], defined, model().at(t).values);
                return model().done(t);
        }
    }

    // What the engine does between calls: pages given away and filled anew, after what reads them.
    void disturb() {
        if (passing_) {
            if (dst_->reads_l1()) dst_->settle();
            dst_->forget_columns();
            return fill();
        }
        if (random_() % 8 != 0) return;
        dst_->settle();
        dst_->forget_columns();
        fill();
    }

    void pack(std::uint32_t t) {
        constexpr PackMask masks[] = {PackMask::all, PackMask::all, PackMask::reduce_row,
                                      PackMask::reduce_column, PackMask::reduce_scalar};
        const PackMask mask = one_of(masks);
        const bool accumulate = random_() % 4 == 0;
        const std::uint32_t to = page();
        const DataFormat format = pages_[to].format;
        void* const out = const_cast<void*>(pages_[to].data);
        Model& oldest = models_.front();
        const DstTile value = oldest.defined(t) ? oldest.at(t) : Model::zeros();
        const std::string what =
            label("pack", t, "over page", to, "mask", mask, "accumulate", accumulate, "fp32", fp32_);
        if (random_() % 4 == 0) {
            std::vector<std::byte> rows(kSide * 256), got(kSide * 256);
            tile::scalar::untilize(value.values, format, rows.data(), 256);
            dst_->untilize(t, format, got.data(), 256, 0);
            return expect_same(rows.data(), got.data(), format, what + " untilized",
                               kSide * 256 / element_bytes(format));
        }
        L1Tile expected(format);
        std::memcpy(expected.data(), out, bytes_of(format));
        tile::scalar::pack(value.values, mask, accumulate, format, expected.data());
        dst_->pack(t, mask, accumulate, format, out, 1u << to);
        expect_same(expected.data(), out, format, what);
    }

    std::mt19937 random_;
    Inputs inputs_;
    bool fp32_;
    bool passing_ = false;
    bool first_ = false;
    std::deque<Model> models_;  ///< of sections that MATH has acquired and PACK has not released
    std::unique_ptr<Dst> dst_ = std::make_unique<Dst>();
    alignas(64) std::byte memory_[16 + kPages * 4096];
    tile::Operand pages_[kPages];
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
