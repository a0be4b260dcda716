"""One of the things that a function hands over together: `cursor = connect()[1]`.

Whoever picks the cursor alone has the connection by way of it, `cursor.connection` (PEP 249), and
has lost it where nobody asks for that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.handing import BY_CURSOR, Handed
from poollint.reading.paths.walk import Place


class Picked(NamedTuple):
    """What is picked, as it leads to the connection; `name` is its name, "" for `get()[1].x()`."""

    api: Api
    name: str


def picked(place: Place, given: Handed) -> Picked | None:
    """Return what is picked of what the call at `place` hands over; None where nothing is."""
    above = [a.node for a in place.ancestors() if not isinstance(a.node, cst.Await)]
    at = _index(above[0]) if above and given.at >= 0 else None
    if at is None or not -given.size <= at < given.size:
        return None
    own = at % given.size == given.at
    if not own and given.api.kind == "session":
        return None  # it holds nothing that it has not been asked for
    api = given.api if own else _by_cursor(given.api)
    match above[1:3]:
        case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]), *_]:
            return Picked(api, name)
        case [cst.AnnAssign(target=cst.Name(value=name)), *_]:
            return Picked(api, name)
        case [cst.Attribute() as method, cst.Call(func=func)] if func is method and not own:
            return Picked(api, "")
    return None


def _index(node: cst.CSTNode) -> int | None:
    """Return which element is picked, None where it is not told by a number."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=value))]):
            negative = isinstance(value, cst.UnaryOperation)
            number = value.expression if isinstance(value, cst.UnaryOperation) else value
            if isinstance(number, cst.Integer):
                return -number.evaluated_value if negative else number.evaluated_value
    return None


def _by_cursor(api: Api) -> Api:
    """Return what takes a connection as whoever has nothing but its cursor sees it."""
    return replace(
        api,
        released_by=(BY_CURSOR,),
        exit="transaction",  # closes the cursor alone
        awaited_exit="transaction",
        release=api.release.replace("{conn}", f"{{conn}}.{BY_CURSOR}"),
        guard="",
        note="closing a cursor, or leaving its `with` block, leaves its connection taken",
    )
