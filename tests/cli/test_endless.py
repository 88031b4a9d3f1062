"""Kernels and compilations that never end: --max-steps, Ctrl-C, and what is left behind."""
import os
import signal
import subprocess
import time

import pytest
from programs import program

ENDLESS = {
    "calls": "for (;;) noc_async_read_barrier();",
    "nothing": "for (;;) {}",
    "pages": "for (;;) { cb_reserve_back(0, 1); cb_push_back(0, 1); cb_wait_front(0, 1); cb_pop_front(0, 1); }",
}


@pytest.fixture
def endless(program):
    """A program file whose reader loops."""

    def make(body):
        def change(made):
            made["kernels"] = made["kernels"][:1]
            made["kernels"][0]["source"] = ["void kernel_main() {", body, "}"]

        return program("copy", change)

    return make


@pytest.mark.parametrize("verb", ["run", "check"])
@pytest.mark.parametrize("kind", ENDLESS)
def test_max_steps_ends_what_does_not_end(loom, endless, verb, kind):
    ran = loom(verb, endless(ENDLESS[kind]), "--max-steps", 30000)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("LIVELOCK core (0,0): a kernel does not end.\n  reader  ")
    assert " goes on after 30000 steps\n" in ran.err
    assert ran.err.endswith(f"\nAgain: loom {verb} copy/program.json --max-steps 30000\n")


def test_a_kernel_that_ends_may_take_as_many_as_it_needs(loom, program):
    assert loom("run", program("copy"), "--max-steps", 100000).code == 0


@pytest.mark.parametrize("steps", ["0", "-1", "many"])
def test_max_steps_is_a_number_of_steps(loom, program, steps):
    ran = loom("run", program("copy"), "--max-steps", steps)
    assert ran.code == 2 and "--max-steps" in ran.err


def family_of(pid):
    """The processes that a process started, and they in turn."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [*children, *(grandchild for child in children for grandchild in family_of(child))]


def alive(pids):
    states = subprocess.run(["ps", "-o", "stat=", "-p", ",".join(pids)], capture_output=True, text=True).stdout.split()
    return [state for state in states if not state.startswith("Z")]


def interrupt(cli, folder, words, ready, env=None):
    """Starts the command, presses Ctrl-C once ready(process) holds, and gives what became of it and of its children."""
    process = subprocess.Popen([cli, *map(str, words)], cwd=folder, env={**os.environ, **(env or {})},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if ready(process):
            break
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    family = family_of(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err, family


STOPPED = "The run was stopped before its end, as its caller asked; what it was to write is not whole.\n"


@pytest.mark.parametrize("words", [["run"], ["check"], ["run", "--threads", 1]])
@pytest.mark.parametrize("kind", ENDLESS)
def test_ctrl_c_ends_a_run(loom, cli, tmp_path, endless, words, kind):
    file = endless(ENDLESS[kind])
    words = [words[0], file, *words[1:], "--max-steps", 1 << 60]
    loom(words[0], file, "--max-steps", 1000)  # compiles
    begin = time.monotonic()
    before = sorted(os.listdir(tmp_path))
    code, out, err, _ = interrupt(cli, tmp_path, words, lambda _: time.monotonic() > begin + 0.5)
    assert (code, out, err) == (130, "", STOPPED)
    assert sorted(os.listdir(tmp_path)) == before


@pytest.fixture
def slow_compiler(tmp_path):
    """A compiler that starts another process, leaves a file in its temporary folder, and never ends."""
    script = tmp_path / "c++"
    script.write_text("#!/bin/sh\ntouch ${TMPDIR:-/tmp}/left_by_$$\nsleep 1000 &\nwhile true; do sleep 1; done\n")
    script.chmod(0o700)
    temporary, cache = tmp_path / "temporary", tmp_path / "cache"
    temporary.mkdir()
    return {"LOOM_CXX": str(script), "TMPDIR": str(temporary), "LOOM_CACHE_DIR": str(cache)}


@pytest.mark.parametrize("verb", ["run", "check"])
def test_ctrl_c_ends_a_compilation_with_all_that_it_started(cli, tmp_path, endless, slow_compiler, verb):
    words = [verb, endless("noc_async_read_barrier();")]
    code, out, err, family = interrupt(cli, tmp_path, words, lambda process: len(family_of(process.pid)) >= 3,
                                       slow_compiler)
    assert (code, out, err) == (130, "", STOPPED)
    assert len(family) >= 3
    time.sleep(0.5)
    assert alive(family) == []
    assert os.listdir(slow_compiler["TMPDIR"]) == []
    assert [name for name in os.listdir(slow_compiler["LOOM_CACHE_DIR"]) if ".so" in name] == []


def test_ctrl_c_leaves_no_output(loom, cli, tmp_path):
    import numpy
    numpy.save(tmp_path / "x.npy", numpy.ones((4096, 8192), numpy.float32))
    words = ["run", "layernorm_fused_rm", "--input", "x.npy", "--output", "y.npy", "--verify"]
    begin = time.monotonic()
    code, out, err, _ = interrupt(cli, tmp_path, words, lambda _: time.monotonic() > begin + 0.3)
    assert (code, out, err) == (130, "", STOPPED)
    assert os.listdir(tmp_path) == ["x.npy"]
