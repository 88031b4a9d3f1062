"""loom run program.json: the examples' values, whole outputs, and one sentence for what cannot be."""
import json
import re

import numpy as np
import pytest
from ml_dtypes import bfloat16
from programs import program
from safetensors.numpy import load_file, save_file


def test_add_one_adds_one(loom, tmp_path, program):
    ran = loom("run", program("add_one"), "--output", "x=x.safetensors", "--output", "y=y.safetensors")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"add_one/program\.json on wormhole: 2 cores, \d+ host threads?, \d+\.\d{3} ms\n"
                        r"wrote x to x\.safetensors\nwrote y to y\.safetensors\n", ran.out)
    (x,), (y,) = (load_file(tmp_path / name).values() for name in ("x.safetensors", "y.safetensors"))
    assert np.array_equal(x, (np.arange(8 * 1024) / 8).astype(bfloat16).reshape(8, 1024))
    # A store of the vector unit into a 16-bit DST cuts off.
    assert np.array_equal(y.view(np.uint16), (x.astype(np.float32) + 1).view(np.uint32) >> 16)


def test_json_says_the_same(loom, program):
    ran = loom("run", program("copy"), "--json", "--output", "y=y.npy", "--threads", 1)
    told = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "") and told.pop("milliseconds") > 0
    assert told == {"program": "copy/program.json", "arch": "wormhole", "cores": 1, "host_threads": 1,
                    "outputs": {"y": "y.npy"}}


def test_contents_from_a_file_beside_the_program(loom, tmp_path, program, rng):
    def change(made):
        made["tensors"][0]["contents"] = {"file": "x.npy"}

    name, x = program("copy", change), rng.standard_normal((8, 64)).astype(np.float32)
    np.save(tmp_path / "copy/x.npy", x)
    assert loom("run", name, "--output", "y=y.npy").code == 0
    assert np.array_equal(np.load(tmp_path / "y.npy"), x)
    save_file({"x": x, "other": x}, tmp_path / "copy/x.safetensors")
    name = program("copy", lambda made: made["tensors"][0].update(contents={"file": "x.safetensors:x"}))
    assert loom("run", name, "--output", "y=z.npy").code == 0
    assert np.array_equal(np.load(tmp_path / "z.npy"), x)


def test_without_an_output_it_only_runs(loom, tmp_path, program):
    name = program("copy")
    before = sorted(tmp_path.rglob("*"))
    assert loom("run", name).code == 0
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("words, message", [
    (["--output", "y"], "An output of a program reads TENSOR=FILE, got y."),
    (["--output", "=y.npy"], "An output of a program reads TENSOR=FILE, got =y.npy."),
    (["--output", "z=y.npy"], "copy/program.json has no tensor z."),
    (["--output", "y=y.txt"], "y.txt names no tensor file: its ending must be .safetensors, .safetensors:tensor or "
                              ".npy."),
    (["--output", "y=missing/y.npy"], "Cannot write missing/y.npy: No such file or directory."),
    (["--output", "x=y.npy", "--output", "y=y.npy"], "y.npy cannot hold both x and y: give each a file of its own."),
    (["--input", "x.npy"], "loom run: --input: it goes with an operation only; see loom run --help."),
    (["--arch", "blackhole"], "loom run: --arch: it goes with an operation only; see loom run --help."),
    (["--grid", "1x1"], "loom run: --grid: it goes with an operation only; see loom run --help."),
    (["--verify"], "loom run: --verify: it goes with an operation only; see loom run --help."),
    (["--epsilon", "0"], "loom run: --epsilon: it goes with an operation only; see loom run --help."),
])
def test_words_that_do_not_go_with_a_program(refuses, program, words, message):
    refuses("run", program("copy"), *words, message=message)


def test_an_operation_has_one_output(refuses):
    refuses("run", "layernorm_fused_rm", "--input", "x.npy", "--output", "y.npy", "--output", "z.npy",
            message="loom run: --output: At Most 1 required but received 2; see loom run --help.")


def test_bad_files_get_the_place_inside(refuses, program):
    def change(made):
        made["kernels"][0]["config"]["type"] = "reder"

    refuses("run", program("copy", change),
            message='copy/program.json: /kernels/0/config/type: expected "reader", "writer", "data_movement" or '
                    '"compute", got "reder".')
    refuses("run", "none.json", message="Cannot read none.json: No such file or directory.")


def test_a_hang_is_told_and_leaves_no_output(loom, tmp_path, program):
    name = program("copy", lambda made: made["kernels"][1]["defines"].update(STICKS="9"))
    ran = loom("run", name, "--output", "y=y.npy")
    assert ran.code == 1 and ran.err.startswith("HANG core (0,0)")
    assert ran.err.endswith(f"Again: loom run {name} --output y=y.npy\n")
    assert not (tmp_path / "y.npy").exists()
