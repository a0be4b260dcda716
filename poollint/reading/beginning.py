"""What holds only transactions of Django's, and waits in none: told without a tree of libcst.

Most blocks of `atomic` in an application only speak to the database. Of these there is nothing to
tell but that they begin a transaction, and where.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.catalog.load import Api
from poollint.catalog.session import Call
from poollint.facts.code import Effect, Statement
from poollint.reading.connections.orm.transactions.blocks import blocks
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.found import Found
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.session.calls import alias
from poollint.reading.session.undoing import method
from poollint.syntax.nodes import children
from poollint.syntax.python import PythonTree

_DJANGO = "django"
_TRANSACTION = "transaction"
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def beginning(
    group: tuple[ast.stmt, ...], prefix: str, tree: PythonTree, names: Names, waits: Waits | None
) -> Found | None:
    """Return the statements of a unit that begin transactions; None where more may be to tell.

    That is where a function may wait within one, or where another driver's begins. Without
    `waits` nobody asks what is waited for.
    """
    if "autocommit" in tree.source.text:  # a block on a connection may begin one as well
        return None
    found = []
    for node, scope, name in _nodes(group, prefix):
        if waits and isinstance(node, FunctionDef) and _may_wait(name, names, waits):
            return None
        api = names.api(of_ast(node.func), scope) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and api is not None and api.kind == _TRANSACTION:
            if api.driver != _DJANGO:
                return None
            found.append(_statement(node, api, scope, tree, names))
    return Found((), tuple(sorted(found, key=lambda statement: statement.span.start)))


def _statement(call: ast.Call, api: Api, scope: str, tree: PythonTree, names: Names) -> Statement:
    """Return the fact of a call: it is on no object, so its alias alone tells where it goes."""
    row = Call(api.kind, f"{method(of_ast(call.func))}()", package=api.driver)
    return Statement(
        effect=Effect(row.effect),
        text=row.text,
        subject=row.subject,
        span=tree.span(call),
        function=scope if scope in names.functions else "",
        alias=alias(row, call),
    )


def _may_wait(name: str, names: Names, waits: Waits) -> bool:
    """Tell whether a function may wait within a transaction: more often than it is told to."""
    node = names.functions.get(name)
    if node is None:
        return False
    inside = {id(block) for block in blocks(node, name, names)}
    own = [(inner, above) for inner, above in _within(node, inside)] if inside else []
    if any(_comes_round(inner, name, names) for inner, _ in own):
        return True
    return bool(own) and waits.any_of(Member(names, name), own)


def _comes_round(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a loop waits each time it comes round, or a task that was begun before is."""
    if isinstance(node, ast.For | ast.AsyncFor):
        from poollint.reading.connections.waits.held.meanwhile import gone_through  # few blocks do

        is_async = isinstance(node, ast.AsyncFor)
        return gone_through(of_ast(node.iter), is_async, name, names) is not None
    return isinstance(node, ast.Await) and isinstance(node.value, ast.Name)


def _within(node: FunctionDef, inside: set[int]) -> Iterator[tuple[ast.AST, list[ast.AST]]]:
    """Yield what a function does itself within blocks of it, each with what is around it.

    The function is one of them where all of it is a transaction.
    """
    whole = id(node) in inside
    stack: list[tuple[ast.AST, list[ast.AST], bool]] = [(n, [], whole) for n in node.body[::-1]]
    while stack:
        inner, above, within = stack.pop()
        if isinstance(inner, _LATER):
            continue
        within = within or id(inner) in inside
        if within:
            yield inner, above
        around = [inner, *above]
        stack += [(child, around, within) for child in children(inner)[::-1]]


def _nodes(group: tuple[ast.stmt, ...], prefix: str) -> Iterator[tuple[ast.AST, str, str]]:
    """Yield all nodes of a unit, each with the function or class that it stands in.

    A definition comes with its own name. What it evaluates where it stands, as decorators do,
    belongs to what is around it.
    """
    stack: list[tuple[ast.AST, str, str]] = [(n, prefix, ".") for n in reversed(group)]
    while stack:
        node, scope, joint = stack.pop()
        if not isinstance(node, FunctionDef | ast.ClassDef):
            yield node, scope, ""
            stack += [(child, scope, joint) for child in children(node)]
            continue
        name = f"{scope}{joint}{node.name}" if scope else node.name
        yield node, scope, name
        own = {id(statement) for statement in node.body}
        within = ".<locals>." if isinstance(node, FunctionDef) else "."
        stack += [(c, name, within) if id(c) in own else (c, scope, joint) for c in children(node)]
