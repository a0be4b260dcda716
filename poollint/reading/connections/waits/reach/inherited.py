"""Methods that a class inherits, and what they call on the object that another class has.

`class Api(Requests, Reading)`: what `Reading.balance` calls as `self.request(…)` is written in
`Requests`, and a hook that a base class calls may be a subclass's. Whose object it is, tells who
calls the method.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from poollint.reading.connections.waits.reach.given import standing_for
from poollint.reading.connections.waits.reach.known import Argument, Known, Value
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    attribute,
    function,
    holding,
    lineage,
    method,
)
from poollint.reading.naming.scopes.bindings import SELF
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape


def receiver(callee: Shape, here: Member, member: Member) -> Known:
    """Return what `self` is in `member`, which `here` calls as `callee`, where that matters."""
    if not isinstance(callee, Attribute) or not member.bound:
        return ()
    of = holding(callee.of, here.name, here.names)
    return of_object(of, member) if of is not None else ()


def of_object(of: Instance, member: Member) -> Known:
    """Return what `self` is in a method that is called on an object of a class.

    Nothing where the method asks it for nothing that the class has and its own has not.
    """
    owner = member.names.scope(member.name).parent
    if owner is None or not owner.is_class or "." in of.cls or not member.bound:
        return ()
    if not _differs(of, Instance(member.names, owner.name)):
        return ()
    arguments = member.names.functions[member.name].args
    plain = [*arguments.posonlyargs, *arguments.args]
    if not plain:
        return ()
    return ((plain[0].arg, Argument(Called(Name(of.cls)), "", of.names)),)


def meaning(shape: Shape, member: Member, known: Mapping[str, Value]) -> Argument:
    """Return what a chain of `member` means by what is known of its parameters, or itself."""
    plain = Argument(shape, member.name, member.names)
    found = standing_for(shape, member, known)
    if found is None or not isinstance(shape, Attribute) or not _is_own(shape, member):
        return found or plain
    return found if function(*found) is not None or function(*plain) is None else plain


def _is_own(shape: Shape, member: Member) -> bool:
    """Tell whether a chain begins with the object whose method a function is."""
    while isinstance(shape, Attribute):
        shape = shape.of
    arguments = member.names.functions[member.name].args
    plain = [*arguments.posonlyargs, *arguments.args]
    return member.bound and bool(plain) and shape == Name(plain[0].arg)


def _differs(of: Instance, owner: Instance) -> bool:
    """Tell whether a class has what one that it inherits from asks for itself, and has not."""
    if of == owner:
        return False
    memory: dict[tuple[Instance, Instance], bool] = of.names.memory.setdefault("differs", {})
    key = (of, owner)
    if key not in memory:
        asked = _asked_for(owner)
        memory[key] = any(
            method(of, name) != method(owner, name)
            or (_keeps(of, name) and not _keeps(owner, name))
            or attribute(of, name) not in (None, attribute(owner, name))
            for name in asked
        )
    return memory[key]


def _keeps(of: Instance, attribute: str) -> bool:
    return any(names.attributes(cls, attribute) for names, cls in lineage(of))


def _asked_for(owner: Instance) -> frozenset[str]:
    """Return what the methods of a class ask their own object for."""
    memory: dict[str, frozenset[str]] = owner.names.memory.setdefault("asked of self", {})
    if owner.cls not in memory:
        memory[owner.cls] = frozenset(
            inner.attr
            for name, node in owner.names.functions.items()
            if name.rpartition(".")[0] == owner.cls
            for inner in own_nodes(node)
            if isinstance(inner, ast.Attribute)
            and isinstance(inner.value, ast.Name)
            and inner.value.id in SELF
        )
    return memory[owner.cls]
