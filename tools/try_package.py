"""Tries an installed `loom` with nothing beside it but NumPy; run by tools/check_wheels.sh."""

import ast
import sys
from importlib.metadata import files
from importlib.util import find_spec

import numpy as np

import loom

assert find_spec("torch") is None and find_spec("ml_dtypes") is None, "meant to be tried without"
installed = {str(path) for path in files("loom-metalium")}
assert {"loom/py.typed", "loom/_core.pyi", "loom/__init__.py"} <= installed
ast.parse(next(path for path in files("loom-metalium") if path.name == "_core.pyi").read_text())
strays = {name for name in installed if not name.startswith(("loom/", "loom_metalium-"))}
assert not strays, f"a wheel of the package alone holds {strays}"

x = np.random.default_rng(1).standard_normal((2, 33, 65), np.float32)
with loom.open_device() as device:
    y = loom.to_numpy(loom.layernorm_fused_rm(loom.from_numpy(x, device=device)))
    narrow = loom.from_numpy(x, dtype=loom.bfloat16, layout=loom.TILE_LAYOUT, device=device)
    assert np.abs(loom.to_numpy(narrow) - x).max() < 2**-6
want = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
assert np.abs(y - want).max() < 1e-5

report = loom.check("layernorm_fused_rm", shape=(64, 32), changes=["c_16=4"])
assert report.findings[0]["code"] == "HANG"
try:
    loom.open_device(grid=(99, 99))
except loom.UsageError as error:
    assert error.code == "GRID_OUTSIDE_CHIP"
print(f"loom {loom.__version__} works on Python {sys.version.split()[0]}, NumPy {np.__version__}")
