"""The errors that Loom raises: one family under RuntimeError, a class for each blame.

An error's text is what the command line prints for it. `code` is its name in the table of codes ("HANG",
"LN_LAYOUT", ...), `blame` whose fault it is, and `places` where in a program it happened: dictionaries with core,
kernel, thread, file, line, call and cb, the one at fault first.
"""

from __future__ import annotations

from typing import Any

from . import _core

__all__ = ["Error", "InternalError", "KernelError", "UnsupportedError", "UsageError"]


class Error(RuntimeError):
    """Every error that Loom raises."""

    def __init__(
        self, message: str, code: str = "INTERNAL", blame: str = "internal", places: list[dict[str, Any]] | None = None
    ):
        super().__init__(message)
        self.code = code
        self.blame = blame
        self.places = places or []

    def __reduce__(self):
        return type(self), (str(self), self.code, self.blame, self.places)


class UsageError(Error):
    """The caller's fault: an argument, a file, a tensor."""


class KernelError(Error):
    """A kernel's fault: its source, or the protocol that it follows. Hangs are among them."""


class UnsupportedError(Error):
    """Legal on the chip, not (yet) here."""


class InternalError(Error):
    """Loom's own fault."""


_CLASSES = {"usage": UsageError, "kernel": KernelError, "unsupported": UnsupportedError, "internal": InternalError}


def _make(message: str, code: str, blame: str, places: list[dict[str, Any]]) -> Error:
    """Called from C++ for each loom::Error that leaves it."""
    return _CLASSES[blame](message, code, blame, places)


def _fail(code: str, *args: object):
    """Raises the error of this code, with the table's text."""
    _core.fail(code, [str(arg) for arg in args])
