"""Loom's layernorm_fused_rm against PyTorch, oneDNN and a copy: bench/README.md says how to read what it prints."""

import argparse
import platform
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import goals
import picture
from contender import BUILD, WORKERS, Contender
from results import Cell, table, write_json

SHAPES = "8192x1024 4096x4096 32768x256 1024x8192 4x512x768 197x768 686x686x128"
ELEMENTS_A_TURN = 4_000_000  # small tensors run several times a turn, so that a turn lasts some 100 us


def measure(contenders, cell, rounds):
    """Fills the cell: in each round each contender has one turn, beginning with another one each time."""
    for contender in contenders:
        contender.open(cell.shape, cell.dtype)
        cell.rounds[contender.name] = []
    calls = max(1, ELEMENTS_A_TURN // cell.elements)
    for i in range(rounds):
        first = i % len(contenders)
        for contender in contenders[first:] + contenders[:first]:
            cell.rounds[contender.name].append(contender.run(calls) / cell.elements)


def progress(cell):
    times = ", ".join(f"{name} {cell.ns(name):.3f}" for name in cell.names)
    return f"{'x'.join(map(str, cell.shape))} {cell.dtype}, {cell.threads} thr: {times}"


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def commit():
    answer = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def sizes(text):
    return tuple(int(size) for size in text.split("x"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", nargs="+", type=sizes, default=[sizes(word) for word in SHAPES.split()])
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--contenders", nargs="+", default=list(WORKERS), choices=list(WORKERS))
    parser.add_argument("--rounds", type=int, default=11, help="turns of each contender in a cell")
    parser.add_argument("--json", type=Path, default=BUILD / "bench/layernorm.json")
    parser.add_argument("--picture", type=Path, default=BUILD / "bench/layernorm.png", help=".png or .svg")
    return parser.parse_args()


def main():
    args = arguments()
    cells, versions = [], {}
    for threads in args.threads:
        with ExitStack() as stack:
            contenders = [stack.enter_context(Contender(name, threads)) for name in args.contenders]
            versions = {contender.name: contender.version for contender in contenders}
            for shape in args.shapes:
                for dtype in args.dtypes:
                    cells.append(Cell(shape, dtype, threads))
                    measure(contenders, cells[-1], args.rounds)
                    print(progress(cells[-1]), flush=True)
    print("\n" + table(cells))
    print(goals.report(cells))
    about = {
        "command": " ".join(sys.argv),
        "commit": commit(),
        "machine": f"{cpu_name()}, {platform.system()} {platform.release()}",
        "versions": versions,
    }
    write_json(args.json, cells, about)
    title = f"LayerNorm, time an element, medians of {args.rounds}; {about['machine']}"
    picture.draw(args.picture, cells, title)
    print(f"{args.json} and {args.picture} hold this run.")


if __name__ == "__main__":
    main()
