"""What README.md promises runs: its commands, its C++ block, its table of circular buffers."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
LOOM = os.environ["LOOM_CLI"]
MAKE_INPUT = Path(LOOM).parent / "examples" / "make_layernorm_input"


def blocks(language):
    """Fences are matched in pairs, or the text after a closing one would be a block of no language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [block for named, block in found if named == language]


def run(line, folder):
    words = shlex.split(line)
    assert words[0] == "loom", line
    return subprocess.run([LOOM, *words[1:]], cwd=folder, capture_output=True, text=True)


def test_each_command_runs(tmp_path):
    subprocess.run([MAKE_INPUT, tmp_path / "x.safetensors", "--shape", "4,64,96"], check=True)
    lines = [line for block in blocks("sh") for line in block.strip().splitlines()]
    assert len(lines) >= 6
    for line in lines:
        done = run(line, tmp_path)
        hangs = "--change c_16=4" in line
        assert done.returncode == (1 if hangs else 0), f"{line}\n{done.stdout}{done.stderr}"


def test_the_hang_is_told_as_shown(tmp_path):
    (shown,) = [block for block in blocks("") if block.startswith("HANG")]
    (line,) = [line for block in blocks("sh") for line in block.splitlines() if "--change" in line]
    assert run(line, tmp_path).stderr == shown


def test_the_cpp_block_is_in_a_test_that_runs():
    smoke = (ROOT / "tests/smoke/first_run_test.cpp").read_text()
    (block,) = blocks("cpp")
    for line in block.strip().splitlines():
        assert line.strip() in smoke, line


def test_the_table_is_what_explain_says(tmp_path):
    done = run("loom explain layernorm_fused_rm --shape 1,1,64,1024 --json", tmp_path)
    row = r"^\| (c_\d+) \| (.*?) \| (\d+) \| (\d+) \| (\w+) -> (\w+) \| (.*?) \|$"
    columns = ("name", "purpose", "page_bytes", "pages", "producer", "consumer", "lifetime")
    told = [tuple(str(cb[column]) for column in columns) for cb in json.loads(done.stdout)["circular_buffers"]]
    assert re.findall(row, README, re.MULTILINE) == told


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / target).exists(), target
