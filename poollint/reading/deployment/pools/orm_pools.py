"""Pools of mappers whose size stands beside the call that makes them: Tortoise, Piccolo, Pony.

Source: tortoise-orm 1.1.9, `tortoise/backends/asyncpg/client.py` and `psycopg/client.py` (`minsize`
1 and `maxsize` 5, in the credentials of a connection or its URL; a pool for each connection);
piccolo 1.38.0, `PostgresEngine.start_connection_pool` (what it is given, and `config`, go to
`asyncpg.create_pool`: 10 where they say nothing); pony 0.7.20, `pony/orm/dbapiprovider.py` (`Pool`
is local to a thread, and holds one connection).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from poollint.facts.code import Argument, Module, Pool
from poollint.model.figure import Basis, Figure
from poollint.reading.connections.pools.bags import items
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.arithmetic import Number
from poollint.reading.naming.values.numbers import number
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

TORTOISE, PICCOLO, PONY = "tortoise", "piccolo", "pony"
_TORTOISE_MOST, _ASYNCPG_MOST = 5, 10
_STARTS = "start_connection_pool"
_SIZED = "maxsize="
_IN_URL = re.compile(r"[?&]maxsize=(\d{1,5})(?:&|$)")


class _Place(NamedTuple):
    """An expression, and the file in which it stands."""

    node: ast.expr
    names: Names
    tree: PythonTree


def sized(
    modules: Sequence[Module], exports: Exports, aside: Callable[[str], bool]
) -> tuple[Module, ...]:
    """Return the modules, the pools of these mappers with the sizes that the code gives them.

    `aside` tells of a path that what it holds does not run in a deployed process.
    """
    reader = _Reader(exports, aside)
    return tuple(_with(module, reader) for module in modules)


def of_url(pool: Pool, variables: Variables) -> Pool:
    """Return a pool with the size that the URL in a container's variable gives it."""
    if pool.driver != TORTOISE or pool.argument("max_size") or pool.variable not in variables:
        return pool
    word = variables[pool.variable].value
    found = _IN_URL.search(word.value or "")
    if found is None:
        return pool
    most = int(found[1])
    figure = Figure(most, most, "max_size", word.basis, word.origin, f"maxsize={most}")
    return replace(
        pool, arguments=(*pool.arguments, Argument("max_size", "maxsize", pool.span, figure))
    )


def _with(module: Module, reader: _Reader) -> Module:
    known = (TORTOISE, PICCOLO, PONY)
    if not any(p.driver in known for f in module.functions for p in f.pools):
        return module
    functions = tuple(
        replace(f, pools=tuple(reader.told(pool) for pool in f.pools)) for f in module.functions
    )
    return replace(module, functions=functions)


