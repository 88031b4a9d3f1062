// What the readers of layernorm_fused_rm share: constant tiles, and single elements in a buffer's format.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

namespace {

constexpr uint32_t cb_input = 0;
constexpr uint32_t cb_scaler = 2;
constexpr uint32_t cb_epsilon = 3;
constexpr uint32_t cb_gamma = 4;
constexpr uint32_t cb_beta = 5;

constexpr uint32_t tile_side = 32;
constexpr uint32_t face_side = 16;
constexpr uint32_t one_fp32 = 0x3f800000;

// One element of a tile or stick, in the buffer's format.
FORCE_INLINE void write_element(uint32_t cb, uint32_t address, uint32_t index, uint32_t fp32_bits) {
    if (get_dataformat(cb) == DataFormat::Float32) {
        reinterpret_cast<volatile tt_l1_ptr uint32_t*>(address)[index] = fp32_bits;
    } else {
        reinterpret_cast<volatile tt_l1_ptr uint16_t*>(address)[index] =
            static_cast<uint16_t>(fp32_bits >> 16);
    }
}

// `bytes` bytes of L1 again behind themselves.
FORCE_INLINE void repeat(uint32_t address, uint32_t bytes) {
    noc_async_read(get_noc_addr(address), address + bytes, bytes);
}

// One tile with `value` in its first `columns` columns and 0 in the others. All rows are filled: that is
// right wherever a newer or older reduce looks for its weights, and for any broadcast. The NoC makes 16 rows
// of each upper face out of the first, and the lower faces of the upper ones.
void push_tile(uint32_t cb, uint32_t value_bits, uint32_t columns) {
    const uint32_t face_bytes = get_tile_size(cb) / 4;
    cb_reserve_back(cb, 1);
    const uint32_t page = get_write_ptr(cb);
    for (uint32_t column = 0; column < face_side; ++column) {
        write_element(cb, page, column, column < columns ? value_bits : 0);
        write_element(cb, page + face_bytes, column, column + face_side < columns ? value_bits : 0);
    }
    for (uint32_t bytes = face_bytes / face_side; bytes < face_bytes; bytes *= 2) {
        repeat(page, bytes);
        repeat(page + face_bytes, bytes);
        noc_async_read_barrier();
    }
    repeat(page, 2 * face_bytes);
    noc_async_read_barrier();
    cb_push_back(cb, 1);
}

// The scaler and, for a partial last tile, the one that leaves its pad columns out; and epsilon. Sums are
// taken with weight 1 and divided by W in fp32: 1/W is no bfloat16 unless W is a power of two.
void push_constants(uint32_t width, uint32_t epsilon_bits) {
    push_tile(cb_scaler, one_fp32, tile_side);
    if (width % tile_side != 0) push_tile(cb_scaler, one_fp32, width % tile_side);
    push_tile(cb_epsilon, epsilon_bits, tile_side);
}

// `bytes` bytes of the only stick of gamma or beta, from byte `offset` on.
template <typename Accessor>
void push_stick(uint32_t cb, const Accessor& tensor, uint32_t offset, uint32_t bytes) {
    cb_reserve_back(cb, 1);
    noc_async_read(tensor.get_noc_addr(0, offset), get_write_ptr(cb), bytes);
    noc_async_read_barrier();
    cb_push_back(cb, 1);
}

// Sticks are read without their padding, into the same 32 places each time: zeros put behind them once stay
// there.
void clear_padding(uint32_t width, uint32_t padded_width, uint32_t page_bytes) {
    cb_reserve_back(cb_input, tile_side);
    uint32_t page = get_write_ptr(cb_input);
    for (uint32_t stick = 0; stick < tile_side; ++stick, page += page_bytes)
        for (uint32_t column = width; column < padded_width; ++column)
            write_element(cb_input, page, column, 0);
}

}  // namespace
