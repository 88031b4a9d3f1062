// The chip's arithmetic on tiles: what the unpacker, the matrix unit, the vector unit and the packer do, each as one
// function. fpu.hpp and sfpu.hpp have the rules, an element at a time; docs/silicon.md says what they were measured against.
//
// A tile in DST, or in a source register, is 1024 words in face order: the bits of floats. A 16-bit DST keeps the upper
// half of each word, the lower being zero.
#pragma once

#include <cstdint>

#include "tile/silicon/sfpu.hpp"
#include "tile/tile_ops.hpp"

namespace loom::tile::silicon {

/// What the arithmetic depends on beside its operands.
struct Mode {
    Chip chip = Chip::wormhole;
    bool dst32 = false;
    MathFidelity fidelity = MathFidelity::HiFi4;
    bool approximate = false;

    SfpuMode sfpu() const { return {chip, dst32, approximate}; }
};

/// A tile in L1, or in sticks, as a source register holds it.
void read_source(Mode mode, const Operand& a, std::uint32_t* out);
/// A float32 tile straight to DST, all of its bits.
void read_whole(const Operand& a, std::uint32_t* dst);
/// Sticks to a tile: row r is the 32 elements at rows + r * pitch_bytes; rows from num_rows on are zero. As read_source(),
/// or with `whole` as read_whole().
void read_sticks(Mode mode, bool whole, const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows,
                 DataFormat format, std::uint32_t* out);

/// In place, a tile of a source register to DST: copy_tile.
void copy_source(Mode mode, std::uint32_t* tile);
/// The same of unary_bcast, which goes through SrcB.
void copy_source_b(Mode mode, Broadcast kind, std::uint32_t* tile);
/// The part of a tile that `part` names, over the whole tile.
void replicate(Broadcast part, std::uint32_t* tile);
/// What DST holds, as an operand of a call whose other operand is of this format.
void source_of_dst(Mode mode, DataFormat other, const std::uint32_t* dst, std::uint32_t* out);

/// dst = a + b or a - b; dst += a * b.
void binary(Mode mode, Binary op, const std::uint32_t* a, const std::uint32_t* b, std::uint32_t* dst);
/// out = a op b by the vector unit; out may be a or b.
void binary_dst(Mode mode, Binary op, const std::uint32_t* a, const std::uint32_t* b, std::uint32_t* out);
/// copy_dest_values.
void store_copy(Mode mode, const std::uint32_t* from, std::uint32_t* to);
void unary(Mode mode, Unary f, std::uint32_t scalar, std::uint32_t* dst);
/// dst += the sum of a * scaler over the axis; both as read_source() left them. Of lanes that a packer under the
/// reduction's mask does not show, those that the chip leaves to what was in a source register before keep their value.
void reduce(Mode mode, ReduceDim dim, DataFormat format, const std::uint32_t* a, const std::uint32_t* scaler,
            std::uint32_t* dst);
/// unary_bcast of a row of 16 bits an element: the chip writes it as to a 16-bit DST. `dst` is the 32-bit tile that the
/// rows of tile `index` of a 16-bit DST lie in, index / 2.
void broadcast_row_of_halves(const std::uint32_t* tile, std::uint32_t index, std::uint32_t* dst);

/// To L1; lanes outside of the mask become zero. With `accumulate` onto what is there.
void pack(Mode mode, const std::uint32_t* dst, PackMask mask, bool accumulate, DataFormat format, void* out);
/// Row r goes to rows + r * pitch_bytes.
void untilize(Mode mode, const std::uint32_t* dst, DataFormat format, void* rows, std::size_t pitch_bytes);

}  // namespace loom::tile::silicon