class _Reader:
    def __init__(self, exports: Exports, aside: Callable[[str], bool]) -> None:
        self._exports = exports
        self._aside = aside

    def told(self, pool: Pool) -> Pool:
        """Return a pool with its size, the same one where that is not known."""
        if pool.argument("max_size") or any(d.name == "max_size" for d in pool.defaults):
            return pool
        if pool.driver == PONY:
            return replace(pool, pooled=False)  # as many as there are threads
        if pool.driver == TORTOISE:
            argument = self._tortoise(pool)
            default = Figure.defaulted(_TORTOISE_MOST, "max_size", "Tortoise default")
        elif pool.driver == PICCOLO:
            started = self._started()
            if started is None:
                return pool
            argument = self._argument(started, "max_size", pool)
            default = Figure.defaulted(_ASYNCPG_MOST, "max_size", "asyncpg default")
            pool = replace(pool, pooled=True)
        else:
            return pool
        if argument:
            return replace(pool, arguments=(*pool.arguments, argument))
        return replace(pool, defaults=(*pool.defaults, default))

    # --- Tortoise ---

    def _tortoise(self, pool: Pool) -> Argument | None:
        """Return the size of all connections of a configuration, None where it says of none."""
        call = self._call(pool)
        if call is None:
            return Argument("max_size", "maxsize", pool.span, None)
        given = _keywords(call)
        if "config" not in given:
            url = given.get("db_url")
            size = self._of_url(url) if url else None
            told = size is not None or (url is not None and any(_SIZED in t for t in _texts(url)))
            return Argument("max_size", "maxsize", pool.span, size) if told else None
        sizes = tuple(self._connections(given["config"], pool))
        if len(sizes) == 1:
            return sizes[0]
        known = [one.figure for one in sizes if one.figure and not (one.variable or one.formula)]
        if not sizes or len(known) < len(sizes):
            return Argument("max_size", "maxsize", pool.span, None)
        most = sum(size.high or 0 for size in known)
        low, hint = min(size.low for size in known), f"maxsize of {len(known)} connections"
        figure = Figure(low, most, "max_size", Basis.DERIVED, known[0].origin, hint)
        return Argument("max_size", "maxsize", pool.span, figure)

    def _connections(self, config: _Place, pool: Pool) -> Iterator[Argument]:
        """Yield the size of each connection, without a figure where it is not known."""
        plain = Argument("max_size", "maxsize", pool.span)
        found = self._items(config)
        connections = self._items(found["connections"]) if "connections" in found else {}
        for place in connections.values():
            entry = self._items(place)
            if not entry:
                yield replace(plain, figure=self._of_url(place) or _default(place))
                continue
            credentials = self._items(entry["credentials"]) if "credentials" in entry else {}
            size = credentials.get("maxsize")
            if size is None:
                yield replace(plain, figure=_default(place))
                continue
            told = _number(size)
            figure = told.figure("max_size", f"maxsize: {told.low}")
            yield replace(plain, figure=figure, variable=told.variable, formula=told.formula)

    @staticmethod
    def _of_url(place: _Place) -> Figure | None:
        """Return what a URL says, or a text that the code puts behind one."""
        found = next(filter(None, map(_IN_URL.search, _texts(place))), None)
        if found is None:
            return None
        hint = f"maxsize={found[1]}"
        return Figure.stated(int(found[1]), "max_size", place.tree.span(place.node), hint)

    # --- Piccolo ---

    def _started(self) -> _Place | None:
        """Return the only call that starts Piccolo's pool."""
        found: list[_Place] = []
        for path in self._exports.files.passing("starts Piccolo's pool", lambda t: _STARTS in t):
            names, tree = self._exports.names(path), self._exports.files.tree(path)
            if names is None or tree is None or self._aside(tree.source.path):
                continue
            calls = (node for node in walk(tree.module) if isinstance(node, ast.Call))
            found += [
                _Place(call, names, tree)
                for call in calls
                if isinstance(call.func, ast.Attribute) and call.func.attr == _STARTS
            ]
        return found[0] if len(found) == 1 else None

    def _argument(self, call: _Place, name: str, pool: Pool) -> Argument | None:
        """Return what the call that starts a pool says of it, else the engine's `config`."""
        given = _keywords(call)
        engine = self._call(pool)
        inner = _keywords(engine).get("config") if engine else None
        place = given.get(name) or (self._items(inner).get(name) if inner else None)
        if place is None:
            return None
        told = _number(place)
        figure = told.figure(name, f"{name}={told.low}")
        return Argument(
            name, name, place.tree.span(place.node), figure, told.variable, formula=told.formula
        )

    # --- Expressions ---

    def _call(self, pool: Pool) -> _Place | None:
        path = pool.span.path
        names, tree = self._exports.names(path), self._exports.files.tree(path)
        if names is None or tree is None:
            return None
        for node in walk(tree.module):
            if isinstance(node, ast.Call) and tree.span(node).start == pool.span.start:
                return _Place(node, names, tree)
        return None

    def _items(self, place: _Place) -> dict[str, _Place]:
        """Return what a dictionary holds, where the expression is one or a name for one."""
        found = items(place.node)
        if found is None:
            bound = self._bound(place)
            if bound is None:
                return {}
            place, found = bound, items(bound.node)
        return {key: _Place(node, place.names, place.tree) for key, node in found or () if key}

    def _bound(self, place: _Place) -> _Place | None:
        """Return what a name is given once, here or in the file that it is imported from."""
        shape = of_ast(place.node)
        told = [b.value for b in place.names.bound(shape, "") if b.how == "="]
        if len(told) == 1 and told[0] is not None:
            return _Place(told[0], place.names, place.tree)
        origin = self._exports.origin(place.tree.source.path, place.names.qualified(shape, ""))
        if not origin:
            return None
        names, tree = self._exports.names(origin[0]), self._exports.files.tree(origin[0])
        if names is None or tree is None:
            return None
        for node in tree.module.body:
            targets = node.targets if isinstance(node, ast.Assign) else ()
            if any(isinstance(t, ast.Name) and t.id == origin[1] for t in targets):
                return _Place(node.value, names, tree)  # type: ignore[attr-defined]
        return None


def _texts(place: _Place) -> list[str]:
    """Return the literal parts of a text: of what is put together of several, each."""
    glued = isinstance(place.node, ast.BinOp | ast.JoinedStr)
    parts = ast.walk(place.node) if glued else (place.node,)
    values = (part.value for part in parts if isinstance(part, ast.Constant))
    return [value for value in values if isinstance(value, str)]


def _number(place: _Place) -> Number:
    span = place.tree.span(place.node)
    return number(place.node, "", place.names, lambda _: span, place.tree.span)


def _default(place: _Place) -> Figure:
    return Figure.defaulted(_TORTOISE_MOST, "max_size", "Tortoise default")


def _keywords(call: _Place) -> dict[str, _Place]:
    assert isinstance(call.node, ast.Call)
    return {
        keyword.arg: _Place(keyword.value, call.names, call.tree)
        for keyword in call.node.keywords
        if keyword.arg
    }
