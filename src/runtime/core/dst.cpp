// What MATH and PACK do to DST tiles, at once or put off.
#include "runtime/core/dst.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tile/copy.hpp"
#include "util/bfloat16.hpp"

namespace loom::runtime {
namespace {

using tile::Binary;
using tile::Broadcast;
using tile::From;
using tile::kSide;
using tile::Operand;
using tile::PackMask;
using tile::ReduceDim;
using tile::Unary;

alignas(64) constexpr float kZeros[tile::kElements] = {};

// Few enough that a call into tile:: would cost more. `out` is another vector than `a` and `b`.
void apply(Binary op, const float* a, const float* b, float* __restrict out) {
    const auto each = [&](auto f) {
        for (std::size_t i = 0; i < kSide; ++i) out[i] = f(a[i], b[i]);
    };
    if (op == Binary::add) each([](float x, float y) { return x + y; });
    if (op == Binary::sub) each([](float x, float y) { return x - y; });
    if (op == Binary::mul) each([](float x, float y) { return x * y; });
}

// Gathered in registers, four at a time: a vector that is loaded soon after its parts were stored waits for all stores
// before them.
template <class Bits>
void first_column_of(const void* tile, float* out) {
    typedef std::uint32_t Four __attribute__((vector_size(16)));
    const auto at = [tile](std::uint32_t row) {
        Bits bits;
        std::memcpy(&bits, static_cast<const std::byte*>(tile) + sizeof bits * tile::face_index(row, 0),
                    sizeof bits);
        return std::uint32_t{bits} << (32 - 8 * sizeof bits);
    };
#pragma GCC unroll 8
    for (std::uint32_t r = 0; r < kSide; r += 4) {
        const Four four{at(r), at(r + 1), at(r + 2), at(r + 3)};
        std::memcpy(out + r, &four, sizeof four);
    }
}

// Column 0 of a tile.
void first_column(Operand tile, float* out) {
    tile.format == DataFormat::Float32 ? first_column_of<std::uint32_t>(tile.data, out)
                                       : first_column_of<std::uint16_t>(tile.data, out);
}

}  // namespace

void Dst::reset(DstConfig config) {
    config_ = config;
    capacity_ = config.capacity();
    math_section_ = pack_section_ = committed_ = 0;
    releases_ = acquires_;
    select_sections();
    open_ = 0;
    for (Slot& slot : slots_) clear(slot);
    forget_columns();
}

void Dst::commit() {
    open_ = 0;
    // Lanes are added up where silicon's reduction ends, whoever comes first afterwards.
    for (std::uint32_t i = 0; i < capacity_; ++i)
        if (Slot& slot = math(i); slot.holds == Holds::sums) add_up(slot);
    ++committed_;
    if (++math_section_ == config_.sections()) math_section_ = 0;
    select_sections();
}

void Dst::release() {
    for (std::uint32_t i = 0; i < capacity_; ++i) clear(pack_slot(i));
    --committed_;
    ++releases_;
    if (++pack_section_ == config_.sections()) pack_section_ = 0;
    select_sections();
}

// --- Vectors

// A long section has used up its vectors: chains that read some run now, and what slots hold moves to the front.
void Dst::make_room() {
    std::vector<Vector> kept;
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        Slot& slot = math(i);
        if (slot.holds == Holds::chain || slot.holds == Holds::total) make_tile(slot);
        if (slot.holds == Holds::sums) add_tiles(slot);
        if (!slot.few() && slot.holds != Holds::sums) continue;
        for (const float* values : {slot.first, slot.rest})
            std::memcpy(&kept.emplace_back(), values, sizeof(Vector));
    }
    std::size_t next = 0;
    const auto back = [&](const float*& values, bool again) {
        if (again) return void(values = vectors_[math_section_][next - 1].values.data());
        vectors_[math_section_][next] = kept[next];
        values = vectors_[math_section_][next++].values.data();
    };
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        Slot& slot = math(i);
        if (!slot.few() && slot.holds != Holds::sums) continue;
        const bool alike = slot.first == slot.rest;
        back(slot.first, false);
        back(slot.rest, false);
        if (alike) slot.rest = slot.first;
    }
    used_[math_section_] = next;
}

void Dst::hold_zeros(Slot& slot, Holds holds) {
    hold(slot, holds, kZeros, kZeros);
}

