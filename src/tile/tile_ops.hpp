// Arithmetic on 32x32 tiles: what unpacker, matrix unit, SFPU and packer do, each as one function.
//
// Two forms of a tile appear:
//   * in L1: `DataFormat` elements in face order, 2048 or 4096 bytes, 16-byte aligned. Four 16x16 faces
//     follow one another (upper left, upper right, lower left, lower right), each row-major, so that element
//     (r, c) is number ((r/16)*2 + c/16)*256 + (r%16)*16 + c%16.
//   * in DST: 1024 floats in the same face order, 64-byte aligned.
// Every function exists twice, with the same signature: `tile::f`, in SIMD for the CPU that runs it, and
// `tile::scalar::f`, plain loops that state what it means. Both give the same bytes on every CPU (NaN
// payloads and signs apart): sums have one documented order, and a product is rounded before it is added. No
// function allocates, throws, or keeps state; any may run on several threads at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "util/data_format.hpp"

namespace loom::tile {

inline constexpr std::uint32_t kSide = 32;        ///< rows, and columns, of a tile
inline constexpr std::uint32_t kElements = 1024;  ///< elements of a tile

/// Index of element (row, column) in face order.
constexpr std::uint32_t face_index(std::uint32_t row, std::uint32_t column) {
    return ((row / 16) * 2 + column / 16) * 256 + (row % 16) * 16 + column % 16;
}

/// Where each of the 32 rows of a row of tiles begins: sticks, wherever they lie.
using Sticks = std::array<const std::byte*, kSide>;
/// The same, to be written.
using OutSticks = std::array<std::byte*, kSide>;

/// A tile to be read: in L1; or still in sticks, which chains, first_row() and add_row_terms() take, and everything in
/// `tile::scalar`.
struct Operand {
    const void* data;  ///< (32, 32) elements in face order; of a tile in sticks, the Sticks
    DataFormat format;
    bool in_sticks = false;
    std::uint32_t offset =
        0;  ///< in sticks: row r of the tile is the 32 elements from this byte of stick r on

