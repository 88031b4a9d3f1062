// A circular buffer's state, and the arithmetic of its protocol.
//
// Silicon's rules: pointers belong to a thread, counters are shared; counters count pages modulo 2^16; a
// pointer wraps only when it meets the limit exactly.
#pragma once

#include <cstdint>

#include "util/data_format.hpp"

namespace loom::runtime {

inline constexpr std::uint32_t kNumCircularBuffers = 32;

/// Where one circular buffer of one core lies, and what its pages are.
struct CbConfig {
    std::uint32_t index = 0;        ///< 0..31
    std::uint32_t offset = 0;       ///< first byte, from the start of L1
    std::uint32_t total_bytes = 0;  ///< a multiple of page_bytes
    std::uint32_t page_bytes = 0;
    DataFormat format = DataFormat::Float16_b;
    std::uint32_t tile_height = 32;  ///< rows that tilize reads, 1..32
    std::uint32_t tile_width = 32;

    std::uint32_t num_pages() const { return total_bytes / page_bytes; }
    /// The byte after the last, from the start of L1.
    std::uint64_t end() const { return std::uint64_t{offset} + total_bytes; }
    /// Bytes of one tile of this buffer's format and tile shape.
    std::uint32_t tile_bytes() const { return tile_height * tile_width * element_bytes(format); }
    bool operator==(const CbConfig&) const = default;
};

/// What all threads of a core share of one circular buffer.
struct CircularBuffer {
    CbConfig config;
    bool exists = false;
    std::uint32_t base = 0;       ///< address of the first byte, as kernels see it
    std::uint32_t tile_size = 0;  ///< config.tile_bytes(), which every compute call asks for
    std::uint32_t last_tile = 0;  ///< the last address at which a tile fits; 0 where there is none
    std::uint32_t overlaps = 0;   ///< one bit a circular buffer that has bytes in common with this one
    std::uint16_t received = 0;   ///< pages pushed, modulo 2^16
    std::uint16_t acked = 0;      ///< pages popped, modulo 2^16
    std::uint64_t pushed_pages = 0;
    std::uint64_t popped_pages = 0;
    int producer = -1;  ///< thread that reserved or pushed last
    int consumer = -1;  ///< thread that waited or popped last

    std::uint32_t available() const { return static_cast<std::uint16_t>(received - acked); }
    std::uint32_t free_pages() const { return config.num_pages() - available(); }
    std::uint32_t limit() const { return base + config.total_bytes; }
};

/// What each thread has to itself of one circular buffer.
struct CbPointers {
    std::uint32_t read = 0;
    std::uint32_t write = 0;
    std::uint32_t pack_offset = 0;  ///< bytes past `write` where the next in-order pack goes
};

/// `pointer` moved on by `bytes`; false, and unmoved, when that would pass the limit without meeting it.
inline bool advance(std::uint32_t& pointer, std::uint32_t bytes, const CircularBuffer& cb) {
    const std::uint64_t next = std::uint64_t{pointer} + bytes;
    if (next > cb.limit()) return false;
    pointer = next == cb.limit() ? cb.base : static_cast<std::uint32_t>(next);
    return true;
}

}  // namespace loom::runtime
