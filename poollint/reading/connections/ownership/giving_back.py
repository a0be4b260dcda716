"""What a call does that gives a connection to a pool: back, to the wrong one, or not at all."""

from __future__ import annotations

import libcst as cst

from poollint.reading.connections.acquiring.lending import Outcome
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.pools.apart import are_two, source_of
from poollint.reading.connections.pools.sources import source
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, of_cst
from poollint.reading.paths.walk import Place


def given_back(call: Place, taken: Taken, scope: str, names: Names) -> Outcome:
    """Judge `pool.putconn(conn)`, where `conn` is what `taken` takes."""
    assert isinstance(call.node, cst.Call)
    shape = of_cst(call.node.func)
    method = names.api(shape, scope)
    last = shape.name if isinstance(shape, Attribute) else ""
    lazy = (
        "await" in method.call and "sync" not in method.call
        if method is not None
        else taken.api.release.startswith("await ") and last in taken.api.given_back_to
    )
    if lazy and not driven(call):
        return Outcome.FALSE_RELEASE
    if isinstance(shape, Attribute) and taken.api.given_back_to:
        return _by_pool(call.node, shape, taken, scope, names)
    return Outcome.RELEASED


def _by_pool(call: cst.Call, shape: Attribute, taken: Taken, scope: str, names: Names) -> Outcome:
    """Judge it by the pool that it is given to; asked anew on each way to the call."""
    # with the nodes, whose ids would be given to others if they went
    known: dict[tuple[int, int], tuple[cst.Call, cst.Call, Outcome]]
    known = names.memory.setdefault("given back", {})
    key = (id(taken.call), id(call))
    if key not in known:
        to = source(shape.of, scope, names)
        wrong = bool(to) and are_two(source_of(taken, scope, names), to, names)
        known[key] = (taken.call, call, Outcome.WRONG_POOL if wrong else Outcome.RELEASED)
    return known[key][2]


def driven(call: Place) -> bool:
    """Tell whether a coroutine is awaited, or handed to what will run it."""
    for above in call.ancestors():
        if isinstance(above.node, cst.Await | cst.Arg | cst.Return | cst.Assign | cst.Lambda):
            return True
    return False
