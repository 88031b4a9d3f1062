"""The compute calls that goldens are kept of: programs that make many of them, a tile of result a call.

tools/make_goldens.py runs these on the real stack with a simulator of the chip, test_calls.py on Loom.
"""

import hashlib
import json

import numpy as np

# name: what comes before tile_regs_acquire, the math, what comes after the pack, and the pack where it is another one.
FPU = {
    "copy": ("copy_init(0);", "copy_tile(0, 0, 0);", ""),
    "add": ("add_init(0, 1);", "add_tiles(0, 1, 0, 0, 0);", ""),
    "sub": ("sub_init(0, 1);", "sub_tiles(0, 1, 0, 0, 0);", ""),
    "mul": ("mul_init(0, 1);", "mul_tiles(0, 1, 0, 0, 0);", ""),
    "mul_onto": ("mul_init(0, 1);", "mul_tiles(0, 1, 1, 1, 0); mul_tiles(0, 1, 0, 0, 0);", ""),
    "unary_bcast_col": ("unary_bcast_init<BroadcastType::COL>(0);", "unary_bcast<BroadcastType::COL>(0, 0, 0);",
                        "unary_bcast_uninit<BroadcastType::COL>(0);"),
    "unary_bcast_scalar": ("unary_bcast_init<BroadcastType::SCALAR>(0);",
                           "unary_bcast<BroadcastType::SCALAR>(0, 0, 0);",
                           "unary_bcast_uninit<BroadcastType::SCALAR>(0);"),
    "unary_bcast_row": ("unary_bcast_init<BroadcastType::ROW>(0);", "unary_bcast<BroadcastType::ROW>(0, 0, 0);",
                        "unary_bcast_uninit<BroadcastType::ROW>(0);"),
    # To the second tile, of which the chip writes into the first.
    "unary_bcast_row_1": ("unary_bcast_init<BroadcastType::ROW>(0);", "unary_bcast<BroadcastType::ROW>(0, 0, 1);",
                          "unary_bcast_uninit<BroadcastType::ROW>(0);"),
}  # fmt: skip
for op in ("add", "sub", "mul"):
    for part in ("rows", "cols", "scalar"):
        FPU[f"{op}_bcast_{part}"] = (f"{op}_bcast_{part}_init(0, 1);",
                                     f"{op}_tiles_bcast_{part}(0, 1, 0, 0, 0);", "")  # fmt: skip
    for side in ("A", "B"):
        reuse = f"EltwiseBinaryReuseDestType::DEST_TO_SRC{side}"
        FPU[f"{op}_reuse_{side.lower()}"] = (
            "",
            f"copy_init(0); copy_tile(0, 0, 0); {op}_reuse_dest_init<{reuse}>(1);"
            f" {op}_reuse_dest_tiles<{reuse}>(1, 0, 0);",
            "",
        )
MUL = {name: FPU[name] for name in ("mul", "mul_onto", "mul_bcast_cols", "mul_reuse_a")}

REDUCE = {}
for dim in ("ROW", "COL", "SCALAR"):
    for scaler in (0, 1):
        call = f"reduce_tile<PoolType::SUM, ReduceDim::REDUCE_{dim}>(0, 2, {{}}, {scaler}, 0);"
        REDUCE[f"reduce_{dim.lower()}_{scaler}"] = (
            f"reduce_init<PoolType::SUM, ReduceDim::REDUCE_{dim}>(0, 2, 16);",
            call.format(1) + (" " + call.format(2) if scaler == 0 else ""),
            "reduce_uninit();",
        )

COPIES = "copy_init(0); copy_tile(0, 0, 0); copy_init(1); copy_tile(1, 0, 1); "


def sfpu(init, call):
    return ("", f"{COPIES}{init} {call}", "")


SFPU = {f"{op}_dst": sfpu(f"{op}_binary_tile_init();", f"{op}_binary_tile(0, 1, 0);") for op in ("add", "sub", "mul")}
for op in ("add", "sub", "mul", "rsub"):
    SFPU[f"{op}_scalar"] = sfpu("binop_with_scalar_tile_init();", f"{op}_unary_tile(0, 0x3fd9999au);")
for name in ("rsqrt", "sqrt", "recip", "square", "negative", "abs"):
    SFPU[name] = sfpu(f"{name}_tile_init();", f"{name}_tile(0);")
ROOTS = {name: SFPU[name] for name in ("rsqrt", "sqrt", "recip")}
SFPU["fill"] = sfpu("fill_tile_init();", "fill_tile(0, 1.2345678f);")
CAST = "<static_cast<uint32_t>(DataFormat::Float32), static_cast<uint32_t>(DataFormat::Float16_b)>"
SFPU["typecast"] = sfpu(f"typecast_tile_init{CAST}();", f"typecast_tile{CAST}(0);")
SFPU["copy_dst"] = sfpu("copy_dest_values_init();",
                        "copy_dest_values<DST_ACCUM_MODE ? DataFormat::Float32 : DataFormat::Float16_b>(1, 0);")  # fmt: skip

