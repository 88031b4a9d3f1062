"""Each compute call, in silicon numerics, gives what the chip's simulator gave: byte for byte."""

import json
import os
import struct
import subprocess
from pathlib import Path

import calls
import numpy as np
import pytest

HERE = Path(__file__).parent
GOLDENS = np.load(HERE / "calls.npz")
RECORD = json.loads((HERE / "calls.json").read_text())


def save(path, raw, pages):
    """A tensor file of bfloat16 words that are these bytes, a row a page."""
    tensor = {"dtype": "BF16", "shape": [pages, len(raw) // 2 // pages], "data_offsets": [0, len(raw)]}
    head = json.dumps({"t": tensor}).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + raw)


def body(path):
    raw = path.read_bytes()
    return raw[8 + struct.unpack("<Q", raw[:8])[0] :]


def entry(name, pages, page_bytes):
    """Tiles travel as pages of bfloat16 words."""
    contents = {"zeros": True} if name == "z" else {"file": f"{name}.safetensors"}
    return {"name": name, "shape": [pages, page_bytes // 2], "dtype": "bfloat16", "contents": contents}


def results(config, arch, folder):
    """What Loom gives, a row of words a call."""
    form, out_format, _, names = calls.CONFIGS[config]
    program = calls.program(config, arch, entry)
    for name, tiles in calls.INPUTS.items():
        save(folder / f"{name}.safetensors", calls.inputs(name, form), len(tiles))
    (folder / "program.json").write_text(json.dumps(program))
    command = [os.environ["LOOM_CLI"], "run", "program.json", "--numerics", "silicon", "--output", "z=z.safetensors"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.frombuffer(body(folder / "z.safetensors"), np.uint32).reshape(len(names), -1)


@pytest.mark.parametrize("key", GOLDENS.files)
def test_calls_give_the_chips_bytes(key, tmp_path):
    config, arch = key.split("/")
    names = list(calls.CONFIGS[config][3])
    expected = GOLDENS[key].reshape(len(names), -1)
    got = results(config, arch, tmp_path)
    unequal = {
        name: f"{np.count_nonzero(a != b)} of {a.size} words"
        for name, a, b in zip(names, got, expected, strict=True)
        if (a != b).any()
    }
    assert not unequal


@pytest.mark.parametrize("key", GOLDENS.files)
def test_goldens_are_of_todays_programs(key):
    config, arch = key.split("/")
    made = calls.program(config, arch, lambda name, pages, page_bytes: {"name": name})
    assert RECORD[key]["program"] == calls.digest(made)


def test_there_are_goldens_of_every_configuration_on_both_chips():
    assert set(GOLDENS.files) == {f"{config}/{arch}" for config in calls.CONFIGS for arch in calls.chips(config)}
