"""Which functions and blocks are one transaction: of Django's `atomic`, and its like.

Asked of each function, before anything of libcst is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.catalog.load import Api
from poollint.reading.naming.given.decorating import calls
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.objects.managers import is_manager
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, Shape, of_ast
from poollint.syntax.nodes import walk

_ATOMIC = "django.db.transaction.atomic"
_LEVELS = 4  # functions that call functions


def transacts(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a function is, or holds, such a transaction: asked of each, so it is quick."""
    return isinstance(node, FunctionDef) and any(True for _ in blocks(node, name, names))


def blocks(node: FunctionDef, name: str, names: Names) -> Iterator[ast.AST]:
    """Yield what is such a transaction: the function itself, or blocks of it."""
    if any(begun_by(decorator, "", names) for decorator in node.decorator_list):
        yield node
    for inner in own_nodes(node):
        items = inner.items if isinstance(inner, ast.With | ast.AsyncWith) else ()
        if any(_entered(item.context_expr, name, names) for item in items):
            yield inner


def begins(name: str, names: Names) -> bool:
    """Tell whether what goes by a name of a module makes transactions: a manager or decorator."""
    made = entered_by(Name(name), "", names) or begun_by(ast.Name(name), "", names)
    return made is not None


def begun_by(node: ast.expr, scope: str, names: Names) -> Api | None:
    """Return what a decorator begins, its wrapper included: None for no transaction."""
    callee = node.func if isinstance(node, ast.Call) else node
    api = names.api(of_ast(callee), scope)
    if api is not None:
        return api if _is_atomic(api) else None
    return _agreed(_around(call, wrapper, _LEVELS) for wrapper, call in calls(node, scope, names))


def _entered(node: ast.expr, scope: str, names: Names) -> Api | None:
    """Return what entering `node` begins."""
    callee = node.func if isinstance(node, ast.Call) else node
    return entered_by(of_ast(callee), scope, names)


def entered_by(callee: Shape, scope: str, names: Names, levels: int = _LEVELS) -> Api | None:
    """Return what begins the transaction that entering what `callee` gives is, None for none.

    A context manager of the project may be one, where all that it yields stands in such a block.
    """
    api = names.api(callee, scope)
    if api is not None:
        return api if _is_atomic(api) else None
    member = function(callee, scope, names) if levels else None
    if member is None or not is_manager(member):
        return None
    own = own_nodes(member.names.functions[member.name])
    return _agreed(_around(n, member, levels - 1) for n in own if isinstance(n, ast.Yield))


def _around(node: ast.AST, member: Member, levels: int) -> Api | None:
    """Return what begins the transaction in whose block a node of a function stands."""
    for block in own_nodes(member.names.functions[member.name]):
        if isinstance(block, ast.With | ast.AsyncWith) and _holds(block, node):
            entered = [i.context_expr for i in block.items if isinstance(i.context_expr, ast.Call)]
            for call in entered:
                found = entered_by(of_ast(call.func), member.name, member.names, levels)
                if found is not None:
                    return found
    return None


def _agreed(found: Iterator[Api | None]) -> Api | None:
    """Return what all of them begin, None where one begins nothing."""
    told = list(found)
    return told[0] if None not in told and len(set(told)) == 1 else None


def _holds(block: ast.With | ast.AsyncWith, node: ast.AST) -> bool:
    return any(inner is node for statement in block.body for inner in walk(statement))


def _is_atomic(api: Api) -> bool:
    return api.kind == "transaction" and (api.eager or _ATOMIC in api.names)
