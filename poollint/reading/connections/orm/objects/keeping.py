"""Objects that keep a session they are given: repositories, services, units of work.

`Orders(session).find(7)` does to the session what the method does to the attribute in which
`__init__` put it. What an object does that keeps it in any other way is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from poollint.reading.connections.orm.objects.fields import filled
from poollint.reading.connections.orm.objects.putting import put, text_of
from poollint.reading.connections.orm.use.asking import arguments
from poollint.reading.connections.orm.use.presence import looked_for, presence
from poollint.reading.naming.objects.factories import made_by
from poollint.reading.naming.objects.handed_on import hands_on, names_given
from poollint.reading.naming.objects.handed_up import above, class_meant
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    called_on,
    function,
    is_property,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast
from poollint.syntax.nodes import walk

_LEVELS = 3  # services of services
_CHAIN = 6  # attributes of attributes


class Mark(Enum):
    """What a name is, where it is no object that keeps the session."""

    ITSELF = "the session"
    UNSURE = "what may be the session, or keep it"


class Keeper(NamedTuple):
    """An object of the project; `own` are its attributes that are the session."""

    of: Instance
    own: frozenset[str]
    inner: Mapping[str, Keeper]  # attributes that are keepers themselves

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells it from others."""
        return (self.of, self.own, tuple((n, k.key) for n, k in sorted(self.inner.items())))

    def attribute(self, name: str) -> Meant:
        """Return what an attribute of the object is, a property that gives one included."""
        if f"self.{name}" in self.own:
            return Mark.ITSELF
        if name in self.inner:
            return self.inner[name]
        member = method(self.of, name)
        return self._given(member) if member is not None and is_property(member) else None

    def asked(self, name: str) -> Meant:
        """Return what a method of the object gives that only gives what it keeps."""
        member = method(self.of, name)
        return None if member is None or is_property(member) else self._given(member)

    def _given(self, member: Member) -> Meant:
        given = member.names.results(member.name) or ()
        text = text_of(given[0]) if len(given) == 1 else ""
        return Mark.ITSELF if text in self.own else self.inner.get(text.removeprefix("self."))


Meant = Keeper | Mark | None


@dataclass(frozen=True)
class View:
    """What of a function is the session, `own`, and what keeps it: names, and "self.x".

    A keeper is None where it is not known what it does.
    """

    own: frozenset[str] = frozenset()
    keepers: Mapping[str, Keeper | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.own or self.keepers)

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells it from others."""
        kept = ((name, one.key if one else None) for name, one in sorted(self.keepers.items()))
        return (self.own, tuple(kept))

    def meant(self, node: ast.expr, levels: int = _CHAIN) -> Meant:
        """Return what an expression is."""
        match node:
            case ast.Name(id=name) if name in self.own:
                return Mark.ITSELF
            case ast.Name(id=name) if name in self.keepers:
                return self.keepers[name] or Mark.UNSURE
            case ast.Attribute(value=value, attr=attr) if levels:
                text = text_of(node)
                if text in self.own:
                    return Mark.ITSELF
                if text in self.keepers:
                    return self.keepers[text] or Mark.UNSURE
                of = self.meant(value, levels - 1)
                return of.attribute(attr) if isinstance(of, Keeper) else None
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[], keywords=[]) if (
                levels
            ):
                of = self.meant(value, levels - 1)
                return of.asked(attr) if isinstance(of, Keeper) else None
            case ast.BoolOp(op=ast.Or(), values=[first, *_]) if levels:
                return self.meant(first, levels - 1)  # it is there
            case ast.IfExp(test=test, body=body, orelse=orelse) if levels:
                there = presence(test, lambda n: self.meant(n, levels - 1) is not None)
                return None if there is None else self.meant(body if there else orelse, levels - 1)
            case ast.Await(value=value) if levels:
                return self.meant(value, levels - 1)
        return None


def keeper(
    call: ast.Call, view: View, scope: str, names: Names, levels: int = _LEVELS
) -> Keeper | None:
    """Return what `call` makes of the session that a function has; None where not known."""
    of = class_of(of_ast(call.func), scope, names)
    return _kept(of, call, view, Member(names, scope), levels) if of is not None else None


def class_of(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what a call makes: the one called, or that of a factory's objects."""
    return project_class(callee, scope, names) or made_by(callee, scope, names)


