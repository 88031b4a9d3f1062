"""The comparison runs as `./dev bench` runs it, on small tensors: each contender computes the same, and JSON and
picture are there. How long anything takes is not looked at."""

import json
import subprocess
import sys

from conftest import ROOT

CONTENDERS = ["Loom", "PyTorch", "copy"]  # oneDNN is installed by ./dev bench alone


def test_a_small_comparison(tmp_path):
    command = [sys.executable, ROOT / "bench/layernorm.py", "--shapes", "3x40", "2x5x96", "--rounds", "3"]
    command += ["--contenders", *CONTENDERS, "--json", tmp_path / "a.json", "--picture", tmp_path / "a.svg"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    result = json.loads((tmp_path / "a.json").read_text())
    on_one_thread = [[3, 40], [3, 40], [2, 5, 96], [2, 5, 96]]
    assert [cell["shape"] for cell in result["cells"]] == on_one_thread * 2
    for cell in result["cells"]:
        assert cell["ours_ns"] > 0
        assert list(cell["peers_ns"]) == CONTENDERS[1:]
        assert all(len(times) == 3 for times in cell["rounds_ns"].values())
    assert result["versions"]["PyTorch"].startswith("PyTorch 2.")
    assert {"machine", "command", "commit"} <= set(result)
    assert "<svg" in (tmp_path / "a.svg").read_text()
