// The DST register file: tiles in one or two sections, handed from MATH to PACK and back, and what MATH does to them.
//
// DST cannot be observed, so a tile need not be there as 1024 floats. It may be
//   * 32 values, one a row or one a column, where its rows or columns are all alike but for the first: what a
//     broadcast loads and a reduction leaves. Arithmetic on such tiles is done at once, on those values;
//   * a chain: the steps that would make it (tile/chain.hpp), which run when PACK takes the tile, in one pass from
//     operands in L1 to the packed page;
//   * row sums in 16 lanes each, and tiles still to be added to them (ReduceDim::row);
//   * a total: floats, and terms still to be added to them, which one chain makes of tiles that follow one another.
// Results are those of doing each step at once, to the bit, with one rule for sums: consecutive row reductions into
// a tile that was clear, or holds a reduction's result, add lane by lane, and lanes are added up when anything else is
// done with the tile. All that is put off reads its operands in L1 later than silicon would. So pages must stay as they
// are until then: UNPACK's pops wait for reads_l1() to become false, and a pack that would overwrite an operand has the
// reader settled first.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/core/owed_sticks.hpp"
#include "runtime/core/silicon.hpp"
#include "tile/chain.hpp"
#include "tile/tile_ops.hpp"

namespace loom::runtime {

struct DstConfig {
    bool fp32 = false;       ///< 32-bit DST (fp32_dest_acc_en); else each result is rounded to bfloat16
    bool full_sync = false;  ///< one section instead of two
    // For silicon numerics alone.
    MathFidelity fidelity = MathFidelity::HiFi4;
    bool approximate = false;  ///< math_approx_mode
    std::uint32_t unpack_to_dest =
        0;  ///< a bit for each circular buffer that is unpacked past the source registers
    /// Tiles of one section: 8, halved by fp32, doubled by full sync.
    std::uint32_t capacity() const { return 8u / (fp32 ? 2 : 1) * (full_sync ? 2 : 1); }
    std::uint32_t sections() const { return full_sync ? 1 : 2; }
};

/// A tile that MATH reads: in L1, or in sticks that will stay until all that is put off has read them.
struct Source {
    tile::Operand tile;
    std::uint32_t cb = 0;
    bool passing = false;  ///< it will not stay there: read it now
};

class Dst {
public:
    Dst() : slots_(kSlots) {
        for (std::size_t i = 0; i < kSlots; ++i) {
            slots_[i].bit = 1u << i;
            slots_[i].floats = tiles_[i].data();
        }
    }
    Dst(const Dst&) = delete;
    Dst& operator=(const Dst&) = delete;

    /// With a chip, calls compute as that does; else in IEEE's arithmetic.
    void reset(DstConfig config, std::optional<tile::silicon::Chip> chip = std::nullopt);
    const DstConfig& config() const { return config_; }
    bool is_silicon() const { return silicon_ != nullptr; }
    std::uint32_t capacity() const { return capacity_; }
    bool can_acquire() const { return committed_ < config_.sections(); }
    bool acquired() const { return open_ != 0; }
    /// Tiles that MATH may use now.
    std::uint32_t open() const { return open_; }
    /// Sections that MATH committed and PACK has not released.
    std::uint32_t committed() const { return committed_; }

    void acquire() {
        open_ = capacity_;
        ++acquires_;
        used_[math_section_] = 0;
    }
    void commit();
    /// Leaves the section cleared: undefined, which packs and sums take for zero.
    void release();

    bool math_defined(std::uint32_t index) const { return math(index).holds != Holds::nothing; }
    bool pack_defined(std::uint32_t index) const { return pack_slot(index).holds != Holds::nothing; }

    // MATH, on tiles of its section. Semantics as of the functions of tile_ops.hpp.
    void copy(const Source& a, std::uint32_t index) {
        if (silicon_ && !silicon_->keeps_all_bits(a.tile.format, a.cb)) {
            silicon_->copy(a, to_write(math(index)));
            return;
        }
        load(a, math(index));
    }
    void broadcast(tile::Broadcast kind, const Source& a, std::uint32_t index) {
        if (silicon_ && kind == tile::Broadcast::none) return copy(a, index);
        if (silicon_ && !(config_.fp32 && !silicon_->breaks(kind, a.tile.format))) {
            silicon_broadcast(kind, a, index);
            return;
        }
        broadcast_slot(kind, a, math(index));
    }
    /// Row 0 of a lent tile of `cb`, 32 floats that stay as its bytes do.
    void broadcast_row(const float* row, std::uint32_t cb, std::uint32_t index) {
        keep_room();  // for when the row has to be copied
        hold_row(math(index), row, cb);
        finish(math(index), false);
    }