def _kept(of: Instance, call: ast.Call, view: View, here: Member, levels: int) -> Keeper | None:
    """Return the object of a class that `call` makes of the session; None where not known."""
    start = method(of, "__init__") if levels > 0 else None
    if start is None:
        return _filled(call, of, view, here, levels) if levels > 0 else None
    inside = passed(call, start, view, here, levels)
    kept = kept_by(start, of, inside, levels) if inside and len(inside.own) < 2 else None
    return Keeper(of, *kept) if kept is not None and any(kept) else None


def _filled(call: ast.Call, of: Instance, view: View, here: Member, levels: int) -> Keeper | None:
    """Return what a call makes whose class says no more than what its objects keep."""
    own: set[str] = set()
    inner: dict[str, Keeper] = {}
    for name, value in filled(call, of):
        meant = view.meant(value) or made(value, view, here, levels - 1)
        if meant is Mark.ITSELF and name:
            own.add(f"self.{name}")
        elif isinstance(meant, Keeper) and name:
            inner[name] = meant
        elif meant is not None:
            return None
    return Keeper(of, frozenset(own), inner) if own or inner else None


def passed(
    call: ast.Call, to: Member, view: View, here: Member, levels: int = _LEVELS
) -> View | None:
    """Return what `call`, made in the function `here`, hands of the session to the function `to`.

    None where that is not known.
    """
    plain, known = names_given(to)
    own: set[str] = set()
    kept: dict[str, Keeper | None] = {}
    for at, keyword, value in arguments(call):
        if hands_on(keyword, value, here):
            own |= view.own & known
            kept |= {name: one for name, one in view.keepers.items() if name in known}
        meant = view.meant(value) or made(value, view, here, levels - 1)
        if meant is None:
            continue
        parameter = keyword or (plain[at] if at < len(plain) else "")
        if parameter not in known:
            return None
        if meant is Mark.ITSELF:
            own.add(parameter)
        else:
            kept[parameter] = meant if isinstance(meant, Keeper) else None
    return View(frozenset(own), kept)


def made(value: ast.expr, view: View, here: Member, levels: int = _LEVELS) -> Meant:
    """Return what a call makes of the session: an object that keeps it, the session, or nothing."""
    call = value.value if isinstance(value, ast.Await) else value
    given = _given_by_keeper(call, view, here, levels) if isinstance(call, ast.Call) else None
    if given is not None:
        return given
    if not isinstance(call, ast.Call) or not any(view.meant(v) for _, _, v in arguments(call)):
        inner = isinstance(call, ast.Call) and any(
            isinstance(made(v, view, here, levels - 1), Keeper | Mark)
            for _, _, v in arguments(call)
            if levels > 0 and isinstance(v, ast.Call)
        )
        if not inner:
            return None
    assert isinstance(call, ast.Call)
    names, scope = here
    shape = of_ast(call.func)
    if names.api(shape, scope) is not None:
        return None
    member = function(shape, scope, names)
    if member is None:
        return keeper(call, view, scope, names, levels) or Mark.UNSURE
    inside = passed(call, member, view, here, levels) if levels > 0 else None
    if inside is None:
        return Mark.UNSURE
    found = given_back(member, inside, levels - 1)
    own = called_on(shape, scope, names, member) if isinstance(found, Keeper) else None
    if own is None or not isinstance(found, Keeper) or found.of not in lineage(own):
        return found
    same = method(own, "__init__") == method(found.of, "__init__")
    return found._replace(of=own) if same else found


def _given_by_keeper(call: ast.Call, view: View, here: Member, levels: int) -> Keeper | Mark | None:
    """Return what a method of an object that keeps the session makes of it: `factory.orders()`.

    None where that is not certain, or has nothing to do with the session.
    """
    if not isinstance(call.func, ast.Attribute) or levels <= 0:
        return None
    of = call.func.value
    me = view.meant(of) or (made(of, view, here, levels - 1) if isinstance(of, ast.Call) else None)
    if not isinstance(me, Keeper):
        return None
    member = method(me.of, call.func.attr)
    handed = passed(call, member, view, here, levels - 1) if member is not None else None
    if member is None or handed is None:
        return None
    inside = View(handed.own, {**handed.keepers, "self": me})
    memory = member.names.memory.setdefault("given by keepers", {})
    key = (member.name, inside.key, levels)
    if key not in memory:
        memory[key] = None  # a method that gives what it gives
        memory[key] = given_back(member, inside, levels)
    found: Meant = memory[key]
    return None if found is Mark.UNSURE else found