const float* Dst::column_of(const Source& source) {
    Column& column = column_at(source.tile.data);
    const bool known = knows(column, source.tile.data);
    if (source.passing || (!known && column.section > releases_)) {
        float* const values = new_vector();
        first_column(source.tile, values);
        return values;
    }
    if (!known) {
        columns_cbs_ |= 1u << source.cb;
        column.data = source.tile.data;
        column.generation = generation_;
        first_column(source.tile, column.values.data());
    }
    return use(column);
}

const float* Dst::vector_of(Broadcast kind, const Source& source) {
    if (kind == Broadcast::columns) return column_of(in_faces(source, 1));
    float* const values = new_vector();
    tile::first_row(source.tile, values);
    if (kind == Broadcast::scalar) std::fill_n(values, kSide, values[0]);
    return values;
}

const Source& Dst::tilized(const Source& source, std::size_t which) {
    const Operand& tile = source.tile;
    Tilized& copy = tilized_[which];
    tile::tilize_to_tiles(tile.sticks(), tile.offset, kSide, tile.format, 1, tile.format, copy.bytes.data());
    copy.source = {{copy.bytes.data(), tile.format}, source.cb, true};
    return copy.source;
}

// --- Putting off, and catching up

void Dst::run_readers_of(const Slot& slot) {
    for (std::uint32_t left = rereading_ & ~slot.bit; left != 0; left &= left - 1)
        if (Slot& other = slots_[static_cast<std::size_t>(std::countr_zero(left))];
            (other.dst_reads & slot.bit) != 0)
            make_tile(other);
}

void Dst::round(Slot& slot) {
    if (slot.holds == Holds::sums) add_up(slot);
    if (slot.holds == Holds::chain) {
        if (!slot.chain.has_room()) extend(slot);
        slot.chain.unary(Unary::round_bfloat16, 0);
    } else if (slot.holds == Holds::tile) {
        tile::round_dst(slot.floats);
    } else {
        unary_vectors(slot, Unary::round_bfloat16, 0);
    }
}

void Dst::settle(Slot& slot) {
    if (slot.holds == Holds::sums) add_tiles(slot);
    if (slot.holds == Holds::chain || slot.holds == Holds::total) make_tile(slot);
    if (slot.few() && slot.cbs != 0) {
        float* const values = new_vector(static_cast<std::size_t>(&slot - slots_.data()) / capacity_);
        std::memcpy(values, slot.rest, sizeof(Vector));
        hold(slot, slot.holds, values, values);
    }
}

void Dst::settle() {
    for (std::uint32_t left = reading_; left != 0; left &= left - 1)
        settle(slots_[static_cast<std::size_t>(std::countr_zero(left))]);
}

void Dst::before_write(std::uint32_t over) {
    if ((columns_cbs_ & over) != 0) forget_columns();
    for (std::uint32_t left = reading_; left != 0; left &= left - 1)
        if (Slot& slot = slots_[static_cast<std::size_t>(std::countr_zero(left))]; (slot.cbs & over) != 0)
            settle(slot);
}

// The slot as 1024 floats.
void Dst::make_tile(Slot& slot) {
    float* const to = slot.floats;
    switch (slot.holds) {
        case Holds::tile:
            return;
        case Holds::nothing:
            overwrite(slot);
            tile::zero(to, sizeof(Tile));
            break;
        case Holds::sums:
            add_up(slot);
            [[fallthrough]];
        case Holds::rows:
            overwrite(slot);
            for (std::uint32_t r = 0; r < kSide; ++r) {
                const float rest = slot.rest[r];
                for (std::uint32_t c = 0; c < 16; ++c)
                    to[tile::face_index(r, 0) + c] = to[tile::face_index(r, 16) + c] = rest;
                to[tile::face_index(r, 0)] = slot.first[r];
            }
            break;
        case Holds::columns:
            overwrite(slot);
            for (std::uint32_t r = 0; r < kSide; ++r) {
                const float* const row = r == 0 ? slot.first : slot.rest;
                std::memcpy(to + tile::face_index(r, 0), row, 16 * sizeof(float));
                std::memcpy(to + tile::face_index(r, 16), row + 16, 16 * sizeof(float));
            }
            break;
        case Holds::chain:
            // A copy of this chain may begin with the same floats.
            overwrite(slot);
            slot.chain.run_to_dst(to);
            break;
        case Holds::total:
            overwrite(slot);
            slot.chain.add_terms(slot.added_count, to);
            break;
    }
    reads_nothing(slot);
    slot.holds = Holds::tile;
}

