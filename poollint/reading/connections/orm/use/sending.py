"""Functions that certainly send a statement on the session they are lent, whatever they end.

`Orders(session).save(order)` adds, flushes and commits: it has had a connection, and given it back
before its end. What is sent only under a condition does not count.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from poollint.reading.connections.orm.objects.keeping import Mark, View
from poollint.reading.connections.orm.objects.widening import widened
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.calling import Called, called, root
from poollint.reading.connections.orm.use.course import Course, Judge
from poollint.reading.connections.orm.use.saving import saves
from poollint.reading.connections.waits.reach.consuming import consumed_in, own_calls

Follow = Callable[[Called], Course | None]

_LEVELS = 3  # functions that lend it on to the next
_BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.Match)


def sends(one: Called, judge: Judge, follow: Follow, levels: int = _LEVELS) -> bool:
    """Tell whether a function that is run sends a statement, on all ways to its end.

    `judge` tells what methods of the session do, `follow` gives the course through a function.
    """
    here, course = one.member, follow(one)
    if course is None or not course.exits or Use.NOTHING in course.exits:
        return False
    node = here.names.functions[here.name]
    view = widened(one.view, here)
    inside = own_calls(node)
    for call, above in inside:
        if not isinstance(call, ast.Call) or any(isinstance(a, _BRANCHES) for a in above):
            continue
        of = root(call, view, here)
        if of.meant is Mark.ITSELF and of.chain and judge(of.chain) is Use.TAKES:
            return True
        deeper = called(call, view, here, one.known) if levels else None
        if (
            deeper is not None
            and runs(deeper, call, above)
            and sends(deeper, judge, follow, levels - 1)
        ):
            return True
    return any(saves(name, inside, commits=False) is not None for name in _names(view))


def _names(view: View) -> Iterator[str]:
    """Yield what a function calls the session: its names, and attributes of what keeps it."""
    yield from view.own
    for name, keeper in view.keepers.items():
        yield from (f"{name}{own.removeprefix('self')}" for own in keeper.own) if keeper else ()


def runs(one: Called, call: ast.Call, above: list[ast.AST]) -> bool:
    """Tell whether a call runs a function, and does not only make a coroutine of it."""
    node = one.member.names.functions[one.member.name]
    return isinstance(node, ast.FunctionDef) or "await" in consumed_in(call, above)
