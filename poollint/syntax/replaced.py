"""Functions that nobody can call: another of the same name is defined below, in the same block."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import pairwise

from poollint.syntax.nodes import walk

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def replaced(block: list[ast.stmt]) -> frozenset[int]:
    """Return the ids of the functions of a block that are defined anew before they are named.

    One with a decorator may have been handed to somebody by it. What the body of a function
    names, it names when it is called, which is taken to be later.
    """
    found: set[int] = set()
    for name, places in _several(block):
        for at, after in pairwise(places):
            function = block[at]
            assert isinstance(function, _FUNCTIONS)
            between = (part for one in block[at + 1 : after + 1] for part in _run(one))
            if not function.decorator_list and not _named(name, between):
                found.add(id(function))
    return frozenset(found)


def _several(block: list[ast.stmt]) -> Iterator[tuple[str, list[int]]]:
    """Yield the names of which a block has several functions, with where these stand in it."""
    places: dict[str, list[int]] = {}
    for at, statement in enumerate(block):
        if isinstance(statement, _FUNCTIONS):
            places.setdefault(statement.name, []).append(at)
    yield from ((name, found) for name, found in places.items() if len(found) > 1)


def _run(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what of a statement runs where it stands."""
    if isinstance(statement, _FUNCTIONS):
        yield from statement.decorator_list
        yield statement.args
    else:
        yield statement


def _named(name: str, parts: Iterable[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name for part in parts for node in walk(part)
    )
