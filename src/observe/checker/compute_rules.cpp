// Rules of the compute threads: DST between acquire and release, ops under their init, and what nobody wrote.
#include <algorithm>

#include "observe/checker/rules.hpp"

namespace loom::checker {
namespace {

using runtime::CircularBuffer;
using runtime::Thread;
using tile::kSide;

std::uint64_t page_of(const Thread& thread, std::uint32_t cb, std::uint32_t index) {
    return std::uint64_t{thread.cb[cb].read} + std::uint64_t{index} * thread.core->cbs[cb].config.page_bytes;
}

// --- UNPACK: reads L1, and hands operands over

TileShadow read_tile(ThreadState& state, std::uint32_t cb_index, std::uint32_t index, const Spot& spot) {
    const CircularBuffer& cb = state.thread->core->cbs[cb_index];
    const Extent extent = Rules::l1_extent(state, page_of(*state.thread, cb_index, index), cb.tile_size);
    Rules::active().touch_l1(state, extent, false, spot);
    return load_tile({state.core->shadow + extent.begin, cb.tile_size}, element_bytes(cb.config.format));
}

void issued(ThreadState& state, std::uint64_t operation, const TileShadow& a, const TileShadow& b) {
    state.core->issued.join(state.clock);
    state.clock.tick(state.id);
    if (a.any || b.any) state.core->operands[operation] = {a, b};
}

void unpack_tile(std::uint32_t cb, std::uint32_t tile, LoomSite site) {
    ThreadState& state = Rules::current();
    const std::uint64_t operation = state.thread->operations;
    plain().unpack_tile(cb, tile, site);
    issued(state, operation, read_tile(state, cb, tile, {site, "a tile operand"}), {});
}

void unpack_tiles(LoomOperands operands, LoomSite site) {
    ThreadState& state = Rules::current();
    const std::uint64_t operation = state.thread->operations;
    plain().unpack_tiles(operands, site);
    const Spot spot(site, "a tile operand");
    const TileShadow a = read_tile(state, operands.cb(0), operands.tile(0), spot);
    issued(state, operation, a, read_tile(state, operands.cb(1), operands.tile(1), spot));
}

// One note for all sticks of a block, not one for each of its tiles.
void touch_block(ThreadState& state, const Extent& extent, bool write, const Spot& spot) {
    const std::uint32_t now = state.clock.of(state.id);
    const Extent& last = state.block_extent;
    if (last.begin == extent.begin && last.end == extent.end && state.block_time == now) return;
    Rules::active().touch_l1(state, extent, write, spot);
    state.block_extent = extent;
    state.block_time = now;
}

void unpack_rows(std::uint32_t cb_index, std::uint32_t block, std::uint32_t tile, LoomSite site) {
    ThreadState& state = Rules::current();
    const std::uint64_t operation = state.thread->operations;
    plain().unpack_rows(cb_index, block, tile, site);
    const CircularBuffer& cb = state.thread->core->cbs[cb_index];
    const std::uint32_t bytes = element_bytes(cb.config.format);
    const std::uint64_t pitch = std::uint64_t{block} * kSide * bytes;
    const std::uint64_t first = state.thread->cb[cb_index].read;
    const std::uint64_t column = tile / block * pitch * cb.config.tile_height;
    const Extent all = Rules::l1_extent(state, first + column, pitch * cb.config.tile_height);
    touch_block(state, all, false, {site, "tilize_block"});
    const std::uint64_t begin = Rules::l1_extent(state, first, 0).begin + std::uint64_t{tile} * kSide * bytes;
    state.core->issued.join(state.clock);
    const TileShadow shadow =
        load_rows(state.core->shadow + begin, pitch, cb.config.tile_height, bytes, origin_of_cb(cb_index));
    if (shadow.any) state.core->operands[operation] = {shadow, TileShadow{}};
}

// --- MATH

std::size_t slot(const CoreState& core, std::uint32_t section, std::uint32_t tile) {
    return std::size_t{section} * core.core->dst.config().capacity() + tile;
}

/// A MATH call: its thread, the shadows of its operands, and that of its result.
class MathState {
public:
    MathState(LoomSite site, const char* name)
        : state(Rules::current()), spot(site, name), operation_(state.thread->operations) {}