void Dst::add_tiles(Slot& slot) {
    if (slot.added_count != 0)
        tile::add_row_terms(slot.added, slot.added_bytes, slot.added_count, slot.weights, slot.floats);
    slot.added_count = 0;
    slot.cbs = 0;
    reading_ &= ~slot.bit;
}

void Dst::add_up(Slot& slot) {
    add_tiles(slot);
    float* const sums = new_vector();
    float* const first = new_vector();
    tile::add_up_row_terms(slot.floats, sums);
    apply(Binary::add, slot.first, sums, first);
    slot.holds = Holds::rows;
    slot.first = first;
}

// The slot as a chain with room for one more step, and for what a 16-bit DST does after it.
void Dst::extend(Slot& slot) {
    if (slot.holds == Holds::chain && slot.chain.has_room()) return;
    if (slot.alike()) {
        const From form = slot.holds == Holds::rows ? From::rows : From::columns;
        const std::uint32_t cbs = slot.cbs;
        begin_chain(slot);
        slot.chain.load_vector(form, slot.rest);
        return reads(slot, cbs);
    }
    make_tile(slot);
    begin_chain(slot);
    slot.chain.load({slot.floats, DataFormat::Float32});
    read_from(slot, slot);
}

// `out` becomes a chain that begins with x, which is a chain or a tile.
void Dst::carry(const Slot& x, Slot& out) {
    if (&x == &out) return extend(out);
    if (x.holds == Holds::chain && x.chain.has_room()) {
        reads_nothing(out);
        out.holds = Holds::chain;
        out.chain.begin_as(x.chain);
        out.cbs = x.cbs;
        out.dst_reads = x.dst_reads;
        if ((reading_ & x.bit) != 0) reading_ |= out.bit;
        if ((rereading_ & x.bit) != 0) rereading_ |= out.bit;
        return;
    }
    make_tile(slots_[static_cast<std::size_t>(std::countr_zero(x.bit))]);
    begin_chain(out);
    out.chain.load({x.floats, DataFormat::Float32});
    read_from(out, x);
}

// --- MATH

void Dst::broadcast_slot(Broadcast kind, const Source& a, Slot& slot) {
    if (kind == Broadcast::none) return load(a, slot);
    keep_room();
    const float* const values = vector_of(kind, a);
    hold(slot, kind == Broadcast::rows ? Holds::columns : Holds::rows, values, values);
    finish(slot, false);
}

void Dst::binary(Binary op, Broadcast kind, const Source& first, const Source& second, bool accumulate,
                 std::uint32_t index) {
    keep_room();
    Slot& slot = math(index);
    const bool onto = accumulate && slot.holds != Holds::nothing;
    const Source& a = onto ? in_faces(first, 0) : first;
    const Source& b = onto ? in_faces(second, 1) : second;
    if (onto && op != Binary::mul) {
        make_tile(slot);
        overwrite(slot);
        tile::binary(op, kind, a.tile, b.tile, true, slot.floats);
        return finish(slot, false);
    }
    const From form = kind == Broadcast::rows ? From::columns : From::rows;
    const float* const few = kind == Broadcast::none ? nullptr : vector_of(kind, b);
    if (onto) {
        extend(slot);
    } else {
        begin_chain(slot);
        slot.chain.load(a.tile);
    }
    if (onto && few == nullptr) slot.chain.add_product(a.tile, b.tile);
    if (onto && few != nullptr) slot.chain.add_product_vector(a.tile, form, few);
    if (!onto && few == nullptr) slot.chain.binary(op, false, b.tile);
    if (!onto && few != nullptr) slot.chain.binary_vector(op, false, form, few);
    put_off(slot, a);
    if (few == nullptr) put_off(slot, b);
    finish(slot, a.passing || b.passing);
}

void Dst::binary_reuse(Binary op, bool dst_is_a, const Source& b, std::uint32_t index) {
    keep_room();
    Slot& slot = math(index);
    extend(slot);
    slot.chain.binary(op, !dst_is_a, b.tile);
    put_off(slot, b);
    finish(slot, b.passing);
}

// Two tiles of 32 values, both by row or both by column.
void Dst::binary_alike(Binary op, const Slot& a, const Slot& b, Slot& out) {
    float* const values = new_vector();
    apply(op, a.rest, b.rest, values);
    hold(out, a.holds, values, values);
    finish(out, false);
}

