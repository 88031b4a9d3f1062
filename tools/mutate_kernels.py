#!/usr/bin/env python3
"""Plants one protocol fault at a time into the kernels of layernorm_fused_rm and asks `loom check` to find it.

A mutant is one edit of one kernel source: a call dropped, a count or a loop bound changed by one, a circular buffer
swapped for another with pages of the same size. It must be reported for one of PROBLEMS, or be listed in
tools/equivalent_mutants.txt with the reason why the chip would not notice it either. Names of mutants are made of what
the source says, never of line numbers, so the list survives edits elsewhere; an entry that names no mutant, or one that
is reported by now, is a failure too.

Exit: 0 when each mutant is reported or listed, 1 otherwise.
"""

import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNELS = ROOT / "src/ops/layernorm_fused_rm/device/kernels"
EQUIVALENTS = Path(__file__).with_name("equivalent_mutants.txt")
TIMEOUT_S = 120  # a check takes a second
OPERATORS = ("drop", "count+1", "count-1", "bound+1", "bound-1", "swap")

# Which kernel of which problems a source is part of; headers are part of several.
PARTS = {
    "compute/layernorm_fused_rm.cpp": {"whole": "compute"},
    "compute/layernorm_fused_rm_streaming.cpp": {"wide": "compute"},
    "compute/layernorm_fused_rm_common.h": {"whole": "compute", "wide": "compute"},
    "dataflow/reader_layernorm_fused_rm.cpp": {"whole": "reader"},
    "dataflow/reader_layernorm_fused_rm_streaming.cpp": {"wide": "reader"},
    "dataflow/layernorm_fused_rm_tiles.h": {"whole": "reader", "wide": "reader"},
    "dataflow/writer_layernorm_fused_rm.cpp": {"whole": "writer"},
    "dataflow/writer_layernorm_fused_rm_streaming.cpp": {"wide": "writer"},
}
KERNEL_FILES = {
    ("whole", "compute"): "compute/layernorm_fused_rm.cpp",
    ("whole", "reader"): "dataflow/reader_layernorm_fused_rm.cpp",
    ("whole", "writer"): "dataflow/writer_layernorm_fused_rm.cpp",
    ("wide", "compute"): "compute/layernorm_fused_rm_streaming.cpp",
    ("wide", "reader"): "dataflow/reader_layernorm_fused_rm_streaming.cpp",
    ("wide", "writer"): "dataflow/writer_layernorm_fused_rm_streaming.cpp",
}
# Problems that keep each line of the sources alive: several tile rows, the last of one stick; blocks of DST of several
# tiles and of one, chunks with the last one short, of rows that stay and
# of rows that are read again, and one alone; pad columns and none; c_1 with room for two tile rows and for one;
# rows of one tile.
PROBLEMS = [
    ("whole", "--shape 65x250 --grid 1x1"),
    ("whole", "--shape 65x30 --grid 1x1"),
    ("whole", "--shape 65x250 --grid 1x1 --dtype float32"),
    ("whole", "--shape 96x224 --grid 2x1"),
    ("whole", "--shape 96x224 --grid 2x1 --dtype float32"),
    ("whole", "--shape 65x250 --grid 1x1 --beta-dtype float32"),
    ("whole", "--shape 65x250 --grid 1x1 --gamma-dtype float32 --beta-dtype bfloat16"),
    ("whole", "--shape 65x250 --grid 1x1 --dtype float32 --gamma-dtype bfloat16"),
    ("whole", "--shape 65x3400 --grid 1x1"),
    ("wide", "--shape 33x4090 --grid 1x1"),
    ("wide", "--shape 33x25000 --grid 1x1"),
    ("wide", "--shape 33x12500 --grid 1x1 --dtype float32"),
    ("wide", "--shape 33x4090 --grid 1x1 --dtype float32"),
    ("wide", "--shape 96x3968 --grid 2x1"),
    ("wide", "--shape 96x3968 --grid 2x1 --dtype float32"),
    ("wide", "--shape 33x4090 --grid 1x1 --beta-dtype float32"),
    ("wide", "--shape 33x4090 --grid 1x1 --gamma-dtype float32 --beta-dtype bfloat16"),
    ("wide", "--shape 33x4090 --grid 1x1 --dtype float32 --gamma-dtype bfloat16"),
    ("wide", "--shape 33x1953 --grid 1x1 --dtype float32 --gamma-dtype bfloat16"),
]

