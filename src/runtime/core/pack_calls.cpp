// The engine's side of PACK's calls: DST tiles to L1.
#include <utility>

#include "runtime/core/core.hpp"
#include "runtime/launch.hpp"
#include "tile/silicon/tiles.hpp"

namespace loom::runtime {
namespace {

void dst_wait(LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    core.maybe_yield(thread);
    if (core.dst.committed() == 0)
        thread.block({.kind = Wait::Kind::dst_data, .call = "tile_regs_wait", .site = site});
    thread.dst_waited = true;
}

void dst_release(LoomSite site) {
    Thread& thread = current_thread();
    if (!thread.dst_waited) fail(Code::DST_NOT_WAITED, thread.where(site, "tile_regs_release"));
    thread.dst_waited = false;
    thread.core->dst.release();
    thread.core->maybe_yield(thread);
}

/// DST, where PACK may take tile `dst` from it.
Dst& dst_to_pack(const Thread& thread, std::uint32_t dst, LoomSite site, const char* call) {
    Dst& regs = thread.core->dst;
    if (!thread.dst_waited) fail(Code::DST_NOT_WAITED, thread.where(site, call));
    if (dst >= regs.capacity())
        fail(Code::DST_CAPACITY, thread.where(site, call), dst, regs.capacity(), regs.config().fp32 ? 32 : 16,
             regs.config().full_sync ? "full" : "half");
    return regs;
}

void pack_tile(std::uint32_t dst, std::uint32_t cb_index, std::uint32_t out_tile, bool out_of_order,
               LoomSite site) {
    Thread& thread = current_thread();
    const CircularBuffer& cb = existing_cb(thread, cb_index, site, "pack_tile");
    if (thread.untilize_block != 0)
        fail(Code::PACK_MODE, thread.where(site, "pack_tile"), "pack_untilize_uninit");
    CbPointers& mine = thread.cb[cb_index];
    const std::uint64_t at =
        std::uint64_t{mine.write} +
        (out_of_order ? std::uint64_t{out_tile} * cb.config.page_bytes : mine.pack_offset);
    if (at + cb.tile_size > cb.limit())
        fail(Code::WRITE_OUTSIDE_CB, thread.where(site, fmt::format("pack_tile({}, c_{})", dst, cb_index)),
             cb.tile_size, at - cb.base, cb_index, cb.config.total_bytes);
    Dst& regs = dst_to_pack(thread, dst, site, "pack_tile");
    if (LentPages& lent = thread.core->lent; lent.any(cb_index)) {
        // Operands among its pages are read first; then they are there no more.
        regs.before_write(cb.overlaps);
        if (thread.pack_accumulate) lent.settle(cb_index);
        lent.overwrite(cb_index, static_cast<std::uint32_t>(at), cb.tile_size);
    }
    regs.pack(dst, thread.pack_mask, thread.pack_accumulate, cb.config.format, reinterpret_cast<void*>(at),
              cb.overlaps);
    if (!out_of_order) mine.pack_offset += cb.config.page_bytes;
}

// Whether PACK, at the row of tiles that MATH offers, could do nothing else than take it; then it has.
bool take_tilized(Thread& thread, const CircularBuffer& cb, std::uint32_t cb_index, std::uint32_t block,
                  std::uint32_t out_tile) {
    Core& core = *thread.core;
    Core::Tilizing& row = core.tilizing;
    const std::uint64_t at =
        std::uint64_t{thread.cb[cb_index].write} + std::uint64_t{out_tile} * cb.config.page_bytes;
    if (!row.offered || row.tiles != block || thread.untilize_block != 0 || thread.dst_waited ||
        thread.pack_mask != tile::PackMask::all || thread.pack_accumulate ||
        cb.config.page_bytes != cb.tile_size || at + std::uint64_t{block} * cb.tile_size > cb.limit() ||
        (cb.overlaps >> row.cb & 1u) != 0 || !core.dst.tilize_moves(row.format, row.cb, cb.config.format))
        return false;
    core.dst.before_write(cb.overlaps);
    const auto to = static_cast<std::uint32_t>(at);
    const auto from = l1_address(row.first.data);
    tile::Sticks sticks;
    const bool lent = core.lent.sticks(row.cb, from, row.first.rows, row.first.pitch_bytes, sticks);
    if (!lent || row.format != cb.config.format ||
        !core.lent.lend_tiles(cb_index, to, block, sticks, row.first.rows)) {
        if (core.lent.any(cb_index)) core.lent.overwrite(cb_index, to, block * cb.tile_size);
        tile::tilize_to_tiles(sticks, 0, row.first.rows, row.format, block, cb.config.format,
                              reinterpret_cast<void*>(at));
        if (core.dst.is_silicon())
            tile::silicon::pack_again(cb.config.format, reinterpret_cast<void*>(at), block);
    }
    row.offered = false;
    row.taken = true;
    return true;
}

void pack_tilized(std::uint32_t cb_index, std::uint32_t block, std::uint32_t out_tile, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    if (core.in_bulk()) {
        const CircularBuffer& cb = existing_cb(thread, cb_index, site, "pack_tile");
        if (core.dst.committed() == 0 && !core.tilizing.offered)
            thread.block(
                {.kind = Wait::Kind::dst_data, .call = "tile_regs_wait", .site = site, .offer = true});
        if (core.dst.committed() == 0 && take_tilized(thread, cb, cb_index, block, out_tile)) return;
    }
    for (std::uint32_t t = 0; t < block; ++t) {
        core.shared.engine->dst_wait(site);
        core.shared.engine->pack_tile(0, cb_index, out_tile + t, true, site);
        core.shared.engine->dst_release(site);
    }
}

void pack_mask(std::uint32_t mask) {
    current_thread().pack_mask = static_cast<tile::PackMask>(mask);
}

void pack_accumulate(bool on) {
    current_thread().pack_accumulate = on;
}

void pack_untilize_mode(std::uint32_t cb, std::uint32_t block, std::uint32_t full, LoomSite site) {
    Thread& thread = current_thread();
    existing_cb(thread, cb, site, "pack_untilize_dest_init");
    thread.untilize_block = block;
    thread.untilize_full = full;
}

void pack_untilize(std::uint32_t cb_index, std::uint32_t block, std::uint32_t full, std::uint32_t rows,
                   std::uint32_t block_index, LoomSite site) {
    Thread& thread = current_thread();
    const CircularBuffer& cb = existing_cb(thread, cb_index, site, "pack_untilize_dest");
    constexpr const char* call = "pack_untilize_dest";
    if (thread.untilize_block != block || thread.untilize_full != full || rows != 1)
        fail(Code::PACK_MODE, thread.where(site, call),
             fmt::format("pack_untilize_dest_init<{}, {}>, with one row of blocks,", block, full));
    const std::uint32_t tile_row_bytes = tile::kSide * element_bytes(cb.config.format);
    const std::uint64_t pitch = std::uint64_t{full} * tile_row_bytes;
    const std::uint64_t first =
        std::uint64_t{thread.cb[cb_index].write} + std::uint64_t{block_index} * block * tile_row_bytes;
    const std::uint64_t end = first + (tile::kSide - 1) * pitch + std::uint64_t{block} * tile_row_bytes;
    if (end > cb.limit())
        fail(Code::WRITE_OUTSIDE_CB, thread.where(site, call), end - first, first - cb.base, cb_index,
             cb.config.total_bytes);
    if (block != 0) dst_to_pack(thread, block - 1, site, call);
    Core& core = *thread.core;
    OwedSticks* owed = nullptr;
    // What fits the first cache is as well copied from there, stick by stick.
    constexpr std::uint64_t kSmallBytes = 16 << 10;
    if (core.may_owe() && pitch * tile::kSide > kSmallBytes) {
        core.dst.before_write(cb.overlaps);
        owed = core.lent.owe(cb_index, thread.cb[cb_index].write, static_cast<std::uint32_t>(pitch),
                             block_index * block, full);
        if (owed != nullptr) owed->next_block();
    } else if (core.lent.any(cb_index)) {
        core.dst.before_write(cb.overlaps);
        core.lent.settle(cb_index);
    }
    for (std::uint32_t t = 0; t < block; ++t) {
        if (owed != nullptr && core.dst.owe(t, *owed)) continue;
        if (std::exchange(owed, nullptr) != nullptr) core.lent.settle(cb_index);
        core.dst.untilize(t, cb.config.format,
                          reinterpret_cast<void*>(first + std::uint64_t{t} * tile_row_bytes), pitch,
                          cb.overlaps);
    }
}

}  // namespace

void fill_pack_calls(LoomEngine& table) {
    table.dst_wait = dst_wait;
    table.dst_release = dst_release;
    table.pack_tile = pack_tile;
    table.pack_tilized = pack_tilized;
    table.pack_mask = pack_mask;
    table.pack_accumulate = pack_accumulate;
    table.pack_untilize_mode = pack_untilize_mode;
    table.pack_untilize = pack_untilize;
}

}  // namespace loom::runtime
