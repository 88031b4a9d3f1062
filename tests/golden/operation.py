"""Programs of the whole operation whose outputs tests/golden/operation.npz keeps, as the chips' simulator gave them."""

import hashlib
import os
import subprocess
from pathlib import Path

import ml_dtypes
import numpy as np

DTYPES = {"bfloat16": ml_dtypes.bfloat16, "float32": np.float32}
WORDS = {"bfloat16": np.uint16, "float32": np.uint32}
# name: shape, dtype, mean, gamma and beta, more flags of `loom explain`
CASES = {
    "one_tile": ("32x32", "bfloat16", 0, True, []),
    "pads": ("33x100", "bfloat16", 100, True, []),
    "plain": ("64x64", "bfloat16", 1, False, []),
    "mixed": ("32x96", "bfloat16", 0, True, ["--gamma-dtype", "float32", "--beta-dtype", "float32"]),
    "streamed": ("1x16384", "bfloat16", 0, True, []),
    "one_tile_fp32": ("32x32", "float32", 0, True, []),
    "pads_fp32": ("33x100", "float32", 100, True, []),
    "plain_fp32": ("64x64", "float32", 1, False, []),
    "streamed_fp32": ("1x8192", "float32", 0, True, []),
}
ARCHS = ("wormhole", "blackhole")


def dtypes_of(case):
    """Of each input, by name."""
    _, dtype, _, affine, flags = CASES[case]
    of_vectors = "float32" if "--gamma-dtype" in flags else dtype
    return {"input": dtype} | ({"gamma": of_vectors, "beta": of_vectors} if affine else {})


def draw(case):
    """Its inputs, as arrays of their dtypes. Kept in the file: NumPy may draw others one day."""
    shape, _, mean, _, _ = CASES[case]
    rng = np.random.default_rng(len(case))
    sides = [int(side) for side in shape.split("x")]
    arrays = {
        name: rng.normal(mean if name == "input" else 1, 1, sides if name == "input" else sides[-1:])
        for name in dtypes_of(case)
    }
    return {name: arrays[name].astype(DTYPES[dtype]) for name, dtype in dtypes_of(case).items()}


def write_program(loom, case, arch, folder):
    """The operation's program and kernels, into `folder`; and their digest."""
    shape, dtype, _, affine, flags = CASES[case]
    words = ["--shape", shape, "--dtype", dtype, "--arch", arch, *flags]
    if not affine:
        words += ["--gamma-dtype", "none", "--beta-dtype", "none"]
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = Path(folder) / "program.json"
    command = [os.fspath(loom), "explain", "layernorm_fused_rm", *words, "--program", os.fspath(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    whole = hashlib.sha256()
    for file in sorted(Path(folder).rglob("*")):
        if file.is_file():
            whole.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()
