"""What is counted is in the singular where there is one: as the command line says it, and as the sources are written."""

import re
from pathlib import Path

import numpy as np
import pytest
from layernorm import normal
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parents[2]
ONE = re.compile(r"(?<![\d.,x-])1 (?:[a-z]+ )?(?:arguments|bytes|cores|elements|events|pages|tensors|threads|tiles|units)\b")

# Written with a number before it in a text that fmt::format, and not format_counted, fills.
SOURCES = [path for folder in ("src", "cli", "python/src", "fuzz") for path in (ROOT / folder).rglob("*.[ch]pp")]
NOUNS = re.search(r"kNouns\[\] = \{([^}]*)\}", (ROOT / "src/util/counted.cpp").read_text())[1]
PLAIN = re.compile(r"fmt::(?:format|print)\(\s*(?:stderr,\s*)?((?:\"(?:[^\"\\]|\\.)*\"\s*)+)")
COUNTED = re.compile(r"\{\d*\} (?:\{\} |host |kernel |more )?(?:%s)\b" % "|".join(re.findall(r"\w+", NOUNS)))


@pytest.mark.parametrize("words", [
    ["run", "layernorm_fused_rm", "--input", "in.safetensors:x", "--output", "y.safetensors", "--threads", 1],
    ["explain", "layernorm_fused_rm", "--shape", "32x32"],
    ["trace", "layernorm_fused_rm", "--shape", "32x32", "--output", "trace.json"],
    ["check", "layernorm_fused_rm", "--shape", "32x32"],
    ["check", "layernorm_fused_rm", "--shape", "32x32", "--change", "c_16=0"],
], ids=lambda words: " ".join(map(str, words[::len(words) - 1])))
def test_of_one_core_and_one_thread(loom, tmp_path, rng, words):
    save_file({"x": normal(rng, (1, 32, 32))}, tmp_path / "in.safetensors")
    ran = loom(*words, "--grid", "1x1")
    assert ran.out + ran.err and not ONE.search(ran.out + ran.err)


def test_run_says_so(loom, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((32, 32), np.float32))
    ran = loom("run", "layernorm_fused_rm", "--input", "x.npy", "--output", "y.npy", "--grid", "1x1", "--threads", 1)
    assert ": 1 core, 1 host thread, " in ran.out


def test_explain_says_so(loom):
    ran = loom("explain", "layernorm_fused_rm", "--shape", "32x32", "--grid", "1x1")
    assert " on wormhole, 1x1 core\n" in ran.out
    assert re.search(r"^Work: 1 unit of one .* on 1 core$", ran.out, re.M)


def test_no_message_counts_by_plain_format():
    assert len(SOURCES) > 100
    found = [f"{path.relative_to(ROOT)}: {text}" for path in SOURCES if path.name != "counted.hpp"
             for text in PLAIN.findall(path.read_text()) if COUNTED.search(re.sub(r'"\s*"', "", text))]
    assert found == []
