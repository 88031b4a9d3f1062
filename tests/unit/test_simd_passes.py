"""The files that Highway compiles once for each target, one pass after the other: nothing of a pass is left in the next."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((path for path in (ROOT / "src").rglob("*.cpp") if "<hwy/foreach_target.h>" in path.read_text()),
               key=lambda path: path.name)


def command_for(file):
    """How the build compiles a file, without its output."""
    database = Path(os.environ["LOOM_CLI"]).parent / "compile_commands.json"
    words = shlex.split(next(entry["command"] for entry in json.loads(database.read_text())
                             if Path(entry["file"]).name == file.name))
    at = words.index("-o")
    return [word for word in words[:at] + words[at + 2:] if word not in ("-c", "-O3", "-O2")]


def test_there_are_such_files():
    assert [path.name for path in FILES] == ["chain_simd.cpp", "copy.cpp", "fpu_loops.cpp", "lanes.cpp", "row_sums.cpp",
                                            "simd.cpp"]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_a_pass_takes_back_the_macros_it_defines(file):
    done = subprocess.run([*command_for(file), "-E", "-dM"], capture_output=True, text=True, check=True)
    defined = set(re.findall(r"^#define (LOOM_\w+)", done.stdout, re.M))
    given = set(re.findall(r"-D(LOOM_\w+)", " ".join(command_for(file))))
    assert {name for name in defined - given if not name.endswith("_INL_H_")} == set()


# The target of the last pass is what the compiler may use anyway: nothing with SIMD for Highway 1.0, SSE2 for 1.2.
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="names x86 targets")
@pytest.mark.parametrize("last", ["HWY_SSE4", "HWY_AVX2"])
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_any_target_may_come_last(file, last):
    subprocess.run([*command_for(file), "-fsyntax-only", f"-DHWY_BASELINE_TARGETS={last}"], check=True)
