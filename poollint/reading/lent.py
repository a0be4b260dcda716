"""What of a statement counts only where something in the project hands out connections.

Most files of an application that begins transactions by Django alone are asked none of it, and
what it takes to tell is not imported for them.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.checked_out import has_checked_out
from poollint.reading.connections.acquiring.entering import enters
from poollint.reading.connections.acquiring.handing import handed
from poollint.reading.connections.acquiring.iterating import iterates
from poollint.reading.connections.acquiring.popping import popped
from poollint.reading.connections.orm.objects.kept_sessions import keeps_session
from poollint.reading.connections.orm.provided.injecting import injects
from poollint.reading.connections.orm.provided.picked_out import picks_out
from poollint.reading.connections.ownership.giving import gives
from poollint.reading.connections.ownership.on_use import connects_on_use
from poollint.reading.connections.ownership.owning import takes
from poollint.reading.connections.pools.extending import built
from poollint.reading.connections.pools.keepers import keeper
from poollint.reading.connections.pools.returned import returns_pool
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast

_HELD = (iterates, injects, picks_out, has_checked_out, enters, keeps_session)


def is_lent(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function as a whole is lent a connection."""
    return any(held(node, function, names) for held in _HELD)


def takes_lent(call: ast.Call, scope: str, names: Names) -> bool:
    """Tell whether a call takes a connection by way of the project, or builds a pool."""
    callee = of_ast(call.func)
    return (
        gives(callee, scope, names)
        or handed(callee, scope, names) is not None
        or connects_on_use(callee, scope, names)
        or takes(callee, scope, names)
        or (_is_capitalised(callee) and _makes(callee, scope, names))
        or returns_pool(callee, scope, names)
        or popped(call, scope, names) is not None
        or advanced(call, scope, names) is not None
    )


def _makes(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a class builds a pool, or keeps one."""
    return built(callee, scope, names) is not None or keeper(callee, scope, names) is not None


def _is_capitalised(callee: Shape) -> bool:
    """Tell whether a callee has the name of a class: most calls are of functions."""
    return dotted(callee).rpartition(".")[2][:1].isupper()
