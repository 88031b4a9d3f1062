"""A contender: a process that normalises the tensor it is told to, as often as it is told to. The protocol is in
contenders/worker.hpp."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
PROGRAMS = Path(os.environ.get("LOOM_BENCH_PROGRAMS", BUILD / "release/bench"))
EPSILON = 1e-5

# Nobody's threads spin into another's turn: OpenMP's do so for some 8 ms after their work.
REST_SECONDS = 0.02

# glibc keeps what is freed, and never maps: a tensor as large as the one before gets the same memory, touched already.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": "0"}

CACHE = {"LOOM_CACHE_DIR": str(BUILD / "bench/kernel-cache")}  # not the user's own

WORKERS = {
    "Loom": [PROGRAMS / "loom_worker"],
    "PyTorch": [BUILD / "venv/bin/python", HERE / "contenders/torch_worker.py"],
    "oneDNN": [BUILD / "bench/onednn/worker"],
    "oneDNN OpenMP": [BUILD / "bench/onednn-cpu-gomp/worker"],
    "copy": [PROGRAMS / "copy_worker"],
}
ENVIRONMENT = {
    "PyTorch": KEEP_MEMORY,
    # Its CPU engine is a SYCL device, which OpenCL has to find in this place.
    "oneDNN": {"OCL_ICD_FILENAMES": str(BUILD / "bench/onednn/lib/libintelocl.so")},
}


def noise(index, seed):
    """worker.hpp's noise() for an array of indices."""
    bits = np.asarray(index, np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed * 0x85EBCA6B & 0xFFFFFFFF)
    bits = (bits ^ (bits >> 16)) * np.uint32(0x7FEB352D)
    bits = (bits ^ (bits >> 15)) * np.uint32(0x846CA68B)
    return ((bits ^ (bits >> 16)) >> 8).astype(np.float64) / 8388608 - 1


def expected(shape, copies):
    """The eight elements that `open` answers with, in double."""
    elements, width = int(np.prod(shape)), shape[-1]
    values = []
    for at in ((elements - 1) * i // 7 for i in range(8)):
        first = at - at % width
        row = noise(np.arange(first, first + width), 0)
        gamma, beta = noise([at % width], 1)[0], noise([at % width], 2)[0]
        normalised = (row[at % width] - row.mean()) / np.sqrt(row.var() + EPSILON)
        values.append(row[at % width] if copies else normalised * gamma + beta)
    return values


def pin(threads):
    """For a process that is about to start: CPUs 0 to threads - 1, and before all else that runs there."""
    os.sched_setaffinity(0, range(threads))
    # Real-time, where we may: each thread gets a CPU of its own at once. Otherwise Linux keeps two threads on one CPU
    # for the sake of some other process, and which contender that hits is chance.
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


class Contender:
    """Started with so many threads, on as many CPUs from 0 on; in a `with`, so that none outlives the run."""

    def __init__(self, name, threads):
        self.name = name
        command = [str(word) for word in WORKERS[name]] + [str(threads)]
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": str(threads),
            "OMP_PROC_BIND": "true",
            **CACHE,
            **ENVIRONMENT.get(name, {}),
        }
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            preexec_fn=lambda: pin(threads),
        )
        self.version = self._answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"{self.name} ended: {' '.join(self.process.args)}")
        return line

    def _ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def open(self, shape, dtype):
        """Makes the tensors, and sees that the contender computes what the others do."""
        answer = self._ask(f"open {'x'.join(map(str, shape))} {dtype}").split()
        values = [float(word) for word in answer[1:]]
        error = np.abs(np.subtract(values, expected(shape, copies=self.name == "copy"))).max()
        if not error < 0.05:
            raise SystemExit(f"{self.name} computes something else on {shape}: {values}")

    def run(self, calls):
        """Nanoseconds a call."""
        time.sleep(REST_SECONDS)
        return float(self._ask(f"run {calls}"))
