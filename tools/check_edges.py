#!/usr/bin/env python3
"""Checks that the folders of src/ depend on one another only as designed.

EDGES is the one list. Held against it: what is in src/, each #include in it, the libraries that each folder's
CMakeLists.txt links, and the table in ARCHITECTURE.md. Prints one line for each violation; exit 1 if there is any.
"""

import re
import sys
from pathlib import Path

# folder: the folders that it may include from, besides itself
EDGES = {
    "util": set(),
    "tile": {"util"},
    "runtime": {"tile", "util"},
    "program": {"runtime", "util"},
    "ops": {"program", "runtime", "tile", "util"},
    "observe": {"program", "runtime", "util"},
}

SOURCE_SUFFIXES = {".cpp", ".hpp", ".h", ".def"}
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([a-z_]+)/')
LIBRARY = re.compile(r"\bloom_(" + "|".join(EDGES) + r")\b")


def listed(folders):
    return ", ".join(sorted(folders)) or "nothing"


def is_kernel_side(path):
    """Compiled at run time, against the kernel API's own include paths."""
    return "kernel_api" in path.parts or "/device/kernels/" in path.as_posix()


def check_folders(src):
    present = {path.name for path in src.iterdir() if path.is_dir()}
    for name in sorted(present - EDGES.keys()):
        yield f"src/{name}: not a folder of the design; those are {listed(EDGES)}"
    for name in sorted(EDGES.keys() - present):
        yield f"src/{name}: missing"


def check_includes(root):
    for folder, allowed in EDGES.items():
        for path in sorted((root / "src" / folder).rglob("*")):
            if path.suffix not in SOURCE_SUFFIXES or is_kernel_side(path.relative_to(root)):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if match and match[1] in EDGES and match[1] not in allowed | {folder}:
                    yield (f"{path.relative_to(root)}:{number}: {folder} may not include from {match[1]}, "
                           f"only from {listed(allowed)}")


def check_libraries(root):
    for folder, allowed in EDGES.items():
        path = root / "src" / folder / "CMakeLists.txt"
        if not path.exists():
            yield f"src/{folder}/CMakeLists.txt: missing"
            continue
        code = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        linked = set(LIBRARY.findall(code)) - {folder}
        if linked != allowed:
            yield f"src/{folder}/CMakeLists.txt: links {listed(linked)}, needed {listed(allowed)}"


def check_table(root):
    """Rows of ARCHITECTURE.md: | `folder` | `folder`, `folder` | ... |"""
    path = root / "ARCHITECTURE.md"
    if not path.exists():
        yield "ARCHITECTURE.md: missing"
        return
    rows = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        folder = cells[0].strip("`").removeprefix("src/").rstrip("/")
        if not line.lstrip().startswith("|") or len(cells) < 2 or folder not in EDGES:
            continue
        if folder in rows:
            yield f"ARCHITECTURE.md:{number}: a second row for {folder}"
        rows[folder] = number
        said = set(re.findall(r"`([a-z_]+)`", cells[1]))
        if said != EDGES[folder]:
            yield (f"ARCHITECTURE.md:{number}: says that {folder} may include {listed(said)}, "
                   f"tools/check_edges.py says {listed(EDGES[folder])}")
    for folder in EDGES:
        if folder not in rows:
            yield f"ARCHITECTURE.md: its table has no row for {folder}"


def main():
    root = Path(__file__).resolve().parent.parent
    violations = [
        *check_folders(root / "src"),
        *check_includes(root),
        *check_libraries(root),
        *check_table(root),
    ]
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
