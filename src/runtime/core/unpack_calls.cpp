// The engine's side of UNPACK's calls: what MATH is handed.
#include "runtime/core/operands.hpp"
#include "runtime/launch.hpp"

namespace loom::runtime {
namespace {

void issue(Thread& thread, const Core::Issued& issued) {
    thread.core->issued[thread.operations % Core::kSourceSlots] = issued;
    ++thread.operations;
}

[[noreturn, gnu::cold, gnu::noinline]] void refuse_tile(std::uint32_t cb, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    if (thread.tilize_block != 0) fail(Code::UNPACK_MODE, thread.where(site, "a tile operand"));
    fail_without_tile(thread, cb, tile, site);
}

void unpack_tile(std::uint32_t cb, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    if (thread.tilize_block != 0 || find_tile(thread, cb, tile) == nullptr) [[unlikely]]
        refuse_tile(cb, tile, site);
    issue(thread, {{{LoomOperands::word(cb, tile), 0}}, 1, 0});
}

void unpack_tiles(LoomOperands operands, LoomSite site) {
    Thread& thread = current_thread();
    for (std::uint32_t i = 0; i < 2; ++i)
        if (thread.tilize_block != 0 || find_tile(thread, operands.cb(i), operands.tile(i)) == nullptr)
            [[unlikely]]
            refuse_tile(operands.cb(i), operands.tile(i), site);
    issue(thread, {operands, 2, 0});
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
    issue(thread, {{{LoomOperands::word(cb, tile), 0}}, 1, block});
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
    table.unpack_tile = unpack_tile;
    table.unpack_tiles = unpack_tiles;
    table.unpack_tilize_mode = unpack_tilize_mode;
    table.unpack_rows = unpack_rows;
    table.unpack_block = unpack_block;
}

}  // namespace loom::runtime
