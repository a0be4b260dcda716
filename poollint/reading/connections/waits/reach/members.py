"""Constants that classes of the project hold: `Step.COURT`, of an enumeration or by itself.

What a function is given as one of them, or as its text, is compared with others in vain. A member
of an enumeration of no other type is equal to nothing but itself.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.waits.reach.fields import Constant, Fields
from poollint.reading.naming.objects.instances import Instance, Member, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, dotted, of_ast
from poollint.syntax.nodes import walk

_EQUAL = frozenset({"str", "int", "StrEnum", "IntEnum"})  # their members are what they stand for
_PLAIN = _EQUAL | {"Enum", "object"}


def named(member: Member) -> dict[str, Fields]:
    """Return the classes by whose constants a function compares, with these constants."""
    memory: dict[str, dict[str, Fields]] = member.names.memory.setdefault("members", {})
    if member.name not in memory:
        memory[member.name] = _named(member)
    return memory[member.name]


def _named(member: Member) -> dict[str, Fields]:
    asked: dict[str, set[str]] = {}
    for test in walk(member.names.functions[member.name]):
        for side in (test.left, *test.comparators) if isinstance(test, ast.Compare) else ():
            if isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name):
                asked.setdefault(side.value.id, set()).add(side.attr)
    found: dict[str, Fields] = {}
    for cls, attributes in asked.items():
        told = {a: _of(cls, a, member.name, member.names) for a in sorted(attributes)}
        known = {a: value for a, value in told.items() if value is not None}
        if known:
            found[cls] = Fields(tuple(known.items()))
    return found


def constant(node: ast.expr | None, caller: Member | None) -> Constant:
    """Return what `Step.COURT` is where `caller` says it, None for anything else."""
    match node:
        case ast.Attribute(value=ast.Name(id=cls), attr=attribute) if caller is not None:
            return _of(cls, attribute, caller.name, caller.names)
    return None


def _of(cls: str, attribute: str, scope: str, names: Names) -> Constant:
    of = project_class(Name(cls), scope, names)
    if of is None or of.cls not in of.names.classes:
        return None
    bases = _bases(of)
    if not bases <= _PLAIN or of.names.classes[of.cls].decorator_list:
        return None
    bound = of.names.bound(Attribute(Name(of.cls), attribute), "")
    value = bound[0].value if len(bound) == 1 and bound[0].how == "=" else None
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str | int):
        return None
    if "Enum" in bases and not bases & _EQUAL:
        return f"{of.names.outside.path}:{of.cls}.{attribute}"
    return value.value


def _bases(of: Instance) -> frozenset[str]:
    """Return what a class inherits from, by its last name."""
    node = of.names.classes[of.cls]
    told = frozenset(dotted(of_ast(base)).rpartition(".")[2] for base in node.bases)
    return told | ({"?"} if node.keywords else frozenset())
