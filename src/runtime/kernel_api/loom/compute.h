// The compute API. The same kernel file is compiled three times, as UNPACK, MATH and PACK; a call does its
// part in each of the three and nothing in the others.
#pragma once

#include "loom/common.h"

#if defined(TRISC_UNPACK)
#define UNPACK(x) x
#else
#define UNPACK(x)
#endif
#if defined(TRISC_MATH)
#define MATH(x) x
#else
#define MATH(x)
#endif
#if defined(TRISC_PACK)
#define PACK(x) x
#else
#define PACK(x)
#endif

enum PoolType : uint8_t { SUM, AVG, MAX, MIN };
enum ReduceDim : uint8_t { REDUCE_ROW, REDUCE_COL, REDUCE_SCALAR };
enum class BroadcastType : uint8_t { NONE = 0, COL = 1, ROW = 2, SCALAR = 3 };
enum EltwiseBinaryType : uint8_t { ELWADD, ELWSUB, ELWMUL };
enum class EltwiseBinaryReuseDestType : uint8_t { NONE, DEST_TO_SRCA, DEST_TO_SRCB };

namespace ckernel {

#if defined(TRISC_UNPACK) || defined(TRISC_MATH) || defined(TRISC_PACK)

// --- Circular buffers: UNPACK consumes, PACK produces

ALWI void cb_wait_front(uint32_t cb, uint32_t pages, LOOM_AT) {
    UNPACK(loom_engine.cb_wait_front(cb, pages, loom_site));
}
ALWI void cb_pop_front(uint32_t cb, uint32_t pages, LOOM_AT) {
    UNPACK(loom_engine.cb_pop_front(cb, pages, loom_site));
    MATH(loom_engine.cb_follow_pop(cb, pages, loom_site));
}
ALWI void cb_reserve_back(uint32_t cb, uint32_t pages, LOOM_AT) {
    PACK(loom_engine.cb_reserve_back(cb, pages, loom_site));
}
ALWI void cb_push_back(uint32_t cb, uint32_t pages, LOOM_AT) {
    PACK(loom_engine.cb_push_back(cb, pages, loom_site));
}

// --- DST

ALWI void tile_regs_acquire(LOOM_AT) {
    MATH(loom_engine.dst_acquire(loom_site));
}
ALWI void tile_regs_commit(LOOM_AT) {
    MATH(loom_engine.dst_commit(loom_site));
}
ALWI void tile_regs_wait(LOOM_AT) {
    PACK(loom_engine.dst_wait(loom_site));
}
ALWI void tile_regs_release(LOOM_AT) {
    PACK(loom_engine.dst_release(loom_site));
}
ALWI void acquire_dst(LOOM_AT) {
    tile_regs_acquire(loom_site), tile_regs_wait(loom_site);
}
ALWI void release_dst(LOOM_AT) {
    tile_regs_commit(loom_site), tile_regs_release(loom_site);
}

// --- Start-up and formats. The engine takes formats from the circular buffer of each call; these are for the
// checker, which knows that silicon does not.

ALWI void reconfig_data_format_srca([[maybe_unused]] uint32_t cb, LOOM_AT) {
    LOOM_INIT(loom_init_format_a, 0, cb, 0);
}
ALWI void reconfig_data_format_srcb([[maybe_unused]] uint32_t cb, LOOM_AT) {
    LOOM_INIT(loom_init_format_b, 0, cb, 0);
}
ALWI void pack_reconfig_data_format([[maybe_unused]] uint32_t cb, LOOM_AT) {
    LOOM_INIT(loom_init_format_pack, 0, cb, 0);
}
ALWI void reconfig_data_format([[maybe_unused]] uint32_t cb_a, [[maybe_unused]] uint32_t cb_b, LOOM_AT) {
    LOOM_INIT(loom_init_formats, 0, cb_a, cb_b);
}
// The forms that name the old buffer do nothing where old and new have one format and one shape of tile.
constexpr bool loom_operands_differ(uint32_t old_cb, uint32_t cb) {
    return get_dataformat(old_cb) != get_dataformat(cb) || get_tile_size(old_cb) != get_tile_size(cb);
}
ALWI void reconfig_data_format_srca(uint32_t old_cb, uint32_t cb, LOOM_AT) {
    if (loom_operands_differ(old_cb, cb)) reconfig_data_format_srca(cb, loom_site);
}
ALWI void reconfig_data_format_srcb(uint32_t old_cb, uint32_t cb, LOOM_AT) {
    if (loom_operands_differ(old_cb, cb)) reconfig_data_format_srcb(cb, loom_site);
}
ALWI void pack_reconfig_data_format(uint32_t old_cb, uint32_t cb, LOOM_AT) {
    if (loom_operands_differ(old_cb, cb)) pack_reconfig_data_format(cb, loom_site);
}
ALWI void reconfig_data_format(uint32_t old_a, uint32_t cb_a, uint32_t old_b, uint32_t cb_b, LOOM_AT) {
    reconfig_data_format_srca(old_a, cb_a, loom_site);
    reconfig_data_format_srcb(old_b, cb_b, loom_site);
}
// Shapes of tiles, which the engine takes from the circular buffer too.
ALWI void reconfig_tile_shape(uint32_t, uint32_t) {}
ALWI void reconfig_tile_shape(uint32_t, uint32_t, uint32_t, uint32_t) {}
ALWI void reconfig_tile_shape_srca(uint32_t) {}
ALWI void reconfig_tile_shape_srca(uint32_t, uint32_t) {}
ALWI void reconfig_tile_shape_srcb(uint32_t) {}
ALWI void reconfig_tile_shape_srcb(uint32_t, uint32_t) {}
/// Once, before any other call.
ALWI void compute_kernel_hw_startup(uint32_t cb_a, uint32_t cb_b, uint32_t cb_out, LOOM_AT) {
    LOOM_INIT(loom_init_startup, 0, cb_a, cb_b);
    pack_reconfig_data_format(cb_out, loom_site);
}
ALWI void compute_kernel_hw_startup(uint32_t cb, uint32_t cb_out, LOOM_AT) {
    compute_kernel_hw_startup(cb, cb, cb_out, loom_site);
}
ALWI void binary_op_init_common(uint32_t cb_a, uint32_t cb_b, uint32_t cb_out, LOOM_AT) {
    compute_kernel_hw_startup(cb_a, cb_b, cb_out, loom_site);
}
ALWI void unary_op_init_common(uint32_t cb, uint32_t cb_out, LOOM_AT) {
    compute_kernel_hw_startup(cb, cb, cb_out, loom_site);
    LOOM_INIT(loom_init_copy, 0, cb, 0);
}
ALWI void init_sfpu(uint32_t cb, uint32_t cb_out, LOOM_AT) {
    unary_op_init_common(cb, cb_out, loom_site);
}

// --- Copies and broadcasts

constexpr LoomOperands loom_operands(uint32_t cb0, uint32_t cb1, uint32_t tile0, uint32_t tile1) {
    return {{LoomOperands::word(cb0, tile0), LoomOperands::word(cb1, tile1)}};
}

ALWI void copy_init([[maybe_unused]] uint32_t cb, LOOM_AT) {
    LOOM_INIT(loom_init_copy, 0, cb, 0);
}
// Its older spellings.
ALWI void copy_tile_to_dst_init_short(uint32_t cb, LOOM_AT) {
    copy_init(cb, loom_site);
}
ALWI void copy_tile_init(uint32_t cb, LOOM_AT) {
    copy_init(cb, loom_site);
}
ALWI void copy_tile(uint32_t cb, uint32_t tile, uint32_t dst, LOOM_AT) {
    UNPACK(loom_engine.unpack_tile(cb, tile, loom_site));
    MATH(loom_engine.math_copy(cb, tile, dst, loom_site));
}
template <BroadcastType type>
ALWI void unary_bcast_init([[maybe_unused]] uint32_t cb, LOOM_AT) {
    LOOM_INIT(loom_init_broadcast, type, cb, 0);
}
/// The older form starts everything up as well.
template <BroadcastType type>
ALWI void unary_bcast_init(uint32_t cb, uint32_t cb_out, LOOM_AT) {
    compute_kernel_hw_startup(cb, cb_out, loom_site);
    unary_bcast_init<type>(cb, loom_site);
}
template <BroadcastType type>
ALWI void unary_bcast(uint32_t cb, uint32_t tile, uint32_t dst, LOOM_AT) {
    UNPACK(loom_engine.unpack_tile(cb, tile, loom_site));
    MATH(loom_engine.math_broadcast(static_cast<uint32_t>(type), cb, tile, dst, loom_site));
}
template <BroadcastType type>
ALWI void unary_bcast_uninit([[maybe_unused]] uint32_t cb, LOOM_AT) {
    LOOM_INIT(loom_init_undo_broadcast, type, cb, 0);
}

// --- Element-wise binary

template <EltwiseBinaryType op, BroadcastType type>
ALWI void loom_binary(uint32_t cb0, uint32_t cb1, uint32_t tile0, uint32_t tile1, uint32_t dst,
                      LoomSite site) {
    [[maybe_unused]] const LoomOperands operands = loom_operands(cb0, cb1, tile0, tile1);
    UNPACK(loom_engine.unpack_tiles(operands, site));
    // The multiplier adds its products to DST; add and sub overwrite it.
    MATH(loom_engine.math_binary(op, static_cast<uint32_t>(type), op == ELWMUL, operands, dst, site));
}

#define LOOM_BINARY_INIT(name, op, type)                                                            \
    ALWI void name([[maybe_unused]] uint32_t cb0, [[maybe_unused]] uint32_t cb1, LOOM_AT) {         \
        LOOM_INIT(loom_init_binary, op * 4 + static_cast<uint32_t>(BroadcastType::type), cb0, cb1); \
    }
#define LOOM_BINARY(name, op)                                                                        \
    LOOM_BINARY_INIT(name##_init, op, NONE)                                                          \
    LOOM_BINARY_INIT(name##_bcast_cols_init, op, COL)                                                \
    LOOM_BINARY_INIT(name##_bcast_rows_init, op, ROW)                                                \
    LOOM_BINARY_INIT(name##_bcast_scalar_init, op, SCALAR)                                           \
    /* Their older spellings. */                                                                     \
    LOOM_BINARY_INIT(name##_tiles_init, op, NONE)                                                    \
    LOOM_BINARY_INIT(name##_bcast_cols_init_short, op, COL)                                          \
    LOOM_BINARY_INIT(name##_bcast_rows_init_short, op, ROW)                                          \
    LOOM_BINARY_INIT(name##_tiles_bcast_scalar_init_short, op, SCALAR)                               \
    ALWI void name##_tiles(uint32_t cb0, uint32_t cb1, uint32_t tile0, uint32_t tile1, uint32_t dst, \
                           LOOM_AT) {                                                                \
        loom_binary<op, BroadcastType::NONE>(cb0, cb1, tile0, tile1, dst, loom_site);                \
    }                                                                                                \
    ALWI void name##_tiles_bcast_cols(uint32_t cb0, uint32_t cb1, uint32_t tile0, uint32_t tile1,    \
                                      uint32_t dst, LOOM_AT) {                                       \
        loom_binary<op, BroadcastType::COL>(cb0, cb1, tile0, tile1, dst, loom_site);                 \
    }                                                                                                \
    ALWI void name##_tiles_bcast_rows(uint32_t cb0, uint32_t cb1, uint32_t tile0, uint32_t tile1,    \
                                      uint32_t dst, LOOM_AT) {                                       \
        loom_binary<op, BroadcastType::ROW>(cb0, cb1, tile0, tile1, dst, loom_site);                 \
    }                                                                                                \
    ALWI void name##_tiles_bcast_scalar(uint32_t cb0, uint32_t cb1, uint32_t tile0, uint32_t tile1,  \
                                        uint32_t dst, LOOM_AT) {                                     \
        loom_binary<op, BroadcastType::SCALAR>(cb0, cb1, tile0, tile1, dst, loom_site);              \
    }
LOOM_BINARY(add, ELWADD)
LOOM_BINARY(sub, ELWSUB)
LOOM_BINARY(mul, ELWMUL)
#undef LOOM_BINARY
#undef LOOM_BINARY_INIT

template <EltwiseBinaryType op, EltwiseBinaryReuseDestType reuse>
ALWI void loom_reuse_dest_init([[maybe_unused]] uint32_t cb, [[maybe_unused]] LoomSite loom_site) {
    LOOM_INIT(loom_init_reuse, op * 2 + (reuse == EltwiseBinaryReuseDestType::DEST_TO_SRCA), cb, 0);
}
template <EltwiseBinaryType op, EltwiseBinaryReuseDestType reuse>
ALWI void loom_reuse_dest(uint32_t cb, uint32_t tile, uint32_t dst, LoomSite site) {
    static_assert(reuse != EltwiseBinaryReuseDestType::NONE, "name the operand that DST replaces");
    UNPACK(loom_engine.unpack_tile(cb, tile, site));
    MATH(loom_engine.math_binary_reuse(op, reuse == EltwiseBinaryReuseDestType::DEST_TO_SRCA, cb, tile, dst,
                                       site));
}
#define LOOM_REUSE_DEST(name, op)                                                          \
    template <EltwiseBinaryReuseDestType reuse>                                            \
    ALWI void name##_reuse_dest_init(uint32_t cb, LOOM_AT) {                               \
        loom_reuse_dest_init<op, reuse>(cb, loom_site);                                    \
    }                                                                                      \
    template <EltwiseBinaryReuseDestType reuse>                                            \
    ALWI void name##_reuse_dest_tiles(uint32_t cb, uint32_t tile, uint32_t dst, LOOM_AT) { \
        loom_reuse_dest<op, reuse>(cb, tile, dst, loom_site);                              \
    }
LOOM_REUSE_DEST(add, ELWADD)
LOOM_REUSE_DEST(sub, ELWSUB)
LOOM_REUSE_DEST(mul, ELWMUL)
#undef LOOM_REUSE_DEST
// Their older spellings.
template <EltwiseBinaryType op, EltwiseBinaryReuseDestType reuse = EltwiseBinaryReuseDestType::NONE>
ALWI void binary_dest_reuse_tiles_init(uint32_t cb, LOOM_AT) {
    loom_reuse_dest_init<op, reuse>(cb, loom_site);
}
template <EltwiseBinaryType op, EltwiseBinaryReuseDestType reuse>
ALWI void binary_dest_reuse_tiles(uint32_t cb, uint32_t tile, uint32_t dst, LOOM_AT) {
    loom_reuse_dest<op, reuse>(cb, tile, dst, loom_site);
}

#define LOOM_SFPU_INIT(name, function)             \
    ALWI void name(LOOM_AT) {                      \
        LOOM_INIT(loom_init_sfpu, function, 0, 0); \
    }
#define LOOM_BINARY_DST(name, op, function)                                             \
    LOOM_SFPU_INIT(name##_binary_tile_init, function)                                   \
    ALWI void name##_binary_tile(uint32_t dst0, uint32_t dst1, uint32_t out, LOOM_AT) { \
        MATH(loom_engine.math_binary_dst(op, dst0, dst1, out, loom_site));              \
    }
LOOM_BINARY_DST(add, ELWADD, loom_sfpu_add)
LOOM_BINARY_DST(sub, ELWSUB, loom_sfpu_subtract)
LOOM_BINARY_DST(mul, ELWMUL, loom_sfpu_multiply)
#undef LOOM_BINARY_DST

// DST tile `dst` op= column 0 of DST tile `vector` in every column, or its row 0 in every row. The rest of `vector` is
// not read.
#define LOOM_SFPU_BROADCAST(name, op)                                                                   \
    LOOM_SFPU_INIT(sfpu_##name##_bcast_col_init, loom_sfpu_bcast_col)                                   \
    LOOM_SFPU_INIT(sfpu_##name##_bcast_row_init, loom_sfpu_bcast_row)                                   \
    ALWI void sfpu_##name##_bcast_col(uint32_t dst, uint32_t vector, LOOM_AT) {                         \
        MATH(loom_engine.math_broadcast_dst(op, static_cast<uint32_t>(BroadcastType::COL), dst, vector, \
                                            loom_site));                                                \
    }                                                                                                   \
    ALWI void sfpu_##name##_bcast_row(uint32_t dst, uint32_t vector, LOOM_AT) {                         \
        MATH(loom_engine.math_broadcast_dst(op, static_cast<uint32_t>(BroadcastType::ROW), dst, vector, \
                                            loom_site));                                                \
    }
LOOM_SFPU_BROADCAST(add, ELWADD)
LOOM_SFPU_BROADCAST(sub, ELWSUB)
LOOM_SFPU_BROADCAST(mul, ELWMUL)
#undef LOOM_SFPU_BROADCAST
LOOM_SFPU_INIT(sfpu_bcast_col_init, loom_sfpu_bcast_col)
LOOM_SFPU_INIT(sfpu_bcast_row_init, loom_sfpu_bcast_row)

LOOM_SFPU_INIT(copy_dest_values_init, loom_sfpu_copy_dest)
/// From DST tile `from` to DST tile `to`. (The older form without a format has them the other way round.)
template <DataFormat format>
ALWI void copy_dest_values(uint32_t from, uint32_t to, LOOM_AT) {
    MATH(loom_engine.math_copy_dst(from, to, loom_site));
}

// --- SFPU: functions of one DST tile

// In the order of loom::tile::Unary.
enum LoomUnary : uint32_t {
    loom_add_scalar,
    loom_sub_scalar,
    loom_mul_scalar,
    loom_rsub_scalar,
    loom_fill,
    loom_rsqrt,
    loom_sqrt,
    loom_reciprocal,
    loom_square,
    loom_negate,
    loom_absolute,
    loom_round_bfloat16
};

LOOM_SFPU_INIT(binop_with_scalar_tile_init, loom_sfpu_scalar)
/// The scalar travels as the bits of a float, and is not rounded.
ALWI void add_unary_tile(uint32_t dst, uint32_t fp32_bits, LOOM_AT) {
    MATH(loom_engine.math_unary(loom_add_scalar, __builtin_bit_cast(float, fp32_bits), dst, loom_site));
}
ALWI void sub_unary_tile(uint32_t dst, uint32_t fp32_bits, LOOM_AT) {
    MATH(loom_engine.math_unary(loom_sub_scalar, __builtin_bit_cast(float, fp32_bits), dst, loom_site));
}
ALWI void mul_unary_tile(uint32_t dst, uint32_t fp32_bits, LOOM_AT) {
    MATH(loom_engine.math_unary(loom_mul_scalar, __builtin_bit_cast(float, fp32_bits), dst, loom_site));
}
ALWI void rsub_unary_tile(uint32_t dst, uint32_t fp32_bits, LOOM_AT) {
    MATH(loom_engine.math_unary(loom_rsub_scalar, __builtin_bit_cast(float, fp32_bits), dst, loom_site));
}
LOOM_SFPU_INIT(fill_tile_init, loom_sfpu_fill)
ALWI void fill_tile(uint32_t dst, float value, LOOM_AT) {
    MATH(loom_engine.math_unary(loom_fill, value, dst, loom_site));
}

#define LOOM_UNARY(name, function, shared_init)                    \
    LOOM_SFPU_INIT(name##_tile_init, shared_init)                  \
    ALWI void name##_tile(uint32_t dst, LOOM_AT) {                 \
        MATH(loom_engine.math_unary(function, 0, dst, loom_site)); \
    }
LOOM_UNARY(sqrt, loom_sqrt, loom_sfpu_sqrt)
LOOM_UNARY(recip, loom_reciprocal, loom_sfpu_reciprocal)
LOOM_UNARY(square, loom_square, loom_sfpu_square)
LOOM_UNARY(negative, loom_negate, loom_sfpu_negate)
LOOM_UNARY(abs, loom_absolute, loom_sfpu_absolute)
#undef LOOM_UNARY

enum class RsqrtMode : uint8_t { Default, Fast };
template <bool legacy_compat = false>
LOOM_SFPU_INIT(rsqrt_tile_init, loom_sfpu_rsqrt)
template <RsqrtMode mode = RsqrtMode::Default>
ALWI void rsqrt_tile(uint32_t dst, LOOM_AT) {
    MATH(loom_engine.math_unary(loom_rsqrt, 0, dst, loom_site));
}
/// Its older spelling.
template <bool legacy_compat, bool fast_approx = false>
ALWI void rsqrt_tile(uint32_t dst, LOOM_AT) {
    rsqrt_tile(dst, loom_site);
}
template <uint32_t in_format, uint32_t out_format>
LOOM_SFPU_INIT(typecast_tile_init, loom_sfpu_typecast)
/// Between Float32 and Float16_b: to the latter it rounds, from it nothing is left to do.
template <uint32_t in_format, uint32_t out_format>
ALWI void typecast_tile(uint32_t dst, LOOM_AT) {
    static_assert(in_format == static_cast<uint32_t>(DataFormat::Float32) ||
                      in_format == static_cast<uint32_t>(DataFormat::Float16_b),
                  "typecast knows Float32 and Float16_b");
    if constexpr (out_format == static_cast<uint32_t>(DataFormat::Float16_b))
        MATH(loom_engine.math_unary(loom_round_bfloat16, 0, dst, loom_site));
}

// --- Reduce

/// Also sets the packer's mask, which stays until reduce_uninit.
template <PoolType type, ReduceDim dim, bool enforce_fp32_accumulation = false>
ALWI void reduce_init([[maybe_unused]] uint32_t cb, [[maybe_unused]] uint32_t cb_scaler, uint32_t, LOOM_AT) {
    static_assert(type == SUM || type == AVG, "MAX and MIN are not there yet");
    PACK(loom_engine.pack_mask(dim + 1));
    LOOM_INIT(loom_init_reduce, dim, cb, cb_scaler);
}
/// SUM and AVG alike add the sum of a * scaler to DST.
template <PoolType type, ReduceDim dim, bool enforce_fp32_accumulation = false>
ALWI void reduce_tile(uint32_t cb, uint32_t cb_scaler, uint32_t tile, uint32_t tile_scaler, uint32_t dst,
                      LOOM_AT) {
    static_assert(type == SUM || type == AVG, "MAX and MIN are not there yet");
    [[maybe_unused]] const LoomOperands operands = loom_operands(cb, cb_scaler, tile, tile_scaler);
    UNPACK(loom_engine.unpack_tiles(operands, loom_site));
    MATH(loom_engine.math_reduce(dim, operands, dst, loom_site));
}
template <bool enforce_fp32_accumulation = false>
ALWI void reduce_uninit(uint32_t = 0, LOOM_AT) {
    PACK(loom_engine.pack_mask(0));
    LOOM_INIT(loom_init_undo_reduce, 0, 0, 0);
}

/// DST tile `dst`, column 0 = the sum of each row of it. What the other columns hold then is not to be relied on.
template <PoolType type, DataFormat format>
LOOM_SFPU_INIT(sfpu_reduce_init, loom_sfpu_reduce)
template <PoolType type, DataFormat format, ReduceDim dim = REDUCE_COL>
ALWI void sfpu_reduce(uint32_t dst, LOOM_AT) {
    static_assert(type == SUM && dim == REDUCE_ROW, "of sfpu_reduce there is the sum of rows");
    MATH(loom_engine.math_reduce_dst(dst, loom_site));
}

// --- Pack

template <bool out_of_order = false>
ALWI void pack_tile(uint32_t dst, uint32_t cb, uint32_t out_tile = 0, LOOM_AT) {
    PACK(loom_engine.pack_tile(dst, cb, out_tile, out_of_order, loom_site));
}
ALWI void pack_tile_block(uint32_t dst, uint32_t cb, uint32_t tiles, LOOM_AT) {
    for (uint32_t i = 0; i < tiles; ++i) pack_tile(dst + i, cb, 0, loom_site);
}
ALWI void pack_reconfig_l1_acc(uint32_t on) {
    PACK(loom_engine.pack_accumulate(on != 0));
}

// --- Tilize

/// `block` tiles are one row of the input: it fixes the pitch of the sticks.
ALWI void tilize_init(uint32_t cb, uint32_t block, uint32_t, LOOM_AT) {
    UNPACK(loom_engine.unpack_tilize_mode(cb, block, loom_site));
    LOOM_INIT(loom_init_tilize, block, cb, 0);
}
/// Tile by tile through its own acquire .. release. Waits for, reserves, pushes and pops nothing.
ALWI void tilize_block(uint32_t cb_in, uint32_t block, uint32_t cb_out, uint32_t input_tile = 0,
                       uint32_t output_tile = 0, LOOM_AT) {
    UNPACK(loom_engine.unpack_block(cb_in, block, input_tile, loom_site));
    MATH(loom_engine.math_tilize_block(cb_in, block, input_tile, loom_site));
    PACK(loom_engine.pack_tilized(cb_out, block, output_tile, loom_site));
}
ALWI void tilize_uninit(uint32_t cb, uint32_t, LOOM_AT) {
    UNPACK(loom_engine.unpack_tilize_mode(cb, 0, loom_site));
    LOOM_INIT(loom_init_undo_tilize, 0, cb, 0);
}

// --- Untilize in the packer

template <uint32_t block_ct_dim = 8, uint32_t full_ct_dim = block_ct_dim>
ALWI void pack_untilize_dest_init(uint32_t cb, uint32_t = 16, uint32_t = 4, LOOM_AT) {
    static_assert(full_ct_dim % block_ct_dim == 0, "the block must divide the row");
    PACK(loom_engine.pack_untilize_mode(cb, block_ct_dim, full_ct_dim, loom_site));
    LOOM_INIT(loom_init_untilize, block_ct_dim, cb, 0);
}
/// Writes DST tiles 0 .. block_ct_dim-1 as 32 rows of block_ct_dim * 32 elements, at column
/// block_c_index * block_ct_dim * 32 of rows that are full_ct_dim * 32 elements apart.
template <uint32_t block_ct_dim = 8, uint32_t full_ct_dim = block_ct_dim>
ALWI void pack_untilize_dest(uint32_t cb, uint32_t block_rt_dim = 1, uint32_t block_c_index = 0,
                             uint32_t = 16, uint32_t = 4, LOOM_AT) {
    static_assert(full_ct_dim % block_ct_dim == 0, "the block must divide the row");
    PACK(loom_engine.pack_untilize(cb, block_ct_dim, full_ct_dim, block_rt_dim, block_c_index, loom_site));
}
ALWI void pack_untilize_uninit(uint32_t cb, LOOM_AT) {
    PACK(loom_engine.pack_untilize_mode(cb, 0, 0, loom_site));
    LOOM_INIT(loom_init_undo_untilize, 0, cb, 0);
}

#endif  // one of the three threads

}  // namespace ckernel
using namespace ckernel;
