"""loom run: an output that cannot be is refused in one sentence, and nothing is left in its folder."""
import pytest
from layernorm import normal
from safetensors.numpy import save_file

RUN = ["run", "layernorm_fused_rm", "--input", "x.safetensors", "--output"]


@pytest.fixture(autouse=True)
def x(tmp_path, rng):
    save_file({"x": normal(rng, (32, 64))}, tmp_path / "x.safetensors")
    (tmp_path / "folder.safetensors").mkdir()


@pytest.mark.parametrize("name, message", [
    ("missing/y.safetensors", "Cannot write missing/y.safetensors: No such file or directory."),
    ("x.safetensors/y.safetensors", "Cannot write x.safetensors/y.safetensors: Not a directory."),
    ("folder.safetensors", "Cannot write folder.safetensors: Is a directory."),
    ("y.txt", "y.txt names no tensor file: its ending must be .safetensors, .safetensors:tensor or .npy."),
    ("y", "y names no tensor file: its ending must be .safetensors, .safetensors:tensor or .npy."),
    ("y.npy", "y.npy: dtype bfloat16 is unsupported; in npy files Loom reads and writes '<f4' in C order."),
    ("y.safetensors:__metadata__", 'Cannot write y.safetensors: no tensor can have the name "__metadata__".'),
    ("", "loom run: --output is empty; see loom run --help."),
])
def test_an_output_that_cannot_be_is_refused(refuses, name, message):
    refuses(*RUN, name, message=message)
