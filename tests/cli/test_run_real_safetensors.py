"""loom run and the real safetensors package, and numpy, read each other's files."""
import json

import numpy as np
import pytest
from layernorm import assert_within_bars, bfloat16, normal, shift
from safetensors import safe_open
from safetensors.numpy import load_file, save, save_file

RUN = ["run", "layernorm_fused_rm", "--input"]


def test_a_tensor_is_picked_out_of_a_file_with_others_of_any_dtype(loom, tmp_path, rng):
    x = normal(rng, (64, 64))
    save_file({"x": x}, tmp_path / "one.safetensors")
    others = {f"{dtype}": rng.integers(0, 2, (3, 5)).astype(dtype) for dtype in ("bool", "int8", "float16", "float64")}
    save_file({"a.weight": normal(rng, (7,)), "x": x, "z": normal(rng, (32, 64)), **others},
              tmp_path / "many.safetensors", metadata={"format": "np", "note": "a \"quoted\" note, ü"})
    assert loom(*RUN, "one.safetensors", "--output", "y1.safetensors").code == 0
    assert loom(*RUN, "many.safetensors:x", "--output", "y2.safetensors").code == 0
    assert (tmp_path / "y1.safetensors").read_bytes() == (tmp_path / "y2.safetensors").read_bytes()


@pytest.mark.parametrize("name", ["a:b", "layers.0.x", "x.safetensors:y", " ", "ü", '"', "a/b"])
def test_a_tensor_may_have_any_name(loom, tmp_path, rng, name):
    save_file({name: normal(rng, (32, 64)), "other": normal(rng, (32, 64))}, tmp_path / "x.safetensors")
    ran = loom(*RUN, f"x.safetensors:{name}", "--output", f"y.safetensors:{name}")
    assert (ran.code, ran.err) == (0, "")
    assert list(load_file(tmp_path / "y.safetensors")) == [name]


@pytest.mark.parametrize("dtype, name", [(bfloat16, "BF16"), (np.float32, "F32")])
def test_the_real_package_reads_what_is_written_whole_and_in_part(loom, tmp_path, rng, dtype, name):
    x = normal(rng, (2, 32, 64), dtype=dtype)
    save_file({"x": x}, tmp_path / "x.safetensors")
    assert loom(*RUN, "x.safetensors", "--output", "y.safetensors").code == 0
    whole = load_file(tmp_path / "y.safetensors")["tensor"]
    assert (whole.shape, whole.dtype) == (x.shape, dtype)
    with safe_open(tmp_path / "y.safetensors", "np") as file:
        assert (list(file.keys()), file.metadata()) == (["tensor"], None)
        part = file.get_slice("tensor")
        assert (part.get_shape(), part.get_dtype()) == (list(x.shape), name)
        assert part[1:, 3:5].tobytes() == whole[1:, 3:5].tobytes()


def split(file):
    """Header and data of a file's bytes."""
    begin = 8 + int.from_bytes(file[:8], "little")
    assert begin % 8 == 0
    return json.loads(file[8:begin]), file[begin:]


@pytest.mark.parametrize("dtype", [bfloat16, np.float32])
def test_what_is_written_is_what_the_real_package_would_write(loom, tmp_path, rng, dtype):
    save_file({"x": normal(rng, (32, 64), dtype=dtype)}, tmp_path / "x.safetensors")
    assert loom(*RUN, "x.safetensors", "--output", "y.safetensors").code == 0
    theirs = save(load_file(tmp_path / "y.safetensors"))
    assert split((tmp_path / "y.safetensors").read_bytes()) == split(theirs)


def test_a_result_can_be_the_next_input(loom, tmp_path, rng):
    save_file({"x": normal(rng, (32, 64), 5)}, tmp_path / "x.safetensors")
    assert loom(*RUN, "x.safetensors", "--output", "y.safetensors:h").code == 0
    assert loom(*RUN, "y.safetensors:h", "--output", "z.safetensors", "--verify").code == 0


def test_numpy_reads_what_is_written_and_the_other_way_round(loom, tmp_path, rng):
    x = normal(rng, (3, 5, 65), 2, np.float32)
    gamma, beta = normal(rng, 65, 1, np.float32), shift(rng, 65, np.float32)
    for name, tensor in (("x", x), ("gamma", gamma), ("beta", beta)):
        np.save(tmp_path / f"{name}.npy", tensor)
    ran = loom(*RUN, "x.npy", "--gamma", "gamma.npy", "--beta", "beta.npy", "--output", "y.npy", "--verify")
    assert (ran.code, ran.err) == (0, "")
    y = np.load(tmp_path / "y.npy", allow_pickle=False)
    assert (y.shape, y.dtype, y.flags.c_contiguous) == (x.shape, np.dtype("<f4"), True)
    assert_within_bars(y, x, gamma, beta)


def test_float32_is_the_same_from_and_to_either_format(loom, tmp_path, rng):
    x = normal(rng, (31, 64), 2, np.float32)
    np.save(tmp_path / "x.npy", x)
    save_file({"x": x}, tmp_path / "x.safetensors")
    results = []
    for number, (source, target) in enumerate((a, b) for a in ("npy", "safetensors") for b in ("npy", "safetensors")):
        output = tmp_path / f"y{number}.{target}"
        assert loom(*RUN, f"x.{source}", "--output", output.name).code == 0
        results.append(np.load(output) if target == "npy" else load_file(output)["tensor"])
    assert all(result.dtype == np.float32 and result.tobytes() == results[0].tobytes() for result in results)
