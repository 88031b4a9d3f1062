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
void read_source(Mode mode, const Operand& a, Word* out);
/// A float32 tile straight to DST, all of its bits.
void read_whole(const Operand& a, Word* dst);
/// Sticks to a tile: row r is the 32 elements at rows + r * pitch_bytes; rows from num_rows on are zero. As read_source(),
/// or with `whole` as read_whole().
void read_sticks(Mode mode, bool whole, const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows,
                 DataFormat format, Word* out);

/// In place, a tile of a source register to DST: copy_tile.
void copy_source(Mode mode, Word* tile);
/// The same of unary_bcast, which goes through SrcB.
void copy_source_b(Broadcast kind, Word* tile);
/// The part of a tile that `part` names, over the whole tile.
void replicate(Broadcast part, Word* tile);
/// What DST holds, as an operand of a call whose other operand is of this format.
void source_of_dst(Mode mode, DataFormat other, const Word* dst, Word* out);

/// Whether no word of a tile is a NaN, a subnormal number or -0.
bool all_plain(const Word* tile);
/// dst = a + b or a - b; dst += a * b.
void binary(Mode mode, Binary op, const Word* a, const Word* b, Word* dst);
/// out = a op b by the vector unit, for `count` words, a multiple of 16; out may be a or b.
void binary_dst(Mode mode, Binary op, const Word* a, const Word* b, Word* out, std::size_t count = kElements);
/// copy_dest_values.
void store_copy(Mode mode, const Word* from, Word* to);
void unary(Mode mode, Unary f, std::uint32_t scalar, Word* dst, std::size_t count = kElements);
/// sfpu_{add,sub,mul}_bcast_{col,row}: tile op= column 0 of `vector`, or row 0.
void broadcast_dst(Mode mode, Binary op, Broadcast kind, const Word* vector, Word* tile);
/// Whether that column comes through as it is; of a tile of DST, but for zeros, which spread_column() gives.
bool is_plain_column(const Operand& tile);
bool is_plain_column(const Word* tile);
void spread_column(const Word* tile, Word* values);
/// sfpu_reduce of rows: their sums, in the even columns of the left faces.
void sum_rows(Mode mode, Word* tile);
/// dst += the sum of a * scaler over the axis; both as read_source() left them. Of lanes that a packer under the
/// reduction's mask does not show, those that the chip leaves to what was in a source register before keep their value.
void reduce(Mode mode, ReduceDim dim, DataFormat format, const Word* a, const Word* scaler, Word* dst);
/// Whether all 16 rows of a scaler's face are alike.
bool has_alike_rows(const Word* face);
/// The same over rows, of a tile in L1 and many elements at a time. False, and nothing has changed, where that is not how it
/// goes: a tile of another kind, columns of the result that differ, no such CPU.
bool reduce_rows_of_bfloat16(Mode mode, const Operand& a, const Word* scaler, Word* dst);
/// unary_bcast of a row of 16 bits an element: the chip writes it as to a 16-bit DST. `dst` is the 32-bit tile that the
/// rows of tile `index` of a 16-bit DST lie in, index / 2.
void broadcast_row_of_halves(const Word* tile, std::uint32_t index, Word* dst);

/// To L1; lanes outside of the mask become zero. With `accumulate` onto what is there.
void pack(Mode mode, const Word* dst, PackMask mask, bool accumulate, DataFormat format, void* out);
/// Tiles in L1 as they are once they were copied to DST, all bits of them, and packed in the same format.
void pack_again(DataFormat format, void* tiles, std::size_t count);
/// Row r goes to rows + r * pitch_bytes.
void untilize(Mode mode, const Word* dst, DataFormat format, void* rows, std::size_t pitch_bytes);

}  // namespace loom::tile::silicon
