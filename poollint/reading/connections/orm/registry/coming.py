"""Which functions can come to the session of a registry at all: asked first, for it is quick.

In an application with thousands of functions few do. That a function cannot is told by the calls
that it makes, and those it leads to by these, with nothing judged of them: neither what becomes of
the session on the way, nor whether a call of which nothing is known may end it. What is told here
to come to one need not be found by `ambient.acting`; what is told not to is not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.connections.orm.registry.registries import asked_by, registry
from poollint.reading.connections.waits.calls.alternatives import alternatives, declares
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import Member, function, method, project_class
from poollint.reading.naming.scopes.answers import Answers
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Item, Name, Shape, of_ast

HOPS = 3
"""Names and getters on the way to what a value may be."""

Asked = tuple[str, list[str]] | None


def comes_to_one(start: Member) -> bool:
    """Tell whether a function, or what it calls, however deep, asks a registry's session."""
    before: dict[Member, Member | None] = {start: None}
    todo = [start]
    for one in todo:  # it grows meanwhile
        known = _known(one)
        if known.get(one.name) or (one.name not in known and asks_itself(one)):
            _note_way(one, before)
            return True
        if one.name not in known:
            further = [other for other in _called(one) if other not in before]
            before |= dict.fromkeys(further, one)
            todo += dict.fromkeys(further)
    for one in todo:
        _known(one)[one.name] = False
    return False


def _known(member: Member) -> dict[str, bool]:
    found: dict[str, bool] = member.names.memory.setdefault("comes to a registry", {})
    return found


def _note_way(last: Member, before: dict[Member, Member | None]) -> None:
    """Note that all on the way to what asks a registry's session come to one."""
    at: Member | None = last
    while at is not None:
        _known(at)[at.name] = True
        at = before[at]


def asks_itself(member: Member) -> bool:
    """Tell whether a function makes a call of its own that asks a registry's session."""
    memory: dict[str, bool] = member.names.memory.setdefault("asks a registry", {})
    if member.name not in memory:
        names, scope = member
        own = own_nodes(names.functions[scope])
        calls = (of_ast(node.func) for node in own if isinstance(node, ast.Call))
        memory[scope] = any(asked(callee, scope, names) is not None for callee in calls)
    return memory[member.name]


def asked(callee: Shape, scope: str, names: Names) -> Asked:
    """Return the registry's session that a call asks, and by what methods; None of any other."""
    known: Answers[Asked] = names.memory.setdefault("asked of registries", Answers(None))
    return known.same((callee, scope), lambda: _asked(callee, scope, names))


def _asked(callee: Shape, scope: str, names: Names) -> Asked:
    chain: list[str] = []
    shape = callee
    while isinstance(shape, Attribute | Called | Item | Name):
        text = asked_by(shape, scope, names)
        if text:
            # `Order.query`, `db.paginate`: what is asked is its own last name
            if isinstance(shape, Attribute) and not registry(shape, scope, names):
                chain.insert(0, shape.name)
            return text, chain
        if isinstance(shape, Name | Item):
            break
        if isinstance(shape, Attribute):
            chain.insert(0, shape.name)
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    return None


def _called(member: Member) -> tuple[Member, ...]:
    """Return the functions of the project that a function may call."""
    names, scope = member
    memory: dict[str, tuple[Member, ...]] = names.memory.setdefault("may call", {})
    if scope not in memory:
        own = own_calls(names.functions[scope])
        calls = (of_ast(node.func) for node, _ in own if isinstance(node, ast.Call))
        found = (one for callee in calls for one in _one_of(callee, scope, names, HOPS))
        memory[scope] = tuple(dict.fromkeys(found))
    return memory[scope]


def _one_of(callee: Shape, scope: str, names: Names, hops: int) -> Iterator[Member]:
    """Yield the function that a call runs, or those of which it may be one."""
    found = run_by(callee, scope, names)
    if found is not None:
        yield found
    if found is None or declares(found):
        for one in alternatives(callee, scope, names) if hops >= 0 else ():
            yield from _one_of(one.shape, one.scope, one.names, hops - 1)


def run_by(callee: Shape, scope: str, names: Names) -> Member | None:
    """Return the function of the project that a call runs, that of a class which it makes too."""
    member = function(callee, scope, names)
    cls = project_class(callee, scope, names) if member is None else None
    return method(cls, "__init__") if cls is not None else member
