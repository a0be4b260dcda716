"""What a function does only while a program is debugged, or tested.

`if current_app.debug: send(row)`, and `else: send.delay(row)`: what is deployed hands the work to
another process. `__debug__` is none of these tests: it is true unless Python is told otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes

_FLAGS = frozenset({"debug", "testing"})  # `app.debug`, `settings.DEBUG`, `config["TESTING"]`
_ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break
_LINES = tuple[int, int]


def in_debug(line: int, member: Member) -> bool:
    """Tell whether a line of a function is come to only in a program that is debugged."""
    known: dict[str, tuple[_LINES, ...]] = member.names.memory.setdefault("debugged", {})
    if member.name not in known:
        node = member.names.functions.get(member.name)
        known[member.name] = tuple(_debugged(node)) if node is not None else ()
    return any(first <= line <= last for first, last in known[member.name])


def _debugged(node: FunctionDef) -> Iterator[_LINES]:
    """Yield the first and last lines of what stands under such a test, or behind one that ends."""
    for inner in (node, *own_nodes(node)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(inner, field, None)
            if isinstance(block, list):
                yield from _of_block(block)


def _of_block(block: Sequence[ast.AST]) -> Iterator[_LINES]:
    for at, one in enumerate(block):
        if not isinstance(one, ast.If):
            continue
        if _is_flag(one.test):
            yield _lines(one.body)
        elif isinstance(one.test, ast.UnaryOp) and _is_no_flag(one.test):
            yield from [_lines(one.orelse)] if one.orelse else []
            if isinstance(one.body[-1], _ENDS) and block[at + 1 :]:
                yield _lines(block[at + 1 :])


def _lines(block: Sequence[ast.AST]) -> _LINES:
    first, last = block[0], block[-1]
    return getattr(first, "lineno", 0), getattr(last, "end_lineno", 0)


def _is_no_flag(test: ast.UnaryOp) -> bool:
    return isinstance(test.op, ast.Not) and _is_flag(test.operand)


def _is_flag(test: ast.expr) -> bool:
    """Tell whether a test holds only in a program that is debugged."""
    match test:
        case ast.BoolOp(op=op, values=values):
            found = [_is_flag(value) for value in values]
            return any(found) if isinstance(op, ast.And) else all(found)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower() in _FLAGS
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key.lower() in _FLAGS
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return key.lower() in _FLAGS
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(True)]):
            return _is_flag(left)
    return False
