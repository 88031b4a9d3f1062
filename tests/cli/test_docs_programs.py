"""What docs/programs.md shows runs: its program file, its commands, its message."""
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ml_dtypes import bfloat16
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "programs.md").read_text()


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [block for named, block in found if named == language]


@pytest.fixture
def double(tmp_path):
    (text,) = blocks("json")
    (tmp_path / "double.json").write_text(text)
    return json.loads(text)


def test_each_command_runs(tmp_path, double):
    lines = [line for block in blocks("sh") for line in block.strip().splitlines()]
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "loom", line
        done = subprocess.run([os.environ["LOOM_CLI"], *words[1:]], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), line
        if "double.json --output" in line:
            (x,), (y,) = (load_file(tmp_path / f"{name}.safetensors").values() for name in "xy")
            assert np.array_equal(y, (2 * x.astype(np.float32)).astype(bfloat16)) and x.any()


def test_the_message_is_told_as_shown(loom, tmp_path, double):
    double["kernels"][0]["config"]["type"] = "reder"
    (tmp_path / "double.json").write_text(json.dumps(double))
    (shown,) = blocks("")
    assert loom("run", "double.json").err == shown


@pytest.mark.parametrize("page", ["docs/programs.md", "SECURITY.md"])
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / target).exists(), target
