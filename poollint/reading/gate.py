"""What the statements of a file are worth: asked of each, so it is quick."""

from __future__ import annotations

import ast
from enum import IntEnum

from poollint.catalog.own import TAKING
from poollint.reading.connections.orm.registry.registries import possible
from poollint.reading.connections.orm.transactions.blocks import transacts
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import calls_within
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast
from poollint.reading.session.calls import may_call, may_leave
from poollint.reading.session.statements import may_matter, may_say, runs_sql

_KINDS = frozenset({*TAKING, "pool", "engine", "execute", "listener"})


class Worth(IntEnum):
    """What a statement of a file is worth, the greater the more.

    BEGINNING  transactions are all that it holds, and no connections: those of Django
    TREE       a tree of libcst
    """

    NOTHING = 0
    BEGINNING = 1
    TREE = 2


def worth(node: ast.stmt, prefix: str, names: Names, text: str, sums: bool = False) -> Worth:
    """Return what a statement of a file, within `prefix`, is worth by what the catalog knows.

    `text` is the file's. Where it holds words of SQL that changes a session, a call that runs
    SQL on an object of unknown type counts too. For `sums` only what builds pools is asked for:
    what holds a session, or is lent one, opens none.
    """
    name = getattr(node, "name", "")
    whole = f"{prefix}.{name}" if prefix else name
    lends = names.outside.lends() and not sums
    begins = transacts(node, whole, names)
    if (begins and lends) or (not sums and _registers(node, whole, names)):
        return Worth.TREE
    if lends and _is_lent(node, whole, names):
        return Worth.TREE
    calls = list(calls_within(node, prefix))
    if any(_matters(call, scope, names, sums) for call, scope in calls):
        return Worth.TREE
    if may_matter(text) and _speaks(calls, names, text):
        return Worth.TREE
    return Worth.BEGINNING if begins else Worth.NOTHING


def _registers(node: ast.stmt, function: str, names: Names) -> bool:
    if not isinstance(node, FunctionDef) or not possible(names):
        return False
    from poollint.reading.connections.orm.registry.registered import registers  # most have none

    return registers(node, function, names)


def _is_lent(node: ast.stmt, function: str, names: Names) -> bool:
    from poollint.reading.lent import is_lent  # with much that few files need

    return is_lent(node, function, names)


def _matters(call: ast.Call, scope: str, names: Names, sums: bool) -> bool:
    if _says(of_ast(call.func), scope, names):
        return True
    if sums:
        from poollint.reading.connections.pools.extending import built

        return built(of_ast(call.func), scope, names) is not None
    if not names.outside.lends():
        return False
    from poollint.reading.lent import takes_lent

    return takes_lent(call, scope, names)


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
    return (api is not None and api.kind in _KINDS) or may_call(callee, scope, names)
