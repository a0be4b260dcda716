"""The pool that a Django project's settings ask for: `OPTIONS["pool"]` of a database.

Source: docs.djangoproject.com, ref/databases, "Connection pool" (since 5.1, with psycopg 3: `True`
or the arguments of `psycopg_pool.ConnectionPool`, one pool a process).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from poollint.catalog.load import Param, drivers
from poollint.facts.code import Argument, Pool
from poollint.model.figure import Figure
from poollint.reading.connections.pools.bags import items
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.numbers import number
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_OPTIONS, _POOL = "OPTIONS", "pool"
_CALL = "psycopg_pool.ConnectionPool"
_SIZES = ("min_size", "max_size")


def pool(exports: Exports, aside: Callable[[str], bool]) -> Pool | None:
    """Return the pool of a project, None where its settings ask for none, or for several.

    `aside` tells of a path that what it holds does not run in a deployed process.
    """
    found: list[Pool | None] = []
    for path in exports.files.passing("asks Django for a pool", _may_ask):
        names, tree = exports.names(path), exports.files.tree(path)
        if names is not None and tree is not None and not aside(tree.source.path):
            found += [_pool(value, names, tree) for value in _asked(tree.module)]
    return found[0] if len(found) == 1 else None


def _may_ask(text: str) -> bool:
    return "DATABASES" in text and _OPTIONS in text and _POOL in text


def _asked(module: ast.Module) -> Iterator[ast.expr]:
    """Yield what stands under `pool` in the options of a database."""
    for node in walk(module):
        match node:
            case ast.Dict(keys=keys, values=values):
                options = [v for k, v in zip(keys, values, strict=True) if _is(k, _OPTIONS)]
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=value) if _is(key, _OPTIONS):
                options = [value]
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Subscript(slice=key), slice=last)], value=value
            ) if _is(key, _OPTIONS) and _is(last, _POOL):
                yield value
                continue
            case _:
                continue
        for held in options:
            yield from (value for key, value in items(held) or () if key == _POOL)


def _is(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _pool(value: ast.expr, names: Names, tree: PythonTree) -> Pool | None:
    """Return the pool that a value asks for, None for none and for what is not known."""
    held = [] if _is_true(value) else _held(value, names)
    if held is None or any(key is None for key, _ in held):
        return None
    known = dict(held)
    params = [p for p in drivers().params[_CALL] if p.role in _SIZES]
    arguments = [_argument(p, known[p.name], names, tree) for p in params if p.name in known]
    told = {argument.role for argument in arguments}
    defaults = [
        Figure.defaulted(p.default, p.role, "psycopg_pool default")
        for p in params
        if p.role not in told and p.default is not None
    ]
    return Pool(
        tree.span(value), "psycopg_pool", "ConnectionPool", tuple(arguments), tuple(defaults),
        eager=True, pooled=True, once="", function="",
    )  # fmt: skip


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _held(value: ast.expr, names: Names) -> list[tuple[str | None, ast.expr]] | None:
    found = items(value)
    if found is None:
        told = [b.value for b in names.bound(of_ast(value), "") if b.how == "="]
        found = items(told[0]) if len(told) == 1 and told[0] is not None else None
    return found


def _argument(param: Param, value: ast.expr, names: Names, tree: PythonTree) -> Argument:
    span = tree.span(value)
    found = number(value, "", names, lambda _: span, tree.span)
    figure = found.figure(param.role, f"pool {param.name}={found.low}")
    return Argument(param.role, param.name, span, figure, found.variable)
