"""The statements by which a file sets up an application of Celery.

Source: celery 5.7, docs/userguide/application, "Configuration".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.connections.pools.bags import Items, items
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast


class Statement(NamedTuple):
    """A statement, the scope it stands in, and whether it is run in any case."""

    node: ast.stmt
    scope: str
    sure: bool


def statements(module: ast.Module) -> Iterator[Statement]:
    """Yield the statements of a module and of its functions, without those of classes."""
    return _statements(module.body, "", sure=True)


def _statements(body: list[ast.stmt], scope: str, *, sure: bool) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{scope}.<locals>.{node.name}" if scope else node.name
            yield from _statements(node.body, inner, sure=sure)
        elif not isinstance(node, ast.ClassDef):
            yield Statement(node, scope, sure)
            always = sure and isinstance(node, ast.With)
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []), scope, sure=always)


def settings(statement: Statement, names: Names) -> Iterator[tuple[str, ast.expr]]:
    """Yield the settings that a statement makes; no name with a mapping that is not known."""
    node, scope = statement.node, statement.scope
    match node:
        case ast.Assign(targets=[ast.Attribute(value=of, attr=name)], value=value):
            if _is_conf(of):
                yield name, value
        case ast.Assign(targets=[ast.Subscript(value=of, slice=ast.Constant(value=str(name)))]):
            if _is_conf(of):
                yield name, node.value
    for call in calls(node):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "update":
            if _is_conf(call.func.value):
                yield from _given(call, names, scope)
        elif dotted(of_ast(call.func)).rpartition(".")[2] == "Celery":
            yield from ((word.arg, word.value) for word in call.keywords if word.arg)


def _given(call: ast.Call, names: Names, scope: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a mapping is updated with."""
    for word in call.keywords:
        if word.arg:
            yield word.arg, word.value
    for node in (*call.args, *(word.value for word in call.keywords if not word.arg)):
        known = held(node, names, scope)
        for key, value in known if known is not None else [(None, node)]:
            yield key or "", value


def held(node: ast.expr, names: Names, scope: str) -> Items | None:
    """Return what a dictionary, or the one that a name stands for, holds; None for others."""
    found = items(node)
    if found is None:
        told = [b.value for b in names.bound(of_ast(node), scope) if b.how == "="]
        found = items(told[0]) if len(told) == 1 and told[0] is not None else None
    return found


def _is_conf(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "conf"


def calls(node: ast.stmt) -> Iterator[ast.Call]:
    """Yield the call that a statement consists of, or whose result it keeps or returns."""
    if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return) and isinstance(
        node.value, ast.Call
    ):
        yield node.value
