"""loom explain program.json: tells what the program is; compiles nothing, runs nothing, opens no tensor file."""
import json

import pytest
from programs import NAMES, program


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_compiled_or_run(loom, tmp_path, program, name, words):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    bare = {"LOOM_CACHE_DIR": str(cache), "LOOM_CXX": "/nonexistent", "PATH": ""}
    file = program(name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ran = loom("explain", file, *words, env=bare)
    assert (ran.code, ran.err) == (0, "") and ran.out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert loom("run", file, env=bare).code == 2, "which is what needs a compiler"


def test_a_kernel_that_does_not_compile_is_explained(loom, program):
    name = program("copy", lambda made: made["kernels"][0].update(source="#error never\n#include \"/dev/zero\"\n"))
    ran = loom("explain", name)
    assert (ran.code, ran.err) == (0, "")


def test_a_tensor_file_need_not_be_there(loom, program):
    name = program("copy", lambda made: made["tensors"][0].update(contents={"file": "missing.npy"}))
    assert loom("explain", name).code == 0
    assert loom("run", name).code == 2


def test_json_has_what_the_file_says(loom, program):
    told = json.loads(loom("explain", program("add_one"), "--json").out)
    assert [tensor["name"] for tensor in told["tensors"]] == ["x", "y"]
    at = {tensor["name"]: tensor["address"] for tensor in told["tensors"]}
    assert [(cb["name"], cb["purpose"], cb["pages"], cb["cores"]) for cb in told["circular_buffers"]] == [
        ("c_0", "tiles of x", 2, "(0,0)-(1,0)"), ("c_16", "tiles of y", 2, "(0,0)-(1,0)")]
    assert told["l1"]["circular_buffer_bytes"] == 8192
    reader, compute, writer = told["kernels"]
    assert (reader["label"], compute["label"], writer["label"]) == ("reader", "compute", "writer")
    assert reader["runtime_args"] == {"(0,0)": [at["x"], 0, 4], "(1,0)": [at["x"], 4, 4]}
    assert writer["compile_time_args"] == [2, 2048]
    assert compute["named_compile_time_args"] == {"added": 0x3F800000}
    assert not told.keys() & {"factory", "reason", "work"}


def test_the_text_has_tensors_buffers_l1_and_kernels(loom, program):
    text = loom("explain", program("add_one")).out
    for part in ("add_one/program.json on wormhole, 8x8 cores\n", 'x                [8,1024]  ', '{"range":[0', "not written",
                 "c_16  tiles of y ", "8192 of 1395712 used by circular buffers (0.6 %)",
                 "  compute  add_one/compute.cpp\n", "           named: added=1065353216\n"):
        assert part in text, text


@pytest.mark.parametrize("words, message", [
    (["--shape", "32x32"], "loom explain: --shape: it goes with an operation only; see loom explain --help."),
    (["--dtype", "float32"], "loom explain: --dtype: it goes with an operation only; see loom explain --help."),
    (["--program", "p.json"], "loom explain: --program: it goes with an operation only; see loom explain --help."),
])
def test_words_that_do_not_go_with_a_program(refuses, program, words, message):
    refuses("explain", program("copy"), *words, message=message)


def test_what_cannot_run_is_refused_as_run_refuses_it(refuses, program):
    name = program("copy", lambda made: made["circular_buffers"][0].update(total_size=2**21))
    for verb in ("run", "explain"):
        refuses(verb, name, message="Circular buffers of core (0,0) need 2097152 bytes of L1 and 1395712 are there: "
                                    "701440 bytes too many.")
