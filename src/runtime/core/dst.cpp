// DST's sections, what is put off in their tiles until it is needed, and what PACK does to them.
#include "runtime/core/dst.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tile/copy.hpp"
#include "util/bfloat16.hpp"

namespace loom::runtime {
namespace {

using tile::Broadcast;
using tile::From;
using tile::kSide;
using tile::Operand;
using tile::PackMask;
using tile::Unary;

alignas(64) constexpr float kZeros[tile::kElements] = {};

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

void Dst::reset(DstConfig config, std::optional<tile::silicon::Chip> chip) {
    config_ = config;
    soon_ = config.fp32;
    at_once_ = chip && !config.fp32;
    silicon_ = chip ? std::make_unique<Silicon>(config, *chip) : nullptr;
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
        if (silicon_) silicon_->spread(Broadcast::columns, source.tile.format, source.cb, values);
        return values;
    }
    if (!known) {
        columns_cbs_ |= 1u << source.cb;
        column.data = source.tile.data;
        column.generation = generation_;
        column.judged = false;
        first_column(source.tile, column.values.data());
        if (silicon_)
            silicon_->spread(Broadcast::columns, source.tile.format, source.cb, column.values.data());
    }
    return use(column);
}

const float* Dst::vector_of(Broadcast kind, const Source& source, bool copied) {
    if (kind == Broadcast::columns) return column_of(in_faces(source, 1));
    float* const values = new_vector();
    tile::first_row(source.tile, values);
    if (silicon_) silicon_->spread(copied ? Broadcast::columns : kind, source.tile.format, source.cb, values);
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
                std::fill_n(to + tile::face_index(r, 0), 16, rest);
                std::fill_n(to + tile::face_index(r, 16), 16, rest);
                std::fill_n(to + tile::face_index(r, 0), slot.first_columns, slot.first[r]);
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
            slot.chain.run_to_dst(to, chip());
            break;
        case Holds::total:
            overwrite(slot);
            slot.chain.add_terms(slot.added_count, to, chip());
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
    for (std::size_t i = 0; i < kSide; ++i) first[i] = slot.first[i] + sums[i];
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

// --- PACK

namespace {

// What pack does to a tile given by row. Each of its stores holds whole elements of column 0, which are read next.
template <class Narrow>
void pack_rows(const float* first, const float* rest, std::uint32_t first_columns, void* out, Narrow narrow) {
    using Element = decltype(narrow(0.0f));
    typedef Element Part __attribute__((vector_size(16)));
    constexpr std::uint32_t parts = sizeof(Element);  // of a row of a face
    for (std::uint32_t r = 0; r < kSide; ++r) {
        const Part right = narrow(rest[r]) - Part{};
        Part left = first_columns == 1 ? right : narrow(first[r]) - Part{};
        Part leftmost = left;
        leftmost[0] = narrow(first[r]);
        auto* const at = static_cast<std::byte*>(out);
        for (std::uint32_t c = 0; c < 2; ++c)
            for (std::uint32_t part = 0; part < parts; ++part)
                std::memcpy(at + sizeof(Element) * tile::face_index(r, 16 * c) + part * sizeof(Part),
                            c == 1      ? &right
                            : part == 0 ? &leftmost
                                        : &left,
                            sizeof(Part));
    }
}

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

// Calls pack(narrow) with what makes a format's element of a value.
void with_narrow(DataFormat format, const tile::silicon::Mode* chip, auto pack) {
    if (format == DataFormat::Float32 && (chip == nullptr || chip->dst32))
        pack([](float value) { return std::bit_cast<std::uint32_t>(value); });
    else if (format == DataFormat::Float32)
        pack([](float value) { return tile::silicon::packed_bfloat16(std::bit_cast<std::uint32_t>(value)); });
    else if (chip == nullptr)
        pack(float_to_bfloat16);
    else
        pack([](float value) {
            return static_cast<std::uint16_t>(
                tile::silicon::packed_bfloat16(std::bit_cast<std::uint32_t>(value)) >> 16);
        });
}

}  // namespace

void Dst::pack(std::uint32_t index, PackMask mask, bool accumulate, DataFormat format, void* out,
               std::uint32_t over) {
    Slot& slot = pack_slot(index);
    if ((reading_ | columns_cbs_) != 0) before_write(over);
    // 32 values spread over a tile: a chain writes them in whole vectors, which MATH can read again at once.
    if (slot.alike() && mask == PackMask::all && !accumulate && !silicon_) extend(slot);
    if (slot.holds == Holds::chain && mask == PackMask::all && !accumulate)
        return slot.chain.run_to_tile(format, out, chip());
    if (slot.holds == Holds::nothing)
        return silicon_
                   ? tile::silicon::pack(silicon_->mode(), reinterpret_cast<const Silicon::Word*>(kZeros),
                                         mask, accumulate, format, out)
                   : tile::pack(kZeros, mask, accumulate, format, out);
    if (slot.holds == Holds::rows && !accumulate) {
        if (mask == PackMask::all)
            return with_narrow(format, chip(), [&](auto narrow) {
                pack_rows(slot.first, slot.rest, slot.first_columns, out, narrow);
            });
        if (mask == PackMask::reduce_row)
            return with_narrow(format, chip(),
                               [&](auto narrow) { pack_columns(slot.first, slot.rest, out, narrow); });
    }
    make_tile(slot);
    if (silicon_)
        return tile::silicon::pack(silicon_->mode(), reinterpret_cast<const Silicon::Word*>(slot.floats),
                                   mask, accumulate, format, out);
    tile::pack(slot.floats, mask, accumulate, format, out);
}

void Dst::untilize(std::uint32_t index, DataFormat format, void* rows, std::size_t pitch_bytes,
                   std::uint32_t over) {
    Slot& slot = pack_slot(index);
    if ((reading_ | columns_cbs_) != 0) before_write(over);
    if (slot.holds == Holds::chain) return slot.chain.run_to_rows(format, rows, pitch_bytes, chip());
    if (slot.holds == Holds::nothing) return tile::untilize(kZeros, format, rows, pitch_bytes);
    make_tile(slot);
    if (silicon_)
        return tile::silicon::untilize(silicon_->mode(), reinterpret_cast<const Silicon::Word*>(slot.floats),
                                       format, rows, pitch_bytes);
    tile::untilize(slot.floats, format, rows, pitch_bytes);
}

}  // namespace loom::runtime
