"""Functions under another name: `way = plain`, `way = within if whole else plain`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.scopes.shapes import Attribute, Either, Name, Shape, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

Meant = tuple[Shape, str]  # and the scope it is read in


def renamed(callee: Shape, scope: str, names: Names) -> tuple[Meant, ...]:
    """Return the chains of names that a name stands for; none where it may be anything else."""
    if isinstance(callee, Either):
        return _options(callee, scope)
    if not isinstance(callee, Name):
        return ()
    found: list[Meant] = []
    for how, value, where in names.bound(callee, scope):
        plain = isinstance(value, ast.Name | ast.Attribute | ast.IfExp) and how == "="
        told = _options(of_ast(value), where) if plain else ()
        if not told:
            return ()
        found += told
    return tuple(found)


def _options(shape: Shape, scope: str) -> tuple[Meant, ...]:
    options = shape.options if isinstance(shape, Either) else (shape,)
    told = all(isinstance(option, Name | Attribute) for option in options)
    return tuple((option, scope) for option in options) if told else ()
