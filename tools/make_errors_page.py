#!/usr/bin/env python3
"""Writes docs/errors.md: each error code with its cause, an example and the remedy.

The codes, whose fault they are and their messages come from src/util/error_codes.def; the rest from docs/errors.toml, a
table for each code. Both must name the same codes, and an example must be what its message's text makes of some values.
With --check, nothing is written: exit 1 if the page is not what would be.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODES = ROOT / "src/util/error_codes.def"
TEXTS = ROOT / "docs/errors.toml"
PAGE = ROOT / "docs/errors.md"

ROW = re.compile(r'^LOOM_ERROR\((\w+),\s*(\w+),\s*"((?:[^"\\]|\\.)*)"\)$', re.MULTILINE)
CHECK_SECTION = "what only `check` sees"  # a remark in the table of codes begins this group
FIELDS = [{"cause", "example", "remedy"}, {"cause", "no_example", "remedy"}]

# Group: its heading, and what it says of all its codes.
GROUPS = {
    "usage": ("Usage", "A file, an argument or a description that cannot be. Nothing has run."),
    "kernel": ("Kernels", "A kernel's source, or how it keeps the chip's protocol. Any run says so."),
    "check": ("What only `loom check` sees", "Faults that a plain run may survive, and a chip may not."),
    "unsupported": ("Unsupported", "Right on the chip, and not there in Loom."),
    "internal": ("Internal", "Loom's own faults."),
}


@dataclass(frozen=True)
class Error:
    name: str
    group: str
    text: str


def read_codes() -> Iterator[Error]:
    group = ""
    for line in CODES.read_text(encoding="utf-8").splitlines():
        if line.startswith("// ---"):
            group = "check" if CHECK_SECTION in line else ""
        if row := ROW.match(line):
            name, blame, text = row.groups()
            yield Error(name, group or blame, text.replace("\\n", "\n").replace('\\"', '"'))


def is_made_from(example: str, text: str) -> bool:
    """Whether `example` is `text` with its placeholders filled; a report may add lines of its own."""
    pattern = "".join(".+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\d*\})", text))
    return re.match(pattern + r"(\n|$)", example, re.DOTALL) is not None


def faults_of(errors: list[Error], texts: dict[str, dict[str, str]]) -> Iterator[str]:
    names = {error.name for error in errors}
    for name in sorted(texts.keys() - names):
        yield f"{TEXTS.name} describes {name}, which is no code"
    for error in errors:
        entry = texts.get(error.name, {})
        if entry.keys() not in FIELDS or not all(entry.values()):
            yield (
                f"{TEXTS.name}: {error.name} needs cause, example (or no_example) and remedy, "
                f"and has {', '.join(entry) or 'nothing'}"
            )
        elif "example" in entry and not is_made_from(entry["example"].strip(), error.text):
            yield f"{TEXTS.name}: the example of {error.name} is no message of that code: {error.text}"


def paragraphs(errors: list[Error], texts: dict[str, dict[str, str]]) -> Iterator[str]:
    yield "# Errors"
    yield (
        "<!-- Made by tools/make_errors_page.py from src/util/error_codes.def and docs/errors.toml: edit those. -->\n"
        "Each code that `loom::Error` and `loom check` can give: the message, with `{}` for what varies; why it is an\n"
        "error; an example as Loom prints it; what to do."
    )
    for group, (heading, about) in GROUPS.items():
        members = [error for error in errors if error.group == group]
        if not members:
            continue
        yield f"## {heading}"
        yield about
        yield " · ".join(f"[{error.name}](#{error.name.lower()})" for error in members)
        for error in members:
            entry = {field: text.strip() for field, text in texts[error.name].items()}
            yield f"### {error.name}"
            if error.text != "{}":
                yield "`" + error.text.replace("\n", " ") + "`"
            yield entry["cause"]
            yield f"```\n{entry['example']}\n```" if "example" in entry else entry["no_example"]
            yield f"**Remedy.** {entry['remedy']}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    flags = parser.parse_args()

    errors = list(read_codes())
    rows = CODES.read_text(encoding="utf-8").count("\nLOOM_ERROR(")
    texts = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    faults = list(faults_of(errors, texts))
    if len(errors) != rows:
        faults.append(f"{CODES.name} has {rows} rows, and {len(errors)} of them can be read")
    if not faults:
        page = "\n\n".join(paragraphs(errors, texts)) + "\n"
        if not flags.check:
            PAGE.write_text(page, encoding="utf-8")
        elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
            faults.append(f"docs/{PAGE.name} is out of date: run tools/make_errors_page.py")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
