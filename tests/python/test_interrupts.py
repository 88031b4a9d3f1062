"""Kernels that never end, from Python: max_steps, and Ctrl-C wherever the main thread waits."""

import os
import signal
import subprocess
import sys
import time

import extras
import pytest
from extras import torch
from programs import copy_program

import loom

ENDLESS = {"calls": "for (;;) noc_async_read_barrier();", "nothing": "for (;;) {}"}


def endless_program(x, y, body):
    program = copy_program(x, y)
    kernels = program.kernels
    kernels[0].kernel_source = "void kernel_main() {\n" + body + "\n}\n"
    program.kernels = kernels
    return program


@pytest.fixture
def tensors():
    with loom.open_device() as device:
        x = loom.from_torch(torch.ones(8, 32), device=device)
        yield x, loom.empty(x.shape, x.dtype, x.layout, device)


@pytest.mark.parametrize("kind", ENDLESS)
def test_max_steps_ends_a_run(tensors, kind):
    program = endless_program(*tensors, ENDLESS[kind])
    with pytest.raises(loom.KernelError, match="goes on after 20000 steps") as raised:
        loom.generic_op(list(tensors), program, max_steps=20000)
    assert raised.value.code == "LIVELOCK"
    assert "goes on after 20000 steps" in str(loom.check(list(tensors), program, max_steps=20000))
    assert "goes on after 20000 steps" in loom.trace(list(tensors), program, max_steps=20000).fault


@pytest.mark.parametrize("steps", [0, -5])
def test_max_steps_is_positive(tensors, steps):
    with pytest.raises(ValueError, match="max_steps: expected a whole number from 1 to "):
        loom.generic_op(list(tensors), copy_program(*tensors), max_steps=steps)


SCRIPT = """
import os, sys, threading, time
sys.path[:0] = {tests!r}
import loom, torch
from programs import copy_program
from test_interrupts import endless_program
device = loom.open_device(threads={threads})
x = loom.from_torch(torch.ones(8, 32), device=device)
y = loom.empty(x.shape, x.dtype, x.layout, device)
program = endless_program(x, y, {body!r})
forever = dict(max_steps=1 << 60)
{before}
print("running", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("stopped", flush=True)
{after}
"""


def stopped(call, body="", threads=2, before="", after="", env=None):
    """What a script says that hears Ctrl-C in this call."""
    script = SCRIPT.format(
        tests=[os.path.dirname(__file__), os.path.dirname(extras.__file__)],
        call=call,
        body=body,
        threads=threads,
        before=before,
        after=after,
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    ) as process:
        assert process.stdout.readline() == "running\n", process.communicate()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, out, err


CALLS = [f"loom.{verb}([x, y], program, **forever)" for verb in ("generic_op", "check", "trace")]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_a_kernel_that_loops(call, kind, threads):
    assert stopped(call, ENDLESS[kind], threads) == (0, "stopped\n", "")


# The program is not compiled yet, and the compiler never ends.
def test_ctrl_c_stops_a_small_call_that_compiles(tmp_path):
    compiler = tmp_path / "c++"
    compiler.write_text("#!/bin/sh\nwhile true; do sleep 1; done\n")
    compiler.chmod(0o700)
    env = {"LOOM_CXX": str(compiler), "LOOM_CACHE_DIR": str(tmp_path / "cache")}
    assert stopped("loom.layernorm_fused_rm(x)", env=env) == (0, "stopped\n", "")


# Another thread runs a program for ever: whatever the main thread waits for the device for, it hears Ctrl-C.
BUSY = """
def work():
    loom.generic_op([x, y], program, **forever)
threading.Thread(target=work, daemon=True).start()
time.sleep(1)
"""


@pytest.mark.parametrize(
    "call",
    [
        "loom.layernorm_fused_rm(x)",
        "loom.to_torch(x)",
        "loom.close_device(device)",
        "loom.from_torch(torch.ones(8, 32), device=device)",
    ],
)
def test_ctrl_c_stops_waiting_for_the_device(call):
    assert stopped(call, ENDLESS["nothing"], before=BUSY, after="os._exit(0)") == (0, "stopped\n", "")
