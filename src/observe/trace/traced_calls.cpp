// The engine's table with each call told to the tracer before and after.
#include "observe/trace/tracer.hpp"

namespace loom::trace {
namespace {

using Amount = Call::Amount;
using Effect = Call::Effect;
using Kind = TraceKind;
using u32 = std::uint32_t;

/// Table entry `Member`, wrapped; `describe` turns its arguments into a Call.
template <auto Member, auto describe>
struct Wrapped;
template <typename R, typename... Args, R (*LoomEngine::*Member)(Args...), auto describe>
struct Wrapped<Member, describe> {
    static R call(Args... args) {
        const LoomEngine& engine = runtime::engine_table();
        Tracer& tracer = Tracer::active();
        runtime::Thread& thread = runtime::current_thread();
        ThreadState* const state = tracer.enter(thread);
        if (state != nullptr) tracer.begin(*state, describe(args...));
        try {
            if constexpr (std::is_void_v<R>) {
                (engine.*Member)(args...);
                state != nullptr ? tracer.end(*state) : tracer.resumed(thread);
            } else {
                const R result = (engine.*Member)(args...);
                state != nullptr ? tracer.end(*state) : tracer.resumed(thread);
                return result;
            }
        } catch (const std::exception&) {
            // Nothing else may be caught: a fiber that never ends is unwound when the run is long over.
            if (state != nullptr) tracer.failed(*state);
            throw;
        }
    }
};

template <auto Member, auto describe>
void wrap(LoomEngine& table) {
    table.*Member = Wrapped<Member, describe>::call;
}

Call on_pages(const char* name, u32 cb, u32 pages, LoomSite site, Effect effect = Effect::none) {
    return {name, Kind::cb, site, cb, kNoCb, Amount::pages, pages, effect};
}
Call on_dst(const char* name, LoomSite site) {
    return {.name = name, .kind = Kind::dst, .site = site};
}
Call compute(const char* name, Kind kind, LoomSite site, u32 cb_a = kNoCb, u32 cb_b = kNoCb) {
    return {.name = name, .kind = kind, .site = site, .cb_a = cb_a, .cb_b = cb_b};
}
Call on_bytes(const char* name, Kind kind, u32 bytes, LoomSite site, Effect effect = Effect::none) {
    return {name, kind, site, kNoCb, kNoCb, Amount::bytes, bytes, effect};
}
Call on_semaphore(const char* name, u32 value, LoomSite site, Effect effect = Effect::none) {
    return {name, Kind::semaphore, site, kNoCb, kNoCb, Amount::value, value, effect};
}
// A word may be a semaphore that another core waits for.
Effect effect_of_write(u32 bytes) {
    return bytes == 4 ? Effect::other_cores : Effect::none;
}

// A thread begins with its arguments: asking for them is no span, but tells that it runs.
u32 argument(u32 index, bool common, LoomSite site) {
    Tracer::active().enter(runtime::current_thread());
    return runtime::engine_table().argument(index, common, site);
}

void wrap_cb_calls(LoomEngine& table) {
    table.argument = argument;
    wrap<&LoomEngine::cb_reserve_back, [](u32 cb, u32 pages, LoomSite site) {
        return on_pages("cb_reserve_back", cb, pages, site);
    }>(table);
    wrap<&LoomEngine::cb_push_back, [](u32 cb, u32 pages, LoomSite site) {
        return on_pages("cb_push_back", cb, pages, site, Effect::occupancy);
    }>(table);
    wrap<&LoomEngine::cb_wait_front,
         [](u32 cb, u32 pages, LoomSite site) { return on_pages("cb_wait_front", cb, pages, site); }>(table);
    wrap<&LoomEngine::cb_pop_front, [](u32 cb, u32 pages, LoomSite site) {
        return on_pages("cb_pop_front", cb, pages, site, Effect::occupancy);
    }>(table);
    wrap<&LoomEngine::cb_pages_reservable, [](u32 cb, u32 pages, LoomSite site) {
        return on_pages("cb_pages_reservable_at_back", cb, pages, site);
    }>(table);
    wrap<&LoomEngine::cb_pages_available, [](u32 cb, u32 pages, LoomSite site) {
        return on_pages("cb_pages_available_at_front", cb, pages, site);
    }>(table);
}

void wrap_noc_calls(LoomEngine& table) {
    wrap<&LoomEngine::noc_read, [](std::uint64_t, u32, u32 bytes, LoomSite site) {
        return on_bytes("noc_async_read", Kind::noc_read, bytes, site);
    }>(table);
    wrap<&LoomEngine::noc_write, [](u32, std::uint64_t, u32 bytes, LoomSite site) {
        return on_bytes("noc_async_write", Kind::noc_write, bytes, site, effect_of_write(bytes));
    }>(table);
    wrap<&LoomEngine::noc_write_multicast, [](u32, std::uint64_t, u32 bytes, u32, bool, LoomSite site) {
        return on_bytes("noc_async_write_multicast", Kind::noc_write, bytes, site, effect_of_write(bytes));
    }>(table);
    wrap<&LoomEngine::noc_read_barrier, [](LoomSite site) {
        return Call{.name = "noc_async_read_barrier",
                    .kind = Kind::noc_read,
                    .site = site,
                    .effect = Effect::reads_done};
    }>(table);
    wrap<&LoomEngine::noc_write_barrier, [](LoomSite site) {
        return Call{.name = "noc_async_write_barrier",
                    .kind = Kind::noc_write,
                    .site = site,
                    .effect = Effect::writes_done};
    }>(table);
    wrap<&LoomEngine::noc_writes_flushed, [](LoomSite site) {
        return Call{.name = "noc_async_writes_flushed",
                    .kind = Kind::noc_write,
                    .site = site,
                    .effect = Effect::writes_done};
    }>(table);
    wrap<&LoomEngine::semaphore_set, [](u32, u32 value, LoomSite site) {
        return on_semaphore("noc_semaphore_set", value, site, Effect::other_cores);
    }>(table);
    wrap<&LoomEngine::semaphore_increment, [](std::uint64_t, u32 value, LoomSite site) {
        return on_semaphore("noc_semaphore_inc", value, site, Effect::other_cores);
    }>(table);
    wrap<&LoomEngine::semaphore_wait, [](u32, u32 value, bool at_least, LoomSite site) {
        return on_semaphore(at_least ? "noc_semaphore_wait_min" : "noc_semaphore_wait", value, site);
    }>(table);
}

void wrap_unpack_and_pack(LoomEngine& table) {
    wrap<&LoomEngine::unpack_tile,
         [](u32 cb, u32, LoomSite site) { return compute("unpack", Kind::unpack, site, cb, kNoCb); }>(table);
    wrap<&LoomEngine::unpack_tiles, [](LoomOperands operands, LoomSite site) {
        return compute("unpack", Kind::unpack, site, operands.cb(0), operands.cb(1));
    }>(table);
    wrap<&LoomEngine::unpack_rows, [](u32 cb, u32, u32, LoomSite site) {
        return compute("unpack_tilize", Kind::unpack, site, cb);
    }>(table);
    wrap<&LoomEngine::dst_wait, [](LoomSite site) { return on_dst("tile_regs_wait", site); }>(table);
    wrap<&LoomEngine::dst_release, [](LoomSite site) { return on_dst("tile_regs_release", site); }>(table);
    wrap<&LoomEngine::pack_tile, [](u32, u32 cb, u32, bool, LoomSite site) {
        return compute("pack_tile", Kind::pack, site, cb);
    }>(table);
    wrap<&LoomEngine::pack_untilize, [](u32 cb, u32, u32, u32, u32, LoomSite site) {
        return compute("pack_untilize_dest", Kind::pack, site, cb);
    }>(table);
}

const char* unary_name(u32 function) {
    constexpr const char* names[] = {"add_unary_tile", "sub_unary_tile", "mul_unary_tile", "rsub_unary_tile",
                                     "fill_tile",      "rsqrt_tile",     "sqrt_tile",      "recip_tile",
                                     "square_tile",    "negative_tile",  "abs_tile",       "typecast_tile"};
    return function < std::size(names) ? names[function] : "unary";
}
const char* binary_name(u32 op, u32 broadcast) {
    constexpr const char* names[3][4] = {
        {"add_tiles", "add_tiles_bcast_cols", "add_tiles_bcast_rows", "add_tiles_bcast_scalar"},
        {"sub_tiles", "sub_tiles_bcast_cols", "sub_tiles_bcast_rows", "sub_tiles_bcast_scalar"},
        {"mul_tiles", "mul_tiles_bcast_cols", "mul_tiles_bcast_rows", "mul_tiles_bcast_scalar"}};
    return op < 3 && broadcast < 4 ? names[op][broadcast] : "binary";
}
const char* binary_dst_name(u32 op) {
    constexpr const char* names[] = {"add_binary_tile", "sub_binary_tile", "mul_binary_tile"};
    return op < 3 ? names[op] : "binary_tile";
}

void wrap_math(LoomEngine& table) {
    wrap<&LoomEngine::dst_acquire, [](LoomSite site) { return on_dst("tile_regs_acquire", site); }>(table);
    wrap<&LoomEngine::dst_commit, [](LoomSite site) { return on_dst("tile_regs_commit", site); }>(table);
    wrap<&LoomEngine::math_copy,
         [](u32 cb, u32, u32, LoomSite site) { return compute("copy_tile", Kind::math, site, cb); }>(table);
    wrap<&LoomEngine::math_broadcast, [](u32, u32 cb, u32, u32, LoomSite site) {
        return compute("unary_bcast", Kind::math, site, cb);
    }>(table);
    wrap<&LoomEngine::math_binary,
         [](u32 op, u32 broadcast, bool, LoomOperands operands, u32, LoomSite site) {
             return compute(binary_name(op, broadcast), Kind::math, site, operands.cb(0), operands.cb(1));
         }>(table);
    wrap<&LoomEngine::math_binary_reuse, [](u32 op, bool, u32 cb, u32, u32, LoomSite site) {
        constexpr const char* names[] = {"add_reuse_dest_tiles", "sub_reuse_dest_tiles",
                                         "mul_reuse_dest_tiles"};
        return compute(op < 3 ? names[op] : "reuse_dest_tiles", Kind::math, site, cb);
    }>(table);
    wrap<&LoomEngine::math_binary_dst, [](u32 op, u32, u32, u32, LoomSite site) {
        return compute(binary_dst_name(op), Kind::math, site);
    }>(table);
    wrap<&LoomEngine::math_broadcast_dst, [](u32 op, u32 kind, u32, u32, LoomSite site) {
        constexpr const char* names[3][2] = {{"sfpu_add_bcast_col", "sfpu_add_bcast_row"},
                                             {"sfpu_sub_bcast_col", "sfpu_sub_bcast_row"},
                                             {"sfpu_mul_bcast_col", "sfpu_mul_bcast_row"}};
        return compute(op < 3 ? names[op][kind == 1 ? 0 : 1] : "sfpu_bcast", Kind::math, site);
    }>(table);
    wrap<&LoomEngine::math_copy_dst,
         [](u32, u32, LoomSite site) { return compute("copy_dest_values", Kind::math, site); }>(table);
    wrap<&LoomEngine::math_unary, [](u32 function, float, u32, LoomSite site) {
        return compute(unary_name(function), Kind::math, site);
    }>(table);
    wrap<&LoomEngine::math_reduce, [](u32, LoomOperands operands, u32, LoomSite site) {
        return compute("reduce_tile", Kind::math, site, operands.cb(0), operands.cb(1));
    }>(table);
    wrap<&LoomEngine::math_reduce_dst,
         [](u32, LoomSite site) { return compute("sfpu_reduce", Kind::math, site); }>(table);
    wrap<&LoomEngine::math_tilize, [](u32 cb, u32, u32, u32, LoomSite site) {
        return compute("tilize_block", Kind::math, site, cb);
    }>(table);
}

}  // namespace

const LoomEngine& traced_table() {
    static const LoomEngine table = [] {
        LoomEngine wrapped = runtime::engine_table();
        wrap_cb_calls(wrapped);
        wrap_noc_calls(wrapped);
        wrap_unpack_and_pack(wrapped);
        wrap_math(wrapped);
        return wrapped;
    }();
    return table;
}

}  // namespace loom::trace
