"""Parts of ProgramDescriptor that ttnn has in Python's own types."""

from __future__ import annotations

from collections import defaultdict

from . import _core
from ._core import CoreCoord
from .tensor import Tensor

__all__ = ["RuntimeArgs", "TensorAccessorArgs"]


class TensorAccessorArgs:
    """Tells kernels where a tensor's pages lie: compile-time arguments for TensorAccessorArgs<N> on their side."""

    def __init__(self, tensor: Tensor):
        """`tensor` is on a device. Raises TENSOR_PLACE, BUFFER_FREED."""
        self._words = _core.accessor_args(tensor._memory)

    def get_compile_time_args(self) -> list[int]:
        return list(self._words)


class RuntimeArgs:
    """Runtime arguments by core: `args[x][y] = [address, ...]`."""

    def __init__(self) -> None:
        self._columns: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)

    def __getitem__(self, x: int) -> dict[int, list[int]]:
        return self._columns[x]

    def pairs(self) -> list[tuple[CoreCoord, list[int]]]:
        """As KernelDescriptor keeps them."""
        return [(CoreCoord(x, y), list(args)) for x, column in self._columns.items() for y, args in column.items()]
