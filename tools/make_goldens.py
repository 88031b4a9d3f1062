"""Makes tests/golden/calls.npz: what a simulator of the chip, under the real ttnn, gives for the programs of calls.py.

    PYTHON tools/make_goldens.py --arch wormhole --simulator libttsim.so --version TEXT

PYTHON is one that has ttnn, with the compiler installed too; the simulator is a finished libttsim.so for that chip.
A process is one chip, since ttnn reads its environment once: run it for each. What the file holds of other chips stays.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parent.parent / "tests/golden"
sys.path.insert(0, str(GOLDEN))
import calls  # noqa: E402

SOC = {"wormhole": "wormhole_b0_80_arch.yaml", "blackhole": "blackhole_140_arch.yaml"}


def prepare(arch, simulator, folder):
    """What ttnn reads of the environment when it is imported: it wants the chip's description beside the simulator."""
    root = Path(importlib.util.find_spec("ttnn").origin).parent
    while not (root / "tt_metal").is_dir():
        root = root.parent
    shutil.copy(simulator, folder / "libttsim.so")
    shutil.copy(root / "tt_metal/soc_descriptors" / SOC[arch], folder / "soc_descriptor.yaml")
    os.environ |= {
        "TT_METAL_SIMULATOR": str(folder / "libttsim.so"),
        "TT_METAL_SLOW_DISPATCH_MODE": "1",
        "TT_METAL_DISABLE_SFPLOADMACRO": "1",
        "TT_METAL_CACHE": str(folder / "cache"),
        "TT_LOGGER_LEVEL": "Fatal",
    }
    os.chdir(folder)  # ttnn leaves files where it runs


class Stack:
    """One device of the real stack."""

    def __init__(self):
        import ttnn

        self.ttnn = ttnn
        self.device = ttnn.open_device(device_id=0)

    def tensor(self, raw, pages):
        """Bytes as they are, a row a page."""
        rows = np.frombuffer(raw, np.uint32).reshape(pages, -1).copy()
        return self.ttnn.Tensor(rows, self.ttnn.uint32).to(self.device, self.ttnn.DRAM_MEMORY_CONFIG)

    def config(self, kind):
        ttnn = self.ttnn
        if kind["type"] == "reader":
            return ttnn.ReaderConfigDescriptor()
        if kind["type"] == "writer":
            return ttnn.WriterConfigDescriptor()
        made = ttnn.ComputeConfigDescriptor(
            math_fidelity=getattr(ttnn.MathFidelity, kind.get("math_fidelity", "HiFi4")),
            **{key: kind.get(key, False) for key in ("fp32_dest_acc_en", "dst_full_sync_en", "math_approx_mode")},
        )
        if "unpack_to_dest_fp32" in kind:
            modes = ttnn.UnpackToDestMode
            made.unpack_to_dest_mode = [
                modes.UnpackToDestFp32 if cb in kind["unpack_to_dest_fp32"] else modes.Default for cb in range(64)
            ]
        return made

    def run(self, program, tensors):
        ttnn = self.ttnn
        cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(0, 0))])
        formats = {"Float16_b": ttnn.bfloat16, "Float32": ttnn.float32}
        cbs = [
            ttnn.CBDescriptor(
                total_size=cb["total_size"],
                core_ranges=cores,
                format_descriptors=[
                    ttnn.CBFormatDescriptor(
                        buffer_index=f["index"], data_format=formats[f["data_format"]], page_size=f["page_size"]
                    )
                    for f in cb["formats"]
                ],
            )
            for cb in program["circular_buffers"]
        ]
        kernels = []
        for kernel in program["kernels"]:
            accessors = [tensors[arg["accessor"]] for arg in kernel["compile_time_args"]]
            args = [
                arg if isinstance(arg, int) else tensors[arg["address"]].buffer_address()
                for arg in kernel["runtime_args"][0]["args"]
            ]
            kernels.append(
                ttnn.KernelDescriptor(
                    kernel_source=kernel["source"],
                    source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE,
                    core_ranges=cores,
                    compile_time_args=[
                        word for t in accessors for word in ttnn.TensorAccessorArgs(t).get_compile_time_args()
                    ],
                    runtime_args=[(ttnn.CoreCoord(0, 0), args)],
                    config=self.config(kernel["config"]),
                )
            )
        ttnn.generic_op(list(tensors.values()), ttnn.ProgramDescriptor(kernels=kernels, semaphores=[], cbs=cbs))
        ttnn.synchronize_device(self.device)
        return np.array(tensors["z"].cpu().to_list(), np.uint32).reshape(-1)


def entry(name, pages, page_bytes):
    return {"name": name, "pages": pages, "bytes": page_bytes}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=SOC, required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--version", required=True, help="of the simulator, for the record")
    parser.add_argument("--only", nargs="*", help="configurations; all when absent")
    options = parser.parse_args()
    results, index = {}, {}
    data, record = GOLDEN / "calls.npz", GOLDEN / "calls.json"
    if data.exists():
        with np.load(data) as kept:
            results = dict(kept)
        index = json.loads(record.read_text())
    with tempfile.TemporaryDirectory() as folder:
        prepare(options.arch, Path(options.simulator).resolve(), Path(folder))
        stack = Stack()
        for config in options.only or calls.CONFIGS:
            form = calls.CONFIGS[config][0]
            program = calls.program(config, options.arch, entry)
            tensors = {}
            for t in program["tensors"]:
                raw = calls.inputs(t["name"], form) if t["name"] != "z" else bytes(t["pages"] * t["bytes"])
                tensors[t["name"]] = stack.tensor(raw, t["pages"])
            key = f"{config}/{options.arch}"
            print(key, flush=True)
            results[key] = stack.run(program, tensors)
            index[key] = {
                "program": calls.digest(program),
                "simulator": options.version,
                "ttnn": importlib.metadata.version("ttnn"),
            }
            np.savez_compressed(data, **dict(sorted(results.items())))
            record.write_text(json.dumps(dict(sorted(index.items())), indent=1) + "\n")


main()
