#!/usr/bin/env python3
"""Runs the same data through Loom and PyTorch, and writes docs/accuracy.md: the errors of both against double.

Needs numpy and torch. Exit 1 when a result of Loom's is outside its bar or, in float32, errs more than twice as far as
PyTorch's.
"""

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch

EPSILON = 1e-5
ROWS = 64
WIDTHS = (32, 768, 1024, 8192)
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}
SAFETENSORS = {"bfloat16": "BF16", "float32": "F32"}
# Mean and standard deviation; with a deviation of 0, rows of one value.
DATA = ((0, 1), (1, 1), (100, 1), (1000, 1), (0.3, 0))
FLOAT32_DATA = DATA + ((1e6, 1),)
MAX_BAR = {"bfloat16": 2.0**-7, "float32": 4e-6}
MEAN_BAR = {"bfloat16": 2.0**-9, "float32": 4e-6}
SMALLEST = {"bfloat16": 2.0**-133, "float32": 2.0**-149}


def raw(tensor):
    """Its bytes, row-major."""
    return tensor.contiguous().view(torch.uint8).numpy().tobytes()


def write_safetensors(path, dtype, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": SAFETENSORS[dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw(tensor))]}
        data += raw(tensor)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path, dtype, shape):
    """The only tensor of a file."""
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    return torch.frombuffer(bytearray(data[begin:]), dtype=DTYPES[dtype]).reshape(shape)


def run_loom(loom, folder, dtype, x, gamma, beta):
    problem, output = folder / "problem.safetensors", folder / "output.safetensors"
    write_safetensors(problem, dtype, {"x": x, "gamma": gamma, "beta": beta})
    subprocess.run([loom, "run", "layernorm_fused_rm", "--numerics", "exact", "--input", f"{problem}:x",
                    "--gamma", f"{problem}:gamma", "--beta", f"{problem}:beta", "--epsilon", str(EPSILON), "--output", output],
                   check=True, stdout=subprocess.DEVNULL)
    return read_safetensors(output, dtype, x.shape)


def errors(dtype, x, gamma, beta, y):
    """Maximum and mean, in the unit of src/ops/layernorm_fused_rm/accuracy.hpp."""
    x, gamma, beta, y = (tensor.double().numpy() for tensor in (x, gamma, beta, y))
    epsilon = float(numpy.float32(EPSILON))
    mean = x.mean(axis=1, keepdims=True)
    deviation = numpy.sqrt(((x - mean)**2).mean(axis=1, keepdims=True))
    factor = 1 / numpy.sqrt(deviation**2 + epsilon)
    n = (x - mean) * factor
    unit = numpy.abs(gamma) * numpy.maximum(numpy.abs(n), deviation * factor / 64) + numpy.abs(beta)
    if dtype == "float32":
        with numpy.errstate(divide="ignore", invalid="ignore"):
            unit = unit * numpy.where(deviation > 0, numpy.maximum(1, numpy.abs(mean) / deviation), 1)
    underflow = SMALLEST[dtype] * (1 + numpy.abs(gamma) * factor)
    error = numpy.maximum(0, numpy.abs(y - (gamma * n + beta)) - underflow) / unit
    return error.max(), error.mean()


def draw(generator, dtype, width, mean, deviation):
    def normal(shape, centre, spread):
        values = centre + spread * torch.randn(shape, generator=generator, dtype=torch.float64)
        return values.to(DTYPES[dtype])
    return normal((ROWS, width), mean, deviation), normal((width,), 1, 0.5), normal((width,), 0, 1)


def measure(loom):
    """Yields dtype, mean, std, W, errors of Loom, errors of PyTorch."""
    generator = torch.Generator().manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        for dtype in DTYPES:
            for mean, deviation in FLOAT32_DATA if dtype == "float32" else DATA:
                for width in WIDTHS:
                    x, gamma, beta = draw(generator, dtype, width, mean, deviation)
                    ours = run_loom(loom, Path(folder), dtype, x, gamma, beta)
                    theirs = torch.nn.functional.layer_norm(x, (width,), gamma, beta, EPSILON)
                    yield (dtype, mean, deviation, width, errors(dtype, x, gamma, beta, ours),
                           errors(dtype, x, gamma, beta, theirs))


def complaints(rows):
    for dtype, mean, deviation, width, ours, theirs in rows:
        name = f"{dtype}, mean {mean:g}, std {deviation:g}, W {width}"
        if ours[0] > MAX_BAR[dtype] or ours[1] > MEAN_BAR[dtype]:
            yield f"{name}: outside the bars: {ours[0]:.2e}, {ours[1]:.2e}"
        if dtype == "float32" and (ours[0] > 2 * theirs[0] or ours[1] > 2 * theirs[1]):
            yield f"{name}: more than twice PyTorch's {theirs[0]:.2e}, {theirs[1]:.2e}: {ours[0]:.2e}, {ours[1]:.2e}"


def report(rows, command):
    lines = [f"Made by `{command}`.", "", "# Accuracy, beside PyTorch's", "",
             f"Errors of `layernorm_fused_rm` and of `torch.nn.functional.layer_norm` (PyTorch {torch.__version__}, on "
             "this CPU) on the",
             "same values, against double precision. The unit is that of `src/ops/layernorm_fused_rm/accuracy.hpp`: "
             "`|gamma*n| + |beta|`",
             "and, in float32, that times `max(1, |mean|/std)`. "
             f"{ROWS} rows, gamma and beta random, of the input's dtype, epsilon {EPSILON:g}."]
    for dtype in DTYPES:
        bars = f"at most {MAX_BAR[dtype]:.2e}, on average {MEAN_BAR[dtype]:.2e}"
        lines += ["", f"## {dtype}", "", f"Allowed: {bars}.", "",
                  "| mean | std | W | max, Loom | max, PyTorch | mean, Loom | mean, PyTorch |",
                  "|--:|--:|--:|--:|--:|--:|--:|"]
        for kind, mean, deviation, width, ours, theirs in rows:
            if kind == dtype:
                lines.append(f"| {mean:g} | {deviation:g} | {width} | {ours[0]:.2e} | {theirs[0]:.2e} "
                             f"| {ours[1]:.2e} | {theirs[1]:.2e} |")
    return "\n".join(lines) + "\n"


def main():
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loom", default=root / "build/release/loom", help="the command line that is measured")
    parser.add_argument("--output", type=Path, default=root / "docs/accuracy.md")
    arguments = parser.parse_args()
    rows = list(measure(arguments.loom))
    arguments.output.write_text(report(rows, "python3 tools/compare_with_torch.py"), encoding="utf-8")
    found = list(complaints(rows))
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