    // The frequent cases of those and of others, in few instructions and without a call. False, and nothing has changed,
    // where it is not such a case.
    /// copy() of a tile that will stay.
    bool copy_soon(const tile::Operand& a, std::uint32_t cb, std::uint32_t index) {
        Slot& slot = math(index);
        if (!soon_ || (rereading_ & ~slot.bit) != 0 || (silicon_ && !silicon_->keeps_all_bits(a.format, cb)))
            return false;
        reads_nothing(slot);
        slot.holds = Holds::chain;
        slot.chain.load(a);
        reads(slot, 1u << cb);
        return true;
    }
    /// Column 0 of a tile that was broadcast before.
    bool broadcast_known_column(const void* tile, std::uint32_t index) {
        Column& column = column_at(tile);
        if (!soon_ || !knows(column, tile)) return false;
        const float* const values = use(column);
        hold(math(index), Holds::rows, values, values);
        return true;
    }
    bool broadcast_row_soon(const float* row, std::uint32_t cb, std::uint32_t index) {
        if (!soon_ || silicon_ || !has_room()) return false;
        hold_row(math(index), row, cb);
        return true;
    }
    /// One more step of a chain: with a tile of 32 values.
    bool binary_dst_soon(tile::Binary op, std::uint32_t a_index, std::uint32_t b_index,
                         std::uint32_t out_index) {
        Slot& a = math(a_index);
        const Slot& b = math(b_index);
        if (a_index != out_index || a.holds != Holds::chain || !b.alike() || !a.chain.has_room() || !soon_)
            return false;
        a.chain.binary_vector(op, false, b.holds == Holds::rows ? tile::From::rows : tile::From::columns,
                              b.rest);
        reads(a, b.cbs);
        return true;
    }
    /// a, a tile that will stay, with a column that was broadcast before.
    bool binary_with_known_column(tile::Binary op, const tile::Operand& a, std::uint32_t cb, const void* b,
                                  std::uint32_t index) {
        Column& column = column_at(b);
        if (silicon_ || !knows(column, b) || !copy_soon(a, cb, index)) return false;
        math(index).chain.binary_vector(op, false, tile::From::rows, use(column));
        return true;
    }
    /// Row 0 of a tile that was loaded and will stay.
    bool broadcast_row_soon(tile::Binary op, std::uint32_t index, std::uint32_t vector) {
        Slot& slot = math(index);
        const Slot& row = math(vector);
        if (silicon_ || !soon_ || slot.holds != Holds::chain || !slot.chain.has_room() ||
            row.holds != Holds::chain || row.dst_reads != 0 || !has_room())
            return false;
        const tile::Operand a = row.chain.loaded_tile();
        if (a.data == nullptr) return false;
        float* const values = new_vector();
        tile::first_row(a, values);
        slot.chain.binary_vector(op, false, tile::From::columns, values);
        return true;
    }
    /// Column 0 of a tile that was loaded, and broadcast before, onto a tile that is alike by rows.
    bool broadcast_column_soon(tile::Binary op, std::uint32_t index, std::uint32_t vector);
    bool unary_soon(tile::Unary f, float scalar, std::uint32_t index) {
        Slot& slot = math(index);
        if (f == tile::Unary::fill && soon_ && std::bit_cast<std::uint32_t>(scalar) == 0) {
            hold_zeros(slot, Holds::rows);
            return true;
        }
        if (slot.holds != Holds::chain || !slot.chain.has_room() || !soon_ || (silicon_ && is_root(f)))
            return false;
        slot.chain.unary(f, scalar);
        return true;
    }

