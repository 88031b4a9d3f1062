"""What descriptors are made of: records whose fields check, and copy, what they are set to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

from .values import expect, items

ABSENT: Any = type("_Absent", (), {"__repr__": lambda self: "..."})()  # an argument that was not given


class Plain:
    """A field whose value cannot be changed but by setting it. `check` returns what is kept of a value."""

    def __init__(self, check: Callable[[str, Any], Any]):
        self.keep = self.build = check


class Part:
    """A descriptor of one of these kinds, copied as it is set."""

    def __init__(self, *kinds: type[Descriptor]):
        self.kinds = kinds

    def keep(self, what: str, given: Any) -> Descriptor:
        return copy.copy(expect(what, given, self.kinds))

    def build(self, what: str, value: Any) -> Any:
        return expect(what, value, self.kinds)._built(what)


class List:
    """A list of such fields."""

    def __init__(self, item: Plain | Part):
        self.item = item

    def keep(self, what: str, given: Any) -> list[Any]:
        return [self.item.keep(f"{what}[{i}]", value) for i, value in enumerate(items(what, given))]

    def build(self, what: str, given: Any) -> list[Any]:
        return [self.item.build(f"{what}[{i}]", value) for i, value in enumerate(items(what, given))]


class OrNone:
    def __init__(self, field: Plain | Part):
        self.field = field

    def keep(self, what: str, given: Any) -> Any:
        return None if given is None else self.field.keep(what, given)

    def build(self, what: str, value: Any) -> Any:
        return None if value is None else self.field.build(what, value)


class Descriptor:
    """A record whose fields check, and copy, what they are set to."""

    _fields: ClassVar[dict[str, Any]] = {}
    _core_class: type
    _core_fields: list[str]
    _of_core: ClassVar[dict[type, type[Descriptor]]] = {}

    def __init_subclass__(cls, core_class: type | None = None):
        if core_class is None:  # a user's own class, built as ours is
            return
        cls._core_class = core_class
        cls._core_fields = [name for name in cls._fields if hasattr(core_class, name)]
        Descriptor._of_core[core_class] = cls

    def _set(self, needed: dict[str, Any], **values: Any) -> None:
        """Sets all fields; those of `needed` come together, or have these values."""
        absent = [name for name in needed if values[name] is ABSENT]
        if 0 < len(absent) < len(needed):
            raise TypeError(f"{type(self).__name__} needs {' and '.join(absent)} as well")
        values |= {name: needed[name] for name in absent}
        for name, value in values.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._fields:
            known = ", ".join(self._fields) or "none"
            raise AttributeError(f"{type(self).__name__} has no attribute {name}; it has {known}")
        self.__dict__[name] = self._fields[name].keep(f"{type(self).__name__}.{name}", value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted; set it to another value")

    def _built(self, what: str = "") -> Any:
        """The engine's form of it; lists may have been changed since they were set, so all is checked again."""
        what = what or type(self).__name__
        values = {name: self._fields[name].build(f"{what}.{name}", self.__dict__[name]) for name in self._core_fields}
        return self._core_class(**values)

    def __copy__(self) -> Descriptor:
        made = type(self).__new__(type(self))
        for name in self._fields:
            setattr(made, name, self.__dict__[name])
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Descriptor:
        return self.__copy__()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in self._fields)})"


def described(value: Any) -> Any:
    """What a value of the engine is here. Called from C++ too."""
    if isinstance(value, list):
        return [described(item) for item in value]
    cls = Descriptor._of_core.get(type(value))
    if cls is None:
        return value
    return cls(**{name: described(getattr(value, name)) for name in cls._core_fields})
