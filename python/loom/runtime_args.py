"""Runtime arguments of a kernel, by core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ._core import CoreCoord
from .values import WORD, core, items, whole, words

__all__ = ["RuntimeArgs"]


class RuntimeArgs:
    """Runtime arguments by core: `args[x][y] = [address, ...]`, or `args.append(CoreCoord(x, y), [address, ...])`.

    Iterates over pairs of a core and its words, which may be changed in place.
    """

    def __init__(self, pairs: Iterable[tuple[CoreCoord, list[int]]] = ()):
        self._words: dict[tuple[int, int], list[int]] = {}
        for at, given in _pairs("RuntimeArgs", pairs):
            self._words[at] = given

    def __getitem__(self, x: int) -> _Column:
        return _Column(self._words, whole("RuntimeArgs: x", x, 0, WORD))

    def append(self, coord: CoreCoord, values: Iterable[int]) -> None:
        at = core("RuntimeArgs.append: coord", coord)
        self._words[at] = words("RuntimeArgs.append: values", values)

    def get(self, idx: int) -> tuple[CoreCoord, list[int]]:
        return self.to_list()[idx]

    def to_list(self) -> list[tuple[CoreCoord, list[int]]]:
        return [(CoreCoord(*at), given) for at, given in self._words.items()]

    def clear(self) -> None:
        self._words.clear()

    def __iter__(self) -> Iterator[tuple[CoreCoord, list[int]]]:
        return iter(self.to_list())

    def __len__(self) -> int:
        return len(self._words)

    def __repr__(self) -> str:
        return f"RuntimeArgs({self.to_list()})"


class _Column:
    """The cores of one x, by y."""

    def __init__(self, by_core: dict[tuple[int, int], list[int]], x: int):
        self._by_core, self._x = by_core, x

    def __getitem__(self, y: int) -> list[int]:
        at = self._x, whole("RuntimeArgs: y", y, 0, WORD)
        if at not in self._by_core:
            raise IndexError(f"no runtime arguments for core ({at[0]},{at[1]})")
        return self._by_core[at]

    def __setitem__(self, y: int, values: Iterable[int]) -> None:
        at = self._x, whole("RuntimeArgs: y", y, 0, WORD)
        self._by_core[at] = words(f"RuntimeArgs[{at[0]}][{at[1]}]", values)

    def append(self, y: int, value: int) -> None:
        self[y].append(whole("RuntimeArgs: value", value, 0, WORD))

    def extend(self, y: int, values: Iterable[int]) -> None:
        self[y].extend(words("RuntimeArgs: values", values))


def _pairs(what: str, given: Any) -> list[tuple[tuple[int, int], list[int]]]:
    """Cores and their words: of RuntimeArgs, of such pairs, or of lists by x, then y."""
    if isinstance(given, RuntimeArgs):
        return [(at, words(f"{what}[{at[0]}][{at[1]}]", values)) for at, values in given._words.items()]
    entries = items(what, given)
    if entries and all(isinstance(entry, (list, tuple)) and not _is_pair(entry) for entry in entries):
        by_place = ((x, y, values) for x, column in enumerate(entries) for y, values in enumerate(column))
        return [((x, y), words(f"{what}[{x}][{y}]", values)) for x, y, values in by_place]
    made = []
    for i, entry in enumerate(entries):
        pair = items(f"{what}[{i}]", entry)
        if len(pair) != 2:
            raise TypeError(f"{what}[{i}]: expected a core and its words, got {len(pair)} items")
        made.append((core(f"{what}[{i}]", pair[0]), words(f"{what}[{i}]", pair[1])))
    return made


def _is_pair(entry: Any) -> bool:
    """(core, words), where a core may also be two numbers; and no column of lists of words."""
    return len(entry) == 2 and (isinstance(entry[0], CoreCoord) or isinstance(entry, tuple))
