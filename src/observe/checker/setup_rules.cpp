// Rules of setups: an op runs under its own init, on the formats that are configured, and what an init leaves behind
// is undone. The engine takes all of it from each call; silicon does not.
#include <fmt/format.h>

#include "observe/checker/rules.hpp"
#include "program/program_descriptor.hpp"

namespace loom::checker {
namespace {

constexpr const char* kBinary[] = {"add", "sub", "mul"};
constexpr const char* kBroadcast[] = {"NONE", "COL", "ROW", "SCALAR"};
constexpr const char* kBinaryOp[] = {"_tiles", "_tiles_bcast_cols", "_tiles_bcast_rows",
                                     "_tiles_bcast_scalar"};
constexpr const char* kBinaryInit[] = {"_init", "_bcast_cols_init", "_bcast_rows_init", "_bcast_scalar_init"};
constexpr const char* kReduce[] = {"REDUCE_ROW", "REDUCE_COL", "REDUCE_SCALAR"};
constexpr const char* kSfpu[] = {"binop_with_scalar_tile",
                                 "fill_tile",
                                 "rsqrt_tile",
                                 "sqrt_tile",
                                 "recip_tile",
                                 "square_tile",
                                 "negative_tile",
                                 "abs_tile",
                                 "typecast_tile",
                                 "add_binary_tile",
                                 "sub_binary_tile",
                                 "mul_binary_tile",
                                 "copy_dest_values",
                                 "sfpu_bcast_col",
                                 "sfpu_bcast_row",
                                 "sfpu_reduce"};

// What an init prepares for, as its op is called; and the init's own name.
struct Names {
    std::string op, init;
};

Names names_of(LoomInit kind, std::uint32_t detail) {
    switch (kind) {
        case loom_init_copy:
            return {"copy_tile", "copy_init"};
        case loom_init_broadcast:
            return {fmt::format("unary_bcast<{}>", kBroadcast[detail]),
                    fmt::format("unary_bcast_init<{}>", kBroadcast[detail])};
        case loom_init_binary:
            return {fmt::format("{}{}", kBinary[detail / 4], kBinaryOp[detail % 4]),
                    fmt::format("{}{}", kBinary[detail / 4], kBinaryInit[detail % 4])};
        case loom_init_reuse: {
            const char* const name = kBinary[detail / 2];
            const char* const reuse = detail % 2 == 1 ? "DEST_TO_SRCA" : "DEST_TO_SRCB";
            return {fmt::format("{}_reuse_dest_tiles<{}>", name, reuse),
                    fmt::format("{}_reuse_dest_init<{}>", name, reuse)};
        }
        case loom_init_reduce:
            return {fmt::format("reduce_tile<{}>", kReduce[detail]),
                    fmt::format("reduce_init<{}>", kReduce[detail])};
        case loom_init_tilize:
            return {"tilize_block", "tilize_init"};
        case loom_init_sfpu:
            return {kSfpu[detail], fmt::format("{}_init", kSfpu[detail])};
        default:
            return {"nothing", ""};
    }
}

std::string held(const Setup& setup) {
    if (!setup.kind) return "nothing";
    return fmt::format("{} (line {})", names_of(*setup.kind, setup.detail).op, setup.spot.line);
}

void require(const ThreadState& state, const Setup& setup, const char* unit, LoomInit kind,
             std::uint32_t detail, const Spot& spot) {
    if (setup.kind == kind && (setup.detail == detail || kind == loom_init_tilize)) return;
    fail(Code::OP_INIT, Rules::active().place(state, spot), unit, held(setup), names_of(kind, detail).init);
}

DataFormat format_of(const ThreadState& state, std::uint32_t cb) {
    return state.thread->core->cbs[cb].config.format;
}

std::string name_of(std::optional<DataFormat> format) {
    return format ? std::string(loom::name_of(*format)) : "no format yet";
}

void refuse_format(const ThreadState& state, const char* unit, std::optional<DataFormat> has,
                   std::uint32_t cb, const char* reconfigure, const Spot& spot) {
    KernelPlace where = Rules::active().place(state, spot);
    where.cb = cb;
    fail(Code::FORMAT, where, unit, name_of(has), cb, name_of(format_of(state, cb)),
         has ? reconfigure : "compute_kernel_hw_startup");
}

// The unpackers, the FPU and the packer are left as they were found when a kernel ends.
void refuse_left_on(const ThreadState& state, const Setup& setup, const std::string& what, const char* undo) {
    if (setup.kind) fail(Code::LEFT_ON, Rules::active().place(state, setup.spot), what, undo);
}

void note_format(ThreadState& state, LoomInit kind, const std::uint32_t (&cb)[2]) {
    if (kind == loom_init_formats || kind == loom_init_format_a) state.format_a = format_of(state, cb[0]);
    if (kind == loom_init_formats) state.format_b = format_of(state, cb[1]);
    if (kind == loom_init_format_b) state.format_b = format_of(state, cb[0]);
    if (kind == loom_init_format_pack) state.format_pack = format_of(state, cb[0]);
}

// What messages call an init that names_of has no op for.
const char* call_of(LoomInit kind) {
    switch (kind) {
        case loom_init_startup:
            return "compute_kernel_hw_startup";
        case loom_init_formats:
        case loom_init_format_a:
        case loom_init_format_b:
            return "reconfig_data_format";
        case loom_init_format_pack:
            return "pack_reconfig_data_format";
        case loom_init_copy:
            return "copy_init";
        case loom_init_broadcast:
            return "unary_bcast_init";
        case loom_init_binary:
            return "the init of a binary op";
        case loom_init_reuse:
            return "the init of a reuse_dest op";
        case loom_init_reduce:
            return "reduce_init";
        case loom_init_tilize:
            return "tilize_init";
        case loom_init_untilize:
            return "pack_untilize_dest_init";
        case loom_init_sfpu:
            return "the init of an SFPU op";
        default:
            return "an uninit";
    }
}

bool sets_fpu(LoomInit kind) {
    return kind == loom_init_copy || kind == loom_init_broadcast || kind == loom_init_binary ||
           kind == loom_init_reuse || kind == loom_init_reduce || kind == loom_init_tilize;
}

// Starting up sets DST and the packer back, whatever they are in the middle of.
void require_outside(const ThreadState& state, const Spot& spot) {
    const char* inside = nullptr;
    if (state.thread->risc == runtime::Risc::MATH && state.thread->core->dst.acquired())
        inside = "tile_regs_acquire .. tile_regs_commit";
    if (state.waited_for_dst) inside = "tile_regs_wait .. tile_regs_release";
    if (state.thread->risc == runtime::Risc::PACK && state.untilize.kind)
        inside = "pack_untilize_dest_init .. pack_untilize_uninit";
    if (inside != nullptr) fail(Code::STARTUP_INSIDE, Rules::active().place(state, spot), inside);
}

// How many buffers an init call names.
std::uint32_t buffers_of(LoomInit kind) {
    switch (kind) {
        case loom_init_startup:
        case loom_init_formats:
        case loom_init_binary:
        case loom_init_reduce:
            return 2;
        case loom_init_sfpu:
        case loom_init_undo_reduce:
            return 0;
        default:
            return 1;
    }
}

}  // namespace

void note_init(LoomInit kind, std::uint32_t detail, const std::uint32_t (&cb)[2], LoomSite site) {
    ThreadState& state = Rules::current();
    for (std::uint32_t i = 0; i < buffers_of(kind); ++i)
        runtime::existing_cb(*state.thread, cb[i], site, "an init call");
    const Setup setup{kind, detail, {site, call_of(kind)}};
    if (kind == loom_init_startup) {
        require_outside(state, setup.spot);
        state.started = true;
        state.format_a = format_of(state, cb[0]);
        state.format_b = format_of(state, cb[1]);
        return;
    }
    require_started(state, setup.spot);
    if (sets_fpu(kind) && kind != loom_init_broadcast && state.thread->risc == runtime::Risc::MATH)
        refuse_left_on(state, state.broadcast, fmt::format("{} (line {})", call_of(kind), site.line),
                       "unary_bcast_uninit");
    switch (kind) {
        case loom_init_formats:
        case loom_init_format_a:
        case loom_init_format_b:
        case loom_init_format_pack:
            return note_format(state, kind, cb);
        case loom_init_sfpu:
            state.sfpu = setup;
            return;
        case loom_init_untilize:
            state.untilize = setup;
            return;
        case loom_init_undo_untilize:
            state.untilize = {};
            return;
        case loom_init_undo_reduce:
            state.mask = {};
            if (state.fpu.kind == loom_init_reduce) state.fpu = {};
            return;
        case loom_init_undo_tilize:
            state.tilize = {};
            if (state.fpu.kind == loom_init_tilize) state.fpu = {};
            return;
        case loom_init_broadcast:
            state.broadcast = setup;
            break;
        case loom_init_undo_broadcast:
            state.broadcast = {};
            if (state.fpu.kind == loom_init_broadcast) state.fpu = {};
            return;
        case loom_init_reduce:
            state.mask = setup;
            break;
        case loom_init_tilize:
            state.tilize = setup;
            break;
        default:
            break;
    }
    state.fpu = setup;
}

void require_started(const ThreadState& state, const Spot& spot) {
    if (!state.started)
        fail(Code::OP_INIT, Rules::active().place(state, spot), "thread", "nothing",
             "compute_kernel_hw_startup");
}

void require_fpu(const ThreadState& state, LoomInit kind, std::uint32_t detail, const Spot& spot) {
    require(state, state.fpu, "FPU", kind, detail, spot);
}

void require_sfpu(const ThreadState& state, std::uint32_t function, const Spot& spot) {
    require(state, state.sfpu, "SFPU", loom_init_sfpu, function, spot);
}

void require_formats(const ThreadState& state, Sources sources, std::uint32_t first, std::uint32_t second,
                     const Spot& spot) {
    const DataFormat a = format_of(state, first);
    const DataFormat b = format_of(state, second);
    const bool is_first = state.format_a == a;
    const bool is_second = state.format_b == (sources == Sources::b || sources == Sources::either ? a : b);
    if (sources == Sources::either && (is_first || is_second)) return;
    if (sources == Sources::any_order && state.format_a == b && state.format_b == a) return;
    const bool wants_a = sources != Sources::b;
    const bool wants_b = sources == Sources::b || sources == Sources::both || sources == Sources::any_order;
    if (wants_a && !is_first)
        refuse_format(state, "SrcA", state.format_a, first,
                      wants_b ? "reconfig_data_format" : "reconfig_data_format_srca", spot);
    if (wants_b && !is_second)
        refuse_format(state, "SrcB", state.format_b, sources == Sources::b ? first : second,
                      wants_a ? "reconfig_data_format" : "reconfig_data_format_srcb", spot);
}

void require_pack_format(const ThreadState& state, std::uint32_t cb, const Spot& spot) {
    if (state.format_pack != format_of(state, cb))
        refuse_format(state, "the packer", state.format_pack, cb, "pack_reconfig_data_format", spot);
}

void require_no_mask(const ThreadState& state, const Spot& spot) {
    refuse_left_on(state, state.mask, fmt::format("{} (line {})", spot.call, spot.line), "reduce_uninit");
}

void end_of_setups(const ThreadState& state) {
    if (state.thread->risc == runtime::Risc::PACK) {
        refuse_left_on(state, state.mask, "its end", "reduce_uninit");
        refuse_left_on(state, state.untilize, "its end", "pack_untilize_uninit");
    }
    if (state.thread->risc == runtime::Risc::MATH)
        refuse_left_on(state, state.broadcast, "its end", "unary_bcast_uninit");
    if (state.thread->risc == runtime::Risc::UNPACK)
        refuse_left_on(state, state.tilize, "its end", "tilize_uninit");
}

}  // namespace loom::checker
