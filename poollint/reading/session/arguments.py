"""What a call is told by name, dictionaries that it is handed included."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import dotted, of_ast

MAX_DEPTH = 8  # dictionaries made of others
UNKNOWN = ""  # the key of what may be told under any name

Told = dict[str, list[ast.expr]]


def told(call: ast.Call, scope: str, names: Names) -> Told:
    """Return what a call is told, each value that it may be, by the argument's name.

    Where there is something under `UNKNOWN`, it may be told more than that.
    """
    found: Told = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            _merge(found, entries(keyword.value, scope, names))
        else:
            found.setdefault(keyword.arg, []).append(keyword.value)
    return found


def entries(node: ast.expr, scope: str, names: Names, depth: int = 0) -> Told:
    """Return what a dictionary may hold, by key; all of its values where it is one of several."""
    found: Told = {}
    if depth > MAX_DEPTH:
        return {UNKNOWN: [node]}
    match node:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is None:
                    _merge(found, entries(value, scope, names, depth + 1))
                else:
                    found.setdefault(_key(key), []).append(value)
        case ast.Call() if dotted(of_ast(node.func)) == "dict" and not node.args:
            _merge(found, told(node, scope, names))
        case ast.IfExp(body=body, orelse=orelse):
            for arm in (body, orelse):
                _merge(found, entries(arm, scope, names, depth + 1))
        case ast.BoolOp(op=ast.Or()) | ast.BinOp(op=ast.BitOr()):
            for arm in _arms(node):
                _merge(found, entries(arm, scope, names, depth + 1))
        case ast.Constant(value=None):
            pass
        case ast.Name() | ast.Attribute():
            _merge(found, _named(node, scope, names, depth))
        case _:
            found[UNKNOWN] = [node]
    return found


def _arms(node: ast.BoolOp | ast.BinOp) -> list[ast.expr]:
    """Return the operands of `a or b` and `a | b`."""
    return node.values if isinstance(node, ast.BoolOp) else [node.left, node.right]


def values(node: ast.expr, scope: str, names: Names, depth: int = 0) -> Iterator[str | None]:
    """Yield what a value may be, as Python writes it ("0", "None"); None where it is unknown."""
    match node:
        case ast.Constant(value=value):
            yield repr(value)
        case ast.IfExp(body=body, orelse=orelse) if depth < MAX_DEPTH:
            yield from values(body, scope, names, depth + 1)
            yield from values(orelse, scope, names, depth + 1)
        case ast.Name() | ast.Attribute() if depth < MAX_DEPTH:
            found = names.bound(of_ast(node), scope)
            plain = [b for b in found if b.how == "=" and b.value is not None]
            if not plain or any(b.how not in "=:" for b in found):
                yield None
            for binding in plain:
                if binding.value is not None:
                    yield from values(binding.value, binding.where, names, depth + 1)
        case _:
            yield None


def _named(node: ast.expr, scope: str, names: Names, depth: int) -> Told:
    """Return what a dictionary of a name holds, what is put into it later included."""
    found: Told = {}
    bound = [b for b in names.bound(of_ast(node), scope) if b.how != ":"]
    if not bound or any(b.how != "=" or b.value is None for b in bound):
        return {UNKNOWN: [node]}
    for binding in bound:
        if binding.value is not None:
            _merge(found, entries(binding.value, binding.where, names, depth + 1))
    for key, value in _put(node, scope, names):
        found.setdefault(key, []).append(value)
    return found


def _put(bag: ast.expr, scope: str, names: Names) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is put into a dictionary where it is made: `d["k"] = v`, `d.update(k=v)`."""
    around: ast.AST = names.functions.get(scope, names.module)
    text = dotted(of_ast(bag))
    for node in own_nodes(around):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=of, slice=at)]):
                if dotted(of_ast(of)) == text:
                    yield _key(at), node.value
            case ast.Call(func=ast.Attribute(value=of, attr="update" | "setdefault" as method)):
                if dotted(of_ast(of)) != text:
                    continue
                if method == "setdefault" and len(node.args) == 2:
                    yield _key(node.args[0]), node.args[1]
                    continue
                yield from ((k.arg or UNKNOWN, k.value) for k in node.keywords)
                for given in node.args:
                    inside = entries(given, scope, names, MAX_DEPTH)
                    yield from ((key, v) for key, every in inside.items() for v in every)


def _merge(into: Told, more: Told) -> None:
    for key, found in more.items():
        into.setdefault(key, []).extend(found)


def _key(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else UNKNOWN
