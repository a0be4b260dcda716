"""The pool that a Django project's settings ask for: `OPTIONS["pool"]` of a database.

Source: docs.djangoproject.com, ref/databases, "Connection pool" (since 5.1, with psycopg 3: `True`
or the arguments of `psycopg_pool.ConnectionPool`, one pool a process).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
_QUOTED = re.compile(r"""["']pool["']""")
_STAR = re.compile(r"^[ \t]*from[ \t]+\S+[ \t]+import[ \t]+\*", re.M)
_MOST_HOLDERS = 5  # files that take in one another


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file of settings says of the pool of a project.

    path     the file; `holders` are it and all that take it in (`from .base import *`)
    pool     None where it asks for none, or it is not understood for what: `known` is False then
    """

    path: str
    holders: frozenset[str]
    pool: Pool | None
    known: bool


def asked(exports: Exports, aside: Callable[[str], bool]) -> tuple[Asked, ...]:
    """Return what the files of settings of a project say of a pool.

    `aside` tells of a path that what it holds does not run in a deployed process.
    """
    found: list[Asked] = []
    for path in exports.files.passing("asks Django for a pool", _may_ask):
        names, tree = exports.names(path), exports.files.tree(path)
        if names is None or tree is None or aside(tree.source.path):
            continue
        told = [(_pool(value, names, tree), _is_none(value)) for value in _asked(tree.module)]
        if not told and _QUOTED.search(tree.source.text):
            told = [(None, False)]
        holders = _holders(path, exports) if told else frozenset()
        found += [Asked(path, holders, one, one is not None or none) for one, none in told]
    return tuple(found)


def meant(every: tuple[Asked, ...], settings: str) -> tuple[Pool | None, bool]:
    """Return the pool that the settings of a process ask for, and whether that is known.

    `settings` is the module that it is told to take ("shop.settings.live"), "" where none is known.
    """
    ending = f"/{settings.replace('.', '/')}"
    endings = (f"{ending}.py", f"{ending}/__init__.py")
    chosen = [a for a in every if any(f"/{path}".endswith(endings) for path in a.holders)]
    own = [a for a in chosen if f"/{a.path}".endswith(endings)]
    chosen = (own or chosen) if settings else list(every)
    if len(chosen) == 1:
        return chosen[0].pool, chosen[0].known
    return None, not chosen


def _holders(path: str, exports: Exports) -> frozenset[str]:
    """Return a file and those that take all of it in, or of one that does."""
    found = {path}
    taking = list(exports.files.passing("takes all of another file in", _takes))
    for _ in range(_MOST_HOLDERS):
        more = {p for p in taking if p not in found and not found.isdisjoint(_taken(p, exports))}
        if not more:
            break
        found |= more
    return frozenset(found)


def _takes(text: str) -> bool:
    return _STAR.search(text) is not None


def _taken(path: str, exports: Exports) -> Iterator[str]:
    tree = exports.files.tree(path)
    for node in walk(tree.module) if tree else ():
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            found = exports.files.find(path, "." * node.level + (node.module or ""))
            if found:
                yield found[0]


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
            case ast.Assign(targets=[ast.Subscript(value=inner, slice=last)], value=value) if _is(
                last, _POOL
            ) and _names_options(inner):
                yield value
                continue
            case _:
                continue
        for held in options:
            yield from (value for key, value in items(held) or () if key == _POOL)


def _names_options(node: ast.expr) -> bool:
    """Tell of `DATABASES["default"]["OPTIONS"]` and of `….setdefault("OPTIONS", {})`."""
    match node:
        case ast.Subscript(slice=key) | ast.Call(func=ast.Attribute(), args=[key, *_]):
            return _is(key, _OPTIONS)
    return False


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


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
    return Argument(param.role, param.name, span, figure, found.variable, formula=found.formula)
