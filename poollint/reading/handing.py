"""Functions of a module that take a connection for whoever calls them.

`def get_connection(): return connect(…)`: the connection is the caller's to give back, as if
it had been taken where the function is called. A function that keeps what it takes (on an
object, in a global, in a callback) hands nothing over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.catalog.load import Api
from poollint.facts.connections import Taking
from poollint.reading.bindings import SELF, FunctionDef, parameters
from poollint.reading.names import Names
from poollint.reading.shapes import Attribute, Shape, dotted, of_ast

TAKING = {
    "connect": Taking.CONNECT,
    "acquire": Taking.ACQUIRE,
    "session": Taking.SESSION,
}
GIVING_BACK = frozenset({"release", "close"})
# Decorators under which calling the function still gives what it returns.
_PLAIN = frozenset({"staticmethod", "classmethod", "override", "retry", "on_exception", "wraps"})
# What is given a connection and keeps none: drivers, their adapters, and what only shows it.
_BORROWING = frozenset(
    "psycopg2 psycopg asyncpg sqlalchemy pgvector logging print isinstance str repr".split()
)
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ASKING = (
    ast.FormattedValue,
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.If,
    ast.IfExp,
    ast.While,
    ast.Assert,
)


@dataclass(frozen=True, slots=True)
class Handed:
    """What a function hands to its caller.

    api       the taking call, as if the caller had made it
    function  qualified name of the function
    pool      what it is taken from, as a chain of names that the caller knows too ("self._pool",
              "db.pool"); "" where there is none
    at, size  where it stands in the tuple that is returned, and how long that is; -1 and 0
              where the connection itself is returned
    """

    api: Api
    function: str
    pool: str = ""
    at: int = -1
    size: int = 0


def handed(callee: Shape, scope: str, names: Names) -> Handed | None:
    """Return what calling `callee`, a function of this project, hands over; None for nothing.

    All that it returns must be taken by the same call, but for None.
    """
    name = names.function(callee, scope)
    if not name:
        imported = names.qualified(callee, scope)
        given: Handed | None = names.outside.handed(imported) if imported else None
        return given
    if name not in _found(names):
        _found(names)[name] = None  # a function that calls itself hands over nothing
        _found(names)[name] = _Function(name, names).hands()
    return _found(names)[name]


def _found(names: Names) -> dict[str, Handed | None]:
    found: dict[str, Handed | None] = names.memory.setdefault("handed", {})
    return found


class _Function:
    """One function, asked for what it hands over."""

    def __init__(self, name: str, names: Names) -> None:
        self._name = name
        self._names = names
        self._node = names.functions[name]

    def hands(self) -> Handed | None:
        decorators = {_last(decorator) for decorator in self._node.decorator_list}
        own = list(_own_nodes(self._node))
        if decorators - _PLAIN or any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own):
            return None
        returned = [n.value for n in own if isinstance(n, ast.Return) and not _is_none(n.value)]
        found = {self._returned(value) for value in returned if value is not None}
        return found.pop() if len(found) == 1 else None

    def _returned(self, value: ast.expr) -> Handed | None:
        if not isinstance(value, ast.Tuple):
            return self._fresh(value)
        if any(isinstance(element, ast.Constant) for element in value.elts):
            return None  # `return conn, True`: a flag may say whose it is
        if any(isinstance(e, ast.Constant) and e.value in (True, False) for e in value.elts):
            return None  # it tells the caller whether the connection is its own
        fresh = [(at, self._fresh(element)) for at, element in enumerate(value.elts)]
        taken = [replace(one, at=at, size=len(value.elts)) for at, one in fresh if one is not None]
        return taken[0] if len(taken) == 1 else None

    def _fresh(self, value: ast.expr) -> Handed | None:
        """Return what takes the value, where nothing else has it."""
        if not isinstance(value, ast.Name):
            return self._made(value)
        scope = self._names.scope(self._name)
        if scope.holder(value.id) is not scope or value.id in _parameters(self._node):
            return None
        bound = [b for b in scope.bound[value.id] if b.how != ":" and not _is_none(b.value)]
        made = {self._made(b.value) if b.how == "=" and b.value else None for b in bound}
        if any(isinstance(n, ast.Assign) and len(n.targets) > 1 for n in _own_nodes(self._node)):
            return None  # `conn = self.conn = …`
        one = made.pop() if len(made) == 1 else None
        return one if one is not None and self._only_lent(value.id, one.api) else None

    def _made(self, value: ast.expr) -> Handed | None:
        """Return what taking call `value` is, as the caller has to consume it."""
        awaited = isinstance(value, ast.Await)
        call = value.value if isinstance(value, ast.Await) else value
        if not isinstance(call, ast.Call):
            return None
        one = self._taking(of_ast(call.func))
        if one is None or not isinstance(self._node, ast.AsyncFunctionDef):
            return one  # what has to be awaited is awaited by the caller
        api = one.api
        if not awaited and "sync" not in api.call:
            return None
        exit_ = api.awaited_exit if awaited else api.exit
        return replace(
            one, api=replace(api, call=frozenset({"await"}), exit="", awaited_exit=exit_)
        )

    def _taking(self, callee: Shape) -> Handed | None:
        api = self._names.api(callee, self._name)
        if api is not None:
            taken_from = dotted(callee.of) if isinstance(callee, Attribute) else ""
            known = self._known_outside(taken_from.partition(".")[0])
            pool = taken_from if known and api.given_back_to else ""
            return Handed(api, self._name, pool) if api.kind in TAKING else None
        inner = handed(callee, self._name, self._names)
        return replace(inner, function=self._name) if inner is not None and inner.at < 0 else None

    def _known_outside(self, name: str) -> bool:
        holder = self._names.scope(self._name).holder(name)
        return name in SELF or (holder is not None and not holder.name)

    def _only_lent(self, target: str, api: Api) -> bool:
        """Tell whether nothing but the caller gets the connection that `target` names."""
        return all(self._lends(above, api) for above in _uses(self._node, target))

    def _lends(self, above: list[ast.AST], api: Api) -> bool:
        """Tell whether a use of the connection keeps it nowhere; `above`: what is around it."""
        match above:
            case [ast.Attribute(), ast.Call(func=func), *_] if func is above[0]:
                return True
            case [ast.Attribute(attr=attr), *_]:
                return attr not in (*api.released_by, "close")
            case [ast.Return(), *_] | [ast.Tuple(), ast.Return(), *_]:
                return True
            case [ast.Call() as call, *_] | [ast.keyword(), ast.Call() as call, *_]:
                return self._borrows(call)
            case [ast.withitem(), *_]:
                return api.exit not in GIVING_BACK and api.awaited_exit not in GIVING_BACK
            case [first, *_]:
                return isinstance(first, _ASKING)
        return False

    def _borrows(self, call: ast.Call) -> bool:
        text = dotted(of_ast(call.func))
        name = self._names.qualified(of_ast(call.func), self._name) or text
        return name.partition(".")[0] in _BORROWING or "log" in text.partition(".")[0].lower()


def _uses(node: FunctionDef, target: str) -> Iterator[list[ast.AST]]:
    """Yield, for each use of a name, what it is part of: the innermost first.

    Of a use in a nested function that function only: it is called who knows when.
    """
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(node, [])]
    while stack:
        inner, above = stack.pop()
        if isinstance(inner, ast.Name) and inner.id == target and isinstance(inner.ctx, ast.Load):
            yield above
        if not (above and isinstance(above[0], _NESTED)):
            above = [inner, *above[:2]] if inner is not node else []
        stack += [(child, above) for child in ast.iter_child_nodes(inner)]


def _own_nodes(node: FunctionDef) -> Iterator[ast.AST]:
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        yield inner
        if not isinstance(inner, FunctionDef | ast.ClassDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(inner))


def _parameters(node: FunctionDef) -> set[str]:
    return {argument.arg for argument in parameters(node.args)}


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value in (None, False))


def _last(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return dotted(of_ast(node)).rpartition(".")[2]