    /// With `accumulate`, onto a defined tile.
    void binary(tile::Binary op, tile::Broadcast kind, const Source& a, const Source& b, bool accumulate,
                std::uint32_t index);
    void binary_reuse(tile::Binary op, bool dst_is_a, const Source& b, std::uint32_t index);
    void binary_dst(tile::Binary op, std::uint32_t a_index, std::uint32_t b_index, std::uint32_t out_index) {
        if (at_once_) return binary_dst_at_once(op, a_index, b_index, out_index);
        Slot& a = math(a_index);
        Slot& b = math(b_index);
        Slot& out = math(out_index);
        // Two tiles of 32 values.
        if (a.holds == b.holds && a.alike() && b.alike() && has_room()) return binary_alike(op, a, b, out);
        // A sum that grows.
        if (op == tile::Binary::add && &out == &a && &a != &b && b.holds == Holds::chain &&
            (a.holds == Holds::total || a.holds == Holds::tile || (a.dst_reads & a.bit) != 0))
            return add_term(a, b);
        binary_slots(op, a, b, out);
    }
    /// Tile `index` op= column 0 of tile `vector` in every column, or its row 0 in every row.
    void broadcast_dst(tile::Binary op, tile::Broadcast kind, std::uint32_t index, std::uint32_t vector);
    /// Every column of the tile becomes the sum of its rows, in the order of tile::reduce().
    void reduce_dst(std::uint32_t index);
    void copy_dst(std::uint32_t from, std::uint32_t to);
    void unary(tile::Unary f, float scalar, std::uint32_t index) {
        if (at_once_ && f == tile::Unary::round_bfloat16) return cast_in_16_bits(index);
        unary_slot(f, scalar, math(index));
    }
    void reduce(tile::ReduceDim dim, const Source& a, const Source& scaler, std::uint32_t index) {
        if (silicon_) return silicon_reduce(dim, a, scaler, math(index));
        Slot& slot = math(index);
        // Tiles that follow one another under one scaler are added in one go.
        if (slot.holds != Holds::sums || dim != tile::ReduceDim::row || slot.added_count == 0 ||
            scaler.tile != slot.scaler || a.passing || scaler.passing ||
            a.tile != slot.added.after(std::size_t{slot.added_count} * slot.added_bytes))
            return reduce_slot(dim, a, scaler, slot);
        ++slot.added_count;
        put_off(slot, a);
        finish(slot, false);
    }
    /// Sticks of circular buffer `cb`.
    void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
                std::uint32_t cb, std::uint32_t index);

    // PACK, from tiles of its section. `over` are the circular buffers that share bytes with the one written.
    void pack(std::uint32_t index, tile::PackMask mask, bool accumulate, DataFormat format, void* out,
              std::uint32_t over);
    void untilize(std::uint32_t index, DataFormat format, void* rows, std::size_t pitch_bytes,
                  std::uint32_t over);

    /// Whether tilize from a buffer, packed to another one in this format, moves elements: all their bits, or in silicon
    /// numerics what packed_bfloat16() leaves of each.
    bool tilize_moves(DataFormat format, std::uint32_t cb, DataFormat out) const {
        return !silicon_ ||
               (format == out && (format == DataFormat::Float16_b || silicon_->keeps_all_bits(format, cb)));
    }

    /// Gives a tile to `owed`, if that takes it.
    bool owe(std::uint32_t index, OwedSticks& owed) {
        Slot& slot = pack_slot(index);
        return slot.holds == Holds::chain && owed.add(slot.chain, chip());
    }

    /// Before bytes of circular buffers `over` are written: what is put off and reads them is done.
    void before_write(std::uint32_t over);
    /// Whether something put off is still to read L1.
    bool reads_l1() const { return reading_ != 0; }
    /// Does all of that now.
    void settle();
    /// Pages may have changed: another thread was waited for, or given pages.
    void forget_columns() {
        ++generation_;
        columns_cbs_ = 0;
    }

private:
    using Floats = std::array<float, tile::kSide>;
    enum class Holds : std::uint8_t { nothing, tile, rows, columns, sums, chain, total };
    struct Slot {
        std::uint32_t bit = 0;    ///< 1 << its number
        float* floats = nullptr;  ///< 1024, where it holds a tile, and to be used by what it holds
        Holds holds = Holds::nothing;
        std::uint32_t cbs = 0;  ///< circular buffers that what is put off reads, or whose lent rows it is
        std::uint32_t dst_reads = 0;   ///< slots whose tiles it reads
        const float* first = nullptr;  ///< rows: 32 floats of column 0; columns: of row 0
        const float* rest = nullptr;   ///< of all other columns, or rows; `first` itself where they are alike
        std::uint8_t first_columns = 1;  ///< rows: of how many columns `first` is, 1 or 16
        // sums: the lanes are in `floats`; these tiles are still to be added. total: as many terms of `chain`.
        tile::Operand added{};
        std::uint32_t added_count = 0;
        std::uint32_t added_bytes = 0;
        tile::Operand scaler{};
        const float* weights = nullptr;
        tile::Chain chain;

