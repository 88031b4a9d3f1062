// What a kernel image and the engine share: the calls that the engine answers, as one table of functions.
// A kernel sees them through loom/dataflow.h and loom/compute.h, which spell them as Metalium does.
#pragma once

#include <stdint.h>

/// The place of a call in a kernel's source; the engine names it when a call goes wrong or never returns.
struct LoomSite {
    const char* file;
    uint64_t line;  ///< of 64 bits, since half a word that is stored and loaded as a whole one stalls the CPU
};

/// Two operands of a compute call, each in one word, for the same reason.
struct LoomOperands {
    uint64_t words[2];
    static constexpr uint64_t word(uint32_t cb, uint32_t tile) {
        return cb | static_cast<uint64_t>(tile) << 32;
    }
    constexpr uint32_t cb(uint32_t which) const { return static_cast<uint32_t>(words[which]); }
    /// From the read pointer.
    constexpr uint32_t tile(uint32_t which) const { return static_cast<uint32_t>(words[which] >> 32); }
};

/// What an init call sets up; only checked images say so. `detail` tells kinds of one row apart.
enum LoomInit : uint32_t {
    loom_init_startup,      ///< everything: SrcA (cb[0]), SrcB (cb[1]), DST
    loom_init_formats,      ///< of SrcA (cb[0]) and SrcB (cb[1])
    loom_init_format_a,     ///< of SrcA
    loom_init_format_b,     ///< of SrcB
    loom_init_format_pack,  ///< of the packer
    loom_init_copy,
    loom_init_broadcast,  ///< unary; detail: BroadcastType
    loom_init_binary,     ///< detail: EltwiseBinaryType * 4 + BroadcastType
    loom_init_reuse,      ///< detail: EltwiseBinaryType * 2 + 1 where DST is operand A
    loom_init_reduce,     ///< detail: ReduceDim
    loom_init_tilize,
    loom_init_untilize,
    loom_init_sfpu,         ///< detail: LoomSfpu
    loom_init_undo_reduce,  ///< the four that undo what an init left behind
    loom_init_undo_tilize,
    loom_init_undo_untilize,
    loom_init_undo_broadcast
};
/// SFPU functions that share an init.
enum LoomSfpu : uint32_t {
    loom_sfpu_scalar,
    loom_sfpu_fill,
    loom_sfpu_rsqrt,
    loom_sfpu_sqrt,
    loom_sfpu_reciprocal,
    loom_sfpu_square,
    loom_sfpu_negate,
    loom_sfpu_absolute,
    loom_sfpu_typecast,
    loom_sfpu_add,
    loom_sfpu_subtract,
    loom_sfpu_multiply,
    loom_sfpu_copy_dest,
    loom_sfpu_bcast_col,
    loom_sfpu_bcast_row,
    loom_sfpu_reduce
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
    void (*noc_write_multicast)(uint32_t source, uint64_t destination, uint32_t bytes, uint32_t cores,
                                bool with_own, LoomSite);
    uint64_t (*noc_multicast_address)(const uint32_t (&corners)[4], uint32_t l1_address, LoomSite);
    void (*noc_writes_flushed)(LoomSite);
    void (*noc_read_barrier)(LoomSite);
    void (*noc_write_barrier)(LoomSite);

    // Semaphores.
    uint32_t (*semaphore_address)(uint32_t id, LoomSite);
    void (*semaphore_set)(uint32_t l1_address, uint32_t value, LoomSite);
    void (*semaphore_increment)(uint64_t noc_address, uint32_t value, LoomSite);
    void (*semaphore_wait)(uint32_t l1_address, uint32_t value, bool at_least, LoomSite);

    // Compute, UNPACK.
    void (*unpack_tile)(uint32_t cb, uint32_t tile, LoomSite);
    void (*unpack_tiles)(LoomOperands, LoomSite);
    void (*unpack_tilize_mode)(uint32_t cb, uint32_t block, LoomSite);  // block 0: off
    void (*unpack_rows)(uint32_t cb, uint32_t block, uint32_t tile, LoomSite);
    void (*unpack_block)(uint32_t cb, uint32_t block, uint32_t tile, LoomSite);  // `block` times unpack_rows

    // Compute, MATH.
    void (*dst_acquire)(LoomSite);
    void (*dst_commit)(LoomSite);
    void (*math_copy)(uint32_t cb, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_broadcast)(uint32_t kind, uint32_t cb, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_binary)(uint32_t op, uint32_t broadcast, bool accumulate, LoomOperands, uint32_t dst,
                        LoomSite);
    void (*math_binary_reuse)(uint32_t op, bool dst_is_a, uint32_t cb, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_binary_dst)(uint32_t op, uint32_t a, uint32_t b, uint32_t out, LoomSite);
    void (*math_broadcast_dst)(uint32_t op, uint32_t kind, uint32_t dst, uint32_t vector, LoomSite);
    void (*math_copy_dst)(uint32_t from, uint32_t to, LoomSite);
    void (*math_unary)(uint32_t function, float scalar, uint32_t dst, LoomSite);
    void (*math_reduce)(uint32_t dim, LoomOperands, uint32_t dst, LoomSite);
    void (*math_reduce_dst)(uint32_t dst, LoomSite);
    void (*math_tilize)(uint32_t cb, uint32_t block, uint32_t tile, uint32_t dst, LoomSite);
    void (*math_tilize_block)(uint32_t cb, uint32_t block, uint32_t tile, LoomSite);

    // Compute, PACK.
    void (*dst_wait)(LoomSite);
    void (*dst_release)(LoomSite);
    void (*pack_tile)(uint32_t dst, uint32_t cb, uint32_t out_tile, bool out_of_order, LoomSite);
    void (*pack_tilized)(uint32_t cb, uint32_t block, uint32_t out_tile, LoomSite);
    void (*pack_mask)(uint32_t mask);
    void (*pack_accumulate)(bool on);
    void (*pack_untilize_mode)(uint32_t cb, uint32_t block, uint32_t full, LoomSite);  // block 0: off
    void (*pack_untilize)(uint32_t cb, uint32_t block, uint32_t full, uint32_t rows, uint32_t block_index,
                          LoomSite);

    // Before each load or store of the kernel's own that is not to its stack: of one value, and of bytes that may lie
    // anywhere (copies, fills, packed structs). `code` is where the hook returns to.
    void (*memory_access)(const void* address, uint32_t bytes, bool write, const void* code);
    // Steps of the kernel's code between calls: how many are left lies so many bytes from the host thread's pointer, and
    // when none is, the engine looks what the kernel does.
    void (*no_step_left)(const void* code);
    int64_t steps_left;
    void (*memory_range)(const void* address, uint64_t bytes, bool write, const void* code);
    // As a function begins whose frame lies deeper in the stack than any kernel's should.
    void (*deep_stack)(uint32_t bytes, const void* code);
    // In place of a function that would end the process.
    void (*stop)(const char* call, const void* code);
    // Called by checked images only.
    void (*init)(LoomInit kind, uint32_t detail, const uint32_t (&cb)[2], LoomSite);
};