# Circular buffers whose pages have one size; each is swapped for the next.
RINGS = {
    "compute": [
        "cb_tiled cb_centred cb_mean cb_var cb_rstd cb_gamma cb_beta cb_epsilon cb_one".split(),
        "cb_input cb_gamma_stick cb_beta_stick cb_output".split(),
        "cb0 cb1 cb2".split(),
    ],
    "dataflow": [["cb_scaler", "cb_epsilon"], ["cb_input", "cb_gamma", "cb_beta"], ["cb_output", "0"]],
}
SWAPPED = {
    (folder, name): ring[(i + 1) % len(ring)]
    for folder, rings in RINGS.items()
    for ring in rings
    for i, name in enumerate(ring)
    if name.startswith("cb")
}

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"^(?!template)[A-Za-z][\w ]*? (\w+)\([^;{}]*\) \{$", re.MULTILINE)
CALL = re.compile(r"\b(\w+)(?:<[^;(){}]*>)?\(")
DROPPED = re.compile(
    r"cb_(wait_front|reserve_back|push_back|pop_front)|noc_async_\w*barrier|\w+_(un)?init(_short)?|"
    r"(pack_)?reconfig_data_format\w*|compute_kernel_hw_startup|tile_regs_(acquire|commit|wait|release)"
)
SETUP = re.compile(r"\w*(_init|_init_short|_uninit|_startup|reconfig_data_format\w*)")
COUNTED = re.compile(r"cb_(wait_front|reserve_back|push_back|pop_front)")
FOR = re.compile(r"\bfor\s*\(")
BOUND = re.compile(r"<\s*([^;&]+?)\s*(?=;|&&)")


@dataclass(frozen=True)
class Mutant:
    name: str  # file, function, operator and what it changes; "#2" where a function says the same twice
    file: str
    operator: str
    begin: int
    end: int
    text: str  # that replaces [begin, end) of the file


@dataclass(frozen=True)
class Verdict:
    kind: str  # reported, survived or invalid
    code: str = ""


