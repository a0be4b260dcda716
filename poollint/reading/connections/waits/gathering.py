"""Coroutines and tasks that are made first and waited for later, all together.

`tasks = [fetch(url) for url in urls]`, then `await asyncio.gather(*tasks)`: the second waits for
what the first calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Name, dotted, of_ast

_TOGETHER = frozenset(
    f"asyncio.{name}" for name in ("gather", "wait", "wait_for", "as_completed", "shield")
)
_TASK = frozenset({"create_task", "ensure_future"})
_ADDING = frozenset({"append", "add"})
_SEVERAL = (ast.List, ast.Tuple, ast.Set)
_EACH = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


def gathered(call: ast.Call, scope: str, names: Names) -> list[ast.Call]:
    """Return the calls whose coroutines a call waits for that is handed them under a name."""
    if scope not in names.functions or names.qualified(of_ast(call.func), scope) not in _TOGETHER:
        return []
    plain = [a.value if isinstance(a, ast.Starred) else a for a in call.args]
    handed = [node.id for node in plain if isinstance(node, ast.Name)]
    return [made for name in handed for made in _made(name, scope, names)]


def _made(name: str, scope: str, names: Names) -> Iterator[ast.Call]:
    """Yield the calls that made what a name of a function holds."""
    for binding in names.bound(Name(name), scope):
        if binding.how == "=" and binding.where == scope and binding.value is not None:
            yield from _coroutines(binding.value)
    for node in own_nodes(names.functions[scope]):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=how), args=[one]):
                if of == name and how in _ADDING:
                    yield from _coroutines(one)


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
