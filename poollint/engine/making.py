"""Dataclasses whose methods are made when they are first called.

Python makes the text of up to six methods for each dataclass and compiles it, at import: of all
that a run over a file that says nothing does, that took the most, and most of these classes have
no object in such a run. (Python 3.13 compiles them together, and is left alone.)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_MAKER = "_create_fn"
_TAKES = {"name", "args", "body", "globals", "locals", "return_type"}
_HOLDS = ("__name__", "__qualname__", "__doc__", "__module__")

Make = Callable[..., Callable[..., Any]]


@contextmanager
def methods_made_late() -> Iterator[None]:
    """Let dataclasses that are made within this block have their methods made at the first call.

    For a process that is ours alone: it replaces what the standard library makes them with.
    """
    made: Any = getattr(dataclasses, _MAKER, None)
    code = getattr(made, "__code__", None)
    if code is None or set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]) != _TAKES:
        yield
        return
    setattr(dataclasses, _MAKER, _late(made))
    try:
        yield
    finally:
        setattr(dataclasses, _MAKER, made)


def _late(make: Make) -> Make:
    def late(name: str, *how: Any, **also: Any) -> Callable[..., Any]:
        made: list[Callable[..., Any]] = []

        def method(*args: Any, **keywords: Any) -> Any:
            if not made:
                made.append(make(name, *how, **also))
                for attribute in _HOLDS:
                    setattr(made[0], attribute, getattr(method, attribute))
                _put(name, args[0], method, made[0])
            return made[0](*args, **keywords)

        method.__name__ = name
        return method

    return late


def _put(name: str, of: object, method: object, made: Callable[..., Any]) -> None:
    """Put what was made in the place of what made it, in the class that has it."""
    for cls in type(of).__mro__:
        if cls.__dict__.get(name) is method:
            setattr(cls, name, made)
