"""Functions of a module that take a connection for whoever calls them.

`def get_connection(): return connect(…)`: the connection is the caller's to give back, as if
it had been taken where the function is called. A function that keeps what it takes (on an
object, in a global, in a callback) hands nothing over.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from poollint.catalog.load import Api
from poollint.facts.connections import Taking
from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.lending import GIVING_BACK, SHOWN, Lent, Outcome
from poollint.reading.connections.acquiring.returning import returned_after
from poollint.reading.connections.acquiring.wrapped import as_wrapped, wrapper
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.objects.other_databases import connects_to_another
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import mentions, own_nodes
from poollint.reading.naming.scopes.meaning import Told, meaning, told_at
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Shape,
    decorator_name,
    dotted,
    of_ast,
    waited_for,
)

TAKING = {
    "connect": Taking.CONNECT,
    "acquire": Taking.ACQUIRE,
    "session": Taking.SESSION,
}
_CALLS = (frozenset({"sync"}), frozenset({"await"}))  # of functions, by whether they are `async`
# Decorators under which calling the function still gives what it returns.
_PLAIN = frozenset({"staticmethod", "classmethod", "override", "retry", "on_exception", "wraps"})
# What is given a connection and keeps none: drivers, their adapters, and what only shows it.
_BORROWING = SHOWN | frozenset("psycopg2 psycopg asyncpg sqlalchemy pgvector logging".split())
BY_CURSOR = "connection"
"""The attribute by which whoever has nothing but a cursor ends its connection (PEP 249)."""
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
    when      what tests had told where it was taken, in words that mean the same to the caller;
              told only where another database's connection may be handed over instead
    at, size  where it stands in the tuple that is returned, and how long that is; -1 and 0
              where the connection itself is returned
    """

    api: Api
    function: str
    pool: str = ""
    at: int = -1
    size: int = 0
    when: Told = frozenset()


def handed(callee: Shape, scope: str, names: Names) -> Handed | None:
    """Return what calling `callee`, a function of this project, hands over; None for nothing.

    All that it returns must be taken by the same call, but for None, or else out of a pool and,
    where that has none, by a connection of its own; or of another database, where `close()` ends
    either.
    """
    if not names.outside.lends():
        return None
    found = function(callee, scope, names)
    if found is None:
        return _of_lambda(callee, scope, names)
    known, name = _found(found.names), found.name
    if name not in known:
        known[name] = None  # a function that calls itself hands over nothing
        known[name] = _Function(name, found.names).hands()
    given = known[name]
    if given is None or not (given.pool or given.when):
        return given
    when = frozenset((_for(text, callee, scope, names), truth) for text, truth in given.when)
    return replace(given, pool=_seen(given.pool, callee), when=when)


def _of_lambda(callee: Shape, scope: str, names: Names) -> Handed | None:
    """Return what a name stands for that is only a connecting call: `lambda: connect(dsn)`."""
    told = [b for b in names.bound(callee, scope) if not _nothing(b.value)]
    if not told or all(b.how == "import" for b in told):
        there = names.imported(callee, scope)
        return _of_lambda(there[1], "", there[0]) if there and there[0] is not names else None
    match [b.value for b in told]:
        case [ast.Lambda(body=ast.Call(func=func))]:
            api = names.api(of_ast(func), told[0].where)
            return Handed(api, dotted(callee)) if api and api.kind in TAKING else None
    return None


def consumed(api: Api, awaited: bool) -> bool:
    """Tell whether a call of what `api` says gives the connection as it stands, or `awaited`."""
    return "await" in api.call if awaited else "sync" in api.call


def _seen(pool: str, callee: Shape) -> str:
    """Return what a method calls its pool, as whoever calls the method would ("db._pool")."""
    first, _, rest = pool.partition(".")
    if first not in SELF or not isinstance(callee, Attribute):
        return pool
    of = dotted(callee.of)
    return f"{of}.{rest}" if of and rest else ""


