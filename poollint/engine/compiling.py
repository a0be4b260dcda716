"""Regular expressions that are compiled when they are first used.

Python parses and compiles the expressions of a module as it imports it. poollint has six hundred;
a run over one file uses a few dozen, and the others took a tenth of its time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_OURS = frozenset({"poollint", "poollint_rules"})

Compile = Callable[..., "re.Pattern[Any]"]


@contextmanager
def patterns_compiled_late() -> Iterator[None]:
    """Let expressions that poollint's own modules compile within this block wait for their use.

    For a process that is ours alone: it replaces `re.compile`.
    """
    compiled = re.compile
    setattr(re, "compile", _late(compiled))  # noqa: B010  # what mypy knows is no variable
    try:
        yield
    finally:
        setattr(re, "compile", compiled)  # noqa: B010


class Later:
    """An expression that is compiled when something of it is first asked for."""

    def __init__(self, compiled: Compile, pattern: object, flags: int) -> None:
        self._compiled = compiled
        self._how = (pattern, flags)
        self._made: re.Pattern[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._made is None:
            self._made = self._compiled(*self._how)
        found = getattr(self._made, name)
        self.__dict__[name] = found  # which is where it is looked for first
        return found

    def __reduce__(self) -> tuple[Compile, tuple[object, int]]:
        """Be the expression itself in another process."""
        return re.compile, self._how


def _late(compiled: Compile) -> Compile:
    def late(pattern: Any, flags: int = 0) -> Any:
        name: str = sys._getframe(1).f_globals.get("__name__", "")
        if name.partition(".")[0] not in _OURS:
            return compiled(pattern, flags)
        return Later(compiled, pattern, flags)

    return late