    /// After the engine's call: takes the operands that UNPACK issued for it.
    void take_operands() {
        state.clock.join(state.core->issued);
        const auto found = state.core->operands.find(operation_);
        if (found == state.core->operands.end()) return;
        operands = found->second;
        state.core->operands.erase(found);
    }
    TileShadow& dst(std::uint32_t tile) {
        return state.core->dst.tiles[slot(*state.core, state.core->dst.math_section, tile)];
    }
    /// False, too, of a tile that DST has not: the engine refuses that.
    bool defined(std::uint32_t tile) const {
        const runtime::Dst& regs = state.thread->core->dst;
        return tile < regs.config().capacity() && regs.math_defined(tile);
    }
    /// A DST tile that an op reads, before the engine's call.
    void require_defined(std::uint32_t tile) const {
        const runtime::Dst& regs = state.thread->core->dst;
        if (!regs.acquired() || tile >= regs.config().capacity()) return;  // the engine's to refuse
        if (!defined(tile)) fail(Code::DST_UNDEFINED, Rules::active().place(state, spot), tile);
    }

    ThreadState& state;
    Spot spot;
    std::array<TileShadow, 2> operands;

private:
    std::uint64_t operation_;
};

void dst_acquire(LoomSite site) {
    ThreadState& state = Rules::current();
    require_started(state, {site, "tile_regs_acquire"});
    plain().dst_acquire(site);
    state.clock.join(state.core->released);
}

void dst_commit(LoomSite site) {
    // All before the call, in which PACK may get its turn.
    ThreadState& state = Rules::current();
    state.core->committed.join(state.clock);
    state.clock.tick(state.id);
    DstState& dst = state.core->dst;
    dst.math_section = (dst.math_section + 1) % state.thread->core->dst.config().sections();
    plain().dst_commit(site);
}

void math_copy(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst, LoomSite site) {
    MathState math(site, "copy_tile");
    require_fpu(math.state, loom_init_copy, 0, math.spot);
    require_formats(math.state, Sources::a, cb, cb, math.spot);
    plain().math_copy(cb, tile, dst, site);
    math.take_operands();
    math.dst(dst) = math.operands[0];
}

void math_broadcast(std::uint32_t kind, std::uint32_t cb, std::uint32_t tile, std::uint32_t dst,
                    LoomSite site) {
    MathState math(site, "unary_bcast");
    require_fpu(math.state, loom_init_broadcast, kind, math.spot);
    require_formats(math.state, Sources::either, cb, cb, math.spot);
    const runtime::Core& core = *math.state.thread->core;
    if (static_cast<tile::Broadcast>(kind) == tile::Broadcast::rows && core.dst.config().fp32 &&
        core.cbs[cb].config.format == DataFormat::Float16_b)
        fail(Code::ROW_BROADCAST, Rules::active().place(math.state, math.spot), cb);
    plain().math_broadcast(kind, cb, tile, dst, site);
    math.take_operands();
    math.dst(dst) = broadcast_shadow(static_cast<tile::Broadcast>(kind), math.operands[0]);
}

void math_binary(std::uint32_t op, std::uint32_t broadcast, bool accumulate, LoomOperands operands,
                 std::uint32_t dst, LoomSite site) {
    constexpr const char* names[][4] = {
        {"add_tiles", "add_tiles_bcast_cols", "add_tiles_bcast_rows", "add_tiles_bcast_scalar"},
        {"sub_tiles", "sub_tiles_bcast_cols", "sub_tiles_bcast_rows", "sub_tiles_bcast_scalar"},
        {"mul_tiles", "mul_tiles_bcast_cols", "mul_tiles_bcast_rows", "mul_tiles_bcast_scalar"}};
    MathState math(site, names[op][broadcast]);
    require_fpu(math.state, loom_init_binary, op * 4 + broadcast, math.spot);
    require_formats(math.state, Sources::both, operands.cb(0), operands.cb(1), math.spot);
    const bool adds = accumulate && math.defined(dst);
    plain().math_binary(op, broadcast, accumulate, operands, dst, site);
    math.take_operands();
    TileShadow& result = math.dst(dst);
    if (!adds) result = {};
    result.merge(math.operands[0]);
    result.merge(broadcast_shadow(static_cast<tile::Broadcast>(broadcast), math.operands[1]));
}

void math_binary_reuse(std::uint32_t op, bool dst_is_a, std::uint32_t cb, std::uint32_t tile,
                       std::uint32_t dst, LoomSite site) {
    constexpr const char* names[] = {"add_reuse_dest_tiles", "sub_reuse_dest_tiles", "mul_reuse_dest_tiles"};
    MathState math(site, names[op]);
    require_fpu(math.state, loom_init_reuse, op * 2 + (dst_is_a ? 1 : 0), math.spot);
    require_formats(math.state, dst_is_a ? Sources::b : Sources::a, cb, cb, math.spot);
    math.require_defined(dst);
    plain().math_binary_reuse(op, dst_is_a, cb, tile, dst, site);
    math.take_operands();
    math.dst(dst).merge(math.operands[0]);
}

void math_binary_dst(std::uint32_t op, std::uint32_t a, std::uint32_t b, std::uint32_t out, LoomSite site) {
    constexpr const char* names[] = {"add_binary_tile", "sub_binary_tile", "mul_binary_tile"};
    MathState math(site, names[op]);
    require_sfpu(math.state, loom_sfpu_add + op, math.spot);
    math.require_defined(a);
    math.require_defined(b);
    plain().math_binary_dst(op, a, b, out, site);
    TileShadow result = math.dst(a);
    result.merge(math.dst(b));
    math.dst(out) = result;
}

void math_broadcast_dst(std::uint32_t op, std::uint32_t kind, std::uint32_t dst, std::uint32_t vector,
                        LoomSite site) {
    constexpr const char* names[][2] = {{"sfpu_add_bcast_col", "sfpu_add_bcast_row"},
                                        {"sfpu_sub_bcast_col", "sfpu_sub_bcast_row"},
                                        {"sfpu_mul_bcast_col", "sfpu_mul_bcast_row"}};
    const auto broadcast = static_cast<tile::Broadcast>(kind);
    const bool columns = broadcast == tile::Broadcast::columns;
    MathState math(site, names[op][columns ? 0 : 1]);
    require_sfpu(math.state, columns ? loom_sfpu_bcast_col : loom_sfpu_bcast_row, math.spot);
    math.require_defined(dst);
    math.require_defined(vector);
    plain().math_broadcast_dst(op, kind, dst, vector, site);
    math.dst(dst).merge(broadcast_shadow(broadcast, math.dst(vector)));
}

void math_copy_dst(std::uint32_t from, std::uint32_t to, LoomSite site) {
    MathState math(site, "copy_dest_values");
    require_sfpu(math.state, loom_sfpu_copy_dest, math.spot);
    math.require_defined(from);
    plain().math_copy_dst(from, to, site);
    math.dst(to) = math.dst(from);
}

void math_unary(std::uint32_t function, float scalar, std::uint32_t dst, LoomSite site) {
    struct Known {
        const char* name;
        LoomSfpu init;
    };
    constexpr Known known[] = {{"add_unary_tile", loom_sfpu_scalar}, {"sub_unary_tile", loom_sfpu_scalar},
                               {"mul_unary_tile", loom_sfpu_scalar}, {"rsub_unary_tile", loom_sfpu_scalar},
                               {"fill_tile", loom_sfpu_fill},        {"rsqrt_tile", loom_sfpu_rsqrt},
                               {"sqrt_tile", loom_sfpu_sqrt},        {"recip_tile", loom_sfpu_reciprocal},
                               {"square_tile", loom_sfpu_square},    {"negative_tile", loom_sfpu_negate},
                               {"abs_tile", loom_sfpu_absolute},     {"typecast_tile", loom_sfpu_typecast}};
    MathState math(site, known[function].name);
    require_sfpu(math.state, known[function].init, math.spot);
    const bool fills = known[function].init == loom_sfpu_fill;
    if (!fills) math.require_defined(dst);
    plain().math_unary(function, scalar, dst, site);
    if (fills) math.dst(dst) = {};
}

void math_reduce(std::uint32_t dim, LoomOperands operands, std::uint32_t dst, LoomSite site) {
    MathState math(site, "reduce_tile");
    require_fpu(math.state, loom_init_reduce, dim, math.spot);
    require_formats(math.state, Sources::any_order, operands.cb(0), operands.cb(1), math.spot);
    const bool adds = math.defined(dst);
    plain().math_reduce(dim, operands, dst, site);
    math.take_operands();
    math.state.core->dst.reduced[math.state.core->dst.math_section] = true;
    TileShadow& result = math.dst(dst);
    if (!adds) result = {};
    result.merge(reduce_shadow(static_cast<tile::ReduceDim>(dim), math.operands[0], math.operands[1]));
}

void math_reduce_dst(std::uint32_t dst, LoomSite site) {
    MathState math(site, "sfpu_reduce");
    require_sfpu(math.state, loom_sfpu_reduce, math.spot);
    math.require_defined(dst);
    plain().math_reduce_dst(dst, site);
    math.dst(dst) = reduce_shadow(tile::ReduceDim::row, math.dst(dst), {});
}

void math_tilize(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, std::uint32_t dst,
                 LoomSite site) {
    MathState math(site, "tilize_block");
    require_fpu(math.state, loom_init_tilize, block, math.spot);
    require_formats(math.state, Sources::a, cb, cb, math.spot);
    plain().math_tilize(cb, block, tile, dst, site);
    math.take_operands();
    math.dst(dst) = math.operands[0];
}

// --- PACK

void dst_wait(LoomSite site) {
    ThreadState& state = Rules::current();
    require_started(state, {site, "tile_regs_wait"});
    if (state.waited_for_dst)
        fail(Code::DST_WAITED_TWICE, state.thread->where(site, "tile_regs_wait"), state.waited_for_dst->line);
    plain().dst_wait(site);
    state.waited_for_dst = Spot(site, "tile_regs_wait");
    state.clock.join(state.core->committed);
}

void dst_release(LoomSite site) {
    ThreadState& state = Rules::current();
    state.waited_for_dst.reset();
    state.core->released.join(state.clock);
    state.clock.tick(state.id);
    DstState& dst = state.core->dst;
    dst.reduced[dst.pack_section] = false;
    dst.pack_section = (dst.pack_section + 1) % state.thread->core->dst.config().sections();
    plain().dst_release(site);
}

const TileShadow& packed(const ThreadState& state, std::uint32_t tile, const Spot& spot) {
    if (!state.thread->core->dst.pack_defined(tile))
        fail(Code::DST_UNDEFINED, Rules::active().place(state, spot), tile);
    return state.core->dst.tiles[slot(*state.core, state.core->dst.pack_section, tile)];
}

void pack_tile(std::uint32_t dst, std::uint32_t cb_index, std::uint32_t out_tile, bool out_of_order,
               LoomSite site) {
    ThreadState& state = Rules::current();
    const Thread& thread = *state.thread;
    const Spot spot(site, "pack_tile");
    const std::uint32_t in_order =
        cb_index < runtime::kNumCircularBuffers ? thread.cb[cb_index].pack_offset : 0;
    plain().pack_tile(dst, cb_index, out_tile, out_of_order, site);
    require_pack_format(state, cb_index, spot);
    if (!state.core->dst.reduced[state.core->dst.pack_section]) require_no_mask(state, spot);
    const CircularBuffer& cb = thread.core->cbs[cb_index];
    const std::uint64_t at = std::uint64_t{thread.cb[cb_index].write} +
                             (out_of_order ? std::uint64_t{out_tile} * cb.config.page_bytes : in_order);
    const Extent extent = Rules::l1_extent(state, at, cb.tile_size);
    Rules::active().touch_l1(state, extent, true, spot);
    store_tile(packed(state, dst, spot), thread.pack_mask, thread.pack_accumulate,
               {state.core->shadow + extent.begin, cb.tile_size}, element_bytes(cb.config.format));
}

void pack_untilize(std::uint32_t cb_index, std::uint32_t block, std::uint32_t full, std::uint32_t rows,
                   std::uint32_t block_index, LoomSite site) {
    plain().pack_untilize(cb_index, block, full, rows, block_index, site);
    ThreadState& state = Rules::current();
    const Spot spot(site, "pack_untilize_dest");
    require_pack_format(state, cb_index, spot);
    const CircularBuffer& cb = state.thread->core->cbs[cb_index];
    const std::uint32_t bytes = element_bytes(cb.config.format);
    const std::uint64_t pitch = std::uint64_t{full} * kSide * bytes;
    const Extent all = Rules::l1_extent(state, state.thread->cb[cb_index].write, kSide * pitch);
    touch_block(state, all, true, spot);
    for (std::uint32_t t = 0; t < block; ++t)
        store_rows(packed(state, t, spot),
                   state.core->shadow + all.begin + (std::uint64_t{block_index} * block + t) * kSide * bytes,
                   pitch, bytes);
}

}  // namespace

void wrap_compute_calls(LoomEngine& table) {
    table.unpack_tile = unpack_tile;
    table.unpack_tiles = unpack_tiles;
    table.unpack_rows = unpack_rows;
    table.dst_acquire = dst_acquire;
    table.dst_commit = dst_commit;
    table.math_copy = math_copy;
    table.math_broadcast = math_broadcast;
    table.math_binary = math_binary;
    table.math_binary_reuse = math_binary_reuse;
    table.math_binary_dst = math_binary_dst;
    table.math_broadcast_dst = math_broadcast_dst;
    table.math_copy_dst = math_copy_dst;
    table.math_unary = math_unary;
    table.math_reduce = math_reduce;
    table.math_reduce_dst = math_reduce_dst;
    table.math_tilize = math_tilize;
    table.dst_wait = dst_wait;
    table.dst_release = dst_release;
    table.pack_tile = pack_tile;
    table.pack_untilize = pack_untilize;
}

}  // namespace loom::checker
