// What UNPACK hands to MATH: tiles, or sticks of one, at a thread's read pointer.
#pragma once

#include "runtime/core/core.hpp"

namespace loom::runtime {

/// The tile `index` pages from a thread's read pointer, null where there is none. There is no wrap inside a read.
inline const std::byte* find_tile(const Thread& thread, std::uint32_t cb_index, std::uint32_t index) {
    if (cb_index >= kNumCircularBuffers) return nullptr;
    const CircularBuffer& cb = thread.core->cbs[cb_index];
    const std::uint64_t first =
        std::uint64_t{thread.cb[cb_index].read} + std::uint64_t{index} * cb.config.page_bytes;
    return first <= cb.last_tile ? reinterpret_cast<const std::byte*>(first) : nullptr;
}

/// Says why find_tile() found none.
[[noreturn, gnu::cold]] void fail_without_tile(const Thread& thread, std::uint32_t cb_index,
                                               std::uint32_t index, LoomSite site);

/// The same as find_tile(), or READ_OUTSIDE_CB.
inline const std::byte* tile_address(const Thread& thread, std::uint32_t cb_index, std::uint32_t index,
                                     LoomSite site) {
    const std::byte* const tile = find_tile(thread, cb_index, index);
    if (tile == nullptr) [[unlikely]]
        fail_without_tile(thread, cb_index, index, site);
    return tile;
}

/// Column block `index` of `block` of the sticks there, or READ_OUTSIDE_CB.
OperandView rows_view(Thread& thread, std::uint32_t cb_index, std::uint32_t block, std::uint32_t index,
                      LoomSite site);

/// The operands of MATH's next operation if UNPACK had to copy them, else nullptr.
const Core::Copied* copied_operands(const Thread& math);

}  // namespace loom::runtime
