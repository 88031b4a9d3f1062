"""What was measured: cells, their ratios, the table and the JSON file. Knows no process and no clock."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

OURS = "Loom"
FLOOR = "copy"


@dataclass
class Cell:
    """One shape, dtype and number of threads; what each contender took in each round, in ns an element."""

    shape: tuple
    dtype: str
    threads: int
    rounds: dict = field(default_factory=dict)

    @property
    def width(self):
        return self.shape[-1]

    @property
    def elements(self):
        return int(np.prod(self.shape))

    @property
    def names(self):
        return list(self.rounds)

    def ns(self, name):
        return statistics.median(self.rounds[name])

    @property
    def rivals(self):
        """The peers that compute the same: all but the floor."""
        return [name for name in self.rounds if name not in (OURS, FLOOR)]

    @property
    def fastest_rival(self):
        return min(self.rivals, key=self.ns, default=None)

    def ratio(self, name):
        """Ours to theirs, or None where one of them did not run."""
        if name not in self.rounds or OURS not in self.rounds:
            return None
        return self.ns(OURS) / self.ns(name)

    def as_json(self):
        return {
            "shape": list(self.shape),
            "dtype": self.dtype,
            "threads": self.threads,
            "ours_ns": self.ns(OURS) if OURS in self.rounds else None,
            "peers_ns": {name: self.ns(name) for name in self.rounds if name != OURS},
            "rounds_ns": self.rounds,
        }

    @staticmethod
    def of_json(value):
        return Cell(tuple(value["shape"]), value["dtype"], value["threads"], value["rounds_ns"])


def speedup(cells, cell, name):
    """How much faster this cell is than its twin on one thread, or None."""
    for one in cells:
        if (one.shape, one.dtype, one.threads) == (cell.shape, cell.dtype, 1) and cell.threads > 1:
            return one.ns(name) / cell.ns(name) if name in one.rounds and name in cell.rounds else None
    return None


def _number(value, form):
    return f"{value:{form}}" if value is not None else "-"


def table(cells):
    """Times and ratios of each cell, as text."""
    names = list(dict.fromkeys(name for cell in cells for name in cell.names))
    rivals = [name for name in names if name != OURS]
    head = ["shape", "dtype", "thr"] + [f"{name} ns" for name in names]
    head += [f"/{name}" for name in rivals] + ["/fastest", f"{OURS} 2:1", f"{FLOOR} 2:1"]
    lines = [head]
    for cell in cells:
        line = ["x".join(map(str, cell.shape)), cell.dtype, str(cell.threads)]
        line += [_number(cell.ns(name) if name in cell.rounds else None, ".3f") for name in names]
        line += [_number(cell.ratio(name), ".2f") for name in rivals]
        line += [_number(cell.ratio(cell.fastest_rival), ".2f")]
        line += [_number(speedup(cells, cell, name), ".2f") for name in (OURS, FLOOR)]
        lines.append(line)
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(f"{word:>{width}}" for word, width in zip(line, widths, strict=True)) for line in lines)


def write_json(path, cells, about):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**about, "cells": [cell.as_json() for cell in cells]}, indent=1) + "\n")


def read_json(path):
    return [Cell.of_json(value) for value in json.loads(Path(path).read_text())["cells"]]
