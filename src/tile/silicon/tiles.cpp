// The chip's arithmetic on tiles: loops over the rules.
#include "tile/silicon/tiles.hpp"

#include <algorithm>
#include <cstring>

#include "tile/silicon/fpu_loops.hpp"
#include "tile/silicon/l1_accumulate.hpp"
#include "tile/silicon/lanes.hpp"
#include "tile/silicon/row_sums.hpp"

namespace loom::tile::silicon {
namespace {

template <typename Element>
Element load(const std::byte* from, std::size_t index) {
    Element element;
    std::memcpy(&element, from + index * sizeof element, sizeof element);
    return element;
}
template <typename Element>
void store(Element element, std::byte* to, std::size_t index) {
    std::memcpy(to + index * sizeof element, &element, sizeof element);
}

// `count` elements that lie side by side, as a source register holds them.
void read_row(Mode mode, bool whole, DataFormat format, const std::byte* from, std::size_t count, Word* out) {
    if (format == DataFormat::Float16_b) {
        for (std::size_t i = 0; i < count; ++i) out[i] = std::uint32_t{load<std::uint16_t>(from, i)} << 16;
    } else if (whole) {
        std::memcpy(out, from, count * 4);
    } else {
        for (std::size_t i = 0; i < count; ++i)
            out[i] = source_of_float32(mode.dst32, load<std::uint32_t>(from, i));
    }
}

void read_stick(Mode mode, bool whole, DataFormat format, const std::byte* from, std::uint32_t row,
                Word* out) {
    read_row(mode, whole, format, from, 16, out + face_index(row, 0));
    read_row(mode, whole, format, from + std::size_t{16} * element_bytes(format), 16,
             out + face_index(row, 16));
}

void read(Mode mode, bool whole, const Operand& a, Word* out) {
    if (!a.in_sticks)
        return read_row(mode, whole, a.format, static_cast<const std::byte*>(a.data), kElements, out);
    for (std::uint32_t row = 0; row < kSide; ++row)
        read_stick(mode, whole, a.format, a.sticks()[row] + a.offset, row, out);
    // Tiles that tilize has made of them lack what the packer does not write.
    if (a.format == DataFormat::Float16_b)
        for (std::uint32_t i = 0; i < kElements; ++i) out[i] = packed_bfloat16(out[i]);
}

// Calls act(element, from where it goes to) for each element of DST that is to be packed to `count` lanes side by side.
void pack_row(Mode mode, const Word* from, std::size_t count, DataFormat format, bool accumulate,
              std::byte* to) {
    if (format == DataFormat::Float16_b) {
        std::uint16_t packed_elements[kElements];
        pack_bfloat16(from, count, packed_elements);
        for (std::size_t i = 0; accumulate && i < count; ++i)
            packed_elements[i] = accumulated_bfloat16(load<std::uint16_t>(to, i), packed_elements[i]);
        std::memcpy(to, packed_elements, count * sizeof *packed_elements);
        return;
    }
    if (mode.dst32 && !accumulate) return void(std::memcpy(to, from, count * sizeof *from));
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t bits = packed(mode.dst32, true, from[i]);
        if (accumulate) bits = accumulated_float32(load<std::uint32_t>(to, i), bits);
        store(bits, to, i);
    }
}

bool kept(PackMask mask, std::uint32_t index) {
    switch (mask) {
        case PackMask::all:
            return true;
        case PackMask::reduce_row:
            return index % 16 == 0;
        case PackMask::reduce_column:
            return index % 256 < 16 && index < 512;
        case PackMask::reduce_scalar:
            return index == 0;
    }
    return false;
}

// How the rows of the scaler's faces are, and with them the 16 columns of the sums: all alike, or nothing but the first.
enum class Rows : std::uint8_t { alike, first_only, other };
Rows rows_of(const Word* face) {
    std::uint32_t differ = 0, some = 0;
    for (std::uint32_t i = 16; i < 256; ++i) {
        differ |= face[i] ^ face[i % 16];
        some |= face[i];
    }
    return differ == 0 ? Rows::alike : some == 0 ? Rows::first_only : Rows::other;
}
// What the rows of the scaler say, if the columns of what is in DST are so too.
Rows rows_of(const Word* scaler, const Word* dst) {
    const Rows rows = rows_of(scaler);
    if (rows == Rows::other || rows_of(scaler + 256) != rows) return Rows::other;
    std::uint32_t odd = 0;
    for (std::uint32_t row = 0; row < kSide; ++row) {
        const Word* const lanes = dst + face_index(row, 0);
        for (std::uint32_t i = 1; i < 16; ++i) odd |= lanes[i] ^ (rows == Rows::alike ? lanes[0] : 0u);
    }
    return odd == 0 ? rows : Rows::other;
}

// Column 0 of faces 0 and 2 (all 16, where the scaler has more than its first row): the data is operand B.
void reduce_row(Mode mode, const Word* a, const Word* scaler, Word* dst) {
    const Rows rows = rows_of(scaler, dst);
    const std::uint32_t columns = rows == Rows::other ? 16 : 1;
    for (std::uint32_t phase = 0; phase < phases(mode.fidelity); ++phase)
        for (std::uint32_t half = 0; half < 2; ++half)
            for (std::uint32_t row = 0; row < kSide; ++row)
                for (std::uint32_t column = 0; column < columns; ++column) {
                    Word& sum = dst[face_index(row, 0) + column];
                    sum = dot(mode.chip, mode.dst32, scaler + half * 256 + column * 16, 1,
                              a + face_index(row, half * 16), phase, sum);
                }
    if (rows == Rows::alike)
        for (std::uint32_t row = 0; row < kSide; ++row)
            std::fill_n(dst + face_index(row, 0), 16, dst[face_index(row, 0)]);
}

// The sums of a face's columns, to 16 lanes of DST: the data is operand A.
void pool(Mode mode, const Word* face, const Word* scaler, Word* lanes) {
    for (std::uint32_t phase = 0; phase < phases(mode.fidelity); ++phase)
        for (std::uint32_t column = 0; column < 16; ++column)
            lanes[column] = dot(mode.chip, mode.dst32, face + column, 16, scaler, phase, lanes[column]);
}

}  // namespace

