// What MATH does to DST tiles, at once or put off.
#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/core/dst.hpp"
#include "tile/copy.hpp"
#include "tile/silicon/lanes.hpp"

namespace loom::runtime {
namespace {

using tile::Binary;
using tile::Broadcast;
using tile::From;
using tile::kSide;
using tile::Operand;
using tile::ReduceDim;
using tile::Unary;

// Few enough that a call into tile:: would cost more. `out` is another vector than `a` and `b`.
void apply(Binary op, const float* a, const float* b, float* __restrict out,
           const tile::silicon::Mode* chip) {
    using tile::silicon::Word;
    if (chip != nullptr)
        return tile::silicon::binary_dst(*chip, op, reinterpret_cast<const Word*>(a),
                                         reinterpret_cast<const Word*>(b), reinterpret_cast<Word*>(out),
                                         kSide);
    const auto each = [&](auto f) {
        for (std::size_t i = 0; i < kSide; ++i) out[i] = f(a[i], b[i]);
    };
    if (op == Binary::add) each([](float x, float y) { return x + y; });
    if (op == Binary::sub) each([](float x, float y) { return x - y; });
    if (op == Binary::mul) each([](float x, float y) { return x * y; });
}

}  // namespace

void Dst::broadcast_slot(Broadcast kind, const Source& a, Slot& slot) {
    if (kind == Broadcast::none) return load(a, slot);
    keep_room();
    const float* const values = vector_of(kind, a);
    hold(slot, kind == Broadcast::rows ? Holds::columns : Holds::rows, values, values);
    finish(slot, false);
}

void Dst::binary(Binary op, Broadcast kind, const Source& first, const Source& second, bool accumulate,
                 std::uint32_t index) {
    Slot& slot = math(index);
    if (silicon_)
        return silicon_->binary(op, kind, first, second,
                                op == Binary::mul ? to_change(slot) : to_write(slot));
    keep_room();
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
    Slot& slot = math(index);
    if (silicon_) return silicon_->binary_reuse(op, dst_is_a, b, to_change(slot));
    keep_room();
    extend(slot);
    slot.chain.binary(op, !dst_is_a, b.tile);
    put_off(slot, b);
    finish(slot, b.passing);
}

void Dst::silicon_broadcast(Broadcast kind, const Source& a, std::uint32_t index) {
    if (!silicon_->breaks(kind, a.tile.format)) return silicon_->broadcast(kind, a, to_write(math(index)));
    silicon_->broken_broadcast(a, index, to_change(math(index / 2)));
}

// typecast_tile to bfloat16 stores words of 32 bits, also into a 16-bit DST: four rows at a time, first their even columns,
// go to rows further on, of which some are read afterwards.
void Dst::cast_in_16_bits(std::uint32_t index) {
    constexpr std::uint32_t rows_of_tile = 64;
    const auto row_at = [this](std::uint32_t row) {
        return to_change(slots_[row / rows_of_tile]) + row % rows_of_tile * 16;
    };
    const std::uint32_t first = (math_section_ * capacity_ + index) * rows_of_tile;
    for (std::uint32_t group = first; group < first + rows_of_tile; group += 4)
        for (std::uint32_t parity = 0; parity < 2; ++parity)
            for (std::uint32_t row = group; row < group + 4; ++row) {
                std::uint32_t words[16];
                std::copy_n(row_at(row), 16, words);
                const std::uint32_t upper = (row & 0x1f8u) << 1 | (row & 0x207u);
                for (std::uint32_t column = parity; column < 16; column += 2) {
                    row_at(upper)[column] =
                        tile::silicon::stored(true, tile::silicon::even_round(words[column]));
                    row_at(upper + 8)[column] = 0;
                }
            }
}

void Dst::binary_dst_at_once(Binary op, std::uint32_t a, std::uint32_t b, std::uint32_t out) {
    const Silicon::Word* const first = to_change(math(a));
    const Silicon::Word* const second = to_change(math(b));
    Slot& slot = math(out);
    tile::silicon::binary_dst(silicon_->mode(), op, first, second,
                              out == a || out == b ? to_change(slot) : to_write(slot));
}

// Two tiles of 32 values, both by row or both by column.
void Dst::binary_alike(Binary op, const Slot& a, const Slot& b, Slot& out) {
    float* const values = new_vector();
    apply(op, a.rest, b.rest, values, chip());
    hold(out, a.holds, values, values);
    finish(out, false);
}

// Two tiles of few values, by row or by column alike; an undefined one is zeros.
void Dst::binary_vectors(Binary op, Slot& a, Slot& b, Slot& out) {
    const Holds holds = a.holds == Holds::columns || b.holds == Holds::columns ? Holds::columns : Holds::rows;
    if (a.holds == Holds::nothing) hold_zeros(a, holds);
    if (b.holds == Holds::nothing) hold_zeros(b, holds);
    float* const rest = new_vector();
    apply(op, a.rest, b.rest, rest, chip());
    float* first = rest;
    if (!a.alike() || !b.alike()) {
        first = new_vector();
        apply(op, a.first, b.first, first, chip());
    }
    const std::uint8_t first_columns = a.alike() ? b.first_columns : a.first_columns;
    hold(out, holds, first, rest, first_columns);
    finish(out, false);
}

void Dst::binary_slots(Binary op, Slot& a, Slot& b, Slot& out) {
    keep_room();
    if (a.holds == Holds::sums) add_up(a);
    if (b.holds == Holds::sums) add_up(b);
    // Both by row, or both by column, or undefined: so is the result.
    const bool few = (a.few() || a.holds == Holds::nothing) && (b.few() || b.holds == Holds::nothing);
    if (few &&
        (a.holds == Holds::nothing || b.holds == Holds::nothing || (a.holds == b.holds && a.formed_as(b))))
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

// Column 0 or row 0 of a DST tile.
const float* Dst::vector_of(Broadcast kind, Slot& slot) {
    const bool columns = kind == Broadcast::columns;
    if (slot.holds == Holds::sums) add_up(slot);
    if (slot.holds == (columns ? Holds::rows : Holds::columns) && !(silicon_ && columns)) return slot.first;
    if (silicon_ && columns) return silicon_column(slot);
    if (slot.holds == Holds::chain && slot.dst_reads == 0)
        if (const Operand a = slot.chain.loaded_tile(); a.data != nullptr)
            return vector_of(kind, {a, static_cast<std::uint32_t>(std::countr_zero(slot.cbs)), false}, true);
    make_tile(slot);
    float* const values = new_vector();
    for (std::uint32_t i = 0; i < kSide; ++i)
        values[i] = slot.floats[columns ? tile::face_index(i, 0) : tile::face_index(0, i)];
    return values;
}

// Column 0 as the vector unit spreads it; null where that is no column.
const float* Dst::silicon_column(Slot& slot) {
    if (slot.holds == Holds::rows && tile::silicon::is_plain(slot.first) &&
        tile::silicon::is_plain(slot.rest))
        return slot.first;
    if (slot.holds == Holds::chain && slot.dst_reads == 0)
        if (const Operand a = slot.chain.loaded_tile(); a.data != nullptr && !a.in_sticks) {
            const float* const known =
                column_of({a, static_cast<std::uint32_t>(std::countr_zero(slot.cbs)), false});
            if (Column& column = column_at(a.data); knows(column, a.data)) {
                if (!column.judged) column.plain = tile::silicon::is_plain_column(a);
                column.judged = true;
                return column.plain ? known : nullptr;
            }
        }
    make_tile(slot);
    const auto* const words = reinterpret_cast<const Silicon::Word*>(slot.floats);
    if (!tile::silicon::is_plain_column(words)) return nullptr;
    float* const values = new_vector();
    tile::silicon::spread_column(words, reinterpret_cast<Silicon::Word*>(values));
    return values;
}

bool Dst::broadcast_column_soon(Binary op, std::uint32_t index, std::uint32_t vector) {
    Slot& slot = math(index);
    const Slot& of = math(vector);
    if (silicon_ || !soon_ || slot.holds != Holds::rows || !slot.alike() || of.holds != Holds::chain ||
        of.dst_reads != 0 || !has_room())
        return false;
    const Operand a = of.chain.loaded_tile();
    if (a.data == nullptr || a.in_sticks) return false;
    Column& column = column_at(a.data);
    if (!knows(column, a.data)) return false;
    float* const values = new_vector();
    apply(op, slot.rest, use(column), values, nullptr);
    hold(slot, Holds::rows, values, values);
    return true;
}

void Dst::broadcast_dst(Binary op, Broadcast kind, std::uint32_t index, std::uint32_t vector) {
    keep_room();
    Slot& slot = math(index);
    if (at_once_ || (silicon_ && kind == Broadcast::columns && vector_of(kind, math(vector)) == nullptr)) {
        const Silicon::Word* const words = to_change(math(vector));
        return tile::silicon::broadcast_dst(silicon_->mode(), op, kind, words, to_change(slot));
    }
    const Holds alike = kind == Broadcast::columns ? Holds::rows : Holds::columns;
    const float* const values = vector_of(kind, math(vector));
    if (slot.holds == Holds::sums) add_up(slot);
    if (slot.holds == Holds::nothing) hold_zeros(slot, alike);
    if (slot.holds == alike && slot.alike()) {
        float* const result = new_vector();
        apply(op, slot.rest, values, result, chip());
        hold(slot, alike, result, result);
    } else {
        extend(slot);
        slot.chain.binary_vector(op, false, kind == Broadcast::columns ? From::rows : From::columns, values);
        if (math(vector).few()) reads(slot, math(vector).cbs);
    }
    finish(slot, false);
}

void Dst::reduce_dst(std::uint32_t index) {
    Slot& slot = math(index);
    if (silicon_) return tile::silicon::sum_rows(silicon_->mode(), to_change(slot));
    keep_room();
    alignas(64) static constexpr auto ones = [] {
        Floats values{};
        values.fill(1);
        return values;
    }();
    alignas(64) std::array<float, std::size_t{kSide} * 16> lanes{};
    make_tile(slot);
    tile::add_row_terms({slot.floats, DataFormat::Float32}, 0, 1, ones.data(), lanes.data());
    float* const sums = new_vector();
    tile::add_up_row_terms(lanes.data(), sums);
    overwrite(slot);
    hold(slot, Holds::rows, sums, sums);
    finish(slot, false);
}

void Dst::silicon_reduce(ReduceDim dim, const Source& a, const Source& scaler, Slot& slot) {
    // In a 32-bit DST sums of whole rows are the same in 16 columns: few values. An undefined tile is zeros.
    const bool alike = slot.holds == Holds::nothing ||
                       (slot.holds == Holds::rows && (slot.alike() || slot.first_columns == 16));
    if (dim == ReduceDim::row && soon_ && alike && silicon_->sums_alike_rows(a, scaler, generation_)) {
        keep_room();
        if (slot.holds == Holds::nothing) hold_zeros(slot, Holds::rows);
        float* const sums = new_vector();
        std::memcpy(sums, slot.first, sizeof(Vector));
        if (silicon_->add_row_sums(a, reinterpret_cast<Silicon::Word*>(sums)))
            return hold(slot, Holds::rows, sums, slot.rest, 16);
    }
    silicon_->reduce(dim, a, scaler, to_change(slot));
}

void Dst::copy_dst(std::uint32_t from_index, std::uint32_t to_index) {
    keep_room();
    if (from_index == to_index) return;
    Slot& from = math(from_index);
    Slot& to = math(to_index);
    // A tile as it was loaded may hold what the vector unit does not store.
    if (at_once_ || (silicon_ && from.holds == Holds::chain && from.chain.num_steps() == 1)) {
        const Silicon::Word* const words = to_change(from);
        return tile::silicon::store_copy(silicon_->mode(), words, to_write(to));
    }
    if (from.holds == Holds::sums) add_up(from);
    if (from.holds == Holds::nothing) hold_zeros(from, Holds::rows);
    if (from.few()) {
        hold(to, from.holds, from.first, from.rest, from.first_columns);
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
        if (silicon_)
            tile::silicon::unary(silicon_->mode(), f, std::bit_cast<std::uint32_t>(scalar),
                                 reinterpret_cast<Silicon::Word*>(result), kSide);
        else
            tile::unary(f, scalar, result, kSide);
        return result;
    };
    const bool alike = slot.alike();
    slot.rest = of(slot.rest);
    slot.first = alike ? slot.rest : of(slot.first);
}

void Dst::unary_slot(Unary f, float scalar, Slot& slot) {
    if (at_once_ || (silicon_ && is_root(f) && !slot.few()))
        return tile::silicon::unary(silicon_->mode(), f, std::bit_cast<std::uint32_t>(scalar),
                                    to_change(slot));
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
                 std::uint32_t cb, std::uint32_t index) {
    Slot& slot = math(index);
    if (silicon_) return silicon_->tilize(rows, pitch_bytes, num_rows, format, cb, to_write(slot));
    overwrite(slot);
    clear(slot);
    tile::tilize(rows, pitch_bytes, num_rows, format, slot.floats);
    slot.holds = Holds::tile;
    finish(slot, false);
}

}  // namespace loom::runtime
