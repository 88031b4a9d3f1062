"""The real ttnn, without a card: the environment that it reads, and a program file of Loom's as its ProgramDescriptor.

For the Python that setup.sh makes. Whoever uses it calls prepare() and then imports ttnn, which reads the environment
once: one process has one chip. Run by itself, it prints ttnn's folder.
"""

import atexit
import importlib.util
import itertools
import json
import os
import re
import shutil
import struct
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SOC_DESCRIPTORS = {"wormhole": "wormhole_b0_80_arch.yaml", "blackhole": "blackhole_140_arch.yaml"}
FORMATS = {"Float16_b": "bfloat16", "Float32": "float32"}
NUM_CIRCULAR_BUFFERS = 64  # entries of ttnn's unpack_to_dest_mode


def root():
    """ttnn's own folder, which has tt_metal/ and runtime/."""
    parents = Path(importlib.util.find_spec("ttnn").origin).parents
    return next(folder for folder in parents if (folder / "tt_metal").is_dir())


def prepare(arch, simulator=None, mock=False):
    """Sets the environment that ttnn reads: a card when neither is given.

    simulator  a libttsim.so for `arch`.
    mock       no device: kernels are compiled and nothing runs.
    """
    os.environ.setdefault("TT_LOGGER_LEVEL", "Fatal")
    os.environ.setdefault("LOGURU_LEVEL", "ERROR")
    # Compiled kernels are kept by their text, not by what they include.
    os.environ["TT_METAL_CACHE"] = _own_folder()
    for name in ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH"):
        os.environ.pop(name, None)
    if mock:
        os.environ["TT_METAL_MOCK_CLUSTER_DESC_PATH"] = str(HERE / f"{arch}.yaml")
    elif simulator is not None:
        # ttnn looks for the chip's description beside the library.
        folder = Path(_own_folder())
        shutil.copy(simulator, folder / "libttsim.so")
        shutil.copy(root() / "tt_metal/soc_descriptors" / SOC_DESCRIPTORS[arch], folder / "soc_descriptor.yaml")
        os.environ["TT_METAL_SIMULATOR"] = str(folder / "libttsim.so")
        os.environ["TT_METAL_SLOW_DISPATCH_MODE"] = "1"
        os.environ["TT_METAL_DISABLE_SFPLOADMACRO"] = "1"  # the simulator has no SFPLOADMACRO
    # ttnn leaves a folder `generated` where it runs.
    os.chdir(_own_folder())