// Two tiles of few values, by row or by column alike; an undefined one is zeros.
void Dst::binary_vectors(Binary op, Slot& a, Slot& b, Slot& out) {
    const Holds holds = a.holds == Holds::columns || b.holds == Holds::columns ? Holds::columns : Holds::rows;
    if (a.holds == Holds::nothing) hold_zeros(a, holds);
    if (b.holds == Holds::nothing) hold_zeros(b, holds);
    float* const rest = new_vector();
    apply(op, a.rest, b.rest, rest);
    float* first = rest;
    if (!a.alike() || !b.alike()) {
        first = new_vector();
        apply(op, a.first, b.first, first);
    }
    hold(out, holds, first, rest);
    finish(out, false);
}

void Dst::binary_slots(Binary op, Slot& a, Slot& b, Slot& out) {
    keep_room();
    if (a.holds == Holds::sums) add_up(a);
    if (b.holds == Holds::sums) add_up(b);
    // Both by row, or both by column, or undefined: so is the result.
    const bool few = (a.few() || a.holds == Holds::nothing) && (b.few() || b.holds == Holds::nothing);
    if (few && (a.holds == b.holds || a.holds == Holds::nothing || b.holds == Holds::nothing))
        return binary_vectors(op, a, b, out);

    // Readers of what `out` holds now run first; one of them may be an operand.
    overwrite(out);
    if (a.holds != Holds::chain && !a.alike()) make_tile(a);
    if (b.holds != Holds::chain && !b.alike()) make_tile(b);
    if (a.few() && b.few()) make_tile(a);  // one by row, the other by column
    if (&a == &b && op == Binary::mul) {
        carry(a, out);
        out.chain.unary(Unary::square, 0);
        return finish(out, false);
    }
    // Of two chains one becomes a tile: the one that the result replaces, as in a sum that grows.
    if (a.holds == Holds::chain && b.holds == Holds::chain) make_tile(&out == &a ? a : b);

    const bool b_goes_on = b.holds == Holds::chain || a.few();
    const Slot& other = b_goes_on ? a : b;
    const Holds others = other.holds;  // may be about to change, where `other` is `out`; its values will not
    const std::uint32_t cbs = other.cbs;
    carry(b_goes_on ? b : a, out);
    if (others == Holds::tile) {
        out.chain.binary(op, b_goes_on, {other.floats, DataFormat::Float32});
        read_from(out, other);
    } else {
        out.chain.binary_vector(op, b_goes_on, others == Holds::rows ? From::rows : From::columns,
                                other.rest);
        reads(out, cbs);
    }
    finish(out, false);
}

// `sum`, which has floats of its own, += the chain `term`.
void Dst::add_term(Slot& sum, Slot& term) {
    if (sum.holds == Holds::total && term.chain.follows(sum.chain, sum.added_count)) {
        ++sum.added_count;
        sum.cbs |= term.cbs;
        return;
    }
    // A 16-bit DST rounds after each term, and a chain that reads tiles of DST might miss their change.
    if (!config_.fp32 || term.dst_reads != 0 || !term.chain.has_room())
        return binary_slots(Binary::add, sum, term, sum);
    make_tile(sum);
    sum.holds = Holds::total;
    sum.chain.begin_as(term.chain);
    sum.added_count = 1;
    sum.cbs = term.cbs;
    reading_ |= sum.cbs != 0 ? sum.bit : 0;
}

void Dst::copy_dst(std::uint32_t from_index, std::uint32_t to_index) {
    keep_room();
    if (from_index == to_index) return;
    Slot& from = math(from_index);
    Slot& to = math(to_index);
    if (from.holds == Holds::sums) add_up(from);
    if (from.holds == Holds::nothing) hold_zeros(from, Holds::rows);
    if (from.few()) {
        hold(to, from.holds, from.first, from.rest);
        reads(to, from.cbs);
    } else {
        overwrite(to);
        carry(from, to);
    }
    finish(to, false);
}

void Dst::unary_vectors(Slot& slot, Unary f, float scalar) {
    const auto of = [&](const float* values) {
        float* const result = new_vector();
        std::memcpy(result, values, sizeof(Vector));
        tile::unary(f, scalar, result, kSide);
        return result;
    };
    const bool alike = slot.alike();
    slot.rest = of(slot.rest);
    slot.first = alike ? slot.rest : of(slot.first);
}

void Dst::unary_slot(Unary f, float scalar, Slot& slot) {
    keep_room();
    if (slot.holds == Holds::sums) add_up(slot);
    if (slot.holds == Holds::nothing || f == Unary::fill) hold_zeros(slot, Holds::rows);
    if (slot.few()) {
        unary_vectors(slot, f, scalar);
    } else {
        extend(slot);
        slot.chain.unary(f, scalar);
    }
    finish(slot, false);
}

