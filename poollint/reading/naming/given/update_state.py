"""What a middleware of aiogram hands to the handlers of an update: `data["db"] = conn`.

aiogram calls a handler with those of its parameters that are keys of `data` (its documentation,
"Middlewares" and "Dependency injection"). A place is "update.db".
"""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.given.application_state import Places

DATA = "data"
"""What the mapping is called that a middleware is handed, as the third of its parameters."""

_WORD = b"aiogram"
_SETS = re.compile(rb"(?<![\w.])data\[[ \t]*[\"'](\w+)[\"'][ \t]*\][ \t]*=(?!=)")
# A handler says in no other way that it reads one: any parameter may be a key.
_HANDLER = re.compile(rb"(?<!\w)async[ \t]+def[ \t]+\w+\(([^)]*)\)")
_PARAMETER = re.compile(rb"(?:\A|[,*\n])[ \t]*(\w+)")


def place(node: ast.expr) -> str:
    """Return the place that `data["db"]` is ("update.db"), "" for anything else."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
            return f"update.{key}" if name == DATA else ""
    return ""


def places_in(data: bytes) -> Places:
    """Return the places that the text of a file speaks of."""
    if _WORD not in data:
        return Places((), ())
    named = {name for told in _HANDLER.findall(data) for name in _PARAMETER.findall(told)}
    reads = sorted(f"update.{name.decode()}" for name in named)
    sets = sorted({f"update.{name.decode()}" for name in _SETS.findall(data)})
    return Places(tuple(reads), tuple(sets))
