"""The calls that a file has made when it comes to one: also in functions that it has called before.

`rows = load()`, then a pool of processes; or `main()`, which calls `prepare()`, then what forks.
What stands under a condition may not have been called, but for what the call is under itself.
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
    for node, where in ran(call, scope, names):
        if isinstance(node, ast.Call):
            yield node, where


def ran(call: ast.Call, scope: str, names: Names) -> Iterator[tuple[ast.AST, str]]:
    """Yield the nodes that were run before a call, each with its function."""
    yield from _before(call, scope, names)
    if scope:
        for caller, body in (("", names.module), *names.functions.items()):
            for one in _own(body):
                if not isinstance(one, ast.Call) or caller == scope:
                    continue
                if names.function(of_ast(one.func), caller) == scope:
                    yield from _before(one, caller, names)


def _before(call: ast.Call, scope: str, names: Names) -> Iterator[tuple[ast.AST, str]]:
    body = names.functions[scope] if scope else names.module
    told = {id(inner) for inner in walk(call)} - {id(call)}
    for one in _own(body, call):
        place = (getattr(one, "lineno", 0), getattr(one, "col_offset", 0))
        if id(one) in told or (0, 0) < place < (call.lineno, call.col_offset):
            yield one, scope
            if isinstance(one, ast.Call):
                yield from _within(one, scope, names, _LEVELS)


def _within(call: ast.Call, scope: str, names: Names, levels: int) -> Iterator[tuple[ast.AST, str]]:
    """Yield the nodes of the function of the file that a call runs."""
    called = names.function(of_ast(call.func), scope) if levels else ""
    if called:
        for one in _own(names.functions[called]):
            yield one, called
            if isinstance(one, ast.Call):
                yield from _within(one, called, names, levels - 1)


def _own(body: ast.AST, until: ast.Call | None = None) -> Iterator[ast.AST]:
    """Yield the nodes that a body runs in any case, `if __name__ == "__main__":` taken to hold.

    Of what stands under a condition that leads to a call, those that lead there.
    """
    leading = _leading(body, until)
    stack = [body]
    while stack:
        node = stack.pop()
        yield node
        main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if isinstance(node, ast.If) and node in leading and not main:
            arm = node.body if any(one in leading for one in node.body) else node.orelse
            stack += [node.test, *arm]
        elif node is body or main or not isinstance(node, (*_LATER, *_MAYBE)):
            stack += children(node)


def _leading(body: ast.AST, call: ast.Call | None) -> set[ast.AST]:
    """Return the statements around a call."""
    found: set[ast.AST] = set()
    at: list[ast.AST] = [body] if call is not None else []
    while at:
        inner = (n for n in children(at.pop()) if isinstance(n, ast.stmt))
        for node in inner:
            first, last = node.lineno, node.end_lineno or node.lineno
            if call is not None and first <= call.lineno <= last:
                found.add(node)
                at.append(node)
    return found


def asked_of(session: ast.Call, body: ast.AST) -> ast.Call | None:
    """Return the first call that asks something of a session which a body makes under a name."""
    names = set()
    for node in own_nodes(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is session:
                names.add(name)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                names |= {name} if value is session else set()
    own = (node for node in _own(body) if isinstance(node, ast.Call))
    for call in sorted(own, key=lambda one: (one.lineno, one.col_offset)):
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                if name in names and attr in _ASKING:
                    return call
    return None