FORMAT = "DST_ACCUM_MODE ? DataFormat::Float32 : DataFormat::Float16_b"
for op in ("add", "sub", "mul"):
    for part in ("col", "row"):
        SFPU[f"{op}_dst_{part}"] = sfpu(f"sfpu_{op}_bcast_{part}_init();", f"sfpu_{op}_bcast_{part}(0, 1);")
SFPU["reduce_dst"] = sfpu(f"sfpu_reduce_init<PoolType::SUM, ({FORMAT})>();",
                          f"sfpu_reduce<PoolType::SUM, ({FORMAT}), ReduceDim::REDUCE_ROW>(0);")  # fmt: skip
# Two tiles onto one place.
SFPU["pack_onto"] = ("", COPIES, "", "pack_tile<true>(0, 16, 0); pack_reconfig_l1_acc(1); pack_tile<true>(1, 16, 0);"
                                     " pack_reconfig_l1_acc(0);")  # fmt: skip

BFLOAT16, FLOAT32 = "Float16_b", "Float32"
# name: formats in and out, the compute config, the calls.
CONFIGS = {
    "bf16_dst32": (BFLOAT16, BFLOAT16, {"fp32_dest_acc_en": True}, FPU | REDUCE | SFPU),
    "bf16_dst16": (BFLOAT16, BFLOAT16, {}, FPU | REDUCE | SFPU),
    "bf16_to_fp32": (BFLOAT16, FLOAT32, {"fp32_dest_acc_en": True}, MUL | REDUCE),
    "fp32_dst32": (FLOAT32, FLOAT32, {"fp32_dest_acc_en": True, "dst_full_sync_en": True}, FPU | REDUCE),
    "fp32_dst16": (FLOAT32, FLOAT32, {"dst_full_sync_en": True}, {"copy": FPU["copy"], "add": FPU["add"]} | REDUCE),
    "fp32_whole": (FLOAT32, FLOAT32, {"fp32_dest_acc_en": True, "unpack_to_dest_fp32": [0, 1]}, SFPU),
    "fp32_whole_to_bf16": (FLOAT32, BFLOAT16, {"fp32_dest_acc_en": True, "unpack_to_dest_fp32": [0, 1]},
                           {"copy": FPU["copy"], "sub_dst": SFPU["sub_dst"]}),
    "approximate_dst32": (FLOAT32, FLOAT32, {"fp32_dest_acc_en": True, "math_approx_mode": True,
                                             "unpack_to_dest_fp32": [0, 1]}, ROOTS),
    "approximate_dst16": (BFLOAT16, BFLOAT16, {"math_approx_mode": True}, ROOTS),
}  # fmt: skip
for fidelity in ("LoFi", "HiFi2", "HiFi3"):
    CONFIGS[f"{fidelity}_dst32"] = (FLOAT32, FLOAT32, {"fp32_dest_acc_en": True, "math_fidelity": fidelity},
                                    MUL | REDUCE)  # fmt: skip
    CONFIGS[f"{fidelity}_dst16"] = (BFLOAT16, BFLOAT16, {"math_fidelity": fidelity}, MUL | REDUCE)
BYTES = {BFLOAT16: 2048, FLOAT32: 4096}

HEADERS = """cb_api common compute_kernel_hw_startup pack reg_api tile_move_copy eltwise_binary bcast reduce
    eltwise_binary_sfpu sfpu_binary_bcast copy_dest_values compute_kernel_api eltwise_unary/rsqrt eltwise_unary/sqrt eltwise_unary/recip
    eltwise_unary/negative eltwise_unary/fill eltwise_unary/binop_with_scalar eltwise_unary/typecast""".split()


def compute(calls):
    """The compute kernel: DST's first tile after each call goes to c_16."""
    text = "".join(f'#include "api/compute/{header}.h"\n' for header in HEADERS)
    text += "void kernel_main() {\n    compute_kernel_hw_startup(0, 1, 16);\n"
    text += "    cb_wait_front(0, 3);\n    cb_wait_front(1, 2);\n    cb_wait_front(2, 2);\n"
    for before, math, after, *pack in calls.values():
        text += f"""    cb_reserve_back(16, 1);
    {before}
    tile_regs_acquire();
    {math}
    tile_regs_commit();
    tile_regs_wait();
    {(pack or ["pack_tile(0, 16);"])[0]}
    tile_regs_release();
    {after}
    cb_push_back(16, 1);
"""
    return text + "}\n"


