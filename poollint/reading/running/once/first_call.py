"""What a function does only until it has an answer, which it keeps for later calls.

`if _checked: return _present`, and below it a query and `_checked = True`; or `if _token is None:
_token = fetch()`. What is kept is the module's: one for the process, or one for each key.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import Scope
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.syntax.nodes import walk

Runs = Callable[[ast.stmt | ast.expr], bool]
"""Tells whether a part of a function may be come to for what it is given."""


def only_at_first(
    call: ast.AST, above: list[ast.AST], member: Member, runs: Runs = lambda _: True
) -> bool:
    """Tell whether a function makes a call only where it has kept no answer yet.

    `above` is what stands around the call in the function, the nearest first. Who is told to ask
    in any case (`fetch(force=True)`) does not run what looks for an answer: `runs` says so.
    """
    node = member.names.functions.get(member.name)
    if node is None:
        return False
    line = getattr(call, "lineno", 0)
    kept = {name for name, at in _stores(member) if at >= line}
    if not kept:
        return False
    for around in above:
        if isinstance(around, ast.If) and _asks(around.test, kept, member, runs):
            return True
    return any(
        isinstance(one, ast.If)
        and isinstance(one.body[-1], ast.Return)
        and (one.end_lineno or 0) < line
        and runs(one.body[-1])
        and _asks(one.test, kept, member, runs)
        for one in own_nodes(node)
    )


def _stores(member: Member) -> list[tuple[str, int]]:
    """Return the names of the module in which a function keeps something, and in which line.

    What is kept where something was caught is no answer; what is added to it is a count.
    """
    known: dict[str, list[tuple[str, int]]] = member.names.memory.setdefault("keeps", {})
    if member.name not in known:
        node = member.names.functions[member.name]
        caught = {
            id(inner)
            for handler in own_nodes(node)
            if isinstance(handler, ast.ExceptHandler)
            for inner in walk(handler)
        }
        scope = member.names.scope(member.name)
        known[member.name] = [
            (name, one.lineno)
            for one in own_nodes(node)
            if isinstance(one, ast.Assign | ast.AnnAssign) and id(one) not in caught
            for name in _kept_by(one, scope)
        ]
    return known[member.name]


def _kept_by(statement: ast.Assign | ast.AnnAssign, scope: Scope) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        for one in target.elts if isinstance(target, ast.Tuple) else [target]:
            match one:
                case ast.Name(id=name) if name in scope.elsewhere and _of_module(name, scope):
                    yield name
                case ast.Subscript(value=ast.Name(id=name)) if _of_module(name, scope):
                    yield name


def _of_module(name: str, scope: Scope) -> bool:
    holder = scope.holder(name)
    return holder is not None and not holder.name


def _asks(test: ast.expr, kept: set[str], member: Member, runs: Runs) -> bool:
    """Tell whether a test asks for what is kept, or for a name that was given it."""
    own = member.names.scope(member.name).bound
    for node in walk(test):
        if not isinstance(node, ast.Name) or not runs(node):
            continue
        values = [b.value for b in own.get(node.id, ()) if b.how == "=" and b.value is not None]
        asked = [node, *(n for v in values for n in walk(v) if isinstance(n, ast.Name))]
        if any(n.id in kept for n in asked):
            return True
    return False
