"""The program files of examples/, and copies of them to change."""
import copy
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "programs"
NAMES = sorted(path.name for path in EXAMPLES.iterdir())


@pytest.fixture
def program(tmp_path):
    """Puts an example into the test's folder as a folder of its own, its JSON changed, and gives the file's name."""

    def make(name, change=lambda program: None):
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
        made = json.loads((folder / "program.json").read_text())
        change(made)
        (folder / "program.json").write_text(json.dumps(made))
        return f"{name}/program.json"

    return make


def example(name):
    return json.loads((EXAMPLES / name / "program.json").read_text())


def everything():
    """A program file that has every key there is."""
    program = copy.deepcopy(example("copy"))
    program["comment"] = ["two", "lines"]
    program["arch"], program["grid"], program["numerics"] = "blackhole", [3, 2], "silicon"
    program["tensors"][0] |= {"layout": "ROW_MAJOR", "memory": "L1",
                              "contents": {"seed": 1, "mean": 2, "deviation": 0.5}}
    program["tensors"] += [{"name": "zeros", "shape": [], "dtype": "bfloat16", "contents": {"zeros": True}},
                           {"name": "range", "shape": [2], "dtype": "bfloat16", "contents": {"range": [-1, 1e-3]}},
                           {"name": "file", "shape": [2], "dtype": "bfloat16", "contents": {"file": "x.npy"}}]
    program["circular_buffers"][0]["formats"][0]["tile"] = {"height": 1, "width": 32}
    program["semaphores"] = [{"id": 15, "cores": [[[0, 0], [1, 1]], [2, 0]], "initial_value": 1}]
    program["kernels"][0]["named_compile_time_args"] = {"n": 1, "bits": {"float": 0.5}, "at": {"address": "x"}}
    program["kernels"][1]["config"] = {"type": "data_movement", "processor": "RISCV_0"}
    program["kernels"].append({"file": "compute.cpp", "cores": [[0, 0]],
                               "config": {"type": "compute", "math_fidelity": "LoFi", "fp32_dest_acc_en": True,
                                          "dst_full_sync_en": True, "math_approx_mode": True,
                                          "unpack_to_dest_fp32": [0, 31]}})
    return program
