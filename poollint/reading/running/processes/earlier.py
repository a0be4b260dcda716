"""The calls that a file has made when it comes to one: also in functions that it has called before.

`rows = load()`, then a pool of processes; or `main()`, which calls `prepare()`, then what forks.
What stands under a condition may not have been called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import children, walk

_LEVELS = 2  # functions that call functions
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_MAYBE = (ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.ExceptHandler)
_ASKING = frozenset("execute scalar scalars exec query get flush merge refresh".split())

Within = tuple[ast.Call, str]
"""A call, and the function that makes it: "" for the module."""


def earlier(call: ast.Call, scope: str, names: Names) -> Iterator[Within]:
    """Yield the calls that were made before a call of a function, or of the module."""
    yield from _before(call, scope, names)
    if scope:
        for caller, body in (("", names.module), *names.functions.items()):
            for one in _own(body):
                if caller != scope and names.function(of_ast(one.func), caller) == scope:
                    yield from _before(one, caller, names)


def _before(call: ast.Call, scope: str, names: Names) -> Iterator[Within]:
    body = names.functions[scope] if scope else names.module
    told = {id(inner) for inner in walk(call)} - {id(call)}
    for one in _own(body):
        if id(one) in told or (one.lineno, one.col_offset) < (call.lineno, call.col_offset):
            yield one, scope
            yield from _within(one, scope, names, _LEVELS)


def _within(call: ast.Call, scope: str, names: Names, levels: int) -> Iterator[Within]:
    """Yield the calls of the function of the file that a call runs."""
    called = names.function(of_ast(call.func), scope) if levels else ""
    if called:
        for one in _own(names.functions[called]):
            yield one, called
            yield from _within(one, called, names, levels - 1)


def _own(body: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that a body makes in any case, `if __name__ == "__main__":` taken to hold."""
    stack = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Call):
            yield node
        main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if node is body or main or not isinstance(node, (*_LATER, *_MAYBE)):
            stack += children(node)


def asked_of(session: ast.Call, body: ast.AST) -> ast.Call | None:
    """Return the first call that asks something of a session which a body makes under a name."""
    names = set()
    for node in own_nodes(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is session:
                names.add(name)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                names |= {name} if value is session else set()
    for call in sorted(_own(body), key=lambda one: (one.lineno, one.col_offset)):
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                if name in names and attr in _ASKING:
                    return call
    return None
