"""loom run: an output file appears whole or not at all, and whatever was there before stays until then."""
import os
import resource
import subprocess

import pytest
from conftest import contents
from layernorm import assert_within_bars, normal
from safetensors.numpy import load_file, save_file

RUN = ["run", "layernorm_fused_rm", "--input", "x.safetensors", "--output"]


@pytest.fixture
def x(tmp_path, rng):
    tensor = normal(rng, (2048, 64))
    save_file({"x": tensor}, tmp_path / "x.safetensors")
    return tensor


def test_who_reads_the_old_output_goes_on_reading_it(loom, tmp_path, x):
    (tmp_path / "y.safetensors").write_bytes(b"the old output")
    with open(tmp_path / "y.safetensors", "rb") as old:
        assert loom(*RUN, "y.safetensors").code == 0
        assert old.read() == b"the old output"
    assert_within_bars(load_file(tmp_path / "y.safetensors")["tensor"], x)
    assert set(contents(tmp_path)) == {"x.safetensors", "y.safetensors"}


def test_the_output_may_be_the_input(loom, tmp_path, x):
    assert loom(*RUN, "x.safetensors").code == 0
    assert_within_bars(load_file(tmp_path / "x.safetensors")["tensor"], x)


def test_the_output_has_the_rights_that_the_umask_leaves(loom, tmp_path, x):
    assert loom(*RUN, "y.safetensors", preexec_fn=lambda: os.umask(0o027)).code == 0
    assert (tmp_path / "y.safetensors").stat().st_mode & 0o777 == 0o640


def test_a_write_that_fails_in_the_middle_leaves_nothing(loom, refuses, tmp_path, x):
    assert loom(*RUN, "y.safetensors").code == 0  # compiles: the limit below is for every file
    (tmp_path / "y.safetensors").unlink()
    refuses(*RUN, "y.safetensors", message="Cannot write y.safetensors: File too large.",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))


@pytest.fixture
def overflowing(tmp_path, x):
    """The variance of these values is no float32."""
    save_file({"x": (x.astype("float32") * 1e37).astype(x.dtype)}, tmp_path / "x.safetensors")


def test_a_result_that_fails_its_verification_is_not_written(loom, tmp_path, overflowing):
    before = contents(tmp_path)
    ran = loom(*RUN, "y.safetensors", "--verify")
    assert (ran.code, ran.err) == (1, "The result is outside the error bars, so y.safetensors was not written.\n")
    assert ran.out.endswith(": OUTSIDE the bars, 131072 elements finite in one of the two only\n") and "wrote" not in ran.out
    assert contents(tmp_path) == before


def test_the_verdict_stands_before_the_sentence_where_both_go_to_one_place(cli, tmp_path, overflowing):
    both = subprocess.run([cli, *RUN, "y.safetensors", "--verify"], cwd=tmp_path, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120).stdout
    verdict, sentence = both.splitlines()[-2:]
    assert verdict.endswith(": OUTSIDE the bars, 131072 elements finite in one of the two only")
    assert sentence == "The result is outside the error bars, so y.safetensors was not written."


def test_a_full_standard_output_is_a_failure(loom, tmp_path, x):
    with open("/dev/full", "w") as full:
        ran = loom(*RUN, "y.safetensors", stdout=full)
    assert (ran.code, ran.err) == (1, "Cannot write standard output: No space left on device.\n")
