"""Functions that say by what they return whether they have asked the session that they are lent.

`if not await changed(session, field): await told(…)`: where `changed` returns False only above its
first statement, and something true below it, nothing is held in that branch. So it is with
`found = await looked_up(session, name)`, `if found is None: await told(…)`, and with a part of it:
`done, why = await changed(session, field)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import libcst as cst

from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.course import Course
from poollint.reading.naming.objects.instances import Member, project_class
from poollint.reading.naming.scopes.shapes import Name, of_ast
from poollint.reading.paths.conditions import Facts, is_none
from poollint.reading.paths.graph import Kind, Point

_ROWS = frozenset({"all", "fetchall", "fetch", "scalars", "mappings", "partitions", "count"})
_ONE = frozenset({"one", "scalar_one"})
_MAKING = frozenset("bool dict float int len list set sorted str tuple".split())
_LITERALS = (ast.JoinedStr, ast.ListComp, ast.SetComp, ast.DictComp, ast.Compare)
_ENDS = (ast.Raise, ast.Return, ast.Continue, ast.Break)


class Told(NamedTuple):
    """What the names that a function's result is given tell.

    idle   where it has asked nothing; None where it always asks
    asked  where it has asked the session
    """

    idle: Facts | None
    asked: Facts


class _Value(NamedTuple):
    """What is known of one value: whether it is None, and whether it is true; None for unknown."""

    none: bool | None = None
    true: bool | None = None


def told(course: Course, targets: Sequence[str]) -> Told | None:
    """Return what `targets` tell once they have what a function gives; None for nothing."""
    idle = [value for value, states in course.given.values() if Use.NOTHING in states]
    asked = [value for value, states in course.given.values() if Use.TAKES in states]
    if not asked:
        return None
    member = course.one.member
    return Told(_facts(idle, targets, member) if idle else None, _facts(asked, targets, member))


def _facts(given: Iterable[ast.expr | None], targets: Sequence[str], member: Member) -> Facts:
    found = set()
    every = [_parts(value, len(targets)) for value in given]
    for at, target in enumerate(targets):
        values = [_value(parts[at], member) if parts else _Value() for parts in every]
        for text, truths in (
            (f"{target} is None", {v.none for v in values}),
            (target, {v.true for v in values}),
        ):
            truth = truths.pop() if len(truths) == 1 else None
            if truth is not None:
                found.add((text, truth))
    return frozenset(found)


def _parts(value: ast.expr | None, size: int) -> Sequence[ast.expr | None] | None:
    """Return the parts of what is returned; None where they do not stand there."""
    if size == 1:
        return (value,)
    if isinstance(value, ast.Tuple) and len(value.elts) == size:
        return None if any(isinstance(e, ast.Starred) for e in value.elts) else value.elts
    return None


def _value(value: ast.expr | None, member: Member, names: int = 2) -> _Value:
    match value:
        case None:
            return _Value(none=True, true=False)
        case ast.Constant(value=constant):
            return _Value(none=constant is None, true=bool(constant))
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            spread = any(isinstance(part, ast.Starred) for part in parts)
            return _Value(none=False, true=None if spread else bool(parts))
        case ast.Dict(keys=keys):
            return _Value(none=False, true=None if None in keys else bool(keys))
        case ast.Await(value=inner):
            return _value(inner, member, names)
        case ast.UnaryOp(op=ast.Not()):
            return _Value(none=False)
        case ast.Call(func=func):
            return _made(func, member)
        case ast.Name(id=name) if names:
            return _named(name, member, names - 1)
    return _Value(none=False) if isinstance(value, _LITERALS) else _Value()


def _made(func: ast.expr, member: Member) -> _Value:
    """Return what is known of what a call gives: a row that there is, rows, an object."""
    if isinstance(func, ast.Attribute) and func.attr in _ROWS | _ONE:
        return _Value(none=False, true=func.attr in _ONE or None)
    if project_class(of_ast(func), member.name, member.names) is not None:
        return _Value(none=False, true=True)
    return _Value(none=False if isinstance(func, ast.Name) and func.id in _MAKING else None)


def _named(name: str, member: Member, names: int) -> _Value:
    """Return what is known of a local name that is given one value."""
    bound = member.names.bound(Name(name), member.name)
    if len(bound) != 1 or bound[0].how != "=" or bound[0].value is None:
        return _Value()
    found = _value(bound[0].value, member, names)
    node = member.names.functions[member.name]
    if any(isinstance(inner, ast.If) and _leaves(inner, name) for inner in node.body):
        return _Value(none=False, true=True)  # what is there is taken to be true
    return found


def _leaves(node: ast.If, name: str) -> bool:
    """Tell whether the function goes no further where a name holds nothing."""
    match node.test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=tested)):
            pass
        case ast.Compare(
            left=ast.Name(id=tested), ops=[ast.Is()], comparators=[ast.Constant(value=None)]
        ):
            pass
        case _:
            return False
    return tested == name and isinstance(node.body[-1], _ENDS) and not node.orelse


def called_for(point: Point) -> tuple[cst.Call | None, list[str]]:
    """Return the call for which a point tests, or gives names a value; and the names.

    One name without letters is that of a test.
    """
    node, targets = point.node, [""]
    if point.kind is Kind.TEST:
        node = _tested(node)
    else:
        node, targets = _assigned(node)
    while isinstance(node, cst.Await):
        node = node.expression
    return (node if isinstance(node, cst.Call) else None), targets


def _tested(node: cst.CSTNode | None) -> cst.CSTNode | None:
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _tested(inner)
        case cst.Comparison(left=left, comparisons=[only]) if is_none(only.comparator):
            return _tested(left)
        case cst.NamedExpr(value=inner):
            return inner
    return node


def _assigned(node: cst.CSTNode | None) -> tuple[cst.CSTNode | None, list[str]]:
    match node:
        case cst.AnnAssign(target=target) | cst.Assign(targets=[cst.AssignTarget(target=target)]):
            parts: list[cst.CSTNode] = [target]
            if isinstance(target, cst.Tuple):
                parts = [element.value for element in target.elements]
            names = [part.value for part in parts if isinstance(part, cst.Name)]
            return node.value, names if len(names) == len(parts) else []
    return None, []