def closing(text: str, opening: int) -> int:
    """The place of the bracket that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a bracket is not closed")


def edits_of_call(code: str, folder: str, call: re.Match) -> Iterator[tuple[str, int, int, str]]:
    """(operator, begin, end, text) of each edit of one call."""
    begin, opening = call.start(), call.end() - 1
    close = closing(code, opening)
    if DROPPED.fullmatch(call[1]) and code[close + 1] == ";":
        yield "drop", begin, close + 2, "{}"
    if COUNTED.fullmatch(call[1]):
        comma = code.rindex(",", opening, close)
        count = code[comma + 1 : close].strip()
        for step in ("+1", "-1"):
            yield "count" + step, comma + 1, close, f" ({count}) {step[0]} 1"
    if SETUP.fullmatch(call[1]):
        return  # what it takes from a buffer is the format, and that is the same all around a ring
    if "{" in code[opening:close]:
        return  # a function that it is given: the calls in there are edited as calls
    for name in re.finditer(r"\w+", code[opening:close]):
        if other := SWAPPED.get((folder, name[0])):
            yield "swap", opening + name.start(), opening + name.end(), other


def edits(code: str, folder: str) -> Iterator[tuple[str, int, int, str]]:
    seen = set()
    headers = [match.span() for match in FUNCTION.finditer(code)]
    for call in CALL.finditer(code):
        if call[1] in ("for", "if") or any(begin <= call.start() < end for begin, end in headers):
            continue
        for edit in edits_of_call(code, folder, call):
            if edit not in seen:  # an argument of a call inside a call
                seen.add(edit)
                yield edit
    for loop in FOR.finditer(code):
        head = code[loop.start() : closing(code, loop.end() - 1)]
        for bound in BOUND.finditer(head):
            for step in ("+1", "-1"):
                begin, end = loop.start() + bound.start(1), loop.start() + bound.end(1)
                yield "bound" + step, begin, end, f"({bound[1]}) {step[0]} 1"


def mutants_of(file: str) -> Iterator[Mutant]:
    source = (KERNELS / file).read_text(encoding="utf-8")
    code = COMMENT.sub(lambda comment: " " * len(comment[0]), source)
    functions = [(match.end(), match[1]) for match in FUNCTION.finditer(code)]
    names: collections.Counter[str] = collections.Counter()
    for operator, begin, end, text in sorted(edits(code, file.split("/")[0]), key=lambda edit: edit[1:3]):
        inside = [name for start, name in functions if start <= begin]
        if not inside:
            continue  # a constant of the file
        line = code[code.rindex("\n", 0, begin) + 1 : code.index("\n", end)]
        what = " ".join(line.split())
        if operator == "swap":
            what = f"{code[begin:end]} -> {text} in {what}"
        elif operator.startswith("bound"):
            what = f"< {code[begin:end]} in {what}"
        name = f"{file} {inside[-1]}: {operator} {what}"
        names[name] += 1
        if names[name] > 1:
            name += f" #{names[name]}"
        yield Mutant(name, file, operator, begin, end, text)


def all_mutants() -> list[Mutant]:
    return [mutant for file in PARTS for mutant in mutants_of(file)]


def read_equivalents(path: Path) -> dict[str, str]:
    """Mutant -> reason. A reason starts at the margin; the mutants that it is true of follow, indented."""
    reasons: dict[str, str] = {}
    reason, in_reason = "", False
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            in_reason = False
        elif line.startswith(" "):
            if not reason or line.strip() in reasons:
                sys.exit(f"{path.name}: without a reason, or twice: {line.strip()}")
            reasons[line.strip()] = reason
            in_reason = False
        else:
            reason = f"{reason} {line.strip()}" if in_reason else line.strip()
            in_reason = True
    return reasons


class Runner:
    def __init__(self, loom: str):
        self.loom = loom

    def check(self, problem: str, *changes: str) -> tuple[int, str]:
        """Its exit status and, if it is not 0, the code of what was found, or what went wrong with the check itself."""
        words = [self.loom, "check", "layernorm_fused_rm", *problem.split(), *changes, "--json"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return 0, ""  # a check that does not end has reported nothing
        if done.returncode == 0 or not done.stdout:
            return done.returncode, done.stderr
        return done.returncode, json.loads(done.stdout)["findings"][0]["code"]

    def verdict(self, mutant: Mutant) -> Verdict:
        with tempfile.TemporaryDirectory(prefix="loom-mutant-") as folder:
            home = (KERNELS / mutant.file).parent
            for path in home.iterdir():
                (Path(folder) / path.name).write_bytes(path.read_bytes())
            source = (KERNELS / mutant.file).read_text(encoding="utf-8")
            mutated = source[: mutant.begin] + mutant.text + source[mutant.end :]
            (Path(folder) / Path(mutant.file).name).write_text(mutated, encoding="utf-8")
            for width, problem in PROBLEMS:
                if kernel := PARTS[mutant.file].get(width):
                    file = Path(folder) / Path(KERNEL_FILES[width, kernel]).name
                    code, report = self.check(problem, "--change", f"{kernel}={file}")
                    if "does not compile" in report:
                        return Verdict("invalid")
                    if code != 0:
                        return Verdict("reported", report.strip().split("\n")[0])
        return Verdict("survived")


def show_diff(mutant: Mutant) -> str:
    source = (KERNELS / mutant.file).read_text(encoding="utf-8")
    mutated = source[: mutant.begin] + mutant.text + source[mutant.end :]
    number = source.count("\n", 0, mutant.begin)
    was, now = source.split("\n")[number].strip(), mutated.split("\n")[number].strip()
    return f"  {mutant.file}:{number + 1}\n    - {was}\n    + {now}"


def summarise(mutants: list[Mutant], verdicts: dict[str, Verdict], equivalents: dict[str, str]) -> None:
    print(f"{'operator':10}{'reported':>10}{'equivalent':>12}{'missed':>8}")
    for operator in [*OPERATORS, "all"]:
        of_it = [mutant.name for mutant in mutants if operator in (mutant.operator, "all")]
        reported = sum(verdicts[name].kind == "reported" for name in of_it)
        survivors = [name for name in of_it if verdicts[name].kind == "survived"]
        listed = sum(name in equivalents for name in survivors)
        print(f"{operator:10}{reported:>10}{listed:>12}{len(survivors) - listed:>8}")
    codes = collections.Counter(verdict.code for verdict in verdicts.values() if verdict.kind == "reported")
    print("Codes: " + ", ".join(f"{code} {count}" for code, count in codes.most_common()))
    invalid = sum(verdict.kind == "invalid" for verdict in verdicts.values())
    if invalid:
        print(f"Not counted: {invalid} that do not compile.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loom", default=os.environ.get("LOOM_CLI", str(ROOT / "build/release/loom")))
    parser.add_argument("--equivalents", type=Path, default=EQUIVALENTS, help="the list of them")
    parser.add_argument("--list", action="store_true", help="print the names of the mutants and run nothing")
    parser.add_argument("--only", metavar="REGEX", default="", help="mutants whose name it is found in")
    parser.add_argument("--sample", type=int, metavar="N", help="N of the mutants, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument("--verbose", action="store_true", help="print each verdict as it is known")
    flags = parser.parse_args()

    everything = all_mutants()
    equivalents = read_equivalents(flags.equivalents)
    known = {mutant.name for mutant in everything}
    faults = [f"The list of equivalents names no mutant: {name}" for name in equivalents if name not in known]
    mutants = [mutant for mutant in everything if re.search(flags.only, mutant.name)]
    if flags.sample is not None:
        chosen = random.Random(flags.seed).sample(range(len(mutants)), min(flags.sample, len(mutants)))
        mutants = [mutants[i] for i in sorted(chosen)]
    if flags.list:
        print("\n".join(mutant.name for mutant in mutants))
        return 0

    started = time.monotonic()
    runner = Runner(flags.loom)
    for width, problem in PROBLEMS:
        code, report = runner.check(problem)
        if code != 0:
            sys.exit(f"The kernels as they are do not pass {problem}:\n{report}")

    def judge(mutant: Mutant) -> tuple[Mutant, Verdict]:
        verdict = runner.verdict(mutant)
        if flags.verbose:
            print(f"{verdict.kind:9} {verdict.code:24} {mutant.name}", flush=True)
        return mutant, verdict

    with ThreadPoolExecutor(flags.jobs) as pool:
        verdicts = {mutant.name: verdict for mutant, verdict in pool.map(judge, mutants)}
    for mutant in mutants:
        kind, listed = verdicts[mutant.name].kind, mutant.name in equivalents
        if kind == "survived" and not listed:
            faults.append(f"Survived: {mutant.name}\n{show_diff(mutant)}")
        elif kind != "survived" and listed:
            faults.append(f"Listed as equivalent, and it is {kind}: {mutant.name}")
    summarise(mutants, verdicts, equivalents)
    print(f"{len(mutants)} of {len(everything)} mutants in {time.monotonic() - started:.0f} s.")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
