"""The package in a process: imported again, forked, ended while threads are inside calls. Nothing aborts."""

import copy
import pickle
import subprocess
import sys
import textwrap

import pytest

import loom


def ran(script):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return done.stdout + done.stderr


IMPORTED_AGAIN = """
    import importlib, sys, numpy as np, loom
    old = loom.CoreCoord(1, 2)
    {again}
    import loom
    assert old == loom.CoreCoord(1, 2) and isinstance(old, loom.CoreCoord)
    for _ in range(2):
        with loom.open_device(grid=(1, 1)) as device:
            x = loom.from_numpy(np.arange(64, dtype=np.float32).reshape(2, 32), device=device)
            assert loom.layernorm_fused_rm(x).shape == (2, 32)
            try:
                loom.layernorm_fused_rm(x, epsilon=-1.0)
            except loom.UsageError as error:
                assert error.code == "LN_EPSILON"
            else:
                raise SystemExit(3)
    print("done")
"""


@pytest.mark.parametrize("again", [
    "for name in [n for n in sys.modules if n.split('.')[0] == 'loom']: del sys.modules[name]",
    "del sys.modules['loom']",
    "del sys.modules['loom._core']",
    "importlib.reload(loom._core)",
    "importlib.reload(loom._core); importlib.reload(loom.values); importlib.reload(loom)",
])  # fmt: skip
def test_imported_again(again):
    assert ran(IMPORTED_AGAIN.format(again=again)) == "done\n"


DAEMONS = """
    import sys, threading, time, numpy as np, loom
    device = loom.open_device()
    x = loom.from_numpy(np.ones(({rows}, 512), np.float32), device=device)
    loom.layernorm_fused_rm(x)
    def work():
        while True:
            {call}
    for _ in range(3):
        threading.Thread(target=work, daemon=True).start()
    time.sleep(0.2)
    {end}
"""


@pytest.mark.parametrize("call", [
    "loom.layernorm_fused_rm(x)",
    "loom.to_numpy(x)",
    "loom.from_numpy(np.ones((64, 512), np.float32), device=device)",
    "loom.check('layernorm_fused_rm', shape=(32, 64), schedules=1)",
])  # fmt: skip
@pytest.mark.parametrize("rows", [32, 4096])
def test_the_end_of_python_finds_daemon_threads_inside_calls(call, rows):
    assert ran(DAEMONS.format(call=call, rows=rows, end="")) == ""


def test_and_when_the_main_thread_still_uses_the_device_as_it_ends():
    end = "import atexit; atexit.register(lambda: (loom.layernorm_fused_rm(x), loom.close_device(device)))"
    ran(DAEMONS.format(call="loom.layernorm_fused_rm(x)", rows=256, end=end))


def test_a_child_process_may_open_a_device_of_its_own():
    out = ran("""
        import os, numpy as np, loom
        device = loom.open_device(grid=(1, 1), threads=1)
        x = loom.from_numpy(np.ones((2, 32), np.float32), device=device)
        loom.layernorm_fused_rm(x)
        child = os.fork()
        if child == 0:
            with loom.open_device(grid=(1, 1), threads=1) as own:
                y = loom.from_numpy(np.ones((2, 32), np.float32), device=own)
                loom.layernorm_fused_rm(y)
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    assert out == "7\n"


def test_handles_are_copied_as_values_or_refused(device):
    cores = loom.CoreRangeSet([loom.CoreRange((0, 0), (1, 2))])
    for value in (loom.CoreCoord(1, 2), cores.ranges()[0], cores, loom.L1_MEMORY_CONFIG, loom.bfloat16,
                  loom.ComputeKernelConfig(fp32_dest_acc_en=True), loom.CoreGrid(x=1, y=2)):  # fmt: skip
        for made in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert made == value
    report = loom.check("layernorm_fused_rm", shape=(32, 32), schedules=0)
    for value in (device, report, loom._core.CheckOptions(1, 1, "", {}, "", False, 0)):
        for call in (copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError) as raised:
                call(value)
            assert "incompatible" not in str(raised.value)
