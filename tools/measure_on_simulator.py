#!/usr/bin/env python3
"""Measures layernorm_fused_rm on the chips' simulator beside Loom and PyTorch, and compares Loom's bytes with the
simulator's.

    tools/measure_on_simulator.py --simulator wormhole=libttsim_wh.so --simulator blackhole=libttsim_bh.so

For each case: the program is Loom's, the real ttnn and its compiler (from ./dev real-stack) run it on a finished
libttsim.so, and `loom run` runs it in both numerics. Errors are against double precision, in the unit of
src/ops/layernorm_fused_rm/accuracy.hpp. Prints a row of docs/accuracy_on_the_chip.md a case; exits with 1 when Loom
gives other bytes than the simulator in silicon numerics.
"""

import argparse
import itertools
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parents[1]
STACK = ROOT / "build/real-stack/venv/bin/python"
DTYPES = {"bfloat16": ml_dtypes.bfloat16, "float32": np.float32}
SHAPES = ["32x32", "64x64", "1x1x64x1024", "33x1000", "4x64x768", "64x16384", "2x65536"]
EPSILON = float(np.float32(1e-5))


def error(dtype, x, gamma, beta, y):
    """The largest and the mean error of y."""
    width = x.shape[-1]
    x, y = (a.astype(np.float64).reshape(-1, width) for a in (x, y))
    gamma = np.ones(width) if gamma is None else gamma.astype(np.float64)
    beta = np.zeros(width) if beta is None else beta.astype(np.float64)
    mean = x.mean(1, keepdims=True)
    variance = ((x - mean) ** 2).mean(1, keepdims=True)
    factor = 1 / np.sqrt(variance + EPSILON)
    scaled = gamma * (x - mean) * factor
    narrow = dtype == "bfloat16"
    # A row of one value has no deviation, and its error no unit but beta.
    deviation = np.sqrt(np.where(variance > 0, variance, np.inf))
    condition = np.maximum(1, np.abs(mean) / deviation)
    unit = (np.abs(scaled) + np.abs(beta)) * (1 if narrow else condition)
    last = 2.0**-22 * max(1, math.sqrt(width) / 192) if narrow else 2.0**-24
    smallest = 2.0 ** (-133 if narrow else -149)
    slack = np.abs(gamma) * np.sqrt(variance) * factor * condition * last
    slack += smallest * (1 + np.abs(gamma) * factor)
    beyond = np.maximum(0, np.abs(y - (scaled + beta)) - slack)
    errors = np.where(beyond > 0, beyond / np.where(unit > 0, unit, np.finfo(np.float64).tiny), 0)
    return errors.max(), errors.mean()


def only(path):
    (array,) = load_file(path).values()
    return array


class Case:
    def __init__(self, shape, dtype, mean, std, affine):
        self.shape, self.dtype, self.mean, self.std, self.affine = shape, dtype, mean, std, affine

    def inputs(self, seed):
        draw = np.random.default_rng(seed)
        sides = [int(side) for side in self.shape.split("x")]
        made = {"input": draw.normal(self.mean, self.std, sides)}
        if self.affine:
            made |= {"gamma": draw.normal(1, 1, sides[-1]), "beta": draw.normal(0, 1, sides[-1])}
        return {name: array.astype(DTYPES[self.dtype]) for name, array in made.items()}

    def torch(self, tensors):
        """PyTorch's error; nothing where it is not installed."""
        try:
            import torch
        except ModuleNotFoundError:
            return None
        kind = getattr(torch, self.dtype)
        as_torch = {name: torch.tensor(a.astype(np.float32)).to(kind) for name, a in tensors.items()}
        x = as_torch["input"]
        y = torch.nn.functional.layer_norm(x, x.shape[-1:], as_torch.get("gamma"), as_torch.get("beta"), 1e-5)
        return y.float().numpy()

    def measure(self, loom, arch, simulator, seed):
        """A row of the table, and whether the bytes are the same."""
        tensors = self.inputs(seed)
        with tempfile.TemporaryDirectory(prefix="loom-measure-") as folder:
            for name, array in tensors.items():
                save_file({name: array}, f"{folder}/{name}.safetensors")
            flags = ["--shape", self.shape, "--dtype", self.dtype, "--arch", arch]
            if not self.affine:
                flags += ["--gamma-dtype", "none", "--beta-dtype", "none"]

            def run(*words):
                ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
                if ran.returncode != 0:
                    raise SystemExit(f"{words[0]} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")

            run(loom, "explain", "layernorm_fused_rm", *flags, "--program", "program.json")
            given = [f"{name}={folder}/{name}.safetensors" for name in tensors]
            command = [STACK, ROOT / "tools/real_stack/run_program.py", f"{folder}/program.json"]
            command += ["--output-dir", f"{folder}/chip", "--simulator", simulator]
            run(*command, *itertools.chain(*(("--tensor", one) for one in given)))
            results = {"chip": only(f"{folder}/chip/output.safetensors")}
            for numerics in ("silicon", "exact"):
                out = f"{folder}/{numerics}.safetensors"
                words = ["run", "layernorm_fused_rm", "--arch", arch, "--numerics", numerics, "--output", out]
                for name in tensors:
                    words += [f"--{name}", f"{folder}/{name}.safetensors"]
                run(loom, *words)
                results[numerics] = only(out)
        if (of_torch := self.torch(tensors)) is not None:
            results["torch"] = of_torch
        same = results["chip"].tobytes() == results["silicon"].tobytes()
        cells = [arch, self.dtype, self.shape, f"{self.mean:g}", f"{self.std:g}", "yes" if self.affine else "no"]
        for which in ("chip", "exact", "torch"):
            if which in results:
                most, average = error(
                    self.dtype, tensors["input"], tensors.get("gamma"), tensors.get("beta"), results[which]
                )
                cells.append(f"{most:.2e} / {average:.2e}")
            else:
                cells.append("")
        cells.append("yes" if same else f"{np.count_nonzero(results['chip'] != results['silicon'])} differ")
        return f"| {' | '.join(cells)} |", same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulator", action="append", required=True, metavar="ARCH=LIBRARY")
    parser.add_argument("--loom", type=Path, default=ROOT / "build/release/loom")
    parser.add_argument("--shape", action="append", choices=SHAPES, help="all when absent")
    parser.add_argument("--dtype", action="append", choices=list(DTYPES), help="both when absent")
    parser.add_argument("--mean", action="append", type=float, help="0, 1, 100 and 1000 when absent")
    parser.add_argument("--std", action="append", type=float, help="1 when absent")
    parser.add_argument("--affine", action="append", choices=["yes", "no"], help="both when absent")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    simulators = dict(one.split("=", 1) for one in words.simulator)
    cases = [
        Case(*parts, affine == "yes")
        for *parts, affine in itertools.product(
            words.shape or SHAPES, words.dtype or list(DTYPES), words.mean or [0, 1, 100, 1000], words.std or [1],
            words.affine or ["yes", "no"],
        )
    ]  # fmt: skip
    print("| chip | dtype | shape | mean | std | gamma, beta | chip | Loom, exact | PyTorch | same bytes |")
    print("|---|---|---|--:|--:|---|---|---|---|---|", flush=True)

    def of_chip(arch):
        same = True
        for case in cases:
            row, equal = case.measure(words.loom.resolve(), arch, Path(simulators[arch]).resolve(), words.seed)
            print(f"{row}\n", end="", flush=True)  # whole, beside the other chip's
            same &= equal
        return same

    with ThreadPoolExecutor() as pool:
        return 0 if all(list(pool.map(of_chip, simulators))) else 1


if __name__ == "__main__":
    sys.exit(main())
