"""What the bodies of functions hold, and in which of them that stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import children, walk

_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def own_nodes(node: FunctionDef | ast.ClassDef | ast.Module | ast.If) -> tuple[ast.AST, ...]:
    """Return the nodes of a body, not of the functions and classes within.

    The node keeps them, for as long as it is there itself: many ask, of many functions in turn.
    """
    kept = node.__dict__
    if "own" not in kept:
        kept["own"] = _own_nodes(node)
    own: tuple[ast.AST, ...] = kept["own"]
    return own


def _own_nodes(node: FunctionDef | ast.ClassDef | ast.Module | ast.If) -> tuple[ast.AST, ...]:
    found = []
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        found.append(inner)
        if not isinstance(inner, FunctionDef | ast.ClassDef | ast.Lambda):
            stack += children(inner)
    return tuple(found)


def results(node: FunctionDef) -> tuple[ast.expr, ...] | None:
    """Return what a function returns, where it says what; None of a generator."""
    found = []
    for inner in own_nodes(node):
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return None
        if isinstance(inner, ast.Return) and inner.value is not None:
            found.append(inner.value)
    return tuple(found)


def mentions(node: FunctionDef, name: str, within: bool = False) -> Iterator[list[ast.AST]]:
    """Yield, for each use of a name, what it is part of: the innermost first, three at most.

    Of a use in a nested function that function only, as it is called who knows when; the use
    itself where what is `within` counts.
    """
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(node, [])]
    while stack:
        inner, above = stack.pop()
        if isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Load):
            yield above
        if within or not (above and isinstance(above[0], _NESTED)):
            above = [inner, *above[:2]] if inner is not node else []
        stack += [(child, above) for child in children(inner)]


def is_none(node: ast.expr | None) -> bool:
    """Tell whether an expression is the word `None`."""
    return isinstance(node, ast.Constant) and node.value is None


def gives_up(node: FunctionDef, text: str) -> bool:
    """Tell whether a function closes what it calls `text` in a `finally:`, if it is there.

    The next call has no use for it, whether a global or an attribute held it.
    """
    tried = (inner for inner in own_nodes(node) if isinstance(inner, ast.Try))
    return any(_closes(one.finalbody, text) for one in tried)


def _closes(body: list[ast.stmt], text: str) -> bool:
    for statement in body:
        match statement:
            case ast.If(test=test, body=then):
                asked = any(ast.unparse(n) == text for n in walk(test) if _is_place(n))
                if asked and _closes(then, text):
                    return True
            case ast.Try(body=then) if _closes(then, text):
                return True
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=call)):
                if isinstance(call, ast.Call) and _is_close(call.func, text):
                    return True
    return False


def _is_close(func: ast.expr, text: str) -> bool:
    match func:
        case ast.Attribute(value=of, attr="close" | "aclose"):
            return ast.unparse(of) == text
    return False


def _is_place(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute)


def calls_within(node: ast.AST, scope: str) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls within a statement, each with the function or class it stands in."""
    stack = [(node, scope, False)]
    while stack:
        inner, where, nested = stack.pop()
        if isinstance(inner, ast.Call):
            yield inner, where
        if isinstance(inner, FunctionDef | ast.ClassDef):
            step = ".<locals>." if nested else "."
            where = f"{where}{step}{inner.name}" if where else inner.name
            nested = isinstance(inner, FunctionDef)
        stack += [(child, where, nested) for child in children(inner)]
