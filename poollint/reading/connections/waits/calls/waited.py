"""What a call waits for, and whether it does: by its row, and by how its value is consumed."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from poollint.catalog.load import Api
from poollint.facts.connections import Wait
from poollint.model.finding import Step
from poollint.reading.connections.waits.calls.how_long import MOMENT, at_once
from poollint.reading.connections.waits.reach.streaming import STREAM, generates
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.objects.managers import is_manager
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, dotted

LOOKING = frozenset({Wait.MESSAGE, Wait.TASK, Wait.PROCESS, Wait.HOST})
"""What can be asked whether it is there already; a request is sent in any case."""
_LOOPS = frozenset({"for", "async-for"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a call waits for.

    call   the call that waits, as written ("requests.post")
    steps  where it stands, if that is in a function that is called here
    called it stands in a function that is called here
    stream the generator that does it, where that runs after this function has ended
    at     the line of that generator in which it waits
    seldom it waits only until an answer is kept
    turns  a loop that goes through what the call gives waits each time it comes round
    """

    wait: Wait
    call: str
    steps: tuple[Step, ...] = ()
    called: bool = False
    stream: Member | None = None
    at: int = 0
    seldom: bool = False
    turns: bool = False


def runs_it(member: Member, how: set[str]) -> bool:
    """Tell whether a call whose value is consumed so runs the body of a function of the project."""
    if is_manager(member):
        return bool(how & {"with", "async-with"})
    if generates(member):
        return bool(how & {"for", "async-for"})
    is_async = isinstance(member.names.functions[member.name], ast.AsyncFunctionDef)
    return not is_async or "await" in how


def of_row(
    api: Api, shape: Shape, consumed: set[str], told: Sequence[tuple[str, object]]
) -> Waiting | None:
    """Return what a call waits for that is `told` values, each with its keyword or ""."""
    wait = Wait.__members__.get(api.kind.upper()) if api.kind != STREAM else None
    if wait is None or not ("sync" in api.call or api.call & consumed):
        return None
    if wait is Wait.SLEEP and told and isinstance(told[0][1], int | float):
        if told[0][1] < MOMENT:
            return None
    elif wait in LOOKING and any(at_once(keyword, value) for keyword, value in told):
        return None
    shown = dotted(shape) or api.names[0] if api.names else text(shape)
    turns = "sync" not in api.call and bool(consumed & _LOOPS & api.call)
    return Waiting(wait, shown, turns=turns)


def text(shape: Shape) -> str:
    """Return an expression as it is shown."""
    if isinstance(shape, Attribute):
        return f"{text(shape.of)}.{shape.name}"
    if isinstance(shape, Called):
        return f"{text(shape.callee)}()"
    return shape.text if isinstance(shape, Name) else "…"
