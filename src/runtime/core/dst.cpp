// What MATH and PACK do to DST tiles, at once or put off.
#include "runtime/core/dst.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace loom::runtime {
namespace {

using tile::Act;
using tile::Binary;
using tile::Broadcast;
using tile::From;
using tile::Operand;
using tile::PackMask;
using tile::ReduceDim;
using tile::Unary;

std::uint32_t format_bytes(DataFormat format) {
    return tile::kElements * element_bytes(format);
}

// Few enough that a call into tile:: would cost more.
template <class Floats>
void apply(Binary op, const Floats& a, const Floats& b, Floats& out) {
    const auto each = [&](auto f) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(a[i], b[i]);
    };
    if (op == Binary::add) each([](float x, float y) { return x + y; });
    if (op == Binary::sub) each([](float x, float y) { return x - y; });
    if (op == Binary::mul) each([](float x, float y) { return x * y; });
}

float element(Operand tile, std::size_t index) {
    float value = 0;
    if (tile.format == DataFormat::Float32) {
        std::memcpy(&value, static_cast<const std::byte*>(tile.data) + 4 * index, 4);
    } else {
        std::uint16_t half;
        std::memcpy(&half, static_cast<const std::byte*>(tile.data) + 2 * index, 2);
        value = std::bit_cast<float>(std::uint32_t{half} << 16);
    }
    return value;
}

}  // namespace

void Dst::reset(DstConfig config) {
    config_ = config;
    math_section_ = pack_section_ = committed_ = 0;
    select_sections();
    acquired_ = false;
    for (Slot& slot : slots_) clear(slot);
    forget_columns();
}

void Dst::clear(Slot& slot) {
    reads_nothing(slot);
    slot.holds = Holds::nothing;
    slot.added_count = 0;
}

void Dst::commit() {
    acquired_ = false;
    // Lanes are added up where silicon's reduction ends, whoever comes first afterwards.
    for (std::uint32_t i = 0; i < config_.capacity(); ++i)
        if (Slot& slot = math(i); slot.holds == Holds::sums) add_up(slot);
    ++committed_;
    if (++math_section_ == config_.sections()) math_section_ = 0;
    select_sections();
}

void Dst::release() {
    for (std::uint32_t i = 0; i < config_.capacity(); ++i) clear(pack_slot(i));
    --committed_;
    if (++pack_section_ == config_.sections()) pack_section_ = 0;
    select_sections();
}

// --- Putting off, and catching up

// Before the 1024 floats of a slot change: chains of others that read them run now.
void Dst::overwrite(Slot& slot) {
    for (std::uint32_t left = rereading_ & ~slot.bit; left != 0; left &= left - 1)
        if (Slot& other = slots_[static_cast<std::size_t>(std::countr_zero(left))];
            (other.dst_reads & slot.bit) != 0)
            make_tile(other);
}

// Makes the slot one whose chain is about to be recorded.
void Dst::begin_chain(Slot& slot) {
    overwrite(slot);
    reads_nothing(slot);
    slot.holds = Holds::chain;
}

void Dst::reads_nothing(Slot& slot) {
    slot.cbs = slot.dst_reads = 0;
    reading_ &= ~slot.bit;
    rereading_ &= ~slot.bit;
}

void Dst::read_from(Slot& slot, const Slot& other) {
    slot.dst_reads |= other.bit;
    rereading_ |= slot.bit;
}

void Dst::put_off(Slot& slot, const Source& source) {
    slot.cbs |= 1u << source.cb;
    reading_ |= slot.bit;
}