def _own_folder():
    folder = tempfile.mkdtemp(prefix="loom-real-stack-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def refusal(error, folder):
    """The lines of an exception of ttnn's that say what is wrong: the compiler's errors, or else what came first."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).replace(f"{folder}/", "")
    lines = [re.sub(r"\S*/site-packages/ttnn/", "ttnn/", line.strip()) for line in text.splitlines()]
    errors = re.compile(r": (fatal )?error:|undefined reference|static assertion|overflowed|will not fit")
    found = [line for line in lines if errors.search(line)]
    return list(dict.fromkeys(found)) or [line for line in lines if line and not line.startswith("---")][:8]


def host_array(ttnn, tensor):
    """A tensor on a device of ttnn's as a float32 array."""
    host = tensor.cpu()
    if host.layout != ttnn.ROW_MAJOR_LAYOUT:
        host = host.to(ttnn.ROW_MAJOR_LAYOUT)
    return np.array(host.to_list(), np.float32)


class Program:
    """A program file (docs/programs.md): its tensors on a device of ttnn's, and its descriptor for generic_op."""

    def __init__(self, path):
        self.folder = Path(path).resolve().parent
        self.data = json.loads(Path(path).read_text())
        self.arch = self.data.get("arch", "wormhole")
        self.tensors = {}

    def allocate(self, ttnn, device, values):
        """`values` has float32 arrays by tensor; a tensor without one holds nothing in particular."""
        for tensor in self.data["tensors"]:
            place = {
                "dtype": getattr(ttnn, tensor["dtype"]),
                "layout": getattr(ttnn, tensor.get("layout", "ROW_MAJOR") + "_LAYOUT"),
                "memory_config": getattr(ttnn, tensor.get("memory", "DRAM") + "_MEMORY_CONFIG"),
            }
            if (value := values.get(tensor["name"])) is None:
                made = ttnn.empty(tensor["shape"], device=device, **place)
            else:
                host = ttnn.Tensor(value.reshape(tensor["shape"]), place["dtype"])
                made = host.to(place["layout"]).to(device, place["memory_config"])
            self.tensors[tensor["name"]] = made

    def run(self, ttnn):
        """The kernels are compiled and run; what ttnn or the compiler refuses is raised as ttnn raises it."""
        ttnn.generic_op(list(self.tensors.values()), self.descriptor(ttnn))

    def descriptor(self, ttnn):
        return ttnn.ProgramDescriptor(
            kernels=[self._kernel(ttnn, kernel) for kernel in self.data["kernels"]],
            semaphores=[
                ttnn.SemaphoreDescriptor(
                    id=semaphore["id"],
                    core_ranges=_ranges(ttnn, semaphore["cores"]),
                    initial_value=semaphore.get("initial_value", 0),
                )
                for semaphore in self.data.get("semaphores", [])
            ],
            cbs=[
                ttnn.CBDescriptor(
                    total_size=buffer["total_size"],
                    core_ranges=_ranges(ttnn, buffer["cores"]),
                    format_descriptors=[_format(ttnn, form) for form in buffer["formats"]],
                )
                for buffer in self.data.get("circular_buffers", [])
            ],
        )

    def _kernel(self, ttnn, kernel):
        if "file" in kernel:
            source = {"kernel_source": str(self.folder / kernel["file"])}
        else:
            text = kernel["source"]
            source = {
                "kernel_source": text if isinstance(text, str) else "\n".join(text),
                "source_type": ttnn.KernelDescriptor.SourceType.SOURCE_CODE,
            }
        named = kernel.get("named_compile_time_args", {})
        return ttnn.KernelDescriptor(
            **source,
            core_ranges=_ranges(ttnn, kernel["cores"]),
            compile_time_args=self._words(ttnn, kernel.get("compile_time_args", [])),
            named_compile_time_args=[(name, *self._words(ttnn, [word])) for name, word in named.items()],
            defines=list(kernel.get("defines", {}).items()),
            runtime_args=[
                (ttnn.CoreCoord(*core), self._words(ttnn, on_cores["args"]))
                for on_cores in kernel.get("runtime_args", [])
                for core in _cores(on_cores["cores"])
            ],
            common_runtime_args=self._words(ttnn, kernel.get("common_runtime_args", [])),
            config=_config(ttnn, kernel["config"]),
        )

    def _words(self, ttnn, args):
        words = []
        for arg in args:
            match arg:
                case {"address": name}:
                    words.append(self.tensors[name].buffer_address())
                case {"accessor": name}:
                    words += ttnn.TensorAccessorArgs(self.tensors[name]).get_compile_time_args()
                case {"float": value}:
                    words += struct.unpack("<I", struct.pack("<f", value))
                case _:
                    words.append(arg)
        return words


def _corners(cores):
    """`cores` as pairs of corners: an entry is [x, y] or [[x, y], [x, y]]."""
    return [core if isinstance(core[0], list) else [core, core] for core in cores]


def _cores(cores):
    for (x0, y0), (x1, y1) in _corners(cores):
        yield from itertools.product(range(x0, x1 + 1), range(y0, y1 + 1))


def _ranges(ttnn, cores):
    rectangles = [[ttnn.CoreCoord(*corner) for corner in corners] for corners in _corners(cores)]
    return ttnn.CoreRangeSet([ttnn.CoreRange(*corners) for corners in rectangles])


def _format(ttnn, form):
    tile = form.get("tile")
    return ttnn.CBFormatDescriptor(
        buffer_index=form["index"],
        data_format=getattr(ttnn, FORMATS[form["data_format"]]),
        page_size=form["page_size"],
        **({} if tile is None else {"tile": ttnn.TileDescriptor(tile.get("height", 32), tile.get("width", 32))}),
    )


def _config(ttnn, config):
    match config["type"]:
        case "reader":
            return ttnn.ReaderConfigDescriptor()
        case "writer":
            return ttnn.WriterConfigDescriptor()
        case "data_movement":
            name = config["processor"]
            return ttnn.DataMovementConfigDescriptor(
                processor=getattr(ttnn.DataMovementProcessor, name), noc=getattr(ttnn.NOC, f"{name}_default")
            )
    made = ttnn.ComputeConfigDescriptor(
        math_fidelity=getattr(ttnn.MathFidelity, config.get("math_fidelity", "HiFi4")),
        math_approx_mode=config.get("math_approx_mode", False),
        fp32_dest_acc_en=config.get("fp32_dest_acc_en", False),
        dst_full_sync_en=config.get("dst_full_sync_en", False),
    )
    if whole := config.get("unpack_to_dest_fp32"):
        modes = ttnn.UnpackToDestMode
        made.unpack_to_dest_mode = [
            modes.UnpackToDestFp32 if buffer in whole else modes.Default for buffer in range(NUM_CIRCULAR_BUFFERS)
        ]
    return made


if __name__ == "__main__":
    print(root())
