// The engine's side of MATH's calls: what becomes of DST tiles.
#include <algorithm>

#include "runtime/core/operands.hpp"
#include "runtime/launch.hpp"

namespace loom::runtime {
namespace {

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

// --- Calls on DST tiles alone

// Names the first of them that MATH may not use.
[[noreturn, gnu::cold, gnu::noinline]] void refuse_dst(std::uint32_t out, std::uint32_t a, std::uint32_t b,
                                                       LoomSite site, const char* name) {
    const Thread& thread = current_thread();
    const Dst& regs = thread.core->dst;
    if (!regs.acquired()) fail(Code::DST_NOT_ACQUIRED, thread.where(site, name));
    const std::uint32_t index = out >= regs.capacity() ? out : a >= regs.capacity() ? a : b;
    fail(Code::DST_CAPACITY, thread.where(site, name), index, regs.capacity(), regs.config().fp32 ? 32 : 16,
         regs.config().full_sync ? "full" : "half");
}

[[gnu::noinline]] void binary_dst_in_full(std::uint32_t op, std::uint32_t a, std::uint32_t b,
                                          std::uint32_t out, LoomSite site) {
    static constexpr const char* names[] = {"add_binary_tile", "sub_binary_tile", "mul_binary_tile"};
    Dst& regs = current_thread().core->dst;
    if (std::max({a, b, out}) >= regs.open()) [[unlikely]]
        refuse_dst(out, a, b, site, names[op]);
    regs.binary_dst(static_cast<tile::Binary>(op), a, b, out);
}

void math_binary_dst(std::uint32_t op, std::uint32_t a, std::uint32_t b, std::uint32_t out, LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (std::max({a, b, out}) < regs.open() && regs.binary_dst_soon(static_cast<tile::Binary>(op), a, b, out))
        return;
    binary_dst_in_full(op, a, b, out, site);
}

void math_broadcast_dst(std::uint32_t op, std::uint32_t kind, std::uint32_t dst, std::uint32_t vector,
                        LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (std::max(dst, vector) >= regs.open()) [[unlikely]]
        refuse_dst(dst, vector, vector, site, "sfpu_bcast");
    const auto how = static_cast<tile::Binary>(op);
    if (static_cast<tile::Broadcast>(kind) == tile::Broadcast::rows
            ? regs.broadcast_row_soon(how, dst, vector)
            : regs.broadcast_column_soon(how, dst, vector))
        return;
    regs.broadcast_dst(how, static_cast<tile::Broadcast>(kind), dst, vector);
}

void math_reduce_dst(std::uint32_t dst, LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (dst >= regs.open()) [[unlikely]]
        refuse_dst(dst, dst, dst, site, "sfpu_reduce");
    regs.reduce_dst(dst);
}

void math_copy_dst(std::uint32_t from, std::uint32_t to, LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (std::max(from, to) >= regs.open()) [[unlikely]]
        refuse_dst(to, from, from, site, "copy_dest_values");
    regs.copy_dst(from, to);
}

[[gnu::noinline]] void unary_in_full(std::uint32_t function, float scalar, std::uint32_t dst, LoomSite site) {
    static constexpr const char* names[] = {"add_unary_tile",  "sub_unary_tile", "mul_unary_tile",
                                            "rsub_unary_tile", "fill_tile",      "rsqrt_tile",
                                            "sqrt_tile",       "recip_tile",     "square_tile",
                                            "negative_tile",   "abs_tile",       "typecast_tile"};
    Dst& regs = current_thread().core->dst;
    if (dst >= regs.open()) [[unlikely]]
        refuse_dst(dst, dst, dst, site, names[function]);
    regs.unary(static_cast<tile::Unary>(function), scalar, dst);
}

void math_unary(std::uint32_t function, float scalar, std::uint32_t dst, LoomSite site) {
    Dst& regs = current_thread().core->dst;
    if (dst < regs.open() && regs.unary_soon(static_cast<tile::Unary>(function), scalar, dst)) return;
    unary_in_full(function, scalar, dst, site);
}

// --- Calls with operands, which UNPACK hands over

void count_operation(Thread& math) {
    ++math.operations;
    math.core->ahead.fetch();
}

inline Source source_at(Core& core, const std::byte* tile, std::uint32_t cb) {
    if (!core.lent.any(cb)) return {{tile, core.cbs[cb].config.format}, cb, false};
    return {core.lent.tile_at(cb, l1_address(tile)), cb, false};
}

/// MATH's next operation: waits for UNPACK, and counts it.
class Operation {
public:
    Operation(std::uint32_t dst, LoomSite site, const char* name) : thread_(current_thread()), site_(site) {
        if (dst >= thread_.core->dst.open()) refuse_dst(dst, dst, dst, site, name);
        if (thread_.core->unpack->operations <= thread_.operations)
            thread_.block({.kind = Wait::Kind::operands,
                           .call = name,
                           .site = site,
                           .position = thread_.operations + 1});
        copied_ = copied_operands(thread_);
        count_operation(thread_);
    }
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    Dst& dst() { return thread_.core->dst; }
    Source operand(std::uint32_t which, std::uint32_t cb, std::uint32_t index) {
        const DataFormat format = thread_.core->cbs[cb].config.format;
        if (copied_ != nullptr) return {{copied_->views[which].data, format}, cb, true};
        return source_at(*thread_.core, tile_address(thread_, cb, index, site_), cb);
    }
    OperandView rows(std::uint32_t cb, std::uint32_t block, std::uint32_t index) {
        if (copied_ != nullptr) return copied_->views[0];
        thread_.core->lent.settle(cb);
        return rows_view(thread_, cb, block, index, site_);
    }

private:
    Thread& thread_;
    LoomSite site_;
    const Core::Copied* copied_ = nullptr;
};

// Most operations find nothing in their way: UNPACK has come as far, and their tiles are there. Those are done in few
// instructions; what keeps another from it, or is wrong with it, Operation finds out.
inline bool nothing_in_the_way(const Thread& thread, std::uint32_t dst) {
    const Core& core = *thread.core;
    return dst < core.dst.open() && thread.operations < core.unpack->operations &&
           thread.operations >= core.copied_operations;
}

template <typename Act>
[[gnu::noinline]] void on_tile_in_full(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst, LoomSite site,
                                       const char* name, Act act) {
    Operation operation(dst, site, name);
    act(operation.dst(), operation.operand(0, cb, tile));
}
// act(DST, the operand).
template <typename Act>
[[gnu::always_inline]] inline void on_tile(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst,
                                           LoomSite site, const char* name, Act act) {
    Thread& thread = current_thread();
    if (nothing_in_the_way(thread, dst)) [[likely]]
        if (const std::byte* const data = find_tile(thread, cb, tile); data != nullptr) [[likely]] {
            count_operation(thread);
            return act(thread.core->dst, source_at(*thread.core, data, cb));
        }
    on_tile_in_full(cb, tile, dst, site, name, act);
}

template <typename Act>
[[gnu::noinline]] void on_tiles_in_full(LoomOperands operands, std::uint32_t dst, LoomSite site,
                                        const char* name, Act act) {
    Operation operation(dst, site, name);
    const Source a = operation.operand(0, operands.cb(0), operands.tile(0));
    act(operation.dst(), a, operation.operand(1, operands.cb(1), operands.tile(1)));
}
// act(DST, the first operand, the second).
template <typename Act>
[[gnu::always_inline]] inline void on_tiles(LoomOperands operands, std::uint32_t dst, LoomSite site,
                                            const char* name, Act act) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    if (nothing_in_the_way(thread, dst)) [[likely]] {
        const std::byte* const a = find_tile(thread, operands.cb(0), operands.tile(0));
        const std::byte* const b = find_tile(thread, operands.cb(1), operands.tile(1));
        if (a != nullptr && b != nullptr) [[likely]] {
            count_operation(thread);
            return act(core.dst, source_at(core, a, operands.cb(0)), source_at(core, b, operands.cb(1)));
        }
    }
    on_tiles_in_full(operands, dst, site, name, act);
}

// The tile of an operation with nothing in its way, null where there is none.
[[gnu::always_inline]] inline const std::byte* tile_at_once(const Thread& thread, std::uint32_t cb,
                                                            std::uint32_t tile, std::uint32_t dst) {
    return nothing_in_the_way(thread, dst) ? find_tile(thread, cb, tile) : nullptr;
}
// Calls act(operand) for that tile, and returns what it does; false where it is lent and cannot be read as it is.
template <typename Act>
[[gnu::always_inline]] inline bool with_operand(const Core& core, std::uint32_t cb, const std::byte* tile,
                                                Act act) {
    if (!core.lent.any(cb)) return act(tile::Operand{tile, core.cbs[cb].config.format});
    const tile::Operand* const lent = core.lent.lent_tile_at(cb, l1_address(tile));
    return lent != nullptr && act(*lent);
}

[[gnu::noinline]] void copy_in_full(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst, LoomSite site) {
    on_tile(cb, tile, dst, site, "copy_tile", [=](Dst& regs, const Source& a) { regs.copy(a, dst); });
}

void math_copy(std::uint32_t cb, std::uint32_t tile, std::uint32_t dst, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    if (const std::byte* const data = tile_at_once(thread, cb, tile, dst); data != nullptr) [[likely]]
        if (with_operand(core, cb, data,
                         [&](const tile::Operand& a) { return core.dst.copy_soon(a, cb, dst); })) [[likely]]
            return count_operation(thread);
    copy_in_full(cb, tile, dst, site);
}

[[gnu::noinline]] void broadcast_in_full(std::uint32_t kind, std::uint32_t cb, std::uint32_t tile,
                                         std::uint32_t dst, LoomSite site) {
    Thread& thread = current_thread();
    // A lent row, known as floats.
    if (LentPages& lent = thread.core->lent; static_cast<tile::Broadcast>(kind) == tile::Broadcast::rows &&
                                             !thread.core->dst.is_silicon() &&
                                             nothing_in_the_way(thread, dst) && lent.any(cb))
        if (const std::byte* const data = find_tile(thread, cb, tile); data != nullptr)
            if (const float* const row = lent.first_row_at(cb, l1_address(data)); row != nullptr) {
                count_operation(thread);
                return thread.core->dst.broadcast_row(row, cb, dst);
            }
    on_tile(cb, tile, dst, site, "unary_bcast",
            [=](Dst& regs, const Source& a) { regs.broadcast(static_cast<tile::Broadcast>(kind), a, dst); });
}

void math_broadcast(std::uint32_t kind, std::uint32_t cb, std::uint32_t tile, std::uint32_t dst,
                    LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    if (const std::byte* const data = tile_at_once(thread, cb, tile, dst); data != nullptr) [[likely]] {
        const auto wanted = static_cast<tile::Broadcast>(kind);
        if (!core.lent.any(cb)) {
            if (wanted == tile::Broadcast::columns && core.dst.broadcast_known_column(data, dst))
                return void(++thread.operations);
        } else if (wanted == tile::Broadcast::rows) {
            const float* const row = core.lent.known_first_row_at(cb, l1_address(data));
            if (row != nullptr && core.dst.broadcast_row_soon(row, cb, dst)) return void(++thread.operations);
        }
    }
    broadcast_in_full(kind, cb, tile, dst, site);
}

void math_binary_reuse(std::uint32_t op, bool dst_is_a, std::uint32_t cb, std::uint32_t tile,
                       std::uint32_t dst, LoomSite site) {
    on_tile(cb, tile, dst, site, "reuse_dest_tiles", [=](Dst& regs, const Source& b) {
        regs.binary_reuse(static_cast<tile::Binary>(op), dst_is_a, b, dst);
    });
}

[[gnu::noinline]] void binary_in_full(std::uint32_t op, std::uint32_t broadcast, bool accumulate,
                                      LoomOperands operands, std::uint32_t dst, LoomSite site) {
    static constexpr const char* names[] = {"add_tiles", "sub_tiles", "mul_tiles"};
    on_tiles(operands, dst, site, names[op], [=](Dst& regs, const Source& a, const Source& b) {
        regs.binary(static_cast<tile::Binary>(op), static_cast<tile::Broadcast>(broadcast), a, b, accumulate,
                    dst);
    });
}

void math_binary(std::uint32_t op, std::uint32_t broadcast, bool accumulate, LoomOperands operands,
                 std::uint32_t dst, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    if (static_cast<tile::Broadcast>(broadcast) == tile::Broadcast::columns && !accumulate) {
        const std::byte* const a = tile_at_once(thread, operands.cb(0), operands.tile(0), dst);
        const std::byte* const b = find_tile(thread, operands.cb(1), operands.tile(1));
        if (a != nullptr && b != nullptr && !core.lent.any(operands.cb(1))) [[likely]]
            if (with_operand(core, operands.cb(0), a, [&](const tile::Operand& x) {
                    return core.dst.binary_with_known_column(static_cast<tile::Binary>(op), x, operands.cb(0),
                                                             b, dst);
                })) [[likely]]
                return count_operation(thread);
    }
    binary_in_full(op, broadcast, accumulate, operands, dst, site);
}

void math_reduce(std::uint32_t dim, LoomOperands operands, std::uint32_t dst, LoomSite site) {
    on_tiles(operands, dst, site, "reduce_tile", [=](Dst& regs, const Source& a, const Source& scaler) {
        regs.reduce(static_cast<tile::ReduceDim>(dim), a, scaler, dst);
    });
}

// --- Tilize

void math_tilize(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, std::uint32_t dst,
                 LoomSite site) {
    Operation operation(dst, site, "tilize_block");
    const OperandView rows = operation.rows(cb, block, tile);
    operation.dst().tilize(rows.data, rows.pitch_bytes, rows.rows,
                           current_thread().core->cbs[cb].config.format, cb, dst);
}

void math_tilize_block(std::uint32_t cb, std::uint32_t block, std::uint32_t tile, LoomSite site) {
    Thread& thread = current_thread();
    Core& core = *thread.core;
    const bool exact = core.dst.config().fp32 || core.cbs[cb].config.format == DataFormat::Float16_b;
    const Wait for_pack{
        .kind = Wait::Kind::dst_section, .call = "tile_regs_acquire", .site = site, .offer = true};
    if (core.in_bulk() && exact && core.dst.committed() != 0) {
        core.tilizing.awaited = true;
        thread.block(for_pack);
        core.tilizing.awaited = false;
    }
    if (core.in_bulk() && exact && !core.dst.acquired() && core.dst.committed() == 0) {
        if (core.unpack->operations < thread.operations + block)
            thread.block({.kind = Wait::Kind::operands,
                          .call = "tilize_block",
                          .site = site,
                          .position = thread.operations + 1});
        if (core.unpack->operations >= thread.operations + block && copied_operands(thread) == nullptr) {
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

}  // namespace

void fill_math_calls(LoomEngine& table) {
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
    table.math_tilize_block = math_tilize_block;
}

}  // namespace loom::runtime
