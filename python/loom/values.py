"""Checks of what callers give: each returns the value in one form, or says what was expected where, and what came."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._core import CoreCoord

__all__ = ["WORD", "core", "expect", "flag", "items", "kind_of", "real", "text", "whole", "words"]

WORD = 2**32 - 1


def kind_of(kind: type) -> str:
    """A type as users know it: "int", "torch.Tensor", "loom.Device"."""
    if kind is type(None):
        return "None"
    home = kind.__module__.split(".")[0]
    return kind.__name__ if home == "builtins" else f"{home}.{kind.__name__}"


def _refuse(what: str, wanted: str, given: object):
    raise TypeError(f"{what}: expected {wanted}, got {kind_of(type(given))}")


def expect(what: str, given: Any, kinds: type | tuple[type, ...]) -> Any:
    """A value of one of these types."""
    if isinstance(given, kinds):
        return given
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    wanted = " or ".join(map(kind_of, kinds))
    hint = "; see loom.from_torch" if wanted == "loom.Tensor" else ""
    if kind_of(type(given)) in map(kind_of, kinds):
        raise TypeError(f"{what}: expected {wanted}, got one that was made before loom was imported again")
    raise TypeError(f"{what}: expected {wanted}, got {kind_of(type(given))}{hint}")


def whole(what: str, given: Any, least: int, most: int) -> int:
    """An int, or what stands for one (NumPy's)."""
    if not hasattr(type(given), "__index__"):
        _refuse(what, f"a whole number from {least} to {most}", given)
    number = operator.index(given)
    if not least <= number <= most:
        shown = number if abs(number) < 10**30 else f"one of {number.bit_length()} bits"
        raise ValueError(f"{what}: expected a whole number from {least} to {most}, got {shown}")
    return number


def real(what: str, given: Any) -> float:
    """A float, or what stands for one, that float32 can hold; NaN and infinity are left to others to refuse."""
    if isinstance(given, (str, bytes, bool)) or not (
        hasattr(type(given), "__float__") or hasattr(type(given), "__index__")
    ):
        _refuse(what, "float or int", given)
    try:
        number = float(given)
    except OverflowError:
        raise ValueError(f"{what}: expected a number that a float can hold, got a larger one") from None
    return number


def flag(what: str, given: Any) -> bool:
    return bool(expect(what, given, (bool, np.bool_)))


def text(what: str, given: Any) -> str:
    given = expect(what, given, str)
    try:
        given.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what}: expected text that UTF-8 can hold, got {given!a}") from None
    return str.__str__(given)


def items(what: str, given: Any) -> list[Any]:
    """A list of what a list, a tuple, an array or the like holds; text and mappings are none."""
    if isinstance(given, (str, bytes, bytearray, Mapping)) or not (
        isinstance(given, Iterable) or hasattr(type(given), "__getitem__")
    ):
        _refuse(what, "a list", given)
    return list(given)


def words(what: str, given: Any) -> list[int]:
    """A list of whole numbers of 32 bits."""
    given = items(what, given)
    try:
        return array("I", given).tolist()
    except (TypeError, OverflowError, ValueError):
        return [whole(f"{what}[{i}]", word, 0, WORD) for i, word in enumerate(given)]


def core(what: str, given: Any) -> tuple[int, int]:
    """The column and row of a CoreCoord, or of two numbers."""
    if isinstance(given, CoreCoord):
        return given.x, given.y
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        _refuse(what, "loom.CoreCoord or two numbers", given)
    return whole(f"{what}: x", given[0], 0, WORD), whole(f"{what}: y", given[1], 0, WORD)
