"""Parts of ProgramDescriptor that ttnn has in Python's own types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from . import _core
from ._core import CoreCoord
from .tensor import Tensor, _on_a_device

__all__ = ["NOC", "CoreGrid", "RuntimeArgs", "TensorAccessorArgs"]


class NOC(Enum):
    """The two networks of a chip. Programs may name one; both behave alike here."""

    NOC_0 = RISCV_0_default = 0
    NOC_1 = RISCV_1_default = 1


@dataclass(frozen=True, kw_only=True)
class CoreGrid:
    """Columns and rows of cores."""

    x: int
    y: int

    @property
    def num_cores(self) -> int:
        return self.x * self.y


class TensorAccessorArgs:
    """Tells kernels where a tensor's pages lie: compile-time arguments for TensorAccessorArgs<N> on their side."""

    def __init__(self, tensor: Tensor):
        """`tensor` is on a device. Raises TENSOR_PLACE, BUFFER_FREED."""
        self._words = _core.accessor_args(_on_a_device(tensor))

    def get_compile_time_args(self) -> list[int]:
        return list(self._words)

    def get_common_runtime_args(self) -> list[int]:
        """None: all that kernels need to know is known when they are compiled."""
        return []


class RuntimeArgs:
    """Runtime arguments by core: `args[x][y] = [address, ...]`, or `args.append(CoreCoord(x, y), [address, ...])`.

    Iterates over pairs of a core and its words. Those of a KernelDescriptor are a copy: assign it back to change them.
    """

    def __init__(self, pairs: Iterable[tuple[CoreCoord, list[int]]] = ()):
        self._words: dict[tuple[int, int], list[int]] = {}
        for core, words in pairs:
            self.append(core, words)

    def __getitem__(self, x: int) -> _Column:
        return _Column(self._words, x)

    def append(self, coord: CoreCoord, values: Iterable[int]) -> None:
        x, y = coord
        self._words[x, y] = list(values)

    def get(self, idx: int) -> tuple[CoreCoord, list[int]]:
        return self.to_list()[idx]

    def to_list(self) -> list[tuple[CoreCoord, list[int]]]:
        return [(CoreCoord(*core), list(words)) for core, words in self._words.items()]

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

    def __init__(self, words: dict[tuple[int, int], list[int]], x: int):
        self._words, self._x = words, x

    def __getitem__(self, y: int) -> list[int]:
        if (self._x, y) not in self._words:
            raise IndexError(f"no runtime arguments for core ({self._x},{y})")
        return self._words[self._x, y]

    def __setitem__(self, y: int, values: Iterable[int]) -> None:
        self._words[self._x, y] = list(values)

    def append(self, y: int, value: int) -> None:
        self[y].append(value)

    def extend(self, y: int, values: Iterable[int]) -> None:
        self[y].extend(values)


def _pairs(given: Any) -> list[tuple[CoreCoord, list[int]]]:
    """Called from C++ with what a KernelDescriptor is given: RuntimeArgs, such pairs, or lists by x, then y."""
    items = list(given)
    if items and all(isinstance(item, (list, tuple)) and not _is_pair(item) for item in items):
        return [(CoreCoord(x, y), list(words)) for x, column in enumerate(items) for y, words in enumerate(column)]
    return [(core if isinstance(core, CoreCoord) else CoreCoord(*core), list(words)) for core, words in items]


def _is_pair(item: Any) -> bool:
    """(core, words), where a core may also be two numbers; and no column of lists of words."""
    return len(item) == 2 and (isinstance(item[0], CoreCoord) or isinstance(item, tuple))
