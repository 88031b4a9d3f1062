// What a kernel image and the engine share: the calls that the engine answers, as one table of functions.
// A kernel sees them through loom/dataflow.h and loom/compute.h, which spell them as Metalium does.
#pragma once

#include <stdint.h>

/// The place of a call in a kernel's source; the engine names it when a call goes wrong or never returns.
struct LoomSite {
    const char* file;
    uint32_t line;
};

/// Operand kinds of a compute call's UNPACK half.
struct LoomOperands {
    uint32_t count;  ///< 1 or 2
    uint32_t cb[2];
    uint32_t tile[2];  ///< tile index from the read pointer
};

struct LoomEngine {
    // Arguments.
    uint32_t (*argument)(uint32_t index, bool common, LoomSite);
    const uint32_t* (*argument_address)(uint32_t index, bool common, LoomSite);
    uint32_t (*logical_coordinate)(uint32_t axis);  // 0: x, 1: y

    // Circular buffers.
    void (*cb_reserve_back)(uint32_t cb, uint32_t pages, LoomSite);
    void (*cb_push_back)(uint32_t cb, uint32_t pages, LoomSite);
    void (*cb_wait_front)(uint32_t cb, uint32_t pages, LoomSite);
    void (*cb_pop_front)(uint32_t cb, uint32_t pages, LoomSite);
    void (*cb_follow_pop)(uint32_t cb, uint32_t pages,
                          LoomSite);  // MATH keeps step with UNPACK's read pointer
    bool (*cb_pages_reservable)(uint32_t cb, uint32_t pages, LoomSite);
    bool (*cb_pages_available)(uint32_t cb, uint32_t pages, LoomSite);
    uint32_t (*cb_write_ptr)(uint32_t cb, LoomSite);
    uint32_t (*cb_read_ptr)(uint32_t cb, LoomSite);

    // NoC. Addresses of 64 bits are NoC addresses, of 32 bits L1 addresses of this core.
    uint64_t (*noc_address)(uint32_t x, uint32_t y, uint32_t l1_address, LoomSite);
    uint64_t (*noc_own_address)(uint32_t l1_address, LoomSite);
    uint64_t (*noc_page_address)(bool dram, uint32_t page, uint32_t base, uint32_t page_pitch,
                                 uint32_t offset, LoomSite);
    void (*noc_read)(uint64_t source, uint32_t destination, uint32_t bytes, LoomSite);
    void (*noc_write)(uint32_t source, uint64_t destination, uint32_t bytes, LoomSite);
    void (*noc_read_barrier)(LoomSite);
    void (*noc_write_barrier)(LoomSite);

    // Semaphores.
    uint32_t (*semaphore_address)(uint32_t id, LoomSite);
    void (*semaphore_set)(uint32_t l1_address, uint32_t value, LoomSite);
    void (*semaphore_increment)(uint64_t noc_address, uint32_t value, LoomSite);
    void (*semaphore_wait)(uint32_t l1_address, uint32_t value, bool at_least, LoomSite);

    // Compute, UNPACK.
    void (*unpack_tiles)(LoomOperands, LoomSite);
    void (*unpack_tilize_mode)(uint32_t cb, uint32_t block, LoomSite);  // block 0: off
    void (*unpack_rows)(uint32_t cb, uint32_t block, uint32_t tile, LoomSite);

    // Compute, MATH.
    void (*dst_acquire)(LoomSite);
    void (*dst_commit)(LoomSite);
    void (*math_copy)(uint32_t cb, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_broadcast)(uint32_t kind, uint32_t cb, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_binary)(uint32_t op, uint32_t broadcast, bool accumulate, LoomOperands, uint32_t dst,
                        LoomSite);
    void (*math_binary_reuse)(uint32_t op, bool dst_is_a, uint32_t cb, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_binary_dst)(uint32_t op, uint32_t a, uint32_t b, uint32_t out, LoomSite);
    void (*math_copy_dst)(uint32_t from, uint32_t to, LoomSite);
    void (*math_unary)(uint32_t function, float scalar, uint32_t dst, LoomSite);
    void (*math_reduce)(uint32_t dim, LoomOperands, uint32_t dst, LoomSite);
    void (*math_tilize)(uint32_t cb, uint32_t block, uint32_t tile, uint32_t dst, LoomSite);

    // Compute, PACK.
    void (*dst_wait)(LoomSite);
    void (*dst_release)(LoomSite);
    void (*pack_tile)(uint32_t dst, uint32_t cb, uint32_t out_tile, bool out_of_order, LoomSite);
    void (*pack_mask)(uint32_t mask);
    void (*pack_accumulate)(bool on);
    void (*pack_untilize_mode)(uint32_t cb, uint32_t block, uint32_t full, LoomSite);  // block 0: off
    void (*pack_untilize)(uint32_t cb, uint32_t block, uint32_t full, uint32_t rows, uint32_t block_index,
                          LoomSite);
};