void Dst::reduce_slot(ReduceDim dim, const Source& a, const Source& given_scaler, Slot& slot) {
    const Source& scaler = in_faces(given_scaler, 1);
    if (dim != ReduceDim::row || slot.holds == Holds::tile || slot.holds == Holds::chain ||
        slot.holds == Holds::total || slot.holds == Holds::columns) {
        const bool defined = slot.holds != Holds::nothing;
        make_tile(slot);
        overwrite(slot);
        tile::reduce(dim, in_faces(a, 0).tile, scaler.tile, defined, slot.floats);
        return finish(slot, false);
    }
    keep_room();
    if (slot.holds != Holds::sums) {
        if (slot.holds == Holds::nothing) hold_zeros(slot, Holds::rows);
        overwrite(slot);
        tile::zero(slot.floats, kSide * 16 * sizeof(float));
        slot.holds = Holds::sums;
    }
    add_tiles(slot);
    float* const weights = new_vector();
    tile::first_row(scaler.tile, weights);
    slot.added = a.tile.in_parts();
    slot.added_bytes = static_cast<std::uint32_t>(a.tile.next_bytes());
    slot.added_count = 1;
    slot.weights = weights;
    slot.scaler = scaler.passing ? Operand{} : scaler.tile.in_parts();
    put_off(slot, a);
    finish(slot, a.passing);
}

void Dst::tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,
                 std::uint32_t index) {
    Slot& slot = math(index);
    overwrite(slot);
    clear(slot);
    tile::tilize(rows, pitch_bytes, num_rows, format, slot.floats);
    slot.holds = Holds::tile;
    finish(slot, false);
}

// --- PACK

namespace {

// What pack does under PackMask::reduce_row to a tile given by row: column 0 of its faces stays.
template <class Narrow>
void pack_columns(const float* first, const float* rest, void* out, Narrow narrow) {
    std::array<decltype(narrow(0.0f)), kSide> left, right;
    constexpr std::size_t bytes = sizeof left[0];
    tile::zero(out, tile::kElements * bytes);
    for (std::uint32_t r = 0; r < kSide; ++r) left[r] = narrow(first[r]);
    for (std::uint32_t r = 0; r < kSide; ++r) right[r] = narrow(rest[r]);
    auto* const at = static_cast<std::byte*>(out);
#pragma GCC unroll 32
    for (std::uint32_t r = 0; r < kSide; ++r) {
        std::memcpy(at + bytes * tile::face_index(r, 0), &left[r], bytes);
        std::memcpy(at + bytes * tile::face_index(r, 16), &right[r], bytes);
    }
}

void pack_columns(const float* first, const float* rest, DataFormat format, void* out) {
    if (format == DataFormat::Float32) {
        pack_columns(first, rest, out, [](float value) { return value; });
    } else {
        pack_columns(first, rest, out, float_to_bfloat16);
    }
}

}  // namespace

void Dst::pack(std::uint32_t index, PackMask mask, bool accumulate, DataFormat format, void* out,
               std::uint32_t over) {
    Slot& slot = pack_slot(index);
    if ((reading_ | columns_cbs_) != 0) before_write(over);
    if (slot.holds == Holds::chain && mask == PackMask::all && !accumulate)
        return slot.chain.run_to_tile(format, out);
    if (slot.holds == Holds::nothing) return tile::pack(kZeros, mask, accumulate, format, out);
    if (slot.holds == Holds::rows && mask == PackMask::reduce_row && !accumulate)
        return pack_columns(slot.first, slot.rest, format, out);
    make_tile(slot);
    tile::pack(slot.floats, mask, accumulate, format, out);
}

void Dst::untilize(std::uint32_t index, DataFormat format, void* rows, std::size_t pitch_bytes,
                   std::uint32_t over) {
    Slot& slot = pack_slot(index);
    if ((reading_ | columns_cbs_) != 0) before_write(over);
    if (slot.holds == Holds::chain) return slot.chain.run_to_rows(format, rows, pitch_bytes);
    if (slot.holds == Holds::nothing) return tile::untilize(kZeros, format, rows, pitch_bytes);
    make_tile(slot);
    tile::untilize(slot.floats, format, rows, pitch_bytes);
}

}  // namespace loom::runtime
