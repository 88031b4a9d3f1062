// The engine's side of the compute calls: UNPACK loads, MATH computes in DST, PACK writes.
#include <algorithm>
#include <cstring>

#include "runtime/core/core.hpp"
#include "runtime/launch.hpp"

namespace loom::runtime {
namespace {

// --- Operands

// The tile `index` pages from a thread's read pointer, null where there is none. There is no wrap inside a read.
inline const std::byte* find_tile(const Thread& thread, std::uint32_t cb_index, std::uint32_t index) {
    if (cb_index >= kNumCircularBuffers) return nullptr;
    const CircularBuffer& cb = thread.core->cbs[cb_index];
    const std::uint64_t first =
        std::uint64_t{thread.cb[cb_index].read} + std::uint64_t{index} * cb.config.page_bytes;
    return first <= cb.last_tile ? reinterpret_cast<const std::byte*>(first) : nullptr;
}

[[noreturn, gnu::cold, gnu::noinline]] void fail_without_tile(Thread& thread, std::uint32_t cb_index,
                                                              std::uint32_t index, LoomSite site) {
    const CircularBuffer& cb = existing_cb(thread, cb_index, site, "a compute operand");
    const std::uint64_t first =
        std::uint64_t{thread.cb[cb_index].read} + std::uint64_t{index} * cb.config.page_bytes;
    fail(Code::READ_OUTSIDE_CB, thread.where(site, fmt::format("tile {} of c_{}", index, cb_index)),
         first - cb.base, cb.tile_size, cb_index, cb.config.total_bytes);
}

inline const std::byte* tile_address(Thread& thread, std::uint32_t cb_index, std::uint32_t index,
                                     LoomSite site) {
    const std::byte* const tile = find_tile(thread, cb_index, index);
    if (tile == nullptr) [[unlikely]]
        fail_without_tile(thread, cb_index, index, site);
    return tile;
}

// Column block `index` of `block` of the sticks at a thread's read pointer.
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

void issue(Thread& thread, LoomOperands operands, std::uint32_t block) {
    Core::SourceSlot& slot = thread.core->sources[thread.operations % Core::kSourceSlots];
    slot.operands = operands;
    slot.block = block;
    slot.copied = false;
    ++thread.operations;
}

// The slot that holds MATH's next operation if UNPACK had to copy it, else nullptr.
Core::SourceSlot* copied_slot(Thread& math) {
    if (math.operations >= math.core->copied_operations) return nullptr;
    return &math.core->sources[math.operations % Core::kSourceSlots];
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

// A watched run, and one with a seed, goes tile by tile.
bool by_block(const Core& core) {
    return !core.random && core.shared.observer == nullptr && core.shared.engine == &engine_table();
}

void unpack_block(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    if (block < Core::kSourceSlots || !by_block(*thread.core) || thread.tilize_block != block) {
        for (std::uint32_t t = 0; t < block; ++t)
            thread.core->shared.engine->unpack_rows(cb, block, tile + t, site);
        return;
    }
    rows_view(thread, cb, block, tile, site);
    thread.operations += block - Core::kSourceSlots;
    for (std::uint32_t t = block - Core::kSourceSlots; t < block; ++t) unpack_rows(cb, block, tile + t, site);
}

// --- MATH

/// A MATH call on DST tiles: checks it, and waits for UNPACK when it has operands.
class MathCall {
public:
    MathCall(std::uint32_t dst, LoomSite site, const char* name)
        : thread_(current_thread()), core_(*thread_.core), site_(site), name_(name) {
        check(dst);
    }
    MathCall(const MathCall&) = delete;
    MathCall& operator=(const MathCall&) = delete;

    Dst& dst() { return core_.dst; }
    /// Another DST tile that the call takes.
    void check(std::uint32_t dst) const {
        if (!core_.dst.acquired() || dst >= core_.dst.capacity()) [[unlikely]]
            fail_on_dst(dst);
    }
    /// Once, before operands are taken.
    void wait_for_operands() {
        if (core_.unpack->operations <= thread_.operations) wait_for_unpack();
        copied_ = copied_slot(thread_);
        ++thread_.operations;
        core_.ahead.fetch();
    }
    Source operand(std::uint32_t which, std::uint32_t cb, std::uint32_t index) {
        const DataFormat format = core_.cbs[cb].config.format;
        if (copied_ != nullptr) return {{copied_->views[which].data, format}, cb, true};
        return {{tile_address(thread_, cb, index, site_), format}, cb, false};
    }
    OperandView rows(std::uint32_t cb, std::uint32_t block, std::uint32_t index) {
        return copied_ != nullptr ? copied_->views[0] : rows_view(thread_, cb, block, index, site_);
    }
    DataFormat format(std::uint32_t cb) const { return core_.cbs[cb].config.format; }

private:
    [[noreturn, gnu::cold, gnu::noinline]] void fail_on_dst(std::uint32_t dst) const {
        if (!core_.dst.acquired()) fail(Code::DST_NOT_ACQUIRED, thread_.where(site_, name_));
        fail(Code::DST_CAPACITY, thread_.where(site_, name_), dst, core_.dst.capacity(),
             core_.dst.config().fp32 ? 32 : 16, core_.dst.config().full_sync ? "full" : "half");
    }
    [[gnu::noinline]] void wait_for_unpack() {
        thread_.block(
            {.kind = Wait::Kind::operands, .call = name_, .site = site_, .position = thread_.operations + 1});
    }

    Thread& thread_;
    Core& core_;
    LoomSite site_;
    const char* name_;
    Core::SourceSlot* copied_ = nullptr;
};

void dst_acquire(LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    core.maybe_yield(thread);
    if (!core.dst.can_acquire())
        thread.block({.kind = Wait::Kind::dst_section, .call = "tile_regs_acquire", .site = site});
    core.dst.acquire();
}

void dst_commit(LoomSite site) {
    Thread& thread = current_thread();
    if (!thread.core->dst.acquired()) fail(Code::DST_NOT_ACQUIRED, thread.where(site, "tile_regs_commit"));
    thread.core->dst.commit();
    thread.core->maybe_yield(thread);
}

// Most calls find nothing in their way: UNPACK has come as far, and their tiles are there. Those are done in few
// instructions; what keeps another from it, or is wrong with it, MathCall finds out.

// Whether MATH's next operation may be done at once, into DST tile `dst`.
inline bool nothing_in_the_way(const Thread& thread, std::uint32_t dst) {
    const Core& core = *thread.core;
    return dst < core.dst.open() && thread.operations < core.unpack->operations &&
           thread.operations >= core.copied_operations;
}
inline Source source_at(const Core& core, const std::byte* tile, std::uint32_t cb) {
    return {{tile, core.cbs[cb].config.format}, cb, false};
}
inline void count_operation(Thread& thread) {
    ++thread.operations;
    thread.core->ahead.fetch();
}

// The operand of such an operation, null if something is in the way. Else it is counted.
inline const std::byte* only_operand(Thread& thread, std::uint32_t cb, std::uint32_t tile,
                                     std::uint32_t dst) {
    if (!nothing_in_the_way(thread, dst)) return nullptr;
    const std::byte* const data = find_tile(thread, cb, tile);
    if (data != nullptr) count_operation(thread);
    return data;
}

[[gnu::noinline]] void copy_in_full(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst, LoomSite site) {
    MathCall call(dst, site, "copy_tile");
    call.wait_for_operands();
    call.dst().copy(call.operand(0, cb, tile), dst);
}

void math_copy(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst, LoomSite site) {
    Thread& thread = current_thread();
    if (const std::byte* const data = only_operand(thread, cb, tile, dst); data != nullptr) [[likely]]
        return thread.core->dst.copy(source_at(*thread.core, data, cb), dst);
    copy_in_full(cb, tile, dst, site);
}

[[gnu::noinline]] void broadcast_in_full(std::uint32_t kind, std::uint32_t cb, std::uint32_t tile,
                                         std::uint32_t dst, LoomSite site) {
    MathCall call(dst, site, "unary_bcast");
    call.wait_for_operands();
    call.dst().broadcast(static_cast<tile::Broadcast>(kind), call.operand(0, cb, tile), dst);
}

void math_broadcast(std::uint32_t kind, std::uint32_t cb, std::uint32_t tile, std::uint32_t dst,
                    LoomSite site) {
    Thread& thread = current_thread();
    if (const std::byte* const data = only_operand(thread, cb, tile, dst); data != nullptr) [[likely]]
        return thread.core->dst.broadcast(static_cast<tile::Broadcast>(kind),
                                          source_at(*thread.core, data, cb), dst);
    broadcast_in_full(kind, cb, tile, dst, site);
}

[[gnu::noinline]] void binary_in_full(std::uint32_t op, std::uint32_t broadcast, bool accumulate,
                                      LoomOperands operands, std::uint32_t dst, LoomSite site) {
    static constexpr const char* names[] = {"add_tiles", "sub_tiles", "mul_tiles"};
    MathCall call(dst, site, names[op]);
    call.wait_for_operands();
    call.dst().binary(static_cast<tile::Binary>(op), static_cast<tile::Broadcast>(broadcast),
                      call.operand(0, operands.cb[0], operands.tile[0]),
                      call.operand(1, operands.cb[1], operands.tile[1]), accumulate, dst);
}

void math_binary(std::uint32_t op, std::uint32_t broadcast, bool accumulate, LoomOperands operands,
                 std::uint32_t dst, LoomSite site) {
    Thread& thread = current_thread();
    if (nothing_in_the_way(thread, dst)) [[likely]] {
        const std::byte* const a = find_tile(thread, operands.cb[0], operands.tile[0]);
        const std::byte* const b = find_tile(thread, operands.cb[1], operands.tile[1]);
        if (a != nullptr && b != nullptr) [[likely]] {
            count_operation(thread);
            return thread.core->dst.binary(static_cast<tile::Binary>(op),
                                           static_cast<tile::Broadcast>(broadcast),
                                           source_at(*thread.core, a, operands.cb[0]),
                                           source_at(*thread.core, b, operands.cb[1]), accumulate, dst);
        }
    }
    binary_in_full(op, broadcast, accumulate, operands, dst, site);
}

void math_binary_reuse(std::uint32_t op, bool dst_is_a, std::uint32_t cb, std::uint32_t tile,
                       std::uint32_t dst, LoomSite site) {
    MathCall call(dst, site, "binary_dest_reuse_tiles");
    call.wait_for_operands();
    call.dst().binary_reuse(static_cast<tile::Binary>(op), dst_is_a, call.operand(0, cb, tile), dst);
}

[[gnu::noinline]] void binary_dst_in_full(std::uint32_t op, std::uint32_t a, std::uint32_t b,
                                          std::uint32_t out, LoomSite site) {
    static constexpr const char* names[] = {"add_binary_tile", "sub_binary_tile", "mul_binary_tile"};
    MathCall call(out, site, names[op]);
    call.check(a);
    call.check(b);
    call.dst().binary_dst(static_cast<tile::Binary>(op), a, b, out);
}

void math_binary_dst(std::uint32_t op, std::uint32_t a, std::uint32_t b, std::uint32_t out, LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (std::max({a, b, out}) < regs.open()) [[likely]]
        return regs.binary_dst(static_cast<tile::Binary>(op), a, b, out);
    binary_dst_in_full(op, a, b, out, site);
}

void math_copy_dst(std::uint32_t from, std::uint32_t to, LoomSite site) {
    MathCall call(to, site, "copy_dest_values");
    call.check(from);
    call.dst().copy_dst(from, to);
}

[[gnu::noinline]] void unary_in_full(std::uint32_t function, float scalar, std::uint32_t dst, LoomSite site) {
    static constexpr const char* names[] = {"add_unary_tile",  "sub_unary_tile", "mul_unary_tile",
                                            "rsub_unary_tile", "fill_tile",      "rsqrt_tile",
                                            "sqrt_tile",       "recip_tile",     "square_tile",
                                            "negative_tile",   "abs_tile",       "typecast_tile"};
    MathCall call(dst, site, names[function]);
    call.dst().unary(static_cast<tile::Unary>(function), scalar, dst);
}

void math_unary(std::uint32_t function, float scalar, std::uint32_t dst, LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (dst < regs.open()) [[likely]]
        return regs.unary(static_cast<tile::Unary>(function), scalar, dst);
    unary_in_full(function, scalar, dst, site);
}

[[gnu::noinline]] void reduce_in_full(std::uint32_t dim, LoomOperands operands, std::uint32_t dst,
                                      LoomSite site) {
    MathCall call(dst, site, "reduce_tile");
    call.wait_for_operands();
    call.dst().reduce(static_cast<tile::ReduceDim>(dim), call.operand(0, operands.cb[0], operands.tile[0]),
                      call.operand(1, operands.cb[1], operands.tile[1]), dst);
}

void math_reduce(std::uint32_t dim, LoomOperands operands, std::uint32_t dst, LoomSite site) {
    Thread& thread = current_thread();
    if (nothing_in_the_way(thread, dst)) [[likely]] {
        const std::byte* const a = find_tile(thread, operands.cb[0], operands.tile[0]);
        const std::byte* const scaler = find_tile(thread, operands.cb[1], operands.tile[1]);
        if (a != nullptr && scaler != nullptr) [[likely]] {
            count_operation(thread);
            return thread.core->dst.reduce(static_cast<tile::ReduceDim>(dim),
                                           source_at(*thread.core, a, operands.cb[0]),
                                           source_at(*thread.core, scaler, operands.cb[1]), dst);
        }
    }
    reduce_in_full(dim, operands, dst, site);
}

void math_tilize(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, std::uint32_t dst,
                 LoomSite site) {
    MathCall call(dst, site, "tilize_block");
    call.wait_for_operands();
    const OperandView rows = call.rows(cb, block, tile);
    call.dst().tilize(rows.data, rows.pitch_bytes, rows.rows, call.format(cb), dst);
}

void math_tilize_block(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    const bool exact = core.dst.config().fp32 || core.cbs[cb].config.format == DataFormat::Float16_b;
    const Wait for_pack{
        .kind = Wait::Kind::dst_section, .call = "tile_regs_acquire", .site = site, .offer = true};
    if (by_block(core) && exact && core.dst.committed() != 0) {
        core.tilizing.awaited = true;
        thread.block(for_pack);
        core.tilizing.awaited = false;
    }
    if (by_block(core) && exact && !core.dst.acquired() && core.dst.committed() == 0) {
        if (core.unpack->operations < thread.operations + block)
            thread.block({.kind = Wait::Kind::operands,
                          .call = "tilize_block",
                          .site = site,
                          .position = thread.operations + 1});
        if (core.unpack->operations >= thread.operations + block && copied_slot(thread) == nullptr) {
            core.tilizing = {.first = rows_view(thread, cb, block, tile, site),
                             .format = core.cbs[cb].config.format,
                             .cb = cb,
                             .tiles = block,
                             .offered = true};
            thread.block(for_pack);
            core.tilizing.offered = false;
            if (core.tilizing.taken) {
                thread.operations += block;
                return;
            }
        }
    }
    for (std::uint32_t t = 0; t < block; ++t) {
        core.shared.engine->dst_acquire(site);
        core.shared.engine->math_tilize(cb, block, tile + t, 0, site);
        core.shared.engine->dst_commit(site);
    }
}

// --- PACK

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
    dst_to_pack(thread, dst, site, "pack_tile")
        .pack(dst, thread.pack_mask, thread.pack_accumulate, cb.config.format, reinterpret_cast<void*>(at),
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
        (cb.overlaps >> row.cb & 1u) != 0)
        return false;
    core.dst.before_write(cb.overlaps);
    tile::tilize_to_tiles(row.first.data, row.first.pitch_bytes, row.first.rows, row.format, block,
                          cb.config.format, reinterpret_cast<void*>(at));
    row.offered = false;
    row.taken = true;
    return true;
}

void pack_tilized(std::uint32_t cb_index, std::uint32_t block, std::uint32_t out_tile, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    if (by_block(core)) {
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
    for (std::uint32_t t = 0; t < block; ++t)
        dst_to_pack(thread, t, site, call)
            .untilize(t, cb.config.format, reinterpret_cast<void*>(first + std::uint64_t{t} * tile_row_bytes),
                      pitch, cb.overlaps);
}

}  // namespace

void keep_operands(Core& core) {
    Thread& unpack = *core.unpack;
    for (std::uint64_t operation = core.math->operations; operation < unpack.operations; ++operation) {
        Core::SourceSlot& slot = core.sources[operation % Core::kSourceSlots];
        if (slot.copied) continue;
        for (std::uint32_t i = 0; i < slot.operands.count; ++i) {
            const std::uint32_t cb = slot.operands.cb[i];
            const std::uint32_t tile = slot.operands.tile[i];
            const std::uint32_t bytes = core.cbs[cb].tile_size;
            OperandView view = slot.block != 0
                                   ? rows_view(unpack, cb, slot.block, tile, {})
                                   : OperandView{tile_address(unpack, cb, tile, {}), 1, bytes, bytes};
            std::byte* kept = slot.bytes[i].data();
            for (std::uint32_t row = 0; row < view.rows; ++row)
                std::memcpy(kept + std::size_t{row} * view.row_bytes,
                            view.data + std::size_t{row} * view.pitch_bytes, view.row_bytes);
            view.data = kept;
            view.pitch_bytes = view.row_bytes;
            slot.views[i] = view;
        }
        slot.copied = true;
    }
    core.copied_operations = unpack.operations;
}

void fill_compute_calls(LoomEngine& table) {
    table.unpack_tiles = unpack_tiles;
    table.unpack_tilize_mode = unpack_tilize_mode;
    table.unpack_rows = unpack_rows;
    table.unpack_block = unpack_block;
    table.dst_acquire = dst_acquire;
    table.dst_commit = dst_commit;
    table.math_copy = math_copy;
    table.math_broadcast = math_broadcast;
    table.math_binary = math_binary;
    table.math_binary_reuse = math_binary_reuse;
    table.math_binary_dst = math_binary_dst;
    table.math_copy_dst = math_copy_dst;
    table.math_unary = math_unary;
    table.math_reduce = math_reduce;
    table.math_tilize = math_tilize;
    table.math_tilize_block = math_tilize_block;
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
