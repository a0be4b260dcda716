"""Which function a call runs that is lent a session, and as what it has the session."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.connections.orm.objects.keeping import (
    Keeper,
    Mark,
    Meant,
    View,
    class_of,
    keeper,
    made,
    passed,
)
from poollint.reading.connections.orm.objects.putting import put, text_of
from poollint.reading.connections.orm.use.asking import Use, arguments, asked_of_query
from poollint.reading.connections.waits.reach.given import supposed
from poollint.reading.connections.waits.reach.inherited import meaning, of_object, receiver
from poollint.reading.connections.waits.reach.known import Known
from poollint.reading.connections.waits.reach.wrapping import ends_around
from poollint.reading.naming.objects.instances import Member, function, method
from poollint.reading.naming.scopes.shapes import of_ast, waited_for
from poollint.syntax.nodes import walk

_CLOSING = frozenset({"close", "invalidate", "detach"})


class Called(NamedTuple):
    """A function that a call runs, what it has of the session, and what is known besides."""

    member: Member
    view: View
    known: Known = ()

    @property
    def spoken(self) -> str:
        """Return the last name of the function."""
        return self.member.name.rpartition(".")[2]


class Root(NamedTuple):
    """What a chain of methods `a.b().c()` begins with, and the methods."""

    node: ast.expr
    meant: Meant
    chain: tuple[str, ...]


def root(call: ast.Call, view: View, here: Member) -> Root:
    """Return what a call is a method of, as far as that is the session or keeps it."""
    chain: list[str] = []
    node: ast.expr = call.func
    while True:
        meant = view.meant(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if meant is None and isinstance(node, ast.Call):
            meant = made(node, view, here) if chain else None
        if meant is not None:
            return Root(node, meant, tuple(chain))
        if isinstance(node, ast.Attribute):
            chain.insert(0, node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return Root(node, None, tuple(chain))


def called(call: ast.Call, view: View, here: Member, known: Known = ()) -> Called | None:
    """Return the function that `call` runs with something of the session; None for any other."""
    names, scope = here
    of = root(call, view, here)
    if isinstance(of.meant, Keeper) and len(of.chain) == 1:
        member = method(of.meant.of, of.chain[0])
        return _lent(call, member, view, here, known, of.meant) if member is not None else None
    if isinstance(of.meant, Mark):
        return None
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            me = view.keepers.get("self")
            member = function(of_ast(call.func), scope, names)
            return _lent(call, member, view, here, known, me) if member and me else None
    shape = of_ast(call.func)
    if names.api(shape, scope) is not None:
        return None
    there = meaning(shape, here, dict(known))
    member = function(*there)
    if member is not None:
        mine = receiver(there.shape, Member(there.names, there.scope), member)
        return _lent(call, member, view, here, known, mine=mine)
    cls = class_of(shape, scope, names)
    start = method(cls, "__init__") if cls is not None else None
    if start is None:
        return None
    return _lent(call, start, view, here, known, keeper(call, view, scope, names))


def _lent(
    call: ast.Call, member: Member, view: View, here: Member, known: Known,
    me: Keeper | None = None, mine: Known = (),
) -> Called | None:  # fmt: skip
    inside = passed(call, member, view, here)
    if inside is None or not (inside or me) or ends_around(member):
        return None
    if me is not None:
        inside = View(inside.own, {**inside.keepers, "self": me})
        mine = mine or of_object(me.of, member)
    return Called(member, inside, (*supposed(call, member, known, here), *mine))


def values(node: ast.Call, until: ast.expr) -> Iterator[ast.expr]:
    """Yield what the calls of a chain are given, the innermost first."""
    calls: list[ast.Call] = []
    at: ast.expr = node
    while at is not until and isinstance(at, ast.Call | ast.Attribute):
        if isinstance(at, ast.Call):
            calls.insert(0, at)
        at = at.func if isinstance(at, ast.Call) else at.value
    for call in calls:
        for _, _, value in arguments(call):
            yield value.value if isinstance(value, ast.Starred) else value


def queries(node: ast.AST, view: View) -> frozenset[str]:
    """Return the names of a function that are nothing but `session.query(…)`, not yet asked."""
    found: dict[str, bool] = {}
    for name, value in put(node, own=False):
        at: ast.expr = value
        chain: list[str] = []
        while isinstance(at, ast.Call | ast.Attribute) and view.meant(at) is None:
            if isinstance(at, ast.Attribute):
                chain.insert(0, at.attr)
            at = at.func if isinstance(at, ast.Call) else at.value
        begun = view.meant(at) is Mark.ITSELF and chain[:1] == ["query"]
        further = isinstance(at, ast.Name) and at.id == name and bool(chain)
        one = (begun or further) and asked_of_query(chain) is Use.NOTHING
        found[name] = found.get(name, True) and one
    return frozenset(name for name, one in found.items() if one)


def closes_connection(here: Member) -> bool:
    """Tell whether a function closes what `session.connection()` gives: that gives it back."""
    memory: dict[str, bool] = here.names.memory.setdefault("closes connections", {})
    if here.name not in memory:
        node = here.names.functions.get(here.name)
        memory[here.name] = node is not None and _closes(node)
    return memory[here.name]


def _closes(node: ast.AST) -> bool:
    plain = [(name, waited_for(value)) for name, value in put(node, own=False)]
    lent = {
        name
        for name, value in plain
        if isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "connection"
    }
    return bool(lent) and any(
        isinstance(call, ast.Attribute) and call.attr in _CLOSING and text_of(call.value) in lent
        for call in walk(node)
    )
