"""loom run: an output that cannot be is refused in one sentence, and nothing is left in its folder."""
import numpy as np
import pytest
from layernorm import normal
from safetensors.numpy import load_file, save_file

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


@pytest.mark.parametrize("name, message", [
    ("missing/y.safetensors", "Cannot write missing/y.safetensors: No such file or directory."),
    ("x.safetensors/y.safetensors", "Cannot write x.safetensors/y.safetensors: Not a directory."),
    ("x.safetensors/y.safetensors:a/b", "Cannot write x.safetensors/y.safetensors: Not a directory."),
    ("x.safetensors/y.npy", "Cannot write x.safetensors/y.npy: Not a directory."),
    ("y.npy", "y.npy: dtype bfloat16 is unsupported; in npy files Loom reads and writes '<f4' in C order."),
    ("y.txt", "y.txt names no tensor file: its ending must be .safetensors, .safetensors:tensor or .npy."),
])
def test_it_is_refused_before_the_run(refuses, tmp_path, name, message):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    if name == "x.safetensors/y.npy":  # in bfloat16 its dtype would be refused as well
        save_file({"x": np.zeros((32, 64), np.float32)}, tmp_path / "x.safetensors")
    refuses(*RUN, name, message=message, env={"LOOM_CACHE_DIR": str(cache), "LOOM_CXX": "/nonexistent"})
    assert list(cache.iterdir()) == []


def test_slashes_in_a_tensor_s_name_are_no_folders(loom, tmp_path):
    (tmp_path / "y.safetensors:a").write_bytes(b"a file of that name")
    assert loom(*RUN, "y.safetensors:a/b").code == 0
    assert list(load_file(tmp_path / "y.safetensors")) == ["a/b"]