def _for(test: str, callee: Shape, scope: str, names: Names) -> str:
    """Return what a test of a method asks for whoever calls it: `self.local` of `store.open()`."""
    of = dotted(callee.of) if isinstance(callee, Attribute) else ""
    if not of or of in SELF:
        return test

    def there(found: re.Match[str]) -> str:
        return meaning(ast.parse(of + found[1], mode="eval").body, scope, names) or "?"

    return re.sub(r"(?<![\w.])self((?:\.\w+)+)", there, test)


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
        decorators = {decorator_name(decorator) for decorator in self._node.decorator_list}
        given = self._names.results(self._name)
        if decorators - _PLAIN or not given:
            return None
        told, others = [], False
        for value in given:
            if _nothing(value):
                continue
            found = self._returned(value)
            if found is None and connects_to_another(value, self._name, self._names):
                others = True
            else:
                told.append(found)
        one = _one_of(told)
        return self._or_else(one) if others and one is not None else one

    def _or_else(self, one: Handed) -> Handed | None:
        """Return what a caller has who may be handed another database's connection instead."""
        beside = _beside_another(one)
        calls = [n for n in own_nodes(self._node) if isinstance(n, ast.Call) and self._made(n)]
        if beside is None:
            return None
        asked = [told_at(call, self._name, self._names) for call in calls]
        when = one.when.union(frozenset.intersection(*asked) if asked else ())
        if beside.api.kind == "acquire" and not when:
            return None  # whoever puts back only what is out of the pool asks in words of its own
        return replace(beside, when=when)

    def _returned(self, value: ast.expr) -> Handed | None:
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name() as conn, attr="cursor")):
                return _as_cursor(self._fresh(conn))
        if not isinstance(value, ast.Tuple):
            return self._fresh(value)
        if any(isinstance(element, ast.Constant) for element in value.elts):
            return None  # `return conn, True`: a flag may say whose it is
        fresh = [(at, self._fresh(element)) for at, element in enumerate(value.elts)]
        taken = [replace(one, at=at, size=len(value.elts)) for at, one in fresh if one is not None]
        return taken[0] if len(taken) == 1 else None

    def _fresh(self, value: ast.expr) -> Handed | None:
        """Return what takes the value, where nothing else has it."""
        if not isinstance(value, ast.Name):
            return self._made(value) or self._wrapped(value)
        scope = self._names.scope(self._name)
        if scope.holder(value.id) is not scope or value.id in _parameters(self._node):
            return None
        bound = [b for b in scope.bound[value.id] if b.how != ":" and not _nothing(b.value)]
        told = [(b, self._made(b.value) if b.how == "=" and b.value else None) for b in bound]
        made = [
            found
            for b, found in told
            if found is not None or not connects_to_another(b.value, self._name, self._names)
        ]
        if any(isinstance(n, ast.Assign) and len(n.targets) > 1 for n in own_nodes(self._node)):
            return None  # `conn = self.conn = …`
        one = _one_of(made)
        if len(made) < len(told) and one is not None:
            one = self._or_else(one)
        return one if one is not None and self._only_lent(value.id, one.api) else None

    def _wrapped(self, value: ast.expr) -> Handed | None:
        """Return what the caller gets by an object of the project that is given a connection."""
        made = wrapper(value, self._name, self._names)
        one = self._fresh(made[1]) if made is not None else None
        if made is None or one is None or one.at >= 0 or one.api.kind == "session":
            return None
        api = as_wrapped(made[0], made[2], one.api)
        return replace(one, api=api) if api is not None else None

    def _made(self, value: ast.expr) -> Handed | None:
        """Return what taking call `value` is, as the caller has to consume it."""
        awaited = isinstance(value, ast.Await)
        call = waited_for(value)
        if not isinstance(call, ast.Call):
            return None
        step = advanced(call, self._name, self._names)
        if step is not None:  # whoever gets it has nothing more to wait for
            api = replace(step.api, call=_CALLS[isinstance(self._node, ast.AsyncFunctionDef)])
            return Handed(api, self._name) if step.waits is awaited else None
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
        if inner is None or inner.at >= 0:
            return None
        known = self._known_outside(inner.pool.partition(".")[0])
        return replace(inner, function=self._name, pool=inner.pool if known else "")

    def _known_outside(self, name: str) -> bool:
        holder = self._names.scope(self._name).holder(name)
        return name in SELF or (holder is not None and not holder.name)

    def _only_lent(self, target: str, api: Api) -> bool:
        """Tell whether nothing but the caller has the connection `target` once it is returned."""
        uses = mentions(self._node, target)
        parting = [above[:1] for above in uses if not self._lends(above, target, api)]
        if not parting:
            return True
        return all(parting) and not returned_after(self._node, target, [p[0] for p in parting])

    def _lends(self, above: list[ast.AST], target: str, api: Api) -> bool:
        """Tell whether a use of the connection keeps it nowhere; `above`: what is around it."""
        match above:
            case [ast.Attribute(), ast.Call(func=func), *_] if func is above[0]:
                return True
            case [ast.Attribute(attr=attr), *_]:
                return attr not in (*api.released_by, "close")
            case [ast.Return(), *_] | [ast.Tuple(), ast.Return(), *_]:
                return True
            case [ast.Call() as call, ast.Return(), *_]:
                return self._wraps(call, target) or self._borrows(call, target, api)
            case [ast.Call() as call, *_]:
                return self._borrows(call, target, api)
            case [ast.keyword(), ast.Call() as call, *_]:
                return self._borrows(call, target, api)
            case [ast.withitem(), *_]:
                return api.exit not in GIVING_BACK and api.awaited_exit not in GIVING_BACK
            case [first, *_]:
                return isinstance(first, _ASKING)
        return False

    def _wraps(self, call: ast.Call, target: str) -> bool:
        made = wrapper(call, self._name, self._names)
        return made is not None and isinstance(made[1], ast.Name) and made[1].id == target

    def _borrows(self, call: ast.Call, target: str, api: Api) -> bool:
        shape = of_ast(call.func)
        member = function(shape, self._name, self._names)
        if member is not None:
            return Lent(member, api, api.exit).by(call, target) is Outcome.HELD
        text = dotted(shape)
        name = self._names.qualified(shape, self._name) or text
        return name.partition(".")[0] in _BORROWING or "log" in text.partition(".")[0].lower()