void read_source(Mode mode, const Operand& a, Word* out) {
    read(mode, false, a, out);
}
void read_whole(const Operand& a, Word* dst) {
    read({}, true, a, dst);
}
void read_sticks(Mode mode, bool whole, const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows,
                 DataFormat format, Word* out) {
    std::memset(out, 0, kElements * 4);
    for (std::uint32_t row = 0; row < num_rows; ++row)
        read_stick(mode, whole, format, static_cast<const std::byte*>(rows) + row * pitch_bytes, row, out);
}

void copy_source(Mode mode, Word* tile) {
    for (std::uint32_t i = 0; i < kElements; ++i) tile[i] = copied(mode.dst32, tile[i]);
}

void copy_source_b(Broadcast kind, Word* tile) {
    for (std::uint32_t i = 0; i < kElements; ++i) tile[i] = copied_by_b(kind == Broadcast::rows, tile[i]);
}

void replicate(Broadcast part, Word* tile) {
    if (part == Broadcast::none) return;
    std::uint32_t row0[kSide];
    for (std::uint32_t column = 0; column < kSide; ++column) row0[column] = tile[face_index(0, column)];
    for (std::uint32_t row = 0; row < kSide; ++row) {
        const std::uint32_t first = part == Broadcast::scalar ? row0[0] : tile[face_index(row, 0)];
        for (std::uint32_t column = 0; column < kSide; ++column)
            tile[face_index(row, column)] = part == Broadcast::rows ? row0[column] : first;
    }
}

void source_of_dst(Mode mode, DataFormat other, const Word* dst, Word* out) {
    const bool tf32 = mode.dst32 && other == DataFormat::Float32;
    for (std::uint32_t i = 0; i < kElements; ++i) out[i] = silicon::source_of_dst(tf32, dst[i]);
}

bool all_plain(const Word* tile) {
    std::uint32_t odd = 0;
    for (std::uint32_t i = 0; i < kElements; ++i)
        odd |=
            std::uint32_t{(tile[i] & ~kSign) > kInfinity} | std::uint32_t{is_zero(tile[i]) && tile[i] != 0};
    return odd == 0;
}

void binary(Mode mode, Binary op, const Word* a, const Word* b, Word* dst) {
    if (op == Binary::mul)
        return multiply_words(mode.chip, mode.dst32, a, b, phases(mode.fidelity), kElements, dst);
    add_words(mode.dst32, a, b, op == Binary::sub ? kSign : 0, kElements, dst);
}