def given_back(
    member: Member, inside: View, levels: int = _LEVELS, values: Sequence[ast.expr] = ()
) -> Meant:
    """Return what a function gives back of the session that it is handed, by `values` if any."""
    found: list[Meant] = []
    for value in values or member.names.results(member.name) or ():
        meant = inside.meant(value) or made(value, inside, member, levels)
        if meant is not None:
            found.append(meant)
    if not found:
        return None
    one = found[0]
    same = len(found) == 1 or all(f is Mark.ITSELF for f in found)
    return one if same else Mark.UNSURE


def kept_by(
    start: Member, of: Instance, inside: View, levels: int
) -> tuple[frozenset[str], Mapping[str, Keeper]] | None:
    """Return what `__init__` makes of what it is handed: the session's attributes, and keepers.

    `of` is the class of the object, which may inherit from the one that has this `__init__`.
    """
    node = start.names.functions[start.name]
    own, kept = set(inside.own), dict(inside.keepers)
    explained: set[int] = set(looked_for(node))
    for name, value in put(node):
        view = View(frozenset(own), kept)
        kind = _made_of_its_own(value, of, view, start, levels - 1)
        meant = kind or view.meant(value) or made(value, view, start, levels - 1)
        if meant is Mark.ITSELF:
            own.add(f"self.{name}")
        elif meant is not None:
            if not isinstance(meant, Keeper):
                return None
            kept[f"self.{name}"] = meant
        if meant is not None:
            explained |= {id(inner) for inner in walk(value)}
    view = View(frozenset(own), kept)
    for inner in walk(node):
        if isinstance(inner, ast.Attribute):
            explained.add(id(inner.value))
        if isinstance(inner, ast.Call):
            further = _handed_up(inner, of, view, start, levels) or _of_a_part(
                inner, of, view, start, levels
            )
            if further is not None:
                own |= further[0]
                kept |= {f"self.{name}": one for name, one in further[1].items()}
                told = (
                    v
                    for _, _, v in arguments(inner)
                    if view.meant(v) or made(v, view, start, levels - 1)
                )
                explained |= {id(n) for value in told for n in walk(value)}
            elif function(of_ast(inner.func), start.name, start.names):
                explained |= {id(value) for _, _, value in arguments(inner)}
    handed = {*inside.own, *inside.keepers}
    if any(isinstance(n, ast.Name) and n.id in handed and id(n) not in explained
           for n in walk(node)):  # fmt: skip
        return None
    attributes = frozenset(text for text in own if text.startswith("self."))
    inner_ones = {n.removeprefix("self."): one for n, one in kept.items() if n.startswith("self.")}
    return attributes, {name: one for name, one in inner_ones.items() if one is not None}


def _made_of_its_own(
    value: ast.expr, of: Instance, view: View, start: Member, levels: int
) -> Keeper | None:
    """Return what `__init__` makes of the session by what a class below says: `self.kind(…)`."""
    if not isinstance(value, ast.Call) or not any(view.meant(v) for _, _, v in arguments(value)):
        return None
    meant = class_meant(of_ast(value.func), start, of)
    return _kept(meant, value, view, start, levels) if meant is not None else None


def _handed_up(
    call: ast.Call, of: Instance, view: View, start: Member, levels: int
) -> tuple[frozenset[str], Mapping[str, Keeper]] | None:
    """Return what `super().__init__(session)` keeps."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            pass
        case _:
            return None
    up = above(start, of)
    inside = passed(call, up, view, start, levels) if up is not None and levels else None
    return kept_by(up, of, inside, levels - 1) if up is not None and inside else None


def _of_a_part(
    call: ast.Call, of: Instance, view: View, start: Member, levels: int
) -> tuple[frozenset[str], Mapping[str, Keeper]] | None:
    """Return what a method keeps that `__init__` calls: `self._make_repositories()`."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if levels:
            part = method(of, name)
        case _:
            return None
    handed = passed(call, part, view, start, levels) if part is not None else None
    if part is None or handed is None:
        return None
    own = {text for text in view.own if text.startswith("self.")}
    kept = {text: one for text, one in view.keepers.items() if text.startswith("self.")}
    inside = View(handed.own | own, {**handed.keepers, **kept})
    return kept_by(part, of, inside, levels - 1) if inside else None


def of_names(held: Collection[str]) -> View:
    """Return the view of a function in which plain names are the session."""
    return View(frozenset(held))
