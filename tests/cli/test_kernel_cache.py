"""loom run: kernels are compiled once, by whoever comes first, and never again."""
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from layernorm import normal
from safetensors.numpy import save_file

KERNELS = Path(__file__).resolve().parents[2] / "src/ops/layernorm_fused_rm/device/kernels"
RUN = ["run", "layernorm_fused_rm", "--input", "x.safetensors", "--output"]


@pytest.fixture(autouse=True)
def x(tmp_path, rng):
    save_file({"x": normal(rng, (32, 64))}, tmp_path / "x.safetensors")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def leftovers(cache):
    """What is neither a kernel's binary, nor what it was made of, nor one of the three folders of sources."""
    own = re.compile(r"[0-9a-f]{32}\.(so|inputs)|(api|hooks|kernels)-[0-9a-f]{32}")
    return [path.name for path in cache.iterdir() if not own.fullmatch(path.name)]


@pytest.fixture
def counting_compiler(tmp_path):
    """A compiler that writes a line for each of its starts; and how many there were."""
    real = shutil.which(os.environ.get("LOOM_CXX") or "g++") or shutil.which("c++")
    script, log = tmp_path / "cxx", tmp_path / "starts"
    script.write_text(f'#!/bin/sh\necho start >> "{log}"\nexec "{real}" "$@"\n')
    script.chmod(0o755)
    return script, lambda: log.read_text().count("start") if log.exists() else 0


def test_a_second_run_starts_no_compiler_and_needs_no_path(loom, tmp_path, cache, counting_compiler):
    compiler, starts = counting_compiler
    env = {"LOOM_CACHE_DIR": str(cache), "LOOM_CXX": str(compiler)}
    assert loom(*RUN, "y1.safetensors", env=env).code == 0
    cold = starts()
    assert cold > 0 and leftovers(cache) == []
    ran = loom(*RUN, "y2.safetensors", env={**env, "PATH": ""})
    assert (ran.code, ran.err, starts()) == (0, "", cold)
    assert (tmp_path / "y1.safetensors").read_bytes() == (tmp_path / "y2.safetensors").read_bytes()


def test_without_a_compiler_a_first_run_says_so(refuses, cache):
    cache.mkdir(mode=0o700)
    for missing in ("/nonexistent", "no-such-compiler"):
        refuses(*RUN, "y.safetensors", env={"LOOM_CACHE_DIR": str(cache), "LOOM_CXX": missing},
                message=f"Kernels are compiled at run time, and no compiler could be started: {missing}: No such file "
                        "or directory. Install g++, or name one in LOOM_CXX.")
    assert leftovers(cache) == []


def test_a_cache_that_others_can_write_to_is_refused(refuses, cache):
    cache.mkdir()
    cache.chmod(0o777)
    refuses(*RUN, "y.safetensors", env={"LOOM_CACHE_DIR": str(cache)},
            message=f"{cache} holds compiled kernels, so it must belong to this user and be writable by no other; name "
                    "another folder in LOOM_CACHE_DIR.")


def test_four_processes_at_once_on_an_empty_cache_all_succeed(cli, tmp_path, cache):
    env = {**os.environ, "LOOM_CACHE_DIR": str(cache)}
    outputs = [f"y{i}.safetensors" for i in range(4)]
    running = [subprocess.Popen([cli, *RUN, output], cwd=tmp_path, env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for output in outputs]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    assert len({(tmp_path / output).read_bytes() for output in outputs}) == 1
    assert leftovers(cache) == []


@pytest.mark.parametrize("lines", [
    '/* a remark */ #include "value.h"\n',
    '#define NAME "value.h"\n#include NAME\n',
    '#include "deep/other.h"\n',
    "#include <value.h>\n",
    '#if __has_include("value.h")\n#include "value.h"\n#endif\n',
])
def test_an_edited_header_takes_effect(loom, tmp_path, cache, counting_compiler, lines):
    compiler, starts = counting_compiler
    env = {"LOOM_CACHE_DIR": str(cache), "LOOM_CXX": str(compiler), "CPLUS_INCLUDE_PATH": str(tmp_path)}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/other.h").write_text('#include "../value.h"\n')
    writer = (KERNELS / "dataflow/writer_layernorm_fused_rm.cpp").read_text()
    (tmp_path / "writer.cpp").write_text(lines + writer.replace("void kernel_main() {", "void kernel_main() { EDITED"))
    check = ["check", "layernorm_fused_rm", "--shape", "32x32", "--grid", "1x1", "--change", "writer=writer.cpp"]
    for edited, says in (("", "clean: "), ("cb_wait_front(7, 900);", "HANG"), ("", "clean: ")):
        (tmp_path / "value.h").write_text(f"#define EDITED {edited:40}\n")
        before = starts()
        ran = loom(*check, env=env)
        assert says in ran.out + ran.err
        first = starts()
        ran = loom(*check, env=env)
        assert says in ran.out + ran.err
        assert starts() == first, "the second run of it starts no compiler"
        assert first > before or edited == ""


def test_a_killed_compile_leaves_nothing_that_stays(cli, loom, tmp_path, cache):
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\necho x > "$TMPDIR/ccx.s"\necho > started\nexec sleep 60\n')
    slow.chmod(0o755)
    env = {"LOOM_CACHE_DIR": str(cache)}
    for _ in range(3):
        process = subprocess.Popen([cli, *RUN, "y.safetensors"], cwd=tmp_path, start_new_session=True,
                                   env={**os.environ, **env, "LOOM_CXX": str(slow)})
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        (tmp_path / "started").unlink()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert len(leftovers(cache)) == 1
    assert loom(*RUN, "y.safetensors", env=env).code == 0
    assert leftovers(cache) == []