// After a step: what a 16-bit DST keeps of it; and operands that will not stay are read.
void Dst::finish(Slot& slot, bool passing) {
    if (!config_.fp32) {
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
    if (!passing) return;
    if (slot.holds == Holds::sums) {
        add_tiles(slot);
    } else if (slot.holds == Holds::chain) {
        make_tile(slot);
    }
}

// The slot as 1024 floats.
void Dst::make_tile(Slot& slot) {
    float* const to = slot.floats;
    switch (slot.holds) {
        case Holds::tile:
            return;
        case Holds::nothing:
            overwrite(slot);
            std::memset(to, 0, sizeof(Tile));
            break;
        case Holds::sums:
            add_up(slot);
            [[fallthrough]];
        case Holds::rows:
            overwrite(slot);
            tell_apart(slot);
            for (std::uint32_t r = 0; r < tile::kSide; ++r) {
                std::fill_n(to + tile::face_index(r, 0), 16, slot.rest[r]);
                std::fill_n(to + tile::face_index(r, 16), 16, slot.rest[r]);
                to[tile::face_index(r, 0)] = slot.first[r];
            }
            break;
        case Holds::columns:
            overwrite(slot);
            tell_apart(slot);
            for (std::uint32_t r = 0; r < tile::kSide; ++r) {
                const Floats& row = r == 0 ? slot.first : slot.rest;
                std::copy_n(row.data(), 16, to + tile::face_index(r, 0));
                std::copy_n(row.data() + 16, 16, to + tile::face_index(r, 16));
            }
            break;
        case Holds::chain:
            // Nobody else reads these floats: begin_chain saw to it.
            slot.chain.run_to_dst(to);
            break;
    }
    reads_nothing(slot);
    slot.holds = Holds::tile;
}

void Dst::add_tiles(Slot& slot) {
    if (slot.added_count != 0)
        tile::add_row_terms(slot.added, slot.added_bytes, slot.added_count, slot.weights.data(), slot.floats);
    slot.added_count = 0;
    slot.cbs = 0;
    reading_ &= ~slot.bit;
}

void Dst::add_up(Slot& slot) {
    add_tiles(slot);
    alignas(64) Floats sums;
    tile::add_up_row_terms(slot.floats, sums.data());
    tile::binary_dst(Binary::add, slot.first.data(), sums.data(), slot.first.data(), tile::kSide);
    slot.holds = Holds::rows;
    slot.alike = false;
}

void Dst::settle() {
    for (Slot& slot : slots_) {
        if ((reading_ & slot.bit) == 0) continue;
        if (slot.holds == Holds::sums) {
            add_tiles(slot);
        } else {
            make_tile(slot);
        }
    }
}

// The slot as a chain with room for one more step.
void Dst::extend(Slot& slot) {
    if (slot.holds == Holds::chain && slot.chain.has_room()) return;
    if ((slot.holds == Holds::rows || slot.holds == Holds::columns) && slot.alike) {
        const From form = slot.holds == Holds::rows ? From::rows : From::columns;
        begin_chain(slot);
        return slot.chain.load_vector(form, slot.rest.data());
    }
    make_tile(slot);
    begin_chain(slot);
    slot.chain.load({slot.floats, DataFormat::Float32});
    read_from(slot, slot);
}

// --- Tiles of few values

void Dst::set_vector(Slot& slot, Holds holds, const float* values) {
    reads_nothing(slot);
    slot.holds = holds;
    slot.alike = true;
    std::memcpy(slot.rest.data(), values, sizeof slot.rest);
}

// The slot's `first` and `rest` may become different.
void Dst::tell_apart(Slot& slot) {
    if (slot.alike) slot.first = slot.rest;
    slot.alike = false;
}

const float* Dst::column_of(const Source& source) {
    // Tiles are 2048 bytes apart at least; those of one program shall fall apart too.
    const auto number = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(source.tile.data) >> 11);
    Column& column = columns_[number * 2654435761u >> 26];
    if (column.data == source.tile.data && column.generation == generation_ && !source.passing)
        return column.values.data();
    columns_cbs_ |= 1u << source.cb;
    column.data = source.tile.data;
    column.generation = source.passing ? 0 : generation_;
    for (std::uint32_t r = 0; r < tile::kSide; ++r) column.values[r] = element(source.tile, tile::face_index(r, 0));
    return column.values.data();
}

const float* Dst::vector_of(Broadcast kind, const Source& source, Floats& scratch) {
    if (kind == Broadcast::columns) return column_of(source);
    if (kind == Broadcast::rows) {
        tile::first_row(source.tile, scratch.data());
    } else {
        scratch.fill(element(source.tile, 0));
    }
    return scratch.data();
}

// Whether both are of few values the same way, so that the result is too. An undefined tile is 32 zeros.
bool Dst::vectors(Slot& a, Slot& b) const {
    const auto few = [](const Slot& slot) {
        return slot.holds == Holds::rows || slot.holds == Holds::columns || slot.holds == Holds::nothing;
    };
    if (!few(a) || !few(b)) return false;
    return a.holds == b.holds || a.holds == Holds::nothing || b.holds == Holds::nothing;
}

// --- MATH

void Dst::copy(const Source& a, std::uint32_t index) {
    Slot& slot = math(index);
    begin_chain(slot);
    slot.chain.load(a.tile);
    put_off(slot, a);
    finish(slot, a.passing);
}

