"""What the statements of a file are worth: asked of each, so it is quick."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import IntEnum

from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.checked_out import has_checked_out
from poollint.reading.connections.acquiring.entering import enters
from poollint.reading.connections.acquiring.handing import TAKING, handed
from poollint.reading.connections.acquiring.iterating import iterates
from poollint.reading.connections.acquiring.popping import popped
from poollint.reading.connections.orm.objects.kept_sessions import keeps_session
from poollint.reading.connections.orm.provided.injecting import injects
from poollint.reading.connections.orm.registry.registered import registers
from poollint.reading.connections.orm.transactions.atomic import transacts
from poollint.reading.connections.ownership.giving import gives
from poollint.reading.connections.ownership.on_use import connects_on_use
from poollint.reading.connections.ownership.owning import takes
from poollint.reading.connections.pools.extending import built
from poollint.reading.connections.pools.keepers import keeper
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast
from poollint.reading.session.calls import may_call, may_leave
from poollint.reading.session.statements import may_matter, may_say, runs_sql
from poollint.syntax.nodes import children

_KINDS = frozenset({*TAKING, "pool", "engine", "execute", "listener"})
# By the function as a whole.
_HELD = (iterates, registers)
_LENT = (injects, has_checked_out, enters, keeps_session)  # where anything hands out connections


class Worth(IntEnum):
    """What a statement of a file is worth, the greater the more.

    BEGINNING  transactions are all that it holds, and no connections: those of Django
    TREE       a tree of libcst
    """

    NOTHING = 0
    BEGINNING = 1
    TREE = 2


def worth(node: ast.stmt, prefix: str, names: Names, text: str) -> Worth:
    """Return what a statement of a file, within `prefix`, is worth by what the catalog knows.

    `text` is the file's. Where it holds words of SQL that changes a session, a call that runs
    SQL on an object of unknown type counts too.
    """
    name = getattr(node, "name", "")
    whole = f"{prefix}.{name}" if prefix else name
    lends = names.outside.lends()
    begins = transacts(node, whole, names)
    if (begins and lends) or any(held(node, whole, names) for held in _HELD):
        return Worth.TREE
    if lends and any(lent(node, whole, names) for lent in _LENT):
        return Worth.TREE
    calls = list(_calls(node, prefix))
    if any(_matters(call, scope, names) for call, scope in calls):
        return Worth.TREE
    if may_matter(text) and _speaks(calls, names, text):
        return Worth.TREE
    return Worth.BEGINNING if begins else Worth.NOTHING


def _matters(call: ast.Call, scope: str, names: Names) -> bool:
    callee = of_ast(call.func)
    if _says(callee, scope, names):
        return True
    return names.outside.lends() and (
        _takes(callee, scope, names)
        or popped(call, scope, names) is not None
        or advanced(call, scope, names) is not None
    )


def _speaks(calls: list[tuple[ast.Call, str]], names: Names, text: str) -> bool:
    """Tell whether calls, of which one runs SQL, may leave something in their session."""
    running = [(call, scope) for call, scope in calls if runs_sql(call, scope, names)]
    if not running or "autocommit" in text:  # a block on a connection may begin a transaction
        return bool(running)
    return any(may_say(call, scope, names) for call, scope in running) or any(
        may_leave(call, scope, names) for call, scope in calls
    )


def _says(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call is one of the catalog's that counts, or says something of a session."""
    api = names.api(callee, scope)
    return (
        (api is not None and api.kind in _KINDS)
        or gives(callee, scope, names)
        or may_call(callee, scope, names)
    )


def _takes(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call takes a connection by way of the project, or builds a pool."""
    return (
        handed(callee, scope, names) is not None
        or connects_on_use(callee, scope, names)
        or takes(callee, scope, names)
        or (
            _is_capitalised(callee)
            and (
                built(callee, scope, names) is not None or keeper(callee, scope, names) is not None
            )
        )
    )


def _is_capitalised(callee: Shape) -> bool:
    """Tell whether a callee has the name of a class: most calls are of functions."""
    return dotted(callee).rpartition(".")[2][:1].isupper()


def _calls(node: ast.AST, scope: str) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls within a statement, each with the function or class it stands in."""
    stack = [(node, scope, False)]
    while stack:
        inner, where, nested = stack.pop()
        if isinstance(inner, ast.Call):
            yield inner, where
        if isinstance(inner, FunctionDef | ast.ClassDef):
            step = ".<locals>." if nested else "."
            where = f"{where}{step}{inner.name}" if where else inner.name
            nested = isinstance(inner, FunctionDef)
        stack += [(child, where, nested) for child in children(inner)]
