// Operands in L1, and their copies once L1 is given away.
#include "runtime/core/operands.hpp"

#include <algorithm>
#include <cstring>

namespace loom::runtime {

void fail_without_tile(const Thread& thread, std::uint32_t cb_index, std::uint32_t index, LoomSite site) {
    if (cb_index >= kNumCircularBuffers || !thread.core->cbs[cb_index].exists)
        fail_for_missing_cb(thread, cb_index, site, "a compute operand");
    const CircularBuffer& cb = thread.core->cbs[cb_index];
    const std::uint64_t first =
        std::uint64_t{thread.cb[cb_index].read} + std::uint64_t{index} * cb.config.page_bytes;
    fail(Code::READ_OUTSIDE_CB, thread.where(site, fmt::format("tile {} of c_{}", index, cb_index)),
         first - cb.base, cb.tile_size, cb_index, cb.config.total_bytes);
}

OperandView rows_view(Thread& thread, std::uint32_t cb_index, std::uint32_t block, std::uint32_t index,
                      LoomSite site) {
    const CircularBuffer& cb = existing_cb(thread, cb_index, site, "tilize_block");
    const std::uint32_t row_bytes = tile::kSide * element_bytes(cb.config.format);
    OperandView view{nullptr, cb.config.tile_height, row_bytes, block * row_bytes};
    const std::uint64_t first = std::uint64_t{thread.cb[cb_index].read} + std::uint64_t{index} * row_bytes;
    const std::uint64_t last = first + std::uint64_t{view.rows - 1} * view.pitch_bytes + row_bytes;
    if (last > cb.limit())
        fail(Code::READ_OUTSIDE_CB,
             thread.where(site, fmt::format("tilize_block, tile {} of c_{}", index, cb_index)),
             first - cb.base, last - first, cb_index, cb.config.total_bytes);
    view.data = reinterpret_cast<const std::byte*>(first);
    return view;
}

const Core::Copied* copied_operands(const Thread& math) {
    if (math.operations >= math.core->copied_operations) return nullptr;
    return &math.core->copies[math.operations % Core::kSourceSlots];
}

void keep_operands(Core& core) {
    Thread& unpack = *core.unpack;
    for (std::uint64_t operation = std::max(core.math->operations, core.copied_operations);
         operation < unpack.operations; ++operation) {
        const Core::Issued& issued = core.issued[operation % Core::kSourceSlots];
        Core::Copied& copies = core.copies[operation % Core::kSourceSlots];
        for (std::uint32_t i = 0; i < issued.count; ++i) {
            const std::uint32_t cb = issued.operands.cb(i);
            core.lent.settle(cb);
            const std::uint32_t tile = issued.operands.tile(i);
            const std::uint32_t bytes = core.cbs[cb].tile_size;
            OperandView view = issued.block != 0
                                   ? rows_view(unpack, cb, issued.block, tile, {})
                                   : OperandView{tile_address(unpack, cb, tile, {}), 1, bytes, bytes};
            std::byte* kept = copies.bytes[i].data();
            for (std::uint32_t row = 0; row < view.rows; ++row)
                std::memcpy(kept + std::size_t{row} * view.row_bytes,
                            view.data + std::size_t{row} * view.pitch_bytes, view.row_bytes);
            view.data = kept;
            view.pitch_bytes = view.row_bytes;
            copies.views[i] = view;
        }
    }
    core.copied_operations = unpack.operations;
}

}  // namespace loom::runtime