void Dst::broadcast(Broadcast kind, const Source& a, std::uint32_t index) {
    if (kind == Broadcast::none) return copy(a, index);
    Slot& slot = math(index);
    alignas(64) Floats scratch;
    set_vector(slot, kind == Broadcast::rows ? Holds::columns : Holds::rows, vector_of(kind, a, scratch));
    finish(slot, a.passing);
}

void Dst::binary(Binary op, Broadcast kind, const Source& a, const Source& b, bool accumulate,
                 std::uint32_t index) {
    Slot& slot = math(index);
    const bool onto = accumulate && slot.holds != Holds::nothing;
    if (onto && op != Binary::mul) {
        make_tile(slot);
        tile::binary(op, kind, a.tile, b.tile, true, slot.floats);
        return finish(slot, false);
    }
    if (onto) {
        extend(slot);
    } else {
        begin_chain(slot);
        slot.chain.load(a.tile);
    }
    alignas(64) Floats scratch;
    const From form = kind == Broadcast::rows ? From::columns : From::rows;
    const float* const few = kind == Broadcast::none ? nullptr : vector_of(kind, b, scratch);
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
    extend(slot);
    slot.chain.binary(op, !dst_is_a, b.tile);
    put_off(slot, b);
    finish(slot, b.passing);
}

// `out` becomes a chain that begins with x.
void Dst::carry(Slot& x, Slot& out) {
    if (&x == &out) return extend(out);
    if (x.holds == Holds::chain && x.chain.has_room()) {
        reads_nothing(out);
        out.holds = Holds::chain;
        out.chain = x.chain;
        out.cbs = x.cbs;
        out.dst_reads = x.dst_reads;
        if ((reading_ & x.bit) != 0) reading_ |= out.bit;
        if ((rereading_ & x.bit) != 0) rereading_ |= out.bit;
        return;
    }
    make_tile(x);
    begin_chain(out);
    out.chain.load({x.floats, DataFormat::Float32});
    read_from(out, x);
}

// Two tiles of few values, by row or by column alike; an undefined one is zeros.
void Dst::binary_vectors(Binary op, Slot& a, Slot& b, Slot& out) {
    static constexpr Floats zeros{};
    for (Slot* const slot : {&a, &b})
        if (slot->holds == Holds::nothing)
            set_vector(*slot, (slot == &a ? b : a).holds == Holds::columns ? Holds::columns : Holds::rows, zeros.data());
    if (!a.alike || !b.alike) {
        tell_apart(a);
        tell_apart(b);
        apply(op, a.first, b.first, out.first);
        out.alike = false;
    } else {
        out.alike = true;
    }
    apply(op, a.rest, b.rest, out.rest);
    reads_nothing(out);
    out.holds = a.holds;
    finish(out, false);
}

void Dst::binary_dst(Binary op, std::uint32_t a_index, std::uint32_t b_index, std::uint32_t out_index) {
    Slot& a = math(a_index);
    Slot& b = math(b_index);
    Slot& out = math(out_index);
    for (Slot* const slot : {&a, &b})
        if (slot->holds == Holds::sums) add_up(*slot);
    if (vectors(a, b)) return binary_vectors(op, a, b, out);

    // Readers of what `out` holds now run first; one of them may be an operand.
    overwrite(out);
    const auto few = [](const Slot& slot) {
        return (slot.holds == Holds::rows || slot.holds == Holds::columns) && slot.alike;
    };
    for (Slot* const slot : {&a, &b})
        if (slot->holds != Holds::chain && !few(*slot)) make_tile(*slot);
    if (few(a) && few(b)) make_tile(a);  // one by row, the other by column
    if (&a == &b && op == Binary::mul) {
        carry(a, out);
        out.chain.unary(Unary::square, 0);
        return finish(out, false);
    }
    // Of two chains one becomes a tile: the one that the result replaces, as in a sum that grows.
    if (a.holds == Holds::chain && b.holds == Holds::chain) make_tile(&out == &a ? a : b);

    const bool b_goes_on = b.holds == Holds::chain || few(a);
    const Slot& other = b_goes_on ? a : b;
    const Holds others = other.holds;  // may be about to change, where `other` is `out`; its values will not
    carry(b_goes_on ? b : a, out);
    if (others == Holds::tile) {
        out.chain.binary(op, b_goes_on, {other.floats, DataFormat::Float32});
        read_from(out, other);
    } else {
        out.chain.binary_vector(op, b_goes_on, others == Holds::rows ? From::rows : From::columns,
                                other.rest.data());
    }
    finish(out, false);
}

