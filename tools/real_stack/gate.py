"""Whether the real compiler takes the operation's programs: ttnn.generic_op on the mock device, no card, no simulator.

    gate.py --loom LOOM              all of programs.txt
    gate.py --loom LOOM --turn N     a few, the N-th after the (N-1)-th, round and round

Prints a line a program, and the compiler's own lines of one that it refuses. Exits with 1 when it refuses any.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stack

A_TURN = 8
PROGRAMS = [
    line
    for line in (stack.HERE / "programs.txt").read_text().splitlines()
    if line.startswith("--")
]


def chosen(turn):
    """The programs of a turn: as many of each chip as of the other, which are compiled side by side."""
    if turn is None:
        return PROGRAMS
    chips = [
        [flags for flags in PROGRAMS if ("blackhole" in flags) == blackhole] for blackhole in (False, True)
    ]
    half = A_TURN // 2
    return [chip[(turn * half + i) % len(chip)] for chip in chips for i in range(half)]


def compile_in_turn(arch, paths):
    """In a process of its own: compiles programs of one chip, and prints what became of each as a line of JSON."""
    stack.prepare(arch, mock=True)
    import ttnn

    device = ttnn.open_device(device_id=0)
    for path in paths:
        begin = time.monotonic()
        program = stack.Program(path)
        errors = []
        try:
            program.allocate(ttnn, device, {})
            program.run(ttnn)
        except Exception as error:  # whatever ttnn raises is its refusal
            errors = stack.refusal(error, program.folder)
        result = {"path": path, "seconds": time.monotonic() - begin, "errors": errors}
        print(f"\n{json.dumps(result)}", flush=True)
    ttnn.close_device(device)


def results_of(arch, paths):
    command = [sys.executable, __file__, "--compile", arch, *paths]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    results = {}
    for line in ran.stdout.splitlines():
        if line.startswith('{"path": '):
            result = json.loads(line)
            results[result["path"]] = result
    ended = f"ttnn's process ended with {ran.returncode} before this program:\n{ran.stderr[-2000:]}"
    return {path: results.get(path, {"path": path, "seconds": 0, "errors": [ended]}) for path in paths}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loom", type=Path, help="the command line")
    parser.add_argument("--turn", type=int, help="a number that grows: which few of the programs")
    parser.add_argument("--compile", nargs="+", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.compile is not None:
        compile_in_turn(words.compile[0], words.compile[1:])
        return 0

    programs = chosen(words.turn)
    by_chip = {"wormhole": [], "blackhole": []}
    names = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, flags in enumerate(programs):
            path = f"{folder}/{number}/program.json"
            Path(path).parent.mkdir()
            explain = [words.loom, "explain", "layernorm_fused_rm", *shlex.split(flags), "--program", path]
            subprocess.run(explain, stdout=subprocess.DEVNULL, check=True)
            by_chip["blackhole" if "blackhole" in flags else "wormhole"].append(path)
            names[path] = flags
        with ThreadPoolExecutor() as pool:
            results = {}
            for found in pool.map(results_of, by_chip.keys(), by_chip.values()):
                results |= found
    for path, flags in names.items():
        result = results[path]
        print(f"{'refused' if result['errors'] else 'compiles'}  {flags}  ({result['seconds']:.1f} s)")
        for line in result["errors"]:
            print(f"    {line}")
    good = sum(not result["errors"] for result in results.values())
    print(f"{good} of {len(programs)} programs compile with the real compiler")
    return int(good != len(programs))


if __name__ == "__main__":
    sys.exit(main())
