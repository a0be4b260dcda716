"""Settings that a call is handed as a dictionary, which may be one or another.

`settings = {"poolclass": NullPool} if TESTING else {"pool_size": 20}`: what holds for tests only
does not matter; of what holds in one case only, no more is known than that it may hold.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import dotted, of_ast

Items = list[tuple[str | None, ast.expr]]
"""Keys and values; a key is None where it, or what is unpacked there, is not known."""

_TESTS = re.compile(r"(?:^|[^a-z])(?:py|unit|is)?_?test(?:s|ing|_mode|_env|_?run\w*)?(?:$|[^a-z])")


def items(node: ast.expr) -> Items | None:
    """Return what a dictionary holds as it is written, None where the expression is none."""
    cases = [_items(case) for case in _cases(node)]
    known = [case for case in cases if case is not None]
    if len(known) < len(cases):
        return None
    return known[0] if len(known) == 1 else list(_merged(known, node))


def returned(function: ast.AST | None) -> ast.expr | None:
    """Return the one dictionary, or the name of one, that a function gives back, else None."""
    if not isinstance(function, ast.FunctionDef):
        return None
    found = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
    value = found[0] if len(found) == 1 else None
    return value if isinstance(value, ast.Name) or (value and items(value) is not None) else None


def _cases(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what an expression may be, without what it is in tests."""
    if not isinstance(node, ast.IfExp):
        yield node
        return
    tests = _asks_for_tests(node.test)
    if tests is not True:
        yield from _cases(node.body)
    if tests is not False:
        yield from _cases(node.orelse)


def _asks_for_tests(test: ast.expr) -> bool | None:
    """Tell whether a condition is true in tests only (or, `False`, false there); None else."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            found = _asks_for_tests(inner)
            return None if found is None else not found
        case ast.Compare(ops=[op], comparators=[ast.Constant(value=str(text))]):
            if not _TESTS.search(text.lower()) or not isinstance(op, ast.Eq | ast.NotEq):
                return None
            return isinstance(op, ast.Eq)
        case ast.Compare(ops=[ast.In() | ast.NotIn() as op], left=ast.Constant(value="pytest")):
            return isinstance(op, ast.In)
        case ast.Name() | ast.Attribute() | ast.Call():
            return True if _TESTS.search(_word(test).lower()) else None
    return None


def _word(node: ast.expr) -> str:
    """Return the name of a value, or of the environment variable that is asked for."""
    if isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        text = first.value if isinstance(first, ast.Constant) else ""
        return text if isinstance(text, str) and text else dotted(of_ast(node.func))
    return dotted(of_ast(node)).rpartition(".")[2]


def _items(node: ast.expr) -> Items | None:
    match node:
        case ast.Dict(keys=keys, values=values):
            return [(_key(key), value) for key, value in zip(keys, values, strict=True)]
        case ast.Call(func=func, args=[], keywords=keywords) if dotted(of_ast(func)) == "dict":
            return [(keyword.arg, keyword.value) for keyword in keywords]
    return None


def _key(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _merged(cases: list[Items], node: ast.expr) -> Iterator[tuple[str | None, ast.expr]]:
    """Yield each key once, with what it may be: unknown where a case does not have it."""
    assert isinstance(node, ast.IfExp)
    for key in dict.fromkeys(key for case in cases for key, _ in case):
        values = [value for case in cases for name, value in case if name == key]
        first, *others = values
        if key is not None and len(values) == len(cases):
            for other in others:
                first = ast.copy_location(ast.IfExp(node.test, first, other), first)
            yield key, first
        else:
            unknown = ast.IfExp(node.test, first, ast.Constant(None))
            yield key, ast.copy_location(unknown, first)
