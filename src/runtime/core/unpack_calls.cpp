// The engine's side of UNPACK's calls: what MATH is handed.
#include "runtime/core/operands.hpp"
#include "runtime/launch.hpp"

namespace loom::runtime {
namespace {

void issue(Thread& thread, LoomOperands operands, std::uint32_t block) {
    Core::SourceSlot& slot = thread.core->sources[thread.operations % Core::kSourceSlots];
    slot.operands = operands;
    slot.block = block;
    slot.copied = false;
    ++thread.operations;
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse_tiles(LoomOperands operands, LoomSite site) {
    Thread& thread = current_thread();
    if (thread.tilize_block != 0) fail(Code::UNPACK_MODE, thread.where(site, "a tile operand"));
    const bool first = find_tile(thread, operands.cb[0], operands.tile[0]) == nullptr;
    fail_without_tile(thread, operands.cb[first ? 0 : 1], operands.tile[first ? 0 : 1], site);
}

void unpack_tiles(LoomOperands operands, LoomSite site) {
    Thread& thread = current_thread();
    if (thread.tilize_block != 0 || find_tile(thread, operands.cb[0], operands.tile[0]) == nullptr ||
        (operands.count == 2 && find_tile(thread, operands.cb[1], operands.tile[1]) == nullptr)) [[unlikely]]
        return refuse_tiles(operands, site);
    issue(thread, operands, 0);
}

void unpack_tilize_mode(std::uint32_t cb, std::uint32_t block, LoomSite site) {
    Thread& thread = current_thread();
    existing_cb(thread, cb, site, "tilize_init");
    thread.tilize_block = block;
}

void unpack_rows(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    if (thread.tilize_block != block)
        fail(Code::TILIZE_BLOCK, thread.where(site, fmt::format("tilize_block(c_{}, {})", cb, block)),
             thread.tilize_block, block);
    rows_view(thread, cb, block, tile, site);
    issue(thread, {1, {static_cast<std::uint16_t>(cb), 0}, {tile, 0}}, block);
}

void unpack_block(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    if (block < Core::kSourceSlots || !thread.core->in_bulk() || thread.tilize_block != block) {
        for (std::uint32_t t = 0; t < block; ++t)
            thread.core->shared.engine->unpack_rows(cb, block, tile + t, site);
        return;
    }
    rows_view(thread, cb, block, tile, site);
    thread.operations += block - Core::kSourceSlots;
    for (std::uint32_t t = block - Core::kSourceSlots; t < block; ++t) unpack_rows(cb, block, tile + t, site);
}

}  // namespace

void fill_unpack_calls(LoomEngine& table) {
    table.unpack_tiles = unpack_tiles;
    table.unpack_tilize_mode = unpack_tilize_mode;
    table.unpack_rows = unpack_rows;
    table.unpack_block = unpack_block;
}

}  // namespace loom::runtime
