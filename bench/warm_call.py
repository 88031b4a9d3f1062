"""What a small call costs from Python: one tile row of W = 768, warm; and what a process costs that finds its kernels
cached, up to the end of its second call. Medians."""

import os
import statistics
import subprocess
import time

import numpy as np

import loom
from contender import CACHE, PROGRAMS, pin


def warm_call_us(calls=2001):
    with loom.open_device(threads=1, numerics="exact") as device:
        x, gamma, beta = (
            loom.from_numpy(np.ones(shape, np.float32), dtype=loom.bfloat16, device=device)
            for shape in ((32, 768), (768,), (768,))
        )
        times = []
        for _ in range(calls):
            begin = time.perf_counter()
            loom.layernorm_fused_rm(x, gamma, beta)
            times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6


def process_ms(runs=21):
    """From the start of a process to its answer after two calls: more than to its first launch."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(
            [PROGRAMS / "loom_worker", "1"],
            input="open 32x768 bfloat16\n",
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **CACHE},
            preexec_fn=lambda: pin(1),
        )
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3


pin(1)
print(f"a warm call from Python, [32, 768]: {warm_call_us():.1f} us (aim: at most 60)")
print(f"a process with its kernels cached, to the end of its second call: {process_ms():.1f} ms (aim: at most 15)")
