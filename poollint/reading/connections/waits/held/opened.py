"""Which call opened the connection that an act is on, where no other may have been."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.handing import handed
from poollint.reading.connections.shared.acting import Act
from poollint.reading.connections.waits.held.autocommit import sets_autocommit
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    lineage,
    project_class,
)
from poollint.reading.naming.scopes.bindings import Binding, FunctionDef
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, of_ast
from poollint.syntax.nodes import walk

_DRIVERS = frozenset({"psycopg2", "psycopg", "pg8000"})
_HOPS = 4  # a cursor, its connection, names between them
_CALLS = 20  # functions that what opens it may call


class Opened(NamedTuple):
    """The call that opens a connection, and what the connection is called."""

    names: Names
    call: ast.Call
    api: Api
    target: str


def opened(act: Act) -> Opened | None:
    """Return what opened the connection of an act; None where that may have set autocommit."""
    made = act.held.made
    if made is not None:
        found = _by(made.node, around(made.node, made.names), made.names, act.held.text, _HOPS)
        if found is None or _prepared(made.names.module, found, made.names):
            return None
        return found
    own, _, attribute = act.held.text.partition(".")
    owner = _owner(act)
    if owner is None and not attribute:
        found = _of_cursor(own, act)
        told = found is None or _prepared(act.names.module, found, act.names)
        return None if told else found
    if owner is None or not ((own == "self" and attribute.isidentifier()) or not attribute):
        return None
    found = _kept(owner, attribute, _HOPS) if attribute else _of_cursor(own, act)
    if found is None:
        return None
    said = (_prepared(there.classes[cls], found, there) for there, cls in lineage(owner))
    return None if any(said) else found


def _prepared(whole: ast.Module | ast.ClassDef, found: Opened, names: Names) -> bool:
    """Tell whether a class, or a module, sets how transactions begin, or lets others do it.

    What is not of the project, and is handed the connection, may commit on its own.
    """
    if sets_autocommit(whole):
        return True
    return any(
        isinstance(call, ast.Call)
        and any(ast.unparse(a) == found.target for a in (*call.args, *map(_value, call.keywords)))
        and not _is_known(call, names)
        for call in walk(whole)
    )


def _value(keyword: ast.keyword) -> ast.expr:
    return keyword.value


def _is_known(call: ast.Call, names: Names) -> bool:
    shape, scope = of_ast(call.func), around(call, names)
    if names.api(shape, scope) is not None or project_class(shape, scope, names) is not None:
        return True
    return function(shape, scope, names) is not None


def _of_cursor(name: str, act: Act) -> Opened | None:
    """Return what opens the connection of a cursor that a function makes itself.

    Of an attribute of its object, or a name of the module.
    """
    scope = around(act.node, act.names)
    bound = [b for b in act.names.bound(Name(name), scope) if b.how != ":"]
    match bound[0].value if len(bound) == 1 else None:
        case ast.Call(func=ast.Attribute(value=ast.Attribute() as conn, attr="cursor")):
            return _of(of_ast(conn), scope, act.names, ast.unparse(conn), _HOPS)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=conn), attr="cursor")):
            holder = act.names.scope(scope).holder(conn)
            kept = holder is not None and not holder.name and scope
            return _of(Name(conn), scope, act.names, conn, _HOPS) if kept else None
    return None


def around(node: ast.expr, names: Names) -> str:
    """Return the innermost function of a file in which an expression stands, "" for none."""
    line = node.lineno
    inner = [
        (one.lineno, name)
        for name, one in names.functions.items()
        if one.lineno <= line <= (one.end_lineno or line)
    ]
    return max(inner, default=(0, ""))[1]


def _owner(act: Act) -> Instance | None:
    """Return the class in whose method an act stands."""
    scope = around(act.node, act.names)
    owner = act.names.scope(scope).owner if scope else None
    return Instance(act.names, owner.name) if owner is not None else None


def _kept(of: Instance, attribute: str, hops: int) -> Opened | None:
    """Return what opens the connection that an attribute holds, or of which it holds a cursor."""
    for there, cls in lineage(of):
        bound = [b for b in there.attributes(cls, attribute) if b.how != ":"]
        if bound:
            return _all(bound, there, f"self.{attribute}", hops)
    return None


def _all(bound: list[Binding], names: Names, text: str, hops: int) -> Opened | None:
    """Return what the first of these opens, where each of them opens one."""
    told = [b for b in bound if not is_none(b.value)]
    found = [
        _by(b.value, b.where, names, text, hops) if b.how in ("=", "with") else None for b in told
    ]
    return found[0] if found and None not in found else None


def _by(value: ast.expr | None, scope: str, names: Names, text: str, hops: int) -> Opened | None:
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(value, ast.Name | ast.Attribute) and hops:
        return _of(of_ast(value), scope, names, text, hops - 1)
    if not isinstance(value, ast.Call):
        return None
    shape = of_ast(value.func)
    api = names.api(shape, scope)
    if api is not None and api.kind == "connect" and api.driver in _DRIVERS:
        return Opened(names, value, api, text)
    if isinstance(value.func, ast.Attribute) and value.func.attr == "cursor" and hops:
        return _of(of_ast(value.func.value), scope, names, f"{text}.connection", hops - 1)
    given = handed(shape, scope, names) if api is None else None
    member = function(shape, scope, names) if given is not None and given.at < 0 else None
    if given is None or member is None or given.api.driver not in _DRIVERS:
        return None
    plain = given.api.kind == "connect" and not settles(member)
    return Opened(names, value, given.api, text) if plain else None


def _of(shape: Shape, scope: str, names: Names, text: str, hops: int) -> Opened | None:
    """Return what opens what a name, or an attribute of the object itself, stands for."""
    owner = names.scope(scope).owner if scope else None
    match shape:
        case Attribute(of=Name(text="self"), name=name) if owner is not None:
            return _kept(Instance(names, owner.name), name, hops)
        case Name(text=name):
            holder = names.scope(scope).holder(name)
            bound = [b for b in holder.bound[name] if b.how != ":"] if holder is not None else []
            outer = holder is not None and not holder.name
            return _all(bound, names, name if outer else text, hops)
    return None


def settles(member: Member | None) -> bool:
    """Tell whether what opens a connection may set how its transactions begin.

    So may what that calls; one whose body is not known may do anything.
    """
    return any(body is None or sets_autocommit(body) for body in bodies(member))


def bodies(member: Member | None) -> Iterator[FunctionDef | None]:
    """Yield a function and those it calls; None for one not known."""
    todo, seen = [member], set[tuple[str, str]]()
    while todo:
        one = todo.pop()
        if one is None or len(seen) > _CALLS:
            yield None
            return
        node = one.names.functions[one.name]
        seen.add((one.names.outside.path, one.name))
        yield node
        for inner in own_nodes(node):
            if isinstance(inner, ast.Call):
                further = function(of_ast(inner.func), one.name, one.names)
                if further and (further.names.outside.path, further.name) not in seen:
                    todo.append(further)
