#!/usr/bin/env python3
"""Counts the instructions of bench/instructions.cpp's runs under Callgrind, and fails when one takes over 3 % more than
bench/instructions.json says.

A count does not depend on what else the machine does, so it is the one measure of speed that CI can hold to. It is the
same on each x86-64 CPU with AVX2, the most that Valgrind offers to programs; another compiler gives another count.

    tools/check_instructions.py                      compares, for build/release; --build names another
    tools/check_instructions.py --record "reason"    writes the record anew
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "bench/instructions.json"
RUNS = ["layernorm_bfloat16", "layernorm_streaming_float32", "pages_through_one_buffer"]
GROWTH = 0.03


def total(text):
    """The instructions that a Callgrind output file adds up to."""
    found = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
    if not found:
        raise SystemExit("no total in what Callgrind wrote")
    return int(found.group(1))


def grown(counts, record):
    """The runs that take too much, each with its growth; a run that the record does not know is one too."""
    return {
        name: count / record[name] - 1 if name in record else float("inf")
        for name, count in counts.items()
        if name not in record or count > record[name] * (1 + GROWTH)
    }


def count(program, run, environment):
    # Compiles the kernels, which is not to be counted, nor waited for in Valgrind.
    subprocess.run([program, run], check=True, env=environment)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "callgrind.out"
        # -R: the same addresses each time, and so the same order of whatever is ordered by address.
        subprocess.run(
            ["setarch", "-R", "valgrind", "--quiet", "--tool=callgrind", "--toggle-collect=loom_counted_run",
             f"--callgrind-out-file={output}", program, run],
            check=True, env=environment,
        )  # fmt: skip
        return total(output.read_text())


def show(counts, record):
    for name, value in counts.items():
        was = record.get(name)
        print(f"  {name:28} {value:12,}" + (f"   record {was:12,}   {value / was - 1:+.2%}" if was else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--record", metavar="REASON", help="why the counts may be what they are now")
    args = parser.parse_args()

    environment = {**os.environ, "LOOM_CACHE_DIR": str(args.build / "kernel-cache")}
    counts = {run: count(args.build / "bench/instructions", run, environment) for run in RUNS}
    record = json.loads(RECORD.read_text())["instructions"] if RECORD.exists() else {}
    show(counts, record)
    if args.record:
        RECORD.write_text(json.dumps({"reason": args.record, "instructions": counts}, indent=2) + "\n")
        return
    worse = grown(counts, record)
    if worse:
        sys.exit(
            f"{', '.join(worse)}: more than {GROWTH:.0%} above bench/instructions.json. Find out what takes them "
            "(callgrind_annotate), or, if they are worth it: ./dev bench --record-instructions 'the reason'"
        )


if __name__ == "__main__":
    main()
