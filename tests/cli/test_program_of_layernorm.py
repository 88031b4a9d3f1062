"""loom explain layernorm_fused_rm --program: the file runs, here and elsewhere, and gives the operation's own bytes."""
import json
import shutil

import pytest

TENSORS = ["input", "gamma", "beta"]


def bytes_of_both(loom, tmp_path, shape, *words):
    """What the program file gives, and what the operation gives on the same tensors."""
    wrote = loom("explain", "layernorm_fused_rm", "--shape", shape, *words, "--program", "bug/program.json")
    assert (wrote.code, wrote.err) == (0, "")
    shutil.move(tmp_path / "bug", tmp_path / "elsewhere")
    ran = loom("run", "elsewhere/program.json", "--output", "output=ours.safetensors",
               *(word for name in TENSORS for word in ("--output", f"{name}={name}.safetensors")))
    assert (ran.code, ran.err) == (0, "")
    inputs = [word for name in TENSORS for word in (f"--{name}", f"{name}.safetensors")]
    device = [word for word in words if word in ("--arch", "--grid", "--epsilon")]
    values = [words[words.index(word) + 1] for word in device]
    ran = loom("run", "layernorm_fused_rm", *inputs, "--output", "theirs.safetensors", "--verify",
               *(word for pair in zip(device, values) for word in pair))
    assert (ran.code, ran.err) == (0, "")
    return (tmp_path / "ours.safetensors").read_bytes(), (tmp_path / "theirs.safetensors").read_bytes()


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("shape, device", [
    ("200x96", ["--grid", "3x2"]), ("7x33", []), ("2x50x1024", ["--arch", "blackhole", "--epsilon", "0.5"])],
    ids=["cores", "unaligned", "blackhole"])
def test_the_bytes_are_the_operation_s(loom, tmp_path, shape, device, dtype):
    ours, theirs = bytes_of_both(loom, tmp_path, shape, *device, "--dtype", dtype)
    assert ours == theirs


def streams(loom, width, *words):
    told = json.loads(loom("explain", "layernorm_fused_rm", "--shape", f"40x{width}", *words, "--json").out)
    return told["factory"] == "LayernormFusedRmStreamingProgramFactory"


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_streamed_too_at_the_narrowest_width_that_is(loom, tmp_path, dtype):
    words = ["--dtype", dtype, "--grid", "2x1"]
    fits, too_wide = 32, 8192
    while fits + 1 < too_wide:
        width = (fits + too_wide) // 2
        fits, too_wide = (fits, width) if streams(loom, width, *words) else (width, too_wide)
    print(f"{too_wide} elements")
    ours, theirs = bytes_of_both(loom, tmp_path, f"40x{too_wide}", *words)
    assert ours == theirs


def test_explain_of_the_file_is_explain_of_the_operation(loom):
    words = ["--shape", "200x96", "--grid", "3x2"]
    told = json.loads(loom("explain", "layernorm_fused_rm", *words, "--json").out)
    loom("explain", "layernorm_fused_rm", *words, "--program", "p.json")
    again = json.loads(loom("explain", "p.json", "--json").out)
    for kernel in told["kernels"] + again["kernels"]:
        kernel["file"] = kernel["file"].rsplit("/", 1)[-1]
    assert again["kernels"] == told["kernels"] and again["l1"] == told["l1"] and again["grid"] == [3, 2]
    for ours, theirs in zip(again["circular_buffers"], told["circular_buffers"], strict=True):
        assert ours == {key: value for key, value in theirs.items() if key in ours}


def test_no_address_is_left_in_it(loom, tmp_path):
    loom("explain", "layernorm_fused_rm", "--shape", "100x96", "--program", "p.json")
    program = json.loads((tmp_path / "p.json").read_text())
    # Tensors before ours move all of them.
    program["tensors"].insert(0, {"name": "before", "shape": [1000, 1000], "dtype": "float32"})
    (tmp_path / "moved.json").write_text(json.dumps(program))
    for name in ("p", "moved"):
        assert loom("run", f"{name}.json", "--output", f"output={name}.safetensors").code == 0
    assert (tmp_path / "p.safetensors").read_bytes() == (tmp_path / "moved.safetensors").read_bytes()


def test_a_kernel_edited_in_the_folder_is_the_one_that_runs(loom, tmp_path):
    loom("explain", "layernorm_fused_rm", "--shape", "32x32", "--program", "bug/p.json")
    (writer,) = (tmp_path / "bug").rglob("writer_*.cpp")
    writer.write_text(writer.read_text().replace("cb_pop_front(cb_output, tile_side);", "#error edited\n"))
    ran = loom("run", "bug/p.json")
    assert ran.code == 1 and "#error edited" in ran.err


def test_without_a_file_it_is_printed_and_takes_loom_s_own_kernels(loom, tmp_path):
    explain = ["explain", "layernorm_fused_rm", "--shape", "100x96", "--program"]
    printed = loom(*explain)
    assert (printed.code, printed.err) == (0, "") and list(tmp_path.iterdir()) == []
    (tmp_path / "printed.json").write_text(printed.out)
    assert loom("run", "printed.json", "--output", "output=a.safetensors").code == 0
    assert loom(*explain, "bug/written.json").code == 0
    assert (tmp_path / "bug/written.json").read_text() == printed.out
    assert loom("run", "bug/written.json", "--output", "output=b.safetensors").code == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("words, message", [
    (["--program", "p.json", "--json"], "loom explain: --json excludes --program; see loom explain --help."),
    (["--program", "p.txt"],
     "loom explain: --program: a program goes to a .json file, got p.txt; see loom explain --help."),
    (["--program", ""], "loom explain: --program is empty; see loom explain --help."),
    (["--program", "y.safetensors/p.json"], None),
])
def test_a_place_that_cannot_be(loom, tmp_path, words, message):
    (tmp_path / "y.safetensors").write_bytes(b"a file")
    ran = loom("explain", "layernorm_fused_rm", "--shape", "32x32", *words)
    assert (ran.code, ran.out) == (2, "") and ran.err.count("\n") == 1
    assert ran.err == message + "\n" if message else ran.err.startswith("Cannot write y.safetensors")
