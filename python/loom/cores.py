"""Grids of cores, and how work is split over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import _core
from ._core import CoreCoord, CoreRange, CoreRangeSet
from .values import WORD, core, expect, flag, whole

__all__ = ["CoreGrid", "corerange_to_cores", "num_cores_to_corerangeset", "split_work_to_cores"]


@dataclass(frozen=True, kw_only=True)
class CoreGrid:
    """Columns and rows of cores."""

    x: int
    y: int

    def __post_init__(self):
        whole("CoreGrid: x", self.x, 0, WORD)
        whole("CoreGrid: y", self.y, 0, WORD)

    @property
    def num_cores(self) -> int:
        return self.x * self.y


def grid_of(what: str, given: Any) -> CoreCoord:
    """Columns and rows: of a CoreCoord, a CoreGrid or two numbers."""
    return CoreCoord(given.x, given.y) if isinstance(given, CoreGrid) else CoreCoord(*core(what, given))


def corerange_to_cores(
    core_range_set: CoreRangeSet, max_cores: int | None = None, row_wise: bool = False
) -> list[CoreCoord]:
    """The cores of a set, range by range, at most `max_cores`; inside a range y is fastest, or x with `row_wise`."""
    if isinstance(core_range_set, CoreRange):
        core_range_set = CoreRangeSet(core_range_set)
    expect("core_range_set", core_range_set, CoreRangeSet)
    if max_cores is not None:
        max_cores = whole("max_cores", max_cores, 0, WORD)
    return _core.corerange_to_cores(core_range_set, max_cores, flag("row_wise", row_wise))


def num_cores_to_corerangeset(target_num_cores: int, grid_size: CoreCoord, row_wise: bool = False) -> CoreRangeSet:
    """The first `target_num_cores` cores of a grid, y fastest, or x with `row_wise`. Raises OPTION for too many."""
    cores = whole("target_num_cores", target_num_cores, 0, WORD)
    return _core.num_cores_to_corerangeset(cores, grid_of("grid_size", grid_size), flag("row_wise", row_wise))


def split_work_to_cores(
    grid_size: CoreCoord, units_to_divide: int, row_wise: bool = False
) -> tuple[int, CoreRangeSet, CoreRangeSet, CoreRangeSet, int, int]:
    """Splits units of work over the cores of a grid, as tt-metal does.

    Returns (number of cores, all cores, group 1, group 2, units for each core of group 1, units for each core of group
    2). Group 1 is the first `units % cores` cores, with one unit more, or all when nothing is left over. Raises OPTION
    for what is no grid.
    """
    units = whole("units_to_divide", units_to_divide, 0, WORD)
    return _core.split_work_to_cores(grid_of("grid_size", grid_size), units, flag("row_wise", row_wise))
