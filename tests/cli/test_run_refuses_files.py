"""loom run: a bad file gets one sentence that names it and what is wrong in it, and changes nothing."""
import json

import numpy as np
import pytest
from layernorm import normal
from safetensors.numpy import save_file

RUN = ["run", "layernorm_fused_rm", "--output", "y.safetensors", "--input"]


@pytest.fixture
def x(tmp_path, rng):
    save_file({"x": normal(rng, (64, 64))}, tmp_path / "x.safetensors")
    return tmp_path / "x.safetensors"


def damaged(reason):
    return f"x.safetensors is not a whole safetensors file: {reason}."


def test_a_missing_file_is_refused(refuses):
    refuses(*RUN, "x.safetensors", message="Cannot read x.safetensors: No such file or directory.")


def test_a_folder_is_refused(refuses, tmp_path):
    (tmp_path / "x.safetensors").mkdir()
    refuses(*RUN, "x.safetensors", message="Cannot read x.safetensors: Is a directory.")


def test_a_device_is_refused(refuses, tmp_path):
    (tmp_path / "x.safetensors").symlink_to("/dev/zero")
    refuses(*RUN, "x.safetensors", message="Cannot read x.safetensors: not a regular file.")
    (tmp_path / "x.safetensors").unlink()


def test_another_ending_is_refused(refuses, tmp_path):
    (tmp_path / "x.bin").write_bytes(b"")
    refuses(*RUN, "x.bin", message="x.bin names no tensor file: its ending must be .safetensors, .safetensors:tensor "
                                   "or .npy.")


@pytest.mark.parametrize("part", ["length", "header", "data"])
def test_a_truncated_file_is_refused_wherever_it_ends(refuses, x, rng, part):
    whole = x.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    begin, end = {"length": (0, 8), "header": (8, 8 + header), "data": (8 + header, len(whole))}[part]
    size = int(rng.integers(begin, end))
    x.write_bytes(whole[:size])
    refuses(*RUN, "x.safetensors", message=damaged({
        "length": f"its {size} byte{'' if size == 1 else 's'} cannot hold the 8-byte header length",
        "header": f"its header of {header} bytes goes beyond the file's {size} bytes",
        "data": f'tensor "x" has data_offsets [0, 8192] in {size - 8 - header} bytes of data'}[part]))


@pytest.mark.parametrize("lie, reason", [
    ({"shape": [64, 96]}, 'tensor "x" has data_offsets [0, 8192], but [64, 96] in bfloat16 takes 12288 bytes'),
    ({"shape": [2**32, 64]}, 'tensor "x" has a dimension of 4294967296, over the limit of 2^32 - 1'),
    ({"shape": [-64, 64]}, 'shape of tensor "x" is not an array of whole numbers under 2^64'),
    ({"shape": [2**31, 2**31, 4]}, 'tensor "x" has data_offsets [0, 8192], but [2147483648, 2147483648, 4] in bfloat16 '
                                   "takes over 2^64 bytes"),
    ({"dtype": "F32"}, 'tensor "x" has data_offsets [0, 8192], but [64, 64] in float32 takes 16384 bytes'),
    ({"data_offsets": [0, 8194]}, 'tensor "x" has data_offsets [0, 8194] in 8192 bytes of data'),
    ({"data_offsets": [8192, 0]}, 'tensor "x" has data_offsets [8192, 0], which end before they begin'),
    ({"data_offsets": [0]}, 'data_offsets of tensor "x" is not a pair'),
    ({"strides": [1, 64]}, 'tensor "x" has an unknown field "strides"'),
], ids=lambda value: "" if isinstance(value, str) else json.dumps(value))
def test_a_lying_header_is_refused(refuses, x, lie, reason):
    whole = x.read_bytes()
    begin = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:begin])
    header["x"].update(lie)
    text = json.dumps(header).encode()
    x.write_bytes(len(text).to_bytes(8, "little") + text + whole[begin:])
    refuses(*RUN, "x.safetensors", message=damaged(reason))


def test_a_tensor_that_the_file_has_not_is_refused(refuses, x):
    refuses(*RUN, "x.safetensors:z", message='x.safetensors holds no tensor "z"; it holds "x".')


def test_several_tensors_and_none_picked_is_refused(refuses, tmp_path, rng):
    save_file({"b": normal(rng, 64), "a": normal(rng, 64)}, tmp_path / "x.safetensors")
    refuses(*RUN, "x.safetensors",
            message='x.safetensors holds 2 tensors; pick one as x.safetensors:NAME from "a", "b".')


@pytest.mark.parametrize("dtype, told", [("float16", "F16"), ("float64", "F64"), ("int32", "I32")])
def test_a_safetensors_file_of_another_dtype_is_refused(refuses, tmp_path, rng, dtype, told):
    save_file({"x": rng.standard_normal((64, 64)).astype(dtype)}, tmp_path / "x.safetensors")
    refuses(*RUN, "x.safetensors",
            message=f'tensor "x" of x.safetensors: dtype "{told}" is unsupported; in safetensors files Loom reads and '
                    'writes "BF16" and "F32".')


@pytest.mark.parametrize("dtype", ["<f2", "<f8", "<i4", ">f4"])
def test_a_npy_file_of_another_dtype_is_refused(refuses, tmp_path, rng, dtype):
    np.save(tmp_path / "x.npy", rng.standard_normal((64, 64)).astype(dtype))
    refuses(*RUN, "x.npy",
            message=f"x.npy: dtype '{dtype}' is unsupported; in npy files Loom reads and writes '<f4' in C order.")


@pytest.mark.parametrize("output, reason", [
    ("folder.safetensors", "Is a directory"),
    ("y.safetensors:__metadata__", 'no tensor can have the name "__metadata__"'),
    ("x.safetensors/y.safetensors", "Not a directory"),
])
def test_an_output_that_cannot_be_written_is_refused_before_the_run(refuses, tmp_path, x, output, reason):
    (tmp_path / "folder.safetensors").mkdir()
    path = output.split(":")[0]
    # gamma is read after that: it is not there, and that is not what is told.
    refuses("run", "layernorm_fused_rm", "--input", "x.safetensors", "--gamma", "missing.npy", "--output", output,
            message=f"Cannot write {path}: {reason}.")