        bool few() const { return holds == Holds::rows || holds == Holds::columns; }
        bool alike() const { return few() && first == rest; }
        bool formed_as(const Slot& other) const {
            return first_columns == other.first_columns || alike() || other.alike();
        }
    };
    using Tile = std::array<float, tile::kElements>;
    /// Column 0 of a tile lately broadcast, as long as nothing can have changed.
    struct Column {
        alignas(64) Floats values;
        const void* data = nullptr;
        bool judged = false;  ///< whether it is known that
        bool plain = false;   ///< the vector unit spreads it as it is
        std::uint64_t generation = 0;
        std::uint64_t section = 0;  ///< acquired last that holds these values: they stay until it is released
    };
    /// Where the column of a tile is, if it is known.
    Column& column_at(const void* tile) {
        // Tiles are 2048 bytes apart at least; those of one program shall fall apart too.
        const auto number = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(tile) >> 11);
        return columns_[number * 2654435761u >> 26];
    }
    bool knows(const Column& column, const void* tile) const {
        return column.data == tile && column.generation == generation_;
    }
    const float* use(Column& column) {
        column.section = acquires_;
        return column.values.data();
    }

    static constexpr std::size_t kSlots = 16;
    void select_sections() {
        math_slots_ = slots_.data() + std::size_t{math_section_} * config_.capacity();
        pack_slots_ = slots_.data() + std::size_t{pack_section_} * config_.capacity();
    }
    Slot& math(std::uint32_t index) { return math_slots_[index]; }
    const Slot& math(std::uint32_t index) const { return math_slots_[index]; }
    Slot& pack_slot(std::uint32_t index) { return pack_slots_[index]; }
    const Slot& pack_slot(std::uint32_t index) const { return pack_slots_[index]; }

    float* new_vector(std::size_t section) { return vectors_[section][used_[section]++].values.data(); }
    float* new_vector() { return new_vector(math_section_); }
    void make_room();
    /// Before an operation, which makes a few vectors and holds on to others meanwhile.
    bool has_room() const { return used_[math_section_] <= kVectors - 32; }
    void keep_room() {
        if (!has_room()) make_room();
    }
    void clear(Slot& slot) {
        reads_nothing(slot);
        slot.holds = Holds::nothing;
    }
    void reads_nothing(Slot& slot) {
        slot.cbs = slot.dst_reads = slot.added_count = 0;
        reading_ &= ~slot.bit;
        rereading_ &= ~slot.bit;
    }
    void reads(Slot& slot, std::uint32_t cbs) {
        slot.cbs |= cbs;
        if (cbs != 0) reading_ |= slot.bit;
    }
    void put_off(Slot& slot, const Source& source) { reads(slot, 1u << source.cb); }
    void read_from(Slot& slot, const Slot& other) {
        slot.dst_reads |= other.bit;
        rereading_ |= slot.bit;
    }
    /// Before the 1024 floats of a slot change: chains of others that read them run.
    void overwrite(const Slot& slot) {
        if ((rereading_ & ~slot.bit) != 0) run_readers_of(slot);
    }
    void run_readers_of(const Slot& slot);
    /// Makes the slot one whose chain is about to be recorded.
    void begin_chain(Slot& slot) {
        overwrite(slot);
        reads_nothing(slot);
        slot.holds = Holds::chain;
    }
    /// The operand in faces: of one in sticks, a copy that will not stay. One of two at a time.
    const Source& in_faces(const Source& source, std::size_t which) {
        return source.tile.in_sticks ? tilized(source, which) : source;
    }
    const Source& tilized(const Source& source, std::size_t which);
    void load(const Source& a, Slot& slot) {
        begin_chain(slot);
        slot.chain.load(a.tile);
        put_off(slot, a);
        finish(slot, a.passing);
    }
    /// After a step: what a 16-bit DST keeps of it; and operands that will not stay are read.
    [[gnu::always_inline]] void finish(Slot& slot, bool passing) {
        if (!config_.fp32) round(slot);
        if (passing) settle(slot);
    }
    void round(Slot& slot);
    void settle(Slot& slot);
    void make_tile(Slot& slot);
    void add_up(Slot& slot);
    void add_tiles(Slot& slot);
    void extend(Slot& slot);
    void hold(Slot& slot, Holds holds, const float* first, const float* rest,
              std::uint8_t first_columns = 1) {
        reads_nothing(slot);
        slot.holds = holds;
        slot.first = first;
        slot.rest = rest;
        slot.first_columns = first_columns;
    }
    void hold_row(Slot& slot, const float* row, std::uint32_t cb) {
        hold(slot, Holds::columns, row, row);
        reads(slot, 1u << cb);
    }
    void hold_zeros(Slot& slot, Holds holds);
    void broadcast_slot(tile::Broadcast kind, const Source& a, Slot& slot);
    const float* column_of(const Source& source);
    /// `copied`: of a tile that copy_tile would bring to DST.
    const float* vector_of(tile::Broadcast kind, const Source& source, bool copied = false);
    const float* vector_of(tile::Broadcast kind, Slot& slot);
    void carry(const Slot& x, Slot& out);
    void unary_slot(tile::Unary f, float scalar, Slot& slot);
    void reduce_slot(tile::ReduceDim dim, const Source& a, const Source& scaler, Slot& slot);
    void binary_slots(tile::Binary op, Slot& a, Slot& b, Slot& out);
    void binary_alike(tile::Binary op, const Slot& a, const Slot& b, Slot& out);
    void add_term(Slot& sum, Slot& term);
    // --- In silicon numerics
    static constexpr bool is_root(tile::Unary f) {
        return f == tile::Unary::rsqrt || f == tile::Unary::sqrt || f == tile::Unary::reciprocal;
    }
    const tile::silicon::Mode* chip() const { return silicon_ ? &silicon_->mode() : nullptr; }
    /// The words of a slot that is overwritten.
    Silicon::Word* to_write(Slot& slot) {
        overwrite(slot);
        clear(slot);
        slot.holds = Holds::tile;
        return reinterpret_cast<Silicon::Word*>(slot.floats);
    }
    /// The same of one that is changed; an undefined one is zeros.
    Silicon::Word* to_change(Slot& slot) {
        make_tile(slot);
        return to_write(slot);
    }
    const float* silicon_column(Slot& slot);
    void silicon_reduce(tile::ReduceDim dim, const Source& a, const Source& scaler, Slot& slot);
    void silicon_broadcast(tile::Broadcast kind, const Source& a, std::uint32_t index);
    void cast_in_16_bits(std::uint32_t index);
    void binary_dst_at_once(tile::Binary op, std::uint32_t a, std::uint32_t b, std::uint32_t out);
    void binary_vectors(tile::Binary op, Slot& a, Slot& b, Slot& out);
    void unary_vectors(Slot& slot, tile::Unary f, float scalar);

    alignas(64) std::array<Tile, kSlots> tiles_;
    std::vector<Slot> slots_;
    Slot* math_slots_ = slots_.data();
    Slot* pack_slots_ = slots_.data();
    DstConfig config_;
    bool soon_ = false;  ///< the frequent cases may be put off in few instructions: a 32-bit DST
    std::unique_ptr<Silicon> silicon_;
    bool at_once_ = false;  ///< silicon's 16-bit DST, of which nothing is put off
    std::uint32_t capacity_ = config_.capacity();
    std::uint32_t math_section_ = 0;
    std::uint32_t pack_section_ = 0;
    std::uint32_t committed_ = 0;
    std::uint32_t reading_ = 0;    ///< slots for which something put off reads L1
    std::uint32_t rereading_ = 0;  ///< slots whose chains read tiles of DST
    std::uint32_t open_ = 0;       ///< capacity_ while MATH has acquired a section

    /// The 32 values of tiles of few, and of broadcasts, of each section until it is acquired again.
    static constexpr std::size_t kVectors = 96;
    struct alignas(64) Vector {
        Floats values;
    };
    std::array<std::array<Vector, kVectors>, 2> vectors_;
    std::array<std::size_t, 2> used_{};

    struct Tilized {
        alignas(64) std::array<std::byte, tile::kElements * 4> bytes;
        Source source;
    };
    std::array<Tilized, 2> tilized_;
    std::array<Column, 64> columns_;
    std::uint64_t generation_ = 1;
    std::uint64_t acquires_ = 0;
    std::uint64_t releases_ = 0;
    std::uint32_t columns_cbs_ = 0;  ///< circular buffers that they are of
};

}  // namespace loom::runtime