bool has_alike_rows(const Word* face) {
    return rows_of(face) == Rows::alike;
}

bool reduce_rows_of_bfloat16(Mode mode, const Operand& a, const Word* scaler, Word* dst) {
    if (a.format != DataFormat::Float16_b) return false;
    const Rows rows = rows_of(scaler, dst);
    if (rows == Rows::other) return false;
    std::uint32_t sums[kSide], row[kSide];
    for (std::uint32_t i = 0; i < kSide; ++i) sums[i] = dst[face_index(i, 0)];
    for (std::uint32_t i = 0; i < kSide; ++i) row[i] = scaler[face_index(0, i)];
    if (!add_row_sums(mode.chip, mode.dst32, a, row, phases(mode.fidelity), sums)) return false;
    for (std::uint32_t i = 0; i < kSide; ++i)
        std::fill_n(dst + face_index(i, 0), rows == Rows::alike ? 16 : 1, sums[i]);
    return true;
}

void reduce(Mode mode, ReduceDim dim, DataFormat format, const Word* a, const Word* scaler, Word* dst) {
    if (dim == ReduceDim::row) return reduce_row(mode, a, scaler, dst);
    if (dim == ReduceDim::column) {
        for (std::uint32_t face = 0; face < 4; ++face)
            pool(mode, a + face * 256, scaler + face * 256, dst + face % 2 * 256);
        return;
    }
    Word* const columns = dst + 4 * 16;  // row 4 serves as scratch
    for (std::uint32_t face = 0; face < 4; ++face) pool(mode, a + face * 256, scaler + face * 256, columns);
    // They go through a source register once more, under the last face of the scaler.
    std::uint32_t terms[16];
    for (std::uint32_t i = 0; i < 16; ++i)
        terms[i] = silicon::source_of_dst(mode.dst32 && format == DataFormat::Float32, columns[i]);
    std::memset(columns, 0, sizeof terms);
    for (std::uint32_t phase = 0; phase < phases(mode.fidelity); ++phase)
        dst[0] = dot(mode.chip, mode.dst32, terms, 1, scaler + 3 * 256, phase, dst[0]);
}

void broadcast_row_of_halves(const Word* tile, std::uint32_t index, Word* dst) {
    // Eight rows of 16-bit words, then eight more, are the upper and the lower halves of eight rows of 32-bit words. DST's
    // halves are stored with the exponent last, which shows where one is taken for the lower half.
    for (std::uint32_t row = 0; row < 32; ++row)
        for (std::uint32_t column = 0; column < 16; ++column) {
            const std::uint32_t value = tile[face_index(0, row / 8 % 2 * 16 + column)];
            const std::uint32_t half = is_zero(value) ? 0 : value >> 16;
            const std::uint32_t turned = (half & 0x8000u) | (half & 0x7fu) << 8 | (half >> 7 & 0xffu);
            dst[index % 2 * 512 + row * 16 + column] = half << 16 | turned;
        }
}

void pack(Mode mode, const Word* dst, PackMask mask, bool accumulate, DataFormat format, void* out) {
    auto* const to = static_cast<std::byte*>(out);
    if (mask == PackMask::all) return pack_row(mode, dst, kElements, format, accumulate, to);
    std::uint32_t lanes[kElements];
    for (std::uint32_t i = 0; i < kElements; ++i) lanes[i] = kept(mask, i) ? dst[i] : 0;
    pack_row(mode, lanes, kElements, format, accumulate, to);
}

void pack_again(DataFormat format, void* tiles, std::size_t count) {
    if (format != DataFormat::Float16_b) return;
    auto* const elements = static_cast<std::uint16_t*>(tiles);
    for (std::size_t i = 0; i < count * kElements; ++i)
        elements[i] = static_cast<std::uint16_t>(packed_bfloat16(std::uint32_t{elements[i]} << 16) >> 16);
}

void untilize(Mode mode, const Word* dst, DataFormat format, void* rows, std::size_t pitch_bytes) {
    for (std::uint32_t row = 0; row < kSide; ++row) {
        std::byte* const to = static_cast<std::byte*>(rows) + row * pitch_bytes;
        pack_row(mode, dst + face_index(row, 0), 16, format, false, to);
        pack_row(mode, dst + face_index(row, 16), 16, format, false,
                 to + std::size_t{16} * element_bytes(format));
    }
}

}  // namespace loom::tile::silicon