void Dst::copy_dst(std::uint32_t from_index, std::uint32_t to_index) {
    if (from_index == to_index) return;
    Slot& from = math(from_index);
    Slot& to = math(to_index);
    static constexpr Floats zeros{};
    if (from.holds == Holds::sums) add_up(from);
    if (from.holds == Holds::nothing) set_vector(from, Holds::rows, zeros.data());
    overwrite(to);
    if (from.holds == Holds::rows || from.holds == Holds::columns) {
        set_vector(to, from.holds, from.rest.data());
        to.alike = from.alike;
        if (!from.alike) to.first = from.first;
    } else {
        carry(from, to);
    }
    finish(to, false);
}

void Dst::unary_vectors(Slot& slot, Unary f, float scalar) {
    if (!slot.alike) tile::unary(f, scalar, slot.first.data(), tile::kSide);
    tile::unary(f, scalar, slot.rest.data(), tile::kSide);
}

void Dst::unary(Unary f, float scalar, std::uint32_t index) {
    Slot& slot = math(index);
    static constexpr Floats zeros{};
    if (slot.holds == Holds::sums) add_up(slot);
    if (slot.holds == Holds::nothing || f == Unary::fill) set_vector(slot, Holds::rows, zeros.data());
    if (slot.holds == Holds::rows || slot.holds == Holds::columns) {
        unary_vectors(slot, f, scalar);
    } else {
        extend(slot);
        slot.chain.unary(f, scalar);
    }
    finish(slot, false);
}

void Dst::reduce(ReduceDim dim, const Source& a, const Source& scaler, std::uint32_t index) {
    Slot& slot = math(index);
    if (dim != ReduceDim::row || slot.holds == Holds::tile || slot.holds == Holds::chain ||
        slot.holds == Holds::columns) {
        const bool defined = slot.holds != Holds::nothing;
        make_tile(slot);
        overwrite(slot);
        tile::reduce(dim, a.tile, scaler.tile, defined, slot.floats);
        return finish(slot, false);
    }
    if (slot.holds != Holds::sums) {
        static constexpr Floats zeros{};
        if (slot.holds == Holds::nothing) set_vector(slot, Holds::rows, zeros.data());
        tell_apart(slot);
        overwrite(slot);
        std::memset(slot.floats, 0, tile::kSide * 16 * sizeof(float));
        slot.holds = Holds::sums;
        slot.scaler = nullptr;
    }
    // Tiles that follow one another under one scaler are added in one go.
    const auto* const data = static_cast<const std::byte*>(a.tile.data);
    const bool goes_on = slot.added_count != 0 && scaler.tile.data == slot.scaler && !scaler.passing &&
                         a.tile.format == slot.added.format &&
                         data == static_cast<const std::byte*>(slot.added.data) +
                                     std::size_t{slot.added_count} * slot.added_bytes;
    if (!goes_on) {
        add_tiles(slot);
        slot.added = a.tile;
        slot.added_bytes = format_bytes(a.tile.format);
        for (std::uint32_t c = 0; c < tile::kSide; ++c)
            slot.weights[c] = element(scaler.tile, tile::face_index(0, c));
        slot.scaler = scaler.passing ? nullptr : scaler.tile.data;
    }
    ++slot.added_count;
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

void Dst::before_write(std::uint32_t over) {
    if ((columns_cbs_ & over) != 0) forget_columns();
    if (reading_ == 0) return;
    for (Slot& slot : slots_) {
        if ((reading_ & slot.bit) == 0 || (slot.cbs & over) == 0) continue;
        if (slot.holds == Holds::sums) {
            add_tiles(slot);
        } else {
            make_tile(slot);
        }
    }
}

void Dst::pack(std::uint32_t index, PackMask mask, bool accumulate, DataFormat format, void* out,
               std::uint32_t over) {
    Slot& slot = pack_slot(index);
    before_write(over);
    if (slot.holds == Holds::chain && mask == PackMask::all && !accumulate) return slot.chain.run_to_tile(format, out);
    if (slot.holds == Holds::nothing) {
        alignas(64) static constexpr Tile zeros{};
        return tile::pack(zeros.data(), mask, accumulate, format, out);
    }
    make_tile(slot);
    tile::pack(slot.floats, mask, accumulate, format, out);
}

void Dst::untilize(std::uint32_t index, DataFormat format, void* rows, std::size_t pitch_bytes,
                   std::uint32_t over) {
    Slot& slot = pack_slot(index);
    before_write(over);
    if (slot.holds == Holds::chain) return slot.chain.run_to_rows(format, rows, pitch_bytes);
    make_tile(slot);
    tile::untilize(slot.floats, format, rows, pitch_bytes);
}

}  // namespace loom::runtime
