"""Whether the cost grows linearly: time an element as H grows, and as W does, for both program factories; and how much
memory a call takes beyond its tensors and the L1s in use. Each point is a process of its own (bench/scaling.cpp)."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from contender import BUILD, CACHE, PROGRAMS, pin

HEIGHTS = [256, 1024, 4096, 16384, 65536]
WIDTHS = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
ELEMENTS = 1 << 24  # of each tensor as W grows
SPREAD = 1.25  # slowest to fastest point of a line
STREAMING = 1.6  # slowest point of the streaming factory, of either kind, to the slowest default one
MEBIBYTE = 1 << 20
SPARE_MEBIBYTES = 64


def measure(height, width, dtype):
    command = [str(PROGRAMS / "scaling"), f"{height}x{width}", dtype]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, **CACHE}, preexec_fn=lambda: pin(1)
    )
    return {"H": height, "W": width, "dtype": dtype, **json.loads(done.stdout)}


def spare_mebibytes(point):
    """L1s count whole: where a program leaves part of them untouched, this is below zero."""
    return (point["peak_bytes"] - point["tensor_bytes"] - point["l1_bytes"]) / MEBIBYTE


def show(point):
    print(
        f"  {point['H']:6} x {point['W']:<6} {point['dtype']:8} {point['factory']:9} {point['ns']:7.3f} ns an element, "
        f"{spare_mebibytes(point):5.1f} MiB beyond tensors and L1s",
        flush=True,
    )


def spread(points):
    times = [point["ns"] for point in points]
    return max(times) / min(times)


def verdicts(lines):
    """(what was asked, what is, whether that will do) of each line of points."""
    for name, points in lines.items():
        by_factory = {}  # or kind of it
        for point in points:
            by_factory.setdefault(point["factory"], []).append(point)
        for factory, some in by_factory.items():
            yield f"{name}, {factory}: slowest to fastest, at most {SPREAD}", spread(some), spread(some) <= SPREAD
        if "default" not in by_factory:
            continue
        slowest = {factory: max(point["ns"] for point in some) for factory, some in by_factory.items()}
        for factory in sorted(slowest.keys() - {"default"}):
            cost = slowest[factory] / slowest["default"]
            yield f"{name}: {factory} to default, at most {STREAMING}", cost, cost <= STREAMING
    most = max(spare_mebibytes(point) for points in lines.values() for point in points)
    yield f"memory beyond tensors and L1s in MiB, at most {SPARE_MEBIBYTES}", most, most <= SPARE_MEBIBYTES


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=BUILD / "bench/scaling.json")
    args = parser.parse_args()
    lines = {}
    for dtype in ("bfloat16", "float32"):
        shapes = {
            f"{dtype}, W = 768": [(height, 768) for height in HEIGHTS],
            f"{dtype}, W = 4096": [(height, 4096) for height in HEIGHTS],
            f"{dtype}, {ELEMENTS} elements": [(ELEMENTS // width, width) for width in WIDTHS],
        }
        for name, sizes in shapes.items():
            print(name)
            lines[name] = []
            for height, width in sizes:
                lines[name].append(measure(height, width, dtype))
                show(lines[name][-1])
    for asked, value, holds in verdicts(lines):
        print(f"{'ok  ' if holds else 'MISS'} {value:6.2f}  {asked}")
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({"command": " ".join(sys.argv), "lines": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
