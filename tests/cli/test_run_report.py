"""loom run: what it prints, as text and as JSON, and that --verify tells the true error."""
import json
import re

import pytest
from layernorm import errors, normal
from safetensors.numpy import load_file, save_file

RUN = ["run", "layernorm_fused_rm", "--input", "in.safetensors:x", "--gamma", "in.safetensors:gamma", "--beta",
       "in.safetensors:beta", "--output", "y.safetensors"]


@pytest.fixture
def problem(tmp_path, rng):
    tensors = {"x": normal(rng, (3, 64, 64)), "gamma": normal(rng, 64, 1), "beta": normal(rng, 64)}
    save_file(tensors, tmp_path / "in.safetensors")
    return tensors.values()


def test_json_has_its_keys_and_nothing_else_is_printed(loom, problem):
    ran = loom(*RUN, "--json", "--threads", 1, "--grid", "2x2")
    report = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert report.pop("milliseconds") > 0 and report.pop("gb_per_s") > 0
    assert report == {"operation": "layernorm_fused_rm", "shape": [3, 64, 64], "dtype": "bfloat16", "arch": "wormhole",
                      "cores": 4, "host_threads": 1, "output": "y.safetensors"}


def test_text_says_what_ran_where_and_how_fast(loom, problem):
    ran = loom(*RUN, "--arch", "blackhole", "--threads", 2)
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"layernorm_fused_rm \[3,64,64\] bfloat16 on blackhole: 6 cores, 2 host threads, "
                        r"\d+\.\d{3} ms, \d+\.\d\d GB/s\nwrote y\.safetensors\n", ran.out)


def test_verify_tells_the_error_against_float64(loom, tmp_path, problem):
    ran = loom(*RUN, "--json", "--verify")
    told = json.loads(ran.out)["verify"]
    error = errors(load_file(tmp_path / "y.safetensors")["tensor"], *problem)
    assert ran.code == 0
    # Less what the mean may move: 2^-22 of gamma, of which an element near zero is a small part.
    assert told["max_error"] == pytest.approx(error.max(), rel=0.01)
    assert told["mean_error"] == pytest.approx(error.mean(), rel=0.01)
    assert (told["max_error_bar"], told["mean_error_bar"]) == (2**-7, 2**-9)
    assert (told["within_bars"], told["wrong_nonfinite"]) == (True, 0)


def test_verify_adds_one_line_of_text(loom, problem):
    plain, verified = loom(*RUN).out.splitlines(), loom(*RUN, "--verify").out.splitlines()
    assert (len(plain), len(verified)) == (2, 3)
    assert re.fullmatch(r"error against the double reference, in units of \|gamma\*n\| \+ \|beta\|: max 0\.00\d+ "
                        r"\(bar 0\.00781\), mean 0\.00\d+ \(bar 0\.00195\): within the bars", verified[1])


def test_json_stays_json_when_a_name_is_no_utf8(loom, tmp_path, problem):
    ran = loom(*RUN[:-1], "y\udcff.safetensors", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["output"] == "y\ufffd.safetensors"
