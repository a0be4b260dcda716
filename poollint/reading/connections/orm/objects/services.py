"""Classes whose objects are given a session when they are made, as their `__init__` says.

`class Orders: def __init__(self, session: Session)`, and a service that is given `Orders`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.orm.objects.fields import fields
from poollint.reading.connections.orm.objects.keeping import (
    Keeper,
    View,
    given_back,
    keeper,
    kept_by,
)
from poollint.reading.connections.orm.objects.made_around import begun_in, given_out
from poollint.reading.connections.orm.objects.units_of_work import (
    begun,
    begun_unless_given,
    begun_when_asked,
    unit_of_work,
    units,
)
from poollint.reading.connections.orm.objects.widening import widened
from poollint.reading.connections.ownership.ending import methods_of
from poollint.reading.naming.given.providing import depended_on, dependencies
from poollint.reading.naming.objects.by_use import shown
from poollint.reading.naming.objects.handed_on import taker
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    method,
    project_class_of,
)
from poollint.reading.naming.objects.managers import is_manager
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, of_ast

_LEVELS = 3  # services of services


class Kept(NamedTuple):
    """An object that keeps a session; `api` makes such a one.

    said  what tells so: the annotation of the parameter that the object is given
    """

    made: Keeper
    said: ast.expr
    api: Api


def objects(here: Member) -> Iterator[tuple[str, Kept]]:
    """Yield the names of a function that are objects which keep a session, "self" included."""
    names, name = here
    owner = names.scope(name).parent
    if owner is not None and owner.is_class:
        own = Instance(names, owner.name)
        found = service(own) or _of_its_own(own)
        if found is not None:
            yield "self", found
    filled = {d.parameter: d for d in dependencies(here)}
    for argument in parameters(names.functions[name].args):
        by = filled.get(argument.arg)
        said = argument.annotation or (by.said if by else None)
        if argument.arg in SELF or said is None:
            continue
        again = [b for b in names.scope(name).bound.get(argument.arg, ()) if b.how != ":"]
        if again:
            continue
        of = instance(Name(argument.arg), name, names)
        found = service(of) if of is not None else None
        unit = unit_of_work(of) if of is not None and found is None else None
        if unit is not None:
            found = Kept(unit[0], said, unit[1])
        if found is None and by is not None and by.provider is not None:
            found = _provided(by.provider)
        if found is not None:
            yield argument.arg, found._replace(said=said)


def _provided(member: Member, levels: int = _LEVELS) -> Kept | None:
    """Return what a function makes of the session that a framework hands to it."""
    memory = member.names.memory.setdefault("provided sessions", {})
    key = (member.name, levels)
    if key not in memory:
        memory[key] = None  # a dependency that depends on itself
        memory[key] = _made_of(member, levels) if levels else None
    found: Kept | None = memory[key]
    return found


def _made_of(member: Member, levels: int) -> Kept | None:
    own, kept, said = _told(member, levels)
    return _around(member, own, kept, said)


def _around(
    of: Member, own: list[str], kept: dict[str, Keeper], said: list[tuple[ast.expr, Api]]
) -> Kept | None:
    """Return what a function hands out that is made of what it has, or begins itself."""
    for name, call, api in begun_in(of):
        own.append(name)
        said.insert(0, (call, api))
    if len(own) > 1 or not said:
        return None
    inside = widened(View(frozenset(own), kept), of)
    found = given_back(of, inside, values=given_out(of))
    return Kept(found, *said[0]) if isinstance(found, Keeper) else None


def lent_objects(node: ast.AST, scope: str, names: Names) -> Iterator[tuple[str, Kept]]:
    """Yield what blocks of a function call objects that a context manager makes around a session.

    The manager begins the session itself: one that it is handed is told where that is begun.
    """
    if not isinstance(node, FunctionDef):
        return
    for inner in own_nodes(node):
        for item in inner.items if isinstance(inner, ast.With | ast.AsyncWith) else ():
            call, named = item.context_expr, item.optional_vars
            if not isinstance(call, ast.Call) or not isinstance(named, ast.Name):
                continue
            member = function(of_ast(call.func), scope, names)
            found = _lent(member) if member is not None and is_manager(member) else None
            if found is not None:
                yield named.id, found._replace(said=call)


def hands_out(name: str, names: Names) -> bool:
    """Tell whether what goes by a name of a module hands out an object that keeps a session."""
    return any(
        (_lent(member) if is_manager(member) else _provided(member)) is not None
        for member in depended_on(name, names)
    )


def _lent(member: Member) -> Kept | None:
    memory: dict[str, Kept | None] = member.names.memory.setdefault("lent objects", {})
    if member.name not in memory:
        memory[member.name] = None  # a manager that enters itself
        memory[member.name] = _around(member, [], {}, []) or _entered(member)
    return memory[member.name]


def _entered(member: Member) -> Kept | None:
    """Return the unit of work that a manager enters and lends: `with UnitOfWork() as unit: yield`.

    That makes its session itself, or is made around one.
    """
    lends = given_out(member)
    entered = units(member.names.functions[member.name], member.name, member.names)
    for name, made, said, api in entered:
        if lends and all(isinstance(one, ast.Name) and one.id == name for one in lends):
            return Kept(made, said, api)
    return None


def says(of: Member, view: View) -> bool:
    """Tell whether a function says that it is handed what it has of a session, or its object."""
    own, kept, _ = _told(of, _LEVELS)
    if view.own.intersection(own) or any(name in view.keepers for name in kept):
        return True
    return "self" in view.keepers and any(name == "self" for name, _ in objects(of))


def _told(
    of: Member, levels: int
) -> tuple[list[str], dict[str, Keeper], list[tuple[ast.expr, Api]]]:
    """Return the parameters of a function that are a session, those that keep one, and by what."""
    names, name = of
    own: list[str] = []
    kept: dict[str, Keeper] = {}
    said: list[tuple[ast.expr, Api]] = []
    filled = {d.parameter: d for d in dependencies(of)}
    for argument in parameters(names.functions[name].args):
        by = filled.get(argument.arg)
        told = argument.annotation or (by.said if by else shown(argument, name, names))
        if told is None or argument.arg in SELF:
            continue
        api = _api(argument.arg, name, names)
        inner = None if api else project_class_of(argument.annotation, name, names)
        held = service(inner, levels - 1) if inner is not None else None
        unit = unit_of_work(inner) if inner is not None and held is None else None
        if unit is not None:
            held = Kept(unit[0], told, unit[1])
        if held is None and by is not None and by.provider is not None and api is None:
            held = _provided(by.provider, levels - 1)
        if api is not None:
            own.append(argument.arg)
            said.insert(0, (told, api))
        elif held is not None:
            kept[argument.arg] = held.made
            said.append((told, held.api))
    return own, kept, said


def service(of: Instance, levels: int = _LEVELS) -> Kept | None:
    """Return what objects of a class keep; None where it is not known to be a session."""
    memory = of.names.memory.setdefault("kept sessions", {})
    key = (of.cls, levels)
    if key not in memory:
        memory[key] = None  # an object of objects of its own class
        memory[key] = _found(of, levels) if levels else None
    found: Kept | None = memory[key]
    return found


def _found(of: Instance, levels: int) -> Kept | None:
    start = method(of, "__init__")
    if start is None and "." not in of.cls:
        return _of_fields(of, levels)
    if start is None or "." in of.cls:
        return None
    own, kept, said = _told(taker(start), levels)
    if len(own) > 1 or not said:
        return None
    told = [ast.keyword(arg=a, value=ast.Name(id=a, ctx=ast.Load())) for a in (*own, *kept)]
    call = ast.Call(ast.Name(id=of.cls, ctx=ast.Load()), [], told)
    made = keeper(call, View(frozenset(own), kept), "", of.names)
    return Kept(made, *said[0]) if made is not None else None


def _of_its_own(of: Instance) -> Kept | None:
    """Return what objects of a class keep that make a session themselves."""
    memory: dict[str, Kept | None] = of.names.memory.setdefault("own sessions", {})
    if of.cls not in memory:
        memory[of.cls] = _made_itself(of)
    return memory[of.cls]


def _made_itself(of: Instance) -> Kept | None:
    """Return what objects of a class keep that make a session, in this file.

    `__init__` makes it, what gives it when it is asked for first, or the one method that puts
    anything in its place: `open()`, `__enter__()`.
    """
    start = method(of, "__init__")
    if start is not None and start.names is not of.names:
        return None
    made = [*begun(start)] or [*begun_unless_given(start)] if start is not None else []
    made = made or [one for name in methods_of(of) for one in begun_when_asked(of, name)]
    made = made or [*_begun_later(of)]
    if len(made) != 1:
        return None
    attribute, api, said = made[0]
    if start is None:
        return Kept(Keeper(of, frozenset({f"self.{attribute}"}), {}), said, api)
    kept = kept_by(start, of, View(frozenset({f"self.{attribute}"})), _LEVELS)
    return Kept(Keeper(of, *kept), said, api) if kept is not None else None


def _begun_later(of: Instance) -> Iterator[tuple[str, Api, ast.Call]]:
    """Yield the sessions that methods make which nothing else is put in the place of."""
    for name in methods_of(of):
        for attribute, api, call in begun(Member(of.names, f"{of.cls}.{name}")):
            bound = of.names.attributes(of.cls, attribute)
            told = [b for b in bound if b.how != ":" and not is_none(b.value)]
            if len(told) == 1:
                yield attribute, api, call


def _of_fields(of: Instance, levels: int) -> Kept | None:
    """Return what the objects of a class keep that is a list of what they are given."""
    own: list[str] = []
    inner: dict[str, Keeper] = {}
    said: list[tuple[ast.expr, Api]] = []
    for node in fields(of):
        assert isinstance(node.target, ast.Name)
        api = _api(node.target.id, of.cls, of.names)
        cls = None if api else project_class_of(node.annotation, of.cls, of.names)
        held = service(cls, levels - 1) if cls is not None else None
        if api is not None:
            own.append(f"self.{node.target.id}")
            said.insert(0, (node.annotation, api))
        elif held is not None:
            inner[node.target.id] = held.made
            said.append((node.annotation, held.api))
    if len(own) > 1 or not said:
        return None
    return Kept(Keeper(of, frozenset(own), inner), *said[0])


def _api(parameter: str, scope: str, names: Names) -> Api | None:
    kind = names.type(Name(parameter), scope)
    known = names.catalog.functions.values()
    return next((a for a in known if a.kind == "session" and a.returns == kind and kind), None)
