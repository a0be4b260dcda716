"""The waits of a function that may fall into the time in which something is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from poollint.reading.connections.acquiring.taking import Form
from poollint.reading.connections.waits.waiting import Waiting, Waits
from poollint.reading.paths.walk import Place, places

if TYPE_CHECKING:
    from poollint.reading.connections.waits.held import Held


def while_held(
    function: cst.FunctionDef, name: str, waits: Waits, held: Iterable[Held]
) -> Iterator[tuple[Place, Waiting]]:
    """Yield the calls of a function that wait; not those where none of `held` can be.

    Following what is called outside of the blocks would cost most, and lead to nothing.
    """
    blocks = _blocks(function, held)
    for place in places(function, name.rpartition(".")[0]):
        if isinstance(place.node, cst.Call) and place.scope == name:
            around = blocks is None or any(id(a.node) in blocks for a in place.ancestors())
            waiting = waits.of(place) if around else None
            if waiting is not None:
                yield place, waiting


def _blocks(function: cst.FunctionDef, held: Iterable[Held]) -> frozenset[int] | None:
    """Return the blocks, by the identity of their nodes, outside of which nothing is held.

    None where something may be held anywhere in the function.
    """
    entering = set()
    for one in held:
        if one.taken.form is not Form.GUARDED or one.taken.stack or one.injected or one.loop:
            return None
        entering.add(id(one.taken.call))
    found = {}
    for place in places(function):
        if id(place.node) in entering:
            above = [a.node for a in place.ancestors()]
            found[id(place.node)] = next((id(n) for n in above if isinstance(n, cst.With)), 0)
    told = entering == found.keys() and 0 not in found.values()
    return frozenset(found.values()) if told else None
