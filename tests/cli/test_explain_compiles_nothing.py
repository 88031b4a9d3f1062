"""loom explain: tells of three kernels that are files here, and needs no compiler and no cache to do it."""
import json
from pathlib import Path

import pytest

OPS = Path(__file__).resolve().parents[2] / "src" / "ops"
EXPLAIN = ["explain", "layernorm_fused_rm", "--shape", "1,1,64,1024"]


def test_the_kernels_are_three_files_of_the_operation(loom):
    kernels = json.loads(loom(*EXPLAIN, "--json").out)["kernels"]
    assert [(kernel["label"], kernel["file"]) for kernel in kernels] == [
        ("reader", "layernorm_fused_rm/device/kernels/dataflow/reader_layernorm_fused_rm.cpp"),
        ("compute", "layernorm_fused_rm/device/kernels/compute/layernorm_fused_rm.cpp"),
        ("writer", "layernorm_fused_rm/device/kernels/dataflow/writer_layernorm_fused_rm.cpp")]
    for kernel in kernels:
        assert "void kernel_main()" in (OPS / kernel["file"]).read_text()
        assert kernel["compile_time_args"] and kernel["runtime_args"]


def test_the_text_names_the_files_too(loom):
    text = loom(*EXPLAIN).out
    for kernel in json.loads(loom(*EXPLAIN, "--json").out)["kernels"]:
        assert f"  {kernel['label']:<8} {kernel['file']}\n" in text


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "json"])
def test_no_kernel_is_compiled(loom, tmp_path, words):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    bare = {"LOOM_CACHE_DIR": str(cache), "LOOM_CXX": "/nonexistent", "PATH": ""}
    ran = loom(*EXPLAIN, *words, env=bare)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == loom(*EXPLAIN, *words).out
    assert list(cache.iterdir()) == []


def test_no_cache_is_made(loom, tmp_path):
    assert loom(*EXPLAIN, env={"LOOM_CACHE_DIR": str(tmp_path / "cache")}).code == 0
    assert not (tmp_path / "cache").exists()
