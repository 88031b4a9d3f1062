"""While a program runs: Ctrl-C stops it, other threads go on, and two threads may each use a device."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from extras import torch

import loom

# A program of some ten minutes: the test ends because it is stopped.
LONG = """
import sys, threading, time
sys.path.insert(0, {tests!r})
import loom, torch
from programs import copy_program
device = loom.open_device(threads={threads})
x = loom.from_torch(torch.ones(8, 32), device=device)
y = loom.empty(x.shape, x.dtype, x.layout, device)
loom.generic_op([x, y], copy_program(x, y))
program = copy_program(x, y)
kernels = program.kernels
for kernel in kernels:
    source = kernel.kernel_source.replace("pages = get_arg_val<uint32_t>(1)", "pages = 4000000000u")
    kernel.kernel_source = source.replace("_page(page,", "_page(0,")
program.kernels = kernels
print("running", flush=True)
try:
    {call}
except KeyboardInterrupt:
    loom.generic_op([x, y], copy_program(x, y))
    print("stopped, and usable", flush=True)
"""
CALLS = ["loom.generic_op([x, y], program)", "loom.check([x, y], program)", "loom.trace([x, y], program)"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_a_run(call, threads):
    script = LONG.format(tests=os.path.dirname(__file__), call=call, threads=threads)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "running\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "stopped, and usable\n")


BRIEF = """
import threading, torch, loom
from signal import SIGINT, raise_signal
{imports}
device = loom.open_device(threads=1)
x = loom.from_torch(torch.ones(8, 32), device=device)
loom.layernorm_fused_rm(x)
{before}
threading.Timer(0.5, raise_signal, (SIGINT,)).start()
try:
    while True:
        loom.layernorm_fused_rm(x)
except KeyboardInterrupt:
    print("stopped", flush=True)
    import os
    os._exit(0)  # the other thread's program has no end
"""
ENDLESS = """
program = copy_program(x, x)
kernels = program.kernels
for kernel in kernels:
    kernel.kernel_source = kernel.kernel_source.replace("pages = get_arg_val<uint32_t>(1)", "pages = 4000000000u")
    kernel.kernel_source = kernel.kernel_source.replace("_page(page,", "_page(0,")
program.kernels = kernels
threading.Thread(target=loom.generic_op, args=([x], program), daemon=True).start()
import time
time.sleep(0.3)
"""


@pytest.mark.parametrize("before", ["", ENDLESS], ids=["one after the other", "waiting for the device"])
def test_ctrl_c_stops_brief_calls(before):
    """They run on the main thread itself, where nothing asks for signals while a program runs."""
    imports = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); from programs import copy_program"
    script = BRIEF.format(imports=imports, before=before)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr


def test_the_gil_is_released_while_a_program_runs():
    """A thread counts meanwhile; with the GIL held it would get nowhere."""
    counted, over = [0], threading.Event()

    def count():
        while not over.is_set():
            counted[0] += 1
            time.sleep(0)

    with loom.open_device(threads=1) as device:
        x = loom.from_torch(torch.randn(2048, 1024), device=device)
        loom.layernorm_fused_rm(x)
        counter = threading.Thread(target=count)
        counter.start()
        try:
            before = counted[0]
            for _ in range(5):
                loom.layernorm_fused_rm(x)
            assert counted[0] - before > 5
        finally:
            over.set()
            counter.join()


def work(device, results, rounds, width):
    for i in range(rounds):
        x = torch.randn(70, width + i)
        y = loom.layernorm_fused_rm(loom.from_torch(x, device=device)).to_torch()
        results.append(torch.allclose(y, torch.nn.functional.layer_norm(x, x.shape[-1:]), atol=1e-5))


@pytest.mark.parametrize("shared", [False, True], ids=["a device each", "one device"])
def test_two_threads(shared):
    results = []
    devices = [loom.open_device(threads=1) for _ in range(1 if shared else 2)]
    threads = [
        threading.Thread(target=work, args=(devices[i % len(devices)], results, 10, 40 + 20 * i)) for i in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for device in devices:
        loom.close_device(device)
    assert results == [True] * 20


def test_two_threads_check_at_once():
    found = []

    def check(changes):
        found.append(loom.check("layernorm_fused_rm", shape=(40, 32), changes=changes, schedules=1).clean)

    threads = [threading.Thread(target=check, args=(changes,)) for changes in ([], ["c_16=4"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, True]


def test_closing_waits_for_a_run():
    device = loom.open_device(threads=1)
    x = loom.from_torch(torch.randn(2048, 1024), device=device)
    errors = []

    def run():
        try:
            for _ in range(1000):
                loom.layernorm_fused_rm(x)
        except loom.Error as error:
            errors.append(error.code)

    runner = threading.Thread(target=run)
    runner.start()
    time.sleep(0.2)
    loom.close_device(device)
    runner.join(timeout=60)
    assert errors in (["DEVICE_CLOSED"], ["LN_NOT_ON_DEVICE"])
