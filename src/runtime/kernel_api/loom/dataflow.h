// The data-movement API as reader and writer kernels spell it.
#pragma once

#include "loom/common.h"

constexpr uint8_t noc_index = 0;

// --- Circular buffers

/// Blocks until `pages` pages are free. Holds nothing: calling it twice is calling it once.
FORCE_INLINE void cb_reserve_back(uint32_t cb, uint32_t pages, LOOM_AT) {
    loom_engine.cb_reserve_back(cb, pages, loom_site);
}
/// Hands `pages` written pages to the consumer and moves this thread's write pointer.
FORCE_INLINE void cb_push_back(uint32_t cb, uint32_t pages, LOOM_AT) {
    loom_engine.cb_push_back(cb, pages, loom_site);
}
/// Blocks until `pages` pages, counted from the last pop, are there.
FORCE_INLINE void cb_wait_front(uint32_t cb, uint32_t pages, LOOM_AT) {
    loom_engine.cb_wait_front(cb, pages, loom_site);
}
/// Gives `pages` pages back to the producer and moves this thread's read pointer.
FORCE_INLINE void cb_pop_front(uint32_t cb, uint32_t pages, LOOM_AT) {
    loom_engine.cb_pop_front(cb, pages, loom_site);
}
FORCE_INLINE bool cb_pages_reservable_at_back(uint32_t cb, uint32_t pages, LOOM_AT) {
    return loom_engine.cb_pages_reservable(cb, pages, loom_site);
}
FORCE_INLINE bool cb_pages_available_at_front(uint32_t cb, uint32_t pages, LOOM_AT) {
    return loom_engine.cb_pages_available(cb, pages, loom_site);
}
FORCE_INLINE uint32_t get_write_ptr(uint32_t cb, LOOM_AT) {
    return loom_engine.cb_write_ptr(cb, loom_site);
}
FORCE_INLINE uint32_t get_read_ptr(uint32_t cb, LOOM_AT) {
    return loom_engine.cb_read_ptr(cb, loom_site);
}

/// The object form (tt-metal, 2026).
class CircularBuffer {
public:
    explicit CircularBuffer(uint32_t cb) : cb_(cb) {}
    FORCE_INLINE void reserve_back(uint32_t pages, LOOM_AT) const { cb_reserve_back(cb_, pages, loom_site); }
    FORCE_INLINE void push_back(uint32_t pages, LOOM_AT) const { cb_push_back(cb_, pages, loom_site); }
    FORCE_INLINE void wait_front(uint32_t pages, LOOM_AT) const { cb_wait_front(cb_, pages, loom_site); }
    FORCE_INLINE void pop_front(uint32_t pages, LOOM_AT) const { cb_pop_front(cb_, pages, loom_site); }
    FORCE_INLINE uint32_t get_write_ptr(LOOM_AT) const { return ::get_write_ptr(cb_, loom_site); }
    FORCE_INLINE uint32_t get_read_ptr(LOOM_AT) const { return ::get_read_ptr(cb_, loom_site); }
    uint32_t get_tile_size() const { return ::get_tile_size(cb_); }

private:
    uint32_t cb_;
};
using DataflowBuffer = CircularBuffer;

// --- NoC

FORCE_INLINE uint64_t get_noc_addr(uint32_t x, uint32_t y, uint32_t l1_address, uint8_t = noc_index,
                                   LOOM_AT) {
    return loom_engine.noc_address(x, y, l1_address, loom_site);
}
/// The NoC address of an L1 address of this core.
FORCE_INLINE uint64_t get_noc_addr(uint32_t l1_address, uint8_t = noc_index, LOOM_AT) {
    return loom_engine.noc_own_address(l1_address, loom_site);
}
/// Starts a read; the data may be relied on after noc_async_read_barrier only.
FORCE_INLINE void noc_async_read(uint64_t source, uint32_t l1_destination, uint32_t bytes,
                                 uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_read(source, l1_destination, bytes, loom_site);
}
/// Starts a write; the source may be reused, and the data has landed, after noc_async_write_barrier.
FORCE_INLINE void noc_async_write(uint32_t l1_source, uint64_t destination, uint32_t bytes,
                                  uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_write(l1_source, destination, bytes, loom_site);
}
/// The L1 address of a rectangle of cores, corners included, in NoC coordinates.
FORCE_INLINE uint64_t get_noc_multicast_addr(uint32_t x_start, uint32_t y_start, uint32_t x_end,
                                             uint32_t y_end, uint32_t l1_address, uint8_t = noc_index,
                                             LOOM_AT) {
    const uint32_t corners[4] = {x_start, y_start, x_end, y_end};
    return loom_engine.noc_multicast_address(corners, l1_address, loom_site);
}
/// To each core of a rectangle but the sender; `num_dests` is how many those are.
FORCE_INLINE void noc_async_write_multicast(uint32_t l1_source, uint64_t destination, uint32_t bytes,
                                            uint32_t num_dests, bool = false, uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_write_multicast(l1_source, destination, bytes, num_dests, false, loom_site);
}
/// To each core of a rectangle, the sender with them if it lies there; `num_dests` counts it.
FORCE_INLINE void noc_async_write_multicast_loopback_src(uint32_t l1_source, uint64_t destination,
                                                         uint32_t bytes, uint32_t num_dests, bool = false,
                                                         uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_write_multicast(l1_source, destination, bytes, num_dests, true, loom_site);
}
FORCE_INLINE void noc_async_read_barrier(uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_read_barrier(loom_site);
}
FORCE_INLINE void noc_async_write_barrier(uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_write_barrier(loom_site);
}
/// The sources of all writes may be reused; they need not have landed.
FORCE_INLINE void noc_async_writes_flushed(uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_writes_flushed(loom_site);
}
FORCE_INLINE void noc_async_full_barrier(uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_read_barrier(loom_site);
    loom_engine.noc_write_barrier(loom_site);
}

