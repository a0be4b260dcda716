"""Arguments that go together: one is nothing where another is.

`search(text=text if vector is not None else None, vector=vector)` never gives a text without a
vector: what runs only for `text and vector is None` does not run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from poollint.reading.connections.waits.reach.fields import Constant


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter whose value goes by whether the parameter `of` is `None`.

    `none` is its value where that is, `some` where it is not; each by itself in a tuple, () where
    it is not known.
    """

    of: str
    none: tuple[Constant, ...]
    some: tuple[Constant, ...]


def choice(value: ast.expr | None, given: Mapping[str, ast.expr]) -> Choice | None:
    """Return what an argument is by another of the same call; `given` has them by parameter."""
    match value:
        case ast.IfExp(
            test=ast.Compare(
                left=ast.Name(id=asked), ops=[ast.Is() | ast.IsNot() as op],
                comparators=[ast.Constant(value=None)],
            ),
            body=body, orelse=orelse,
        ):  # fmt: skip
            none, some = (body, orelse) if isinstance(op, ast.Is) else (orelse, body)
        case _:
            return None
    same = (p for p, v in given.items() if isinstance(v, ast.Name) and v.id == asked)
    of = next(same, None)
    found = Choice(of or "", _constant(none), _constant(some))
    return found if of and (found.none or found.some) else None


def _constant(node: ast.expr) -> tuple[Constant, ...]:
    return (node.value,) if isinstance(node, ast.Constant) else ()
