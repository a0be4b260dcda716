"""Coroutines and tasks that are made first and waited for later, all together.

`tasks = [fetch(url) for url in urls]`, then `await asyncio.gather(*tasks)`: the second waits for
what the first calls.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, dotted, of_ast, of_cst

_TOGETHER = frozenset(
    f"asyncio.{name}" for name in ("gather", "wait", "wait_for", "as_completed", "shield")
)
_GROUP = "TaskGroup"
_TASK = frozenset({"create_task", "ensure_future"})
_ADDING = frozenset({"append", "add"})
_SEVERAL = (ast.List, ast.Tuple, ast.Set)
_EACH = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


def gathered(
    call: ast.Call, scope: str, names: Names, ended: Callable[[str], bool]
) -> list[ast.Call]:
    """Return the calls whose coroutines a call waits for that is handed them under a name.

    `ended` tells of a name whether that holds what has been cancelled before.
    """
    if scope not in names.functions or names.qualified(of_ast(call.func), scope) not in _TOGETHER:
        return []
    plain = [a.value if isinstance(a, ast.Starred) else a for a in call.args]
    handed = [node.id for node in plain if isinstance(node, ast.Name)]
    return [made for name in handed if not ended(name) for made in _made(name, scope, names)]


def in_group(above: Sequence[cst.CSTNode | ast.AST]) -> bool:
    """Tell whether a call makes a coroutine for a group of tasks, whose block waits for it.

    `above` is what is around it. A block within that of the group may give something back first.
    """
    group = _group_of(above)
    for up in above if group else ():
        match up:
            case cst.FunctionDef() | cst.Lambda() | ast.Lambda():
                return False
            case cst.With(items=items):
                named = [_as_cst(item) for item in items]
                return named[-1] == (group, True)
            case ast.AsyncWith(items=ways) | ast.With(items=ways):
                named = [_as_ast(way) for way in ways]
                return named[-1] == (group, True)
    return False


def _group_of(above: Sequence[cst.CSTNode | ast.AST]) -> str:
    """Return the name of what is asked to make a task of a coroutine."""
    match above:
        case [ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr="create_task")), *_]:
            return of
        case [ast.AST(), *_]:  # libcst need not be loaded
            return ""
        case [cst.Arg(), cst.Call(func=cst.Attribute(value=cst.Name(value=of), attr=how)), *_]:
            return of if how.value == "create_task" else ""
    return ""


def _as_cst(item: cst.WithItem) -> tuple[str, bool]:
    """Return the name that a `with` item gives, and whether it is that of a group."""
    match item:
        case cst.WithItem(item=cst.Call(func=func), asname=cst.AsName(name=cst.Name(value=name))):
            return name, dotted(of_cst(func)).rpartition(".")[2] == _GROUP
    return "", False


def _as_ast(item: ast.withitem) -> tuple[str, bool]:
    match item:
        case ast.withitem(context_expr=ast.Call(func=func), optional_vars=ast.Name(id=name)):
            return name, dotted(of_ast(func)).rpartition(".")[2] == _GROUP
    return "", False


def _made(name: str, scope: str, names: Names) -> Iterator[ast.Call]:
    """Yield the calls that made what a name of a function holds."""
    for binding in names.bound(Name(name), scope):
        if binding.how == "=" and binding.where == scope and binding.value is not None:
            yield from _coroutines(binding.value)
    for node in own_nodes(names.functions[scope]):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=how), args=[one]):
                if of == name and how in _ADDING:
                    yield from _task(one, scope, names)


def _task(node: ast.expr, scope: str, names: Names) -> Iterator[ast.Call]:
    """Yield the calls that made one task, which may have a name: `task = create_task(f())`."""
    if isinstance(node, ast.Name):
        for binding in names.bound(Name(node.id), scope):
            if binding.how == "=" and binding.where == scope and binding.value is not None:
                yield from _coroutines(binding.value)
    else:
        yield from _coroutines(node)


def _coroutines(node: ast.expr) -> Iterator[ast.Call]:
    if isinstance(node, _EACH):
        yield from _coroutines(node.elt)
    elif isinstance(node, _SEVERAL):
        for element in node.elts:
            yield from _coroutines(element)
    elif isinstance(node, ast.Call):
        task = dotted(of_ast(node.func)).rpartition(".")[2] in _TASK
        inner = node.args[0] if task and node.args else node
        if isinstance(inner, ast.Call):
            yield inner
