"""What a command reads is not replaced by what it writes, however the two are spelt; nothing runs before that is known."""
import os

import numpy as np
import pytest
from conftest import contents
from layernorm import normal
from programs import program
from safetensors.numpy import load_file, save_file

NOTHING_RUNS = {"LOOM_CXX": "/nonexistent"}


@pytest.fixture(autouse=True)
def files(tmp_path, rng):
    save_file({"x": normal(rng, (32, 64)), "gamma": normal(rng, (64,))}, tmp_path / "x.safetensors")
    np.save(tmp_path / "x.npy", rng.standard_normal((32, 64)).astype(np.float32))
    np.save(tmp_path / "g.npy", rng.standard_normal(64).astype(np.float32))
    os.symlink("x.safetensors", tmp_path / "link.safetensors")
    os.link(tmp_path / "x.npy", tmp_path / "hard.npy")
    (tmp_path / "folder").mkdir()
    os.symlink("..", tmp_path / "folder" / "up")


def refused(loom, folder, *words):
    before = contents(folder)
    ran = loom("run", *words, env=NOTHING_RUNS)
    assert ran.code == 2 and ran.out == "" and ran.err.count("\n") == 1, ran
    assert contents(folder) == before
    return ran.err


@pytest.mark.parametrize("source, target", [
    ("x.safetensors:x", "x.safetensors:y"),
    ("x.safetensors:x", "x.safetensors:x"),
    ("x.safetensors:x", "x.safetensors"),
    ("x.safetensors:x", "./x.safetensors:y"),
    ("x.safetensors:x", "folder/../x.safetensors"),
    ("x.safetensors:x", "folder/up/x.safetensors:x"),
    ("x.safetensors:x", "link.safetensors:y"),
    ("link.safetensors:x", "x.safetensors:y"),
    ("x.safetensors:x", "/proc/self/cwd/x.safetensors:y"),
    ("x.npy", "./x.npy"),
    ("x.npy", "hard.npy"),
    ("hard.npy", "x.npy"),
])
def test_the_input_is_kept(loom, tmp_path, source, target):
    assert refused(loom, tmp_path, "layernorm_fused_rm", "--input", source, "--output", target) == (
        f"--output {target} would replace the whole file of --input {source}, which is read: name another file.\n")


def test_an_absolute_path_and_an_open_folder_are_spellings_too(loom, tmp_path):
    words = ["layernorm_fused_rm", "--input", "x.npy", "--output"]
    assert "would replace the whole file of --input x.npy" in refused(loom, tmp_path, *words, tmp_path / "x.npy")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        ran = loom("run", *words, f"/proc/self/fd/{folder}/x.npy", env=NOTHING_RUNS, pass_fds=[folder])
        assert ran.code == 2 and "would replace the whole file of --input x.npy" in ran.err
    finally:
        os.close(folder)


@pytest.mark.parametrize("flag", ["--gamma", "--beta"])
def test_gamma_and_beta_are_kept(loom, tmp_path, flag):
    assert refused(loom, tmp_path, "layernorm_fused_rm", "--input", "x.npy", flag, "g.npy", "--output", "g.npy") == (
        f"--output g.npy would replace the whole file of {flag} g.npy, which is read: name another file.\n")


@pytest.mark.parametrize("target", ["copy/x.npy", "./copy/x.npy", "copy/../copy/x.npy", "program.npy", "kernel.npy"])
def test_a_program_s_files_are_kept(loom, tmp_path, program, rng, target):
    def change(made):
        made["tensors"][0]["contents"] = {"file": "x.npy"}
        made["kernels"][0]["file"] = "reader.cpp"
        del made["kernels"][0]["source"]

    name = program("copy", change)
    np.save(tmp_path / "copy/x.npy", rng.standard_normal((8, 64)).astype(np.float32))
    (tmp_path / "copy/reader.cpp").write_text("void kernel_main() {}")
    os.symlink("copy/program.json", tmp_path / "program.npy")
    os.symlink("copy/reader.cpp", tmp_path / "kernel.npy")
    assert "would replace the whole file of" in refused(loom, tmp_path, name, "--output", f"y={target}")


def test_two_outputs_are_two_files(loom, tmp_path, program):
    name = program("copy")
    for one, two in [("z.npy", "./z.npy"), ("folder/z.npy", "folder/up/folder/z.npy"), ("x.npy", "hard.npy"),
                     ("z.safetensors:a", "folder/../z.safetensors:b")]:
        told = refused(loom, tmp_path, name, "--output", f"x={one}", "--output", f"y={two}")
        assert told == f"{two} cannot hold both x and y: give each a file of its own.\n"


def test_a_report_replaces_nothing_that_is_read(loom, tmp_path, program):
    name = program("copy")
    before = (tmp_path / name).read_bytes()
    for words in (["--sarif", name], ["--svg", f"./{name}"], ["--sarif", "r.txt", "--svg", "./r.txt"]):
        ran = loom("check", name, *words, env=NOTHING_RUNS)
        assert ran.code == 2 and ("would replace" in ran.err or "are one file" in ran.err), ran
    ran = loom("trace", "layernorm_fused_rm", "--shape", "32x32", "--change", f"reader={name}", "--output", name,
               env=NOTHING_RUNS)
    assert ran.code == 2 and "would replace the whole file of --change" in ran.err
    assert (tmp_path / name).read_bytes() == before


def test_other_files_are_written(loom, tmp_path):
    assert loom("run", "layernorm_fused_rm", "--input", "x.safetensors:x", "--gamma", "x.safetensors:gamma", "--output",
                "folder/x.safetensors:x").code == 0
    assert list(load_file(tmp_path / "folder" / "x.safetensors")) == ["x"]
    assert set(load_file(tmp_path / "x.safetensors")) == {"x", "gamma"}
