"""Connections that a function, or an object, has open when it begins several processes.

`self.conn` of an object whose method is the target, a connection among the arguments or in a
`Dataset`: each child finds it open, and speaks through it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.facts.forking import Forker, Inherited, Kept
from poollint.model.finding import Confidence, Step
from poollint.reading.connections.shared.acting import Act
from poollint.reading.connections.shared.standing import Made
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    lineage,
    project_class,
)
from poollint.reading.naming.scopes.bindings import SELF, Binding
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, of_ast
from poollint.reading.running.connecting import kept
from poollint.reading.running.processes.begun import Begun, Child

_CURSOR = "cursor"
_ENDS = frozenset({"close", "terminate"})


class _Opened(NamedTuple):
    """The call that opened a session, and what the file of `names` calls that."""

    names: Names
    call: ast.Call
    scope: str
    name: str
    driver: str


def handed_down(member: Member, exports: Exports) -> Iterator[Inherited]:
    """Yield the connections that several children have from a function, or from its object."""
    begun = Begun(member)
    children = [child for child in begun.children() if not child.pickled]
    for group in begun.groups(children):
        first, *others = ({acts[0].held.key: acts for acts in begun.uses(c)} for c in group)
        for key, acts in first.items():
            opened = _opened(acts[0], group[0], member) if all(key in o for o in others) else None
            if opened is not None:
                yield _inherited(opened, group[0], acts[0], member, exports)
    for child in children:
        for acts in begun.uses(child) if not child.spawn.many else ():
            opened = _opened(acts[0], child, member)
            if opened is not None and begun.goes_on(child, acts[0]):
                yield _inherited(opened, child, acts[0], member, exports)


def _inherited(
    opened: _Opened, child: Child, act: Act, member: Member, exports: Exports
) -> Inherited:
    def step(names: Names, node: ast.expr, text: str) -> Step:
        tree = exports.files.tree(names.outside.path)
        assert tree is not None  # its names are known
        return Step(tree.span(node), text)

    begins = step(opened.names, opened.call, "a session is opened here")
    uses = f"each child uses `{act.held.text}`"
    steps = (begins, step(member.names, child.fork, "the process forks"),
             step(act.names, act.node, uses))  # fmt: skip
    return Inherited(
        begins.span, Kept.CONNECTION, opened.name, opened.driver, Forker.PROCESSES, steps,
        opened.scope, Confidence.MEDIUM,
    )  # fmt: skip


def _opened(act: Act, child: Child, member: Member) -> _Opened | None:
    """Return what opened the connection that a child uses, None where that is not certain."""
    held = act.held
    if held.made is not None:
        return _of_argument(held.made, child, member)
    if held.key == (member.names.outside.path, member.name, held.key[-1]):
        name = str(held.key[-1])
        return _of_name(name, child, member) if "." not in name else None
    owner = _owner(act)
    name = held.text.rpartition(".")[2]
    return _of_attribute(owner, name, child, member) if owner is not None else None


def _of_name(name: str, child: Child, member: Member) -> _Opened | None:
    """Return what opened the connection of a name of the function that begins processes."""
    names, scope = member
    value = _only(names.bound(Name(name), scope))
    if value is None or value.where != scope or not _precedes(value, child):
        return None
    return None if _ended(Name(name), child, member) else _of_value(value, name, names)


def _of_argument(made: Made, child: Child, member: Member) -> _Opened | None:
    """Return what opened the connection of an object of the module that processes are given."""
    for argument in child.spawn.args:
        value = _only(member.names.bound(of_ast(argument), member.name))
        if value is None or value.where or not isinstance(value.value, ast.Call):
            continue
        of = project_class(of_ast(value.value.func), "", member.names)
        for names, cls in lineage(of) if of is not None and _precedes(value, child) else ():
            for name in names.attributes_of(cls):
                one = _only(names.attributes(cls, name))
                if one is not None and one.value is made.node and one.where == f"{cls}.__init__":
                    return _of_value(one, f"self.{name}", names)
    return None


def _of_attribute(owner: Instance, name: str, child: Child, member: Member) -> _Opened | None:
    """Return what opened the connection that an object keeps from when it is made."""
    for names, cls in lineage(owner):
        bound = names.attributes(cls, name)
        if not bound:
            continue
        value = _only(bound)
        if value is None or value.where != f"{cls}.__init__":
            return None
        itself = Attribute(Name("self"), name)
        return None if _ended(itself, child, member) else _of_value(value, f"self.{name}", names)
    return None


def _only(bound: tuple[Binding, ...] | list[Binding]) -> Binding | None:
    """Return the only binding that gives a value, where it is a call."""
    told = [b for b in bound if b.how != ":" and not is_none(b.value)]
    one = told[0] if len(told) == 1 else None
    return one if one is not None and isinstance(one.value, ast.Call) else None


def _of_value(binding: Binding, name: str, names: Names) -> _Opened | None:
    call, scope = binding.value, binding.where
    assert isinstance(call, ast.Call)
    shape = of_ast(call)
    if kept(shape, scope, names) is Kept.CONNECTION:
        kind = names.catalog.types[names.type(shape, scope)]
        return _Opened(names, call, scope, name, kind.driver)
    match call.func:  # a cursor, of a connection that was opened beside it
        case ast.Attribute(value=of, attr=attr) if attr == _CURSOR:
            base = of_ast(of)
            told = names.bound(base, scope)
            if isinstance(base, Attribute) and base.of == Name("self"):
                told = names.attributes(scope.rpartition(".")[0], base.name)
            value = _only(told)
            again = isinstance(value, Binding) and value.where == scope and value.value is not call
            return _of_value(value, ast.unparse(of), names) if value and again else None
    return None


def _owner(act: Act) -> Instance | None:
    """Return the class in whose method a connection is used, if as an attribute of its object."""
    if act.held.text.partition(".")[0] not in SELF:
        return None
    at = act.node.lineno
    around = [
        (node.lineno, name)
        for name, node in act.names.functions.items()
        if node.lineno <= at <= (node.end_lineno or 0)
    ]
    owner = act.names.scope(max(around)[1]).owner if around else None
    return Instance(act.names, owner.name) if owner is not None else None


def _precedes(binding: Binding, child: Child) -> bool:
    value, fork = binding.value, child.fork
    assert value is not None
    return (value.lineno, value.col_offset) < (fork.lineno, fork.col_offset)


def _ended(of: Shape, child: Child, member: Member) -> bool:
    """Tell whether the function closes a connection before it begins processes."""
    body = member.names.functions.get(member.name, member.names.module)
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in _ENDS
        and node.lineno < child.fork.lineno
        and of_ast(node.value) == of
        for node in own_nodes(body)
    )
