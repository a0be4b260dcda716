"""What a test asks, in words that mean the same in every function and file of a project.

`if USE_PG:` in one file and `if store.USE_PG:` in another ask the same, and so do they with
`if not USE_PG: return`. What is computed from values that a function was given means nothing
elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming.scopes.bindings import SELF
from poollint.reading.naming.scopes.shapes import dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

Told = frozenset[tuple[str, bool]]
"""What tests ask, as `meaning` says it, with the truth that is known of it."""

_LEVELS = 4  # names that stand for names
_OPPOSITE = {ast.NotEq: "==", ast.IsNot: "is", ast.NotIn: "in"}
_SAME = {ast.Eq: "==", ast.Is: "is", ast.In: "in"}


def told(test: ast.expr, truth: bool, scope: str, names: Names) -> Told:
    """Return what is known where `test` comes to `truth`; nothing of what means nothing outside."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return told(inner, not truth, scope, names)
        case ast.BoolOp(op=op, values=values):
            if isinstance(op, ast.And) != truth:
                return frozenset()
            return frozenset().union(*(told(v, truth, scope, names) for v in values))
        case ast.Call(func=ast.Name(id="bool"), args=[inner], keywords=[]):
            return told(inner, truth, scope, names)
        case ast.Compare(ops=[op], left=left, comparators=[right]) if type(op) in _OPPOSITE:
            same, truth = _compared(left, _OPPOSITE[type(op)], right, scope, names), not truth
        case _:
            same = meaning(test, scope, names)
    return frozenset({(same, truth)} if same else ())


def meaning(node: ast.expr, scope: str, names: Names, levels: int = _LEVELS) -> str:
    """Return what an expression asks for, "" where that means nothing outside of `scope`."""
    match node:
        case ast.Constant(value=value):
            return repr(value)
        case ast.Name() | ast.Attribute() if dotted(of_ast(node)):
            return _named(node, scope, names, levels)
        case ast.Attribute(value=of, attr=attr):
            text = meaning(of, scope, names, levels)
            return f"{text}.{attr}" if text else ""
        case ast.Call(func=ast.Name(id="bool"), args=[inner], keywords=[]):
            return meaning(inner, scope, names, levels)
        case ast.Call(func=func, args=args, keywords=[]):
            parts = [meaning(part, scope, names, levels) for part in (func, *args)]
            return f"{parts[0]}({', '.join(parts[1:])})" if all(parts) else ""
        case ast.Compare(ops=[op], left=left, comparators=[right]) if type(op) in _SAME:
            return _compared(left, _SAME[type(op)], right, scope, names, levels)
    return ""


def _compared(
    left: ast.expr, how: str, right: ast.expr, scope: str, names: Names, levels: int = _LEVELS
) -> str:
    parts = [meaning(part, scope, names, levels) for part in (left, right)]
    return f" {how} ".join(parts) if all(parts) else ""


def _named(node: ast.expr, scope: str, names: Names, levels: int) -> str:
    """Return what `USE_PG`, `settings.use_pg` or `self.use_pg` stands for."""
    shape = of_ast(node)
    text = dotted(shape)
    first = text.partition(".")[0]
    if first in SELF:
        return f"self.{text.partition('.')[2]}" if "." in text else ""
    there = names.imported(shape, scope)
    if there is not None and there[0] is not names:
        other = there[0]
        if text == first or "." not in dotted(there[1]):
            return _value(dotted(there[1]), "", other, levels)
        return f"{other.outside.path}:{dotted(there[1])}"
    if qualified := names.qualified(shape, scope):
        return qualified
    holder = names.scope(scope).holder(first)
    if holder is None:
        return text
    if text == first:
        return _value(first, holder.name, names, levels)
    if len([b for b in holder.bound[first] if b.how != ":"]) > 1:
        return ""
    return f"{names.outside.path}:{holder.name}:{text}" if holder.name else _outside(text, names)


def _value(name: str, scope: str, names: Names, levels: int) -> str:
    """Return what a name stands for that is given one value, and that of a module by itself."""
    bound = [b for b in names.scope(scope).bound.get(name, ()) if b.how != ":"]
    if len(bound) == 1 and bound[0].how == "=" and bound[0].value is not None and levels:
        found = meaning(bound[0].value, bound[0].where, names, levels - 1)
        if found:
            return found
    return "" if scope else _outside(name, names)


def _outside(name: str, names: Names) -> str:
    return f"{names.outside.path}:{name}"


def told_at(wanted: ast.AST, name: str, names: Names) -> Told:
    """Return what tests have told where a node of the function `name` is come to."""
    tests = tests_at(wanted, names.functions[name].body)
    return frozenset().union(*(told(test, truth, name, names) for test, truth in tests))


def tests_at(wanted: ast.AST, body: list[ast.stmt]) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the tests of a block above a node and around it, with what they came to."""
    for statement in body:
        if _holds(statement, wanted):
            yield from _around(statement, wanted)
            for block in _blocks(statement):
                if any(_holds(inner, wanted) for inner in block):
                    yield from tests_at(wanted, block)
            return
        if isinstance(statement, ast.If):  # `if not USE_PG: return …` above
            for block, truth in ((statement.body, False), (statement.orelse, True)):
                if block and isinstance(block[-1], ast.Return | ast.Raise):
                    yield statement.test, truth


def _around(statement: ast.stmt, wanted: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the test of an `if`, and those of the `… if … else …` around a node."""
    for one in ast.walk(statement):
        if one is not statement and isinstance(one, ast.stmt | ast.Lambda):
            continue
        if isinstance(one, ast.If | ast.IfExp):
            for side, truth in ((one.body, True), (one.orelse, False)):
                parts = side if isinstance(side, list) else [side]
                if any(_holds(part, wanted) for part in parts):
                    yield one.test, truth


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for part in (statement, *getattr(statement, "handlers", ())):
        for field in ("body", "orelse", "finalbody"):
            yield getattr(part, field, [])


def _holds(node: ast.AST, wanted: ast.AST) -> bool:
    return any(part is wanted for part in ast.walk(node))