    const Sticks& sticks() const { return *static_cast<const Sticks*>(data); }
    /// A copy, field by field: to load as a whole what has just been stored in parts waits for all stores before it.
    Operand in_parts() const {
        const void* where = data;
        std::uint32_t from = offset;
        asm("" : "+r"(where), "+r"(from));
        return {where, format, in_sticks, from};
    }
    /// The tile `bytes` further on.
    Operand after(std::size_t bytes) const {
        if (in_sticks) return {data, format, true, offset + static_cast<std::uint32_t>(bytes)};
        return {static_cast<const std::byte*>(data) + bytes, format};
    }
    /// From a tile to its right neighbour in a row of tiles.
    std::size_t next_bytes() const { return element_bytes(format) * (in_sticks ? kSide : kElements); }
    bool operator==(const Operand&) const = default;
};

enum class Binary : std::uint8_t { add, sub, mul };

/// Which part of operand B is read: all of it, column 0 (replicated across), row 0 (replicated down), or
/// element (0, 0). The rest of B is not read.
enum class Broadcast : std::uint8_t { none, columns, rows, scalar };

/// In-place functions of one DST tile. `add_scalar` .. `rsub_scalar` use the `scalar` argument:
/// x + s, x - s, x * s, s - x; fill writes s.
enum class Unary : std::uint8_t {
    add_scalar,
    sub_scalar,
    mul_scalar,
    rsub_scalar,
    fill,
    rsqrt,
    sqrt,
    reciprocal,
    square,
    negate,
    absolute,
    round_bfloat16,  ///< to nearest bfloat16, ties to even, kept as float
};

/// Which axis a reduction collapses.
enum class ReduceDim : std::uint8_t { row, column, scalar };

/// Which lanes of a DST tile a pack keeps; the others are packed as zero (the packer's reduce mask).
enum class PackMask : std::uint8_t {
    all,
    reduce_row,     ///< column 0 of every face
    reduce_column,  ///< row 0 of faces 0 and 1
    reduce_scalar,  ///< element (0, 0)
};

#define LOOM_TILE_FUNCTIONS                                                                                         \
    /* dst = the tile `a`, widened. */                                                                              \
    void copy(Operand a, float* dst);                                                                               \
    /* dst = the part of `b` that `broadcast` names, replicated over the tile. */                                   \
    void broadcast(Broadcast broadcast, Operand b, float* dst);                                                     \
    /* out = row 0 of `a`, 32 floats. */                                                                            \
    void first_row(Operand a, float* out);                                                                          \
    /* dst = a op b, or, with accumulate, dst = dst + (a op b), the inner result rounded first. */                  \
    void binary(Binary op, Broadcast broadcast, Operand a, Operand b, bool accumulate, float* dst);                 \
    /* out = a op b for `count` floats, a multiple of 16; out may be a or b. */                                     \
    void binary_dst(Binary op, const float* a, const float* b, float* out, std::size_t count = kElements);          \
    /* dst = dst op b (dst_is_a), or b op dst; `b` is a whole tile in L1. */                                        \
    void binary_reuse(Binary op, bool dst_is_a, Operand b, float* dst);                                             \
    /* dst = f(dst) for `count` floats, a multiple of 16. rsqrt is 1 / sqrt(x), both correctly rounded. */          \
    void unary(Unary f, float scalar, float* dst, std::size_t count = kElements);                                   \
    /* Sum of a * scaler over the axis, into dst: the result lanes (row: column 0 of faces 0 and 2; column:  \
       row 0 of faces 0 and 1; scalar: element (0, 0)) become (accumulate ? old : 0) + sum, other lanes      \
       become zero unless accumulate, and keep their value with it.                                          \
       Weights are row 0 of the scaler's faces 0 and 1, nothing else of it is read: element (r, c) of `a` is \
       weighted, for row, by scaler(0, c); for column, by scaler(0, r); for scalar, by scaler(0, r) and the  \
       product then by scaler(0, c).                                                                         \
       Order of a sum of 32 terms t[0..31]: u[i] = t[i] + t[i+16] for i < 16, then halving: u[i] += u[i+8],  \
       u[i+4], u[i+2], u[i+1]. ReduceDim::scalar sums each row so, then the 32 row sums so. */      \
    void reduce(ReduceDim dim, Operand a, Operand scaler, bool accumulate, float* dst);                             \
    /* The same for ReduceDim::row in two parts, for the sums of tiles that follow one another. Of each of        \
       `count` tiles, the first `a` and each `stride_bytes` after the one before, and each row r and            \
       i < 16: lanes[16 * r + i] += t[i] + t[i + 16], where t[c] = element (r, c) * weights[c]. 32 weights, 512 \
       lanes. */ \
    void add_row_terms(Operand a, std::size_t stride_bytes, std::uint32_t count, const float* weights,              \
                       float* lanes);                                                                               \
    /* sums[r] = the sum of row r's lanes, by halving: u[i] += u[i+8], u[i+4], u[i+2], u[i+1]; 32 sums. */          \
    void add_up_row_terms(const float* lanes, float* sums);                                                         \
    /* out = dst in `format`: bfloat16 by round to nearest, ties to even; NaN stays NaN. Lanes outside the   \
       mask count as +0, whatever they hold. With accumulate, out = out + dst (+0 outside the mask), rounded \
       once. */      \
    void pack(const float* dst, PackMask mask, bool accumulate, DataFormat format, void* out);                      \
    /* dst = the tile whose row r is the 32 elements at rows + r * pitch_bytes, for r < num_rows (1..32);    \
       rows from num_rows on become zero, and nothing is read for them. */      \
    void tilize(const void* rows, std::size_t pitch_bytes, std::uint32_t num_rows, DataFormat format,               \
                float* dst);                                                                                        \
    /* `count` tiles out of the first `num_rows` of `sticks`, one beside another from byte `offset` of each on,  \
       packed at `out` one behind another: what tilize and pack give. */  \
    void tilize_to_tiles(const Sticks& sticks, std::size_t offset, std::uint32_t num_rows,                          \
                         DataFormat format, std::uint32_t count, DataFormat out_format, void* out);                 \
    /* The 32 elements of row r of dst go, rounded as in pack, to rows + r * pitch_bytes. */                        \
    void untilize(const float* dst, DataFormat format, void* rows, std::size_t pitch_bytes);                        \
    /* dst = dst, each value rounded to the nearest bfloat16 (what a 16-bit DST does after each op). */             \
    void round_dst(float* dst);

LOOM_TILE_FUNCTIONS

namespace scalar {
LOOM_TILE_FUNCTIONS
}  // namespace scalar

#undef LOOM_TILE_FUNCTIONS

/// The SIMD target that `tile::` functions run on here: "AVX3", "AVX2", "SSE4" or "NEON"; "SCALAR" or
/// "EMU128" where `tile::f` is `tile::scalar::f`.
const char* simd_target();

}  // namespace loom::tile
