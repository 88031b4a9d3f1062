"""The whole operation, in silicon numerics, gives what the chips' simulator gave: byte for byte."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import operation
import pytest
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
GOLDENS = np.load(HERE / "operation.npz")
RECORD = json.loads((HERE / "operation.json").read_text())
EACH = [(case, arch) for case in operation.CASES for arch in operation.ARCHS]


@pytest.mark.parametrize("case, arch", EACH)
def test_silicon_gives_the_chips_bytes(case, arch, tmp_path):
    words = ["run", "layernorm_fused_rm", "--arch", arch, "--numerics", "silicon", "--output", "y.safetensors"]
    for name, dtype in operation.dtypes_of(case).items():
        array = GOLDENS[f"{case}/{name}"].view(operation.DTYPES[dtype])
        save_file({name: array}, tmp_path / f"{name}.safetensors")
        words += [f"--{name}", f"{name}.safetensors"]
    ran = subprocess.run([os.environ["LOOM_CLI"], *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (got,) = load_file(tmp_path / "y.safetensors").values()
    expected = GOLDENS[f"{case}/{arch}"]
    assert np.count_nonzero(got.view(expected.dtype) != expected) == 0


@pytest.mark.parametrize("case, arch", EACH)
def test_goldens_are_of_todays_programs(case, arch, tmp_path):
    assert RECORD[f"{case}/{arch}"]["program"] == operation.write_program(
        os.environ["LOOM_CLI"], case, arch, tmp_path
    )
