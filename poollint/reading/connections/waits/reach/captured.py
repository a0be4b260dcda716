"""Functions that another one defines and gives away: a stream's generator, a callback.

They run when that one has ended, or at least not where it is read, and see its names.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.waits.reach.streaming import generates
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import mentions, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.nodes import walk

_WITHIN = ".<locals>."


def giver(function: str, names: Names) -> str:
    """Return the function that defines `function` and gives it away, "" where none does."""
    outer, within, name = function.rpartition(_WITHIN)
    node, around = names.functions.get(function), names.functions.get(outer)
    if not within or node is None or around is None or node.decorator_list:
        return ""
    if len(names.scope(outer).bound.get(name, ())) != 1:
        return ""
    uses = [n for n in walk(around) if isinstance(n, ast.Name) and n.id == name]
    runs = any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name
        for n in walk(around)
    )
    # a generator that is called has not run yet; what takes its values at once is rare
    return "" if not uses or (runs and not _is_streamed(function, around, name, names)) else outer


def _is_streamed(function: str, around: FunctionDef, name: str, names: Names) -> bool:
    """Tell whether a generator is only made to be handed to something: `Response(rows())`."""
    if not generates(Member(names, function)):
        return False
    for above in mentions(around, name):
        match above:
            case [ast.Call(), ast.Call(func=ast.Name(id=to) | ast.Attribute(attr=to)), *_]:
                if not to.endswith("Response"):
                    return False
            case _:
                return False
    return True


def silent(outer: str, session: str, names: Names) -> bool:
    """Tell whether a function does nothing itself with a session that it is handed."""
    nodes = own_nodes(names.functions[outer])
    return not any(isinstance(n, ast.Name) and n.id == session for n in nodes)