READER = """#include "api/dataflow/dataflow_api.h"
void kernel_main() {
    constexpr auto a0 = TensorAccessorArgs<0>();
    constexpr auto a1 = TensorAccessorArgs<a0.next_compile_time_args_offset()>();
    constexpr auto a2 = TensorAccessorArgs<a1.next_compile_time_args_offset()>();
    const uint32_t bytes = get_arg_val<uint32_t>(3);
    const auto read = [bytes](const auto& tiles, uint32_t cb, uint32_t count) {
        cb_reserve_back(cb, count);
        for (uint32_t t = 0; t < count; ++t)
            noc_async_read(tiles.get_noc_addr(t), get_write_ptr(cb) + t * bytes, bytes);
        noc_async_read_barrier();
        cb_push_back(cb, count);
    };
    read(TensorAccessor(a0, get_arg_val<uint32_t>(0)), 0, 3);
    read(TensorAccessor(a1, get_arg_val<uint32_t>(1)), 1, 2);
    read(TensorAccessor(a2, get_arg_val<uint32_t>(2)), 2, 2);
}
"""
WRITER = """#include "api/dataflow/dataflow_api.h"
void kernel_main() {
    const auto z = TensorAccessor(TensorAccessorArgs<0>(), get_arg_val<uint32_t>(0));
    for (uint32_t t = 0; t < get_arg_val<uint32_t>(2); ++t) {
        cb_wait_front(16, 1);
        noc_async_write(get_read_ptr(16), z.get_noc_addr(t), get_arg_val<uint32_t>(1));
        noc_async_write_barrier();
        cb_pop_front(16, 1);
    }
}
"""

# Zeros, infinities, NaNs, subnormals, the largest and the smallest, and what lies between two bfloat16 or TF32 numbers.
SPECIAL = [0x00000000, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFA00001, 0x00000001, 0x807FFFFF, 0x00400000,
           0x00800000, 0x80810000, 0x7F7FFFFF, 0xFF7F0000, 0x3F808000, 0x3F818000, 0xBF808000, 0x3F801000, 0x3F803000,
           0x3F807FFF, 0x7E800000, 0x7E7FFFFF, 0x00FFFFFF, 0x34000000, 0x4B800001]  # fmt: skip


def words(seed, count):
    """As many random words: a generator of two lines, the same everywhere."""
    out = np.empty(count, np.uint32)
    state = seed
    for i in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = state >> 32
    return out


def numbers(seed, low, high):
    """A tile of random floats with exponents from low to high."""
    bits = words(seed, 1024)
    exponents = 127 + low + words(seed + 1, 1024) % (high - low + 1)
    return bits & 0x807FFFFF | exponents.astype(np.uint32) << 23


def mixed(seed):
    """Numbers, and in each fourth row special ones or any bits."""
    tile = numbers(seed, -6, 6)
    rare = np.where(words(seed + 2, 1024) % 2, words(seed + 3, 1024), np.array(SPECIAL, np.uint32)[words(seed + 4, 1024) % len(SPECIAL)])
    return np.where(np.arange(1024) // 16 % 4 == 3, rare, tile).astype(np.uint32)


def scaler(seed):
    """Numbers in the first row of each face, zeros below."""
    return np.where(np.arange(1024) % 256 < 16, numbers(seed, -3, 0) & 0x7FFFFFFF, 0).astype(np.uint32)


INPUTS = {
    "a": [mixed(1), numbers(11, -4, 4), numbers(21, -30, 30)],
    "b": [mixed(31), numbers(41, -4, 4)],
    "s": [np.full(1024, 0x3F800000, np.uint32), scaler(51)],
}


def inputs(name, data_format):
    """The bytes of an input's tiles in a format."""
    tiles = np.concatenate(INPUTS[name])
    return (tiles >> 16).astype(np.uint16).tobytes() if data_format == BFLOAT16 else tiles.tobytes()


def program(config, arch, tensor):
    """A program file's content. `tensor(name, pages, bytes of one)` makes a tensor's entry."""
    data_format, out_format, compute_config, calls = CONFIGS[config]
    cores, page, out_page = [[0, 0]], BYTES[data_format], BYTES[out_format]
    counts = {"a": 3, "b": 2, "s": 2}

    def buffer(index, pages, form):
        return {"cores": cores, "total_size": pages * BYTES[form],
                "formats": [{"index": index, "data_format": form, "page_size": BYTES[form]}]}  # fmt: skip

    def kernel(kind, source, accessors, args):
        return {"source": source, "cores": cores, "config": kind,
                "compile_time_args": [{"accessor": name} for name in accessors],
                "runtime_args": [{"cores": cores, "args": [{"address": name} for name in accessors] + args}]}  # fmt: skip

    return {
        "loom_program": 1,
        "arch": arch,
        "tensors": [tensor(name, count, page) for name, count in counts.items()] + [tensor("z", len(calls), out_page)],
        "circular_buffers": [buffer(i, n, data_format) for i, n in enumerate(counts.values())]
        + [buffer(16, 2, out_format)],
        "kernels": [
            kernel({"type": "reader"}, READER, list(counts), [page]),
            kernel({"type": "compute"} | compute_config, compute(calls), [], []),
            kernel({"type": "writer"}, WRITER, ["z"], [out_page, len(calls)]),
        ],
    }


def chips(_config):
    return "wormhole", "blackhole"


def digest(made):
    """What tells a program from another one: its kernels, their configurations, and its circular buffers."""
    told = {key: made[key] for key in ("arch", "circular_buffers", "kernels")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
