"""loom run and the real safetensors package read each other's files."""
import json

import pytest
from layernorm import bfloat16, normal
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


def test_the_real_package_reads_what_is_written_whole_and_in_part(loom, tmp_path, rng):
    x = normal(rng, (2, 32, 64))
    save_file({"x": x}, tmp_path / "x.safetensors")
    assert loom(*RUN, "x.safetensors", "--output", "y.safetensors").code == 0
    whole = load_file(tmp_path / "y.safetensors")["tensor"]
    assert (whole.shape, whole.dtype) == (x.shape, bfloat16)
    with safe_open(tmp_path / "y.safetensors", "np") as file:
        assert (list(file.keys()), file.metadata()) == (["tensor"], None)
        part = file.get_slice("tensor")
        assert (part.get_shape(), part.get_dtype()) == (list(x.shape), "BF16")
        assert part[1:, 3:5].tobytes() == whole[1:, 3:5].tobytes()


def split(file):
    """Header and data of a file's bytes."""
    begin = 8 + int.from_bytes(file[:8], "little")
    assert begin % 8 == 0
    return json.loads(file[8:begin]), file[begin:]


def test_what_is_written_is_what_the_real_package_would_write(loom, tmp_path, rng):
    save_file({"x": normal(rng, (32, 64))}, tmp_path / "x.safetensors")
    assert loom(*RUN, "x.safetensors", "--output", "y.safetensors").code == 0
    theirs = save(load_file(tmp_path / "y.safetensors"))
    assert split((tmp_path / "y.safetensors").read_bytes()) == split(theirs)


def test_a_result_can_be_the_next_input(loom, tmp_path, rng):
    save_file({"x": normal(rng, (32, 64), 5)}, tmp_path / "x.safetensors")
    assert loom(*RUN, "x.safetensors", "--output", "y.safetensors:h").code == 0
    assert loom(*RUN, "y.safetensors:h", "--output", "z.safetensors", "--verify").code == 0