def _one_of(told: list[Handed | None]) -> Handed | None:
    """Return what a caller has who is handed one of several; None where that is not told."""
    distinct = [one for at, one in enumerate(told) if one not in told[:at]]
    found = distinct[0] if distinct else None
    for one in distinct[1:]:
        found = _either(found, one) if found is not None and one is not None else None
    return found


def _either(one: Handed, other: Handed) -> Handed | None:
    """Return what a caller has who is handed one or the other; None where that is not told.

    What is out of a pool, or else connected to for want of one, may be given back in either way.
    """
    first, second = sorted((one, other), key=lambda given: given.api.kind)  # a pool's is first
    call = first.api.call & second.api.call
    if one == other:
        return one
    kinds = (first.api.kind, second.api.kind)
    same = (first.api.returns, first.at, first.size) == (second.api.returns, second.at, second.size)
    if kinds != ("acquire", "connect") or not (same and call and first.api.returns):
        return None
    leaving = (first.api.exit, second.api.exit, first.api.awaited_exit, second.api.awaited_exit)
    back = next((exit_ for exit_ in leaving if exit_ in GIVING_BACK), "")
    api = replace(
        first.api,
        call=call,
        released_by=tuple(dict.fromkeys((*first.api.released_by, *second.api.released_by))),
        exit=back or first.api.exit,
        awaited_exit=back or first.api.awaited_exit,
        guard="",
        note="",
    )
    return replace(first, api=api)


def _beside_another(one: Handed) -> Handed | None:
    """Return what a caller has who may be handed another database's connection instead.

    That ends by `close()`, as one of PostgreSQL does; one out of a pool is put back where it
    stands beside the other.
    """
    api = one.api
    if "sync" not in api.call or one.at >= 0:
        return None
    if api.kind == "acquire" and api.given_back_to:
        return replace(one, api=replace(api, released_by=(*api.released_by, "close")))
    return one if api.kind == "connect" and "close" in api.released_by else None


def _as_cursor(one: Handed | None) -> Handed | None:
    """Return a connection as its caller has it who is given a cursor of it, and nothing else."""
    if one is None or one.at >= 0 or one.api.kind != "connect" or "sync" not in one.api.call:
        return None
    given = replace(
        one.api,
        released_by=(BY_CURSOR,),
        exit="transaction",  # closes the cursor alone
        release="{conn}.connection.close()",
        guard="",
        note="closing a cursor, or leaving its `with` block, leaves its connection open",
    )
    return replace(one, api=given)


def _parameters(node: FunctionDef) -> set[str]:
    return {argument.arg for argument in parameters(node.args)}


def _nothing(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value in (None, False))
