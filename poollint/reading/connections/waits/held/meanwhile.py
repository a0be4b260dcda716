"""The waits of a function that may fall into the time in which something is held."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from poollint.catalog.load import calls
from poollint.facts.connections import Wait
from poollint.reading.connections.acquiring.taking import Form
from poollint.reading.connections.waits.calls.asked import asked_at
from poollint.reading.connections.waits.calls.under_names import consumed_later
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.reach.attributes import asked_for
from poollint.reading.connections.waits.reach.cancelled import cancelled
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_cst
from poollint.reading.paths.walk import Place, places

if TYPE_CHECKING:
    from poollint.reading.connections.waits.held.connection import Held

_TASK = frozenset({"create_task", "ensure_future"})


class Pause(NamedTuple):
    """A place at which a function waits.

    at     the call that waits, or the attribute; or what a loop goes through, `for message in
           consumer:`
    until  what is evaluated when it has been waited for: the call itself, but for a task that is
           begun by the call and waited for later (`task = create_task(ask())`, `await task`), and
           for a coroutine that is only made by it (`later = ask()`, `await later`)
    turn   the target of a loop that waits each time it comes round, None of others
    """

    at: Place
    waiting: Waiting
    until: Place
    turn: cst.BaseExpression | None = None

    @property
    def call(self) -> cst.Call | None:
        """The call, None of a loop and of an attribute."""
        return self.at.node if isinstance(self.at.node, cst.Call) else None

    @property
    def repeated(self) -> bool:
        """Tell whether it waits again and again, for as long as nothing ends the loop."""
        messages = self.turn is not None and self.waiting.wait is Wait.MESSAGE
        around = any(isinstance(above.node, cst.While) for above in self.until.ancestors())
        return (self.call is None and self.turn is not None) or messages or around


def while_held(
    function: cst.FunctionDef, name: str, names: Names, waits: Waits, held: Iterable[Held]
) -> Iterator[Pause]:
    """Yield where a function waits; not where none of `held` can be.

    Following what is called outside of the blocks would cost most, and lead to nothing.
    """
    blocks = _blocks(function, held)
    tasks: dict[str, list[Place]] = {}
    waiting = (cst.Call, cst.For, cst.Await, cst.Attribute)
    for place in places(function, name.rpartition(".")[0]):
        if place.scope != name or not isinstance(place.node, waiting):
            continue
        if isinstance(place.node, cst.Call):
            for begun in _begun(place):
                tasks.setdefault(begun, []).append(place)
        if blocks is not None and not any(id(a.node) in blocks for a in place.ancestors()):
            continue
        yield from _at(place, name, names, waits, tasks)


def _at(
    place: Place, scope: str, names: Names, waits: Waits, tasks: dict[str, list[Place]]
) -> Iterator[Pause]:
    match place.node:
        case cst.Call():
            waiting = waits.of(place)
            if waiting is not None and not _awaited_later(place, names, waits):
                yield Pause(place, waiting, place, _turn(place) if waiting.turns else None)
        case cst.Attribute(attr=cst.Name(value=word)) if word in asked_for():
            waiting = asked_at(place, names)
            if waiting is not None:
                yield Pause(place, waiting, place)
        case cst.For(iter=through):
            loop = place.node
            found = gone_through(of_cst(through), loop.asynchronous is not None, scope, names)
            if found is not None:
                at = Place(through, place.scope, place)
                yield Pause(at, found, at, loop.target)
        case cst.Await(expression=cst.Name(value=task)) if task in tasks:
            every = [(one, waits.of(one, {"await"})) for one in tasks[task]]
            begun = [(one, waiting) for one, waiting in every if waiting is not None]
            above = (around.node for around in place.ancestors())
            if (
                begun
                and _is_meant(task, [one for one, _ in begun], scope, names)
                and not cancelled(task, place.node, above)
            ):
                yield Pause(*begun[-1], place)


def _turn(place: Place) -> cst.BaseExpression | None:
    """Return the target of the loop that goes through what a call gives."""
    loop = next((above.node for above in place.ancestors()), None)
    return loop.target if isinstance(loop, cst.For) and loop.iter is place.node else None


def _begun(place: Place) -> list[str]:
    """Return the names of what a call begins as a task, or makes as a coroutine."""
    match [above.node for above in place.ancestors()][:3]:
        case [cst.Arg(), cst.Call(func=func), cst.Assign(targets=targets)] if _is_task(func):
            return _named(targets)
        case [cst.Assign(targets=targets), *_]:
            made = isinstance(place.node, cst.Call) and not _is_task(place.node.func)
            return _named(targets) if made else []
    return []


def _is_task(func: cst.BaseExpression) -> bool:
    return dotted(of_cst(func)).rpartition(".")[2] in _TASK


def _named(targets: Sequence[cst.AssignTarget]) -> list[str]:
    """Return the names that an assignment gives: `task = running[key] = create_task(ask())`."""
    return [one.target.value for one in targets if isinstance(one.target, cst.Name)]


def _awaited_later(place: Place, names: Names, waits: Waits) -> bool:
    """Tell whether a call only makes a coroutine, which is waited for under its name."""
    above = [around.node for around in place.ancestors()]
    return "await" in consumed_later(above, place.scope, names) and waits.of(place, set()) is None


def _is_meant(task: str, begun: list[Place], scope: str, names: Names) -> bool:
    """Tell whether a name of a function has what these calls begin, or one that was like it.

    `task = tasks.get(key)`, and one begun and kept `if task is None:`: whoever asks next waits for
    the same.
    """
    given = [b for b in names.scope(scope).bound.get(task, ()) if b.how != ":"]
    given = [b for b in given if not (b.how == "=" and is_none(b.value))]  # nobody awaits that
    if len(given) == len(begun):
        return True
    looked_up = [b.value for b in given if b.how == "=" and _may_miss(b.value)]
    within = (above.node for above in begun[0].ancestors())
    missing = (
        _asks_whether_missing(node.test, task) for node in within if isinstance(node, cst.If)
    )
    return len(given) == 2 and len(looked_up) == 1 and any(missing)


def _may_miss(value: ast.expr | None) -> bool:
    """Tell whether a value is what a table has under a key: `tasks.get(key)`."""
    match value:
        case ast.Call(func=ast.Attribute(attr="get"), args=[_], keywords=[]):
            return True
    return False


def _asks_whether_missing(test: cst.BaseExpression, name: str) -> bool:
    """Tell whether a test asks for nothing but whether a name has no value yet, or one that ended.

    `if task is None:`, `if not task:`, `if task is None or task.done():`.
    """
    match test:
        case cst.BooleanOperation(left=left, operator=cst.Or()):
            return _asks_whether_missing(left, name)
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.Name(value=asked)):
            return asked == name
        case cst.Comparison(
            left=cst.Name(value=asked),
            comparisons=[
                cst.ComparisonTarget(operator=cst.Is(), comparator=cst.Name(value="None"))
            ],
        ):
            return asked == name
    return False


def gone_through(shape: Shape, is_async: bool, scope: str, names: Names) -> Waiting | None:
    """Return what a loop waits for each time it comes round: `for message in consumer:`."""
    way = "__aiter__" if is_async else "__iter__"
    api = calls().methods.get((names.under(calls()).type(shape, scope), way))
    wait = Wait.__members__.get(api.kind.upper()) if api is not None else None
    return Waiting(wait, dotted(shape)) if wait is not None else None


def _blocks(function: cst.FunctionDef, held: Iterable[Held]) -> frozenset[int] | None:
    """Return the blocks, by the identity of their nodes, outside of which nothing is held.

    None where something may be held anywhere in the function.
    """
    entering = set()
    for one in held:
        if one.taken.form is not Form.GUARDED or one.taken.stack or one.injected or one.loop:
            return None
        entering.add(id(one.taken.at))
    found = {}
    for place in places(function):
        if id(place.node) in entering:
            above = [a.node for a in place.ancestors()]
            found[id(place.node)] = next((id(n) for n in above if isinstance(n, cst.With)), 0)
    told = entering == found.keys() and 0 not in found.values()
    return frozenset(found.values()) if told else None