/// 512 bytes of L1 that are always zero: read them with get_noc_addr(MEM_ZEROS_BASE).
#define MEM_ZEROS_BASE 0x2000
#define MEM_ZEROS_SIZE 512

// --- Semaphores

FORCE_INLINE uint32_t get_semaphore(uint32_t id, LOOM_AT) {
    return loom_engine.semaphore_address(id, loom_site);
}
FORCE_INLINE void noc_semaphore_set(volatile tt_l1_ptr uint32_t* word, uint32_t value, LOOM_AT) {
    loom_engine.semaphore_set(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word)), value, loom_site);
}
FORCE_INLINE void noc_semaphore_wait(volatile tt_l1_ptr uint32_t* word, uint32_t value, LOOM_AT) {
    loom_engine.semaphore_wait(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word)), value, false,
                               loom_site);
}
FORCE_INLINE void noc_semaphore_wait_min(volatile tt_l1_ptr uint32_t* word, uint32_t value, LOOM_AT) {
    loom_engine.semaphore_wait(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(word)), value, true,
                               loom_site);
}
/// Writes this core's semaphore word to the same place of each core of a rectangle but the sender.
FORCE_INLINE void noc_semaphore_set_multicast(uint32_t l1_source, uint64_t destination, uint32_t num_dests,
                                              bool = false, uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_write_multicast(l1_source, destination, 4, num_dests, false, loom_site);
}
FORCE_INLINE void noc_semaphore_inc(uint64_t noc_address, uint32_t value, uint8_t = noc_index, LOOM_AT) {
    loom_engine.semaphore_increment(noc_address, value, loom_site);
}

// --- Tensors

/// The compile-time words of an interleaved tensor: [configuration (bit 1: DRAM), aligned page size in
/// bytes]. Step with next_compile_time_args_offset(): the number of words is tt-metal's to change.
template <uint32_t cta_offset, uint32_t crta_offset = 0>
struct TensorAccessorArgs {
    static constexpr bool is_dram = (get_compile_time_arg_val(cta_offset) & 2u) != 0;
    static constexpr uint32_t aligned_page_size = get_compile_time_arg_val(cta_offset + 1);
    static constexpr uint32_t next_compile_time_args_offset() { return cta_offset + 2; }
    static constexpr uint32_t next_common_runtime_args_offset() { return crta_offset; }
};

/// Where the pages of an interleaved tensor lie: page p in bank p mod banks, at row p / banks, rows being
/// aligned pages apart.
template <typename Args>
class TensorAccessor {
public:
    TensorAccessor(Args, uint32_t base_address, uint32_t page_size = Args::aligned_page_size)
        : base_(base_address), page_size_(page_size) {}
    FORCE_INLINE uint64_t get_noc_addr(uint32_t page, uint32_t offset = 0, uint8_t = noc_index,
                                       LOOM_AT) const {
        return loom_engine.noc_page_address(Args::is_dram, page, base_, page_size_, offset, loom_site);
    }
    uint32_t get_aligned_page_size() const { return Args::aligned_page_size; }
    uint32_t page_size() const { return page_size_; }

private:
    uint32_t base_;
    uint32_t page_size_;
};

/// The older address generator.
template <bool is_dram>
struct InterleavedAddrGen {
    uint32_t bank_base_address;
    uint32_t page_size;
    FORCE_INLINE uint64_t get_noc_addr(uint32_t page, uint32_t offset = 0, uint8_t = noc_index,
                                       LOOM_AT) const {
        return loom_engine.noc_page_address(is_dram, page, bank_base_address, page_size, offset, loom_site);
    }
};

template <typename AddrGen>
FORCE_INLINE uint64_t get_noc_addr(uint32_t page, const AddrGen& tensor, uint32_t offset = 0,
                                   uint8_t = noc_index, LOOM_AT) {
    return tensor.get_noc_addr(page, offset, noc_index, loom_site);
}
template <typename AddrGen>
FORCE_INLINE void noc_async_read_page(uint32_t page, const AddrGen& tensor, uint32_t l1_destination,
                                      uint32_t offset = 0, uint8_t = noc_index, LOOM_AT) {
    loom_engine.noc_read(tensor.get_noc_addr(page, offset, noc_index, loom_site), l1_destination,
                         tensor.get_aligned_page_size() - offset, loom_site);
}
template <typename AddrGen>
FORCE_INLINE void noc_async_write_page(uint32_t page, const AddrGen& tensor, uint32_t l1_source,
                                       uint32_t bytes = 0, uint32_t offset = 0, uint8_t = noc_index,
                                       LOOM_AT) {
    loom_engine.noc_write(l1_source, tensor.get_noc_addr(page, offset, noc_index, loom_site),
                          bytes != 0 ? bytes : tensor.get_aligned_page_size() - offset, loom_site);
}
