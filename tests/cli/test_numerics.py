"""--numerics: whose arithmetic a run has, and who says so."""

import json
import struct

import numpy as np
import pytest
from programs import program  # noqa: F401

# x = 258 of examples/programs/add_one: 259 lies between two bfloat16 numbers. IEEE takes the even one, the chip's vector
# unit cuts off.
ELEMENT = 2064
EXACT, SILICON = 260.0, 258.0


def made(loom, path, folder, *flags):
    ran = loom("run", path, "--output", "y=y.safetensors", *flags)
    assert ran.code == 0, ran.err
    raw = (folder / "y.safetensors").read_bytes()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    bits = np.frombuffer(raw[start:], np.uint16)[ELEMENT]
    return float(np.array([int(bits) << 16], np.uint32).view(np.float32)[0])


def test_a_program_has_the_numerics_that_are_asked_for(loom, program, tmp_path):  # noqa: F811
    path = program("add_one")
    assert made(loom, path, tmp_path, "--numerics", "exact") == EXACT
    assert made(loom, path, tmp_path, "--numerics", "silicon") == SILICON


def test_a_program_file_says_its_numerics_and_the_flag_has_the_last_word(loom, program, tmp_path):  # noqa: F811
    path = program("add_one", lambda told: told.update(numerics="silicon"))
    assert made(loom, path, tmp_path) == SILICON
    assert made(loom, path, tmp_path, "--numerics", "exact") == EXACT


def test_the_operations_program_file_says_its_numerics(loom, tmp_path):
    flags = ("--shape", "32x64", "--numerics", "silicon", "--program", "p.json")
    assert loom("explain", "layernorm_fused_rm", *flags).code == 0
    assert json.loads((tmp_path / "p.json").read_text())["numerics"] == "silicon"


def test_other_numerics_are_refused(loom, program):  # noqa: F811
    ran = loom("bench", "layernorm_fused_rm", "--shape", "32x64", "--numerics", "fast")
    assert (ran.code, ran.out, ran.err) == (2, "", 'numerics is silicon or exact, got "fast".\n')
    ran = loom("run", program("add_one", lambda told: told.update(numerics="fast")))
    assert ran.code == 2
    assert "/numerics" in ran.err


@pytest.mark.parametrize("verb", ["run", "check", "trace", "bench"])
def test_each_verb_that_runs_has_the_flag(loom, verb):
    assert "--numerics" in loom(verb, "--help").out
