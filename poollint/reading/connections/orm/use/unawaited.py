"""Coroutines that are made and not awaited where they are made: nothing of them has run yet.

`later = words(session)` sends no statement where `words` is an `async def`; what awaits `later`
further on does, if anything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.paths.walk import Place
from poollint.syntax.nodes import walk

_ADDING = frozenset({"append", "add"})
_SEVERAL = (ast.List, ast.Tuple, ast.Set)
_EACH = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


def is_coroutine(member: Member) -> bool:
    """Tell whether calling a function runs nothing of it yet; a decorator may have it run."""
    node = member.names.functions[member.name]
    if not isinstance(node, ast.AsyncFunctionDef) or node.decorator_list:
        return False
    return not any(isinstance(inner, ast.Yield) for inner in own_nodes(node))


def unawaited(function: FunctionDef) -> dict[int, Use]:
    """Return, by `id`, the calls of a function whose values it awaits nowhere, or later.

    With what those do that make a coroutine: nothing where it is thrown away, or kept under a name
    that is asked for nowhere. What may be awaited later is unknown.
    """
    found: dict[int, Use] = {}
    read: frozenset[str] | None = None
    for node in own_nodes(function):
        match node:
            case ast.Expr(value=ast.Call() as call):
                found[id(call)] = Use.NOTHING
                for added in _added(call):
                    found[id(added)] = Use.UNKNOWN
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                for call in _made(value):
                    read = _read(function) if read is None else read
                    kept = not isinstance(target, ast.Name) or target.id in read
                    found[id(call)] = Use.UNKNOWN if kept else Use.NOTHING
    return found


def awaited_later(function: FunctionDef) -> dict[int, ast.Await]:
    """Return, by `id`, the calls whose values a function awaits under a name, with where it does.

    Where it awaits a name several times, with the first.
    """
    nodes = own_nodes(function)
    awaited: dict[str, ast.Await] = {}
    for node in nodes:
        match node:
            case ast.Await(value=ast.Name(id=name)):
                awaited.setdefault(name, node)
    return {
        id(node.value): awaited[target.id]
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in awaited
    }


def made_only(place: Place, function: FunctionDef | None) -> Use | None:
    """Judge a call of a coroutine function by the statement it is of; None where it may run."""
    match [place.node, *(above.node for above in place.ancestors())]:
        case [_, cst.Expr(), *_]:
            return Use.NOTHING
        case [_, cst.Arg(), cst.Call(func=cst.Attribute(attr=how)), cst.Expr(), *_]:
            return Use.UNKNOWN if how.value in _ADDING else None
        case [_, cst.Assign() | cst.AnnAssign() as kept, *_]:
            target = kept.targets[0].target if isinstance(kept, cst.Assign) else kept.target
            if function is None or not isinstance(target, cst.Name):
                return Use.UNKNOWN  # what an attribute keeps may be asked for anywhere
            return Use.UNKNOWN if target.value in _read(function) else Use.NOTHING
        case [_, cst.Element() | cst.ListComp() | cst.SetComp() | cst.GeneratorExp(), *above]:
            of = [node for node in above if not isinstance(node, cst.List | cst.Tuple | cst.Set)]
            return (
                Use.UNKNOWN
                if isinstance(next(iter(of), None), cst.Assign | cst.AnnAssign)
                else None
            )
    return None


def _added(call: ast.Call) -> Iterator[ast.Call]:
    """Yield a call whose value is put with others: `tasks.append(words(session))`."""
    match call:
        case ast.Call(func=ast.Attribute(attr=how), args=[ast.Call() as one]) if how in _ADDING:
            yield one


def _made(value: ast.expr) -> Iterator[ast.Call]:
    if isinstance(value, ast.Call):
        yield value
    elif isinstance(value, _SEVERAL):
        yield from (one for one in value.elts if isinstance(one, ast.Call))
    elif isinstance(value, _EACH) and isinstance(value.elt, ast.Call):
        yield value.elt


def _read(function: FunctionDef) -> frozenset[str]:
    """Return the names that a function asks for."""
    names = (node for node in walk(function) if isinstance(node, ast.Name))
    return frozenset(name.id for name in names if isinstance(name.ctx, ast.Load))
