"""Connections that are given back to their pool a second time, on a way without exceptions.

The pool refuses it, or takes the connection from whoever has it by then
(tests/lab/test_releases.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import libcst as cst

from poollint.reading.connections.acquiring.lending import Outcome
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.ownership.obligation import Obligation
from poollint.reading.connections.ownership.ownership import Ownership
from poollint.reading.connections.ownership.search import MAX_STATES, Search, State
from poollint.reading.paths.graph import Care, Graph, Kind, Point, Way
from poollint.reading.paths.walk import Place, places

_THROWN = frozenset({Way.RAISE, Way.CANCEL})


def given_twice(own: Ownership, taken: Taken) -> tuple[cst.CSTNode, cst.CSTNode] | None:
    """Return where a connection is given back, and where it is once more; None where it is not."""
    if not taken.api.twice:
        return None
    obligation = own.obligation(taken)
    search = Search(own, taken, obligation, Care.LIKELY)
    if search.run() is None:
        return None
    points = own.graph.points
    firsts = [s for s in search.before if s.held and _gives(points[s.point], s.held, taken)]
    for state in firsts:
        second = _again(own, taken, obligation, state)
        if second is not None:
            first = points[state.point].node
            assert first is not None
            return first, second
    return None


def _again(
    own: Ownership, taken: Taken, obligation: Obligation, first: State
) -> cst.CSTNode | None:
    """Return where what is given back at `first` is given back again."""
    queue = deque(_onward(own, first, obligation))
    seen = set(queue)
    while queue and len(seen) <= MAX_STATES:
        state = queue.popleft()
        point = own.graph.points[state.point]
        if state.held and _gives(point, state.held, taken):
            if not _caught(point):
                return point.node
            continue
        for following in _onward(own, state, obligation):
            if following not in seen:
                seen.add(following)
                queue.append(following)
    return None


def _onward(own: Ownership, state: State, obligation: Obligation) -> Iterator[State]:
    """Yield where it goes on without an exception, while the names still mean the connection."""
    point, held = own.graph.points[state.point], state.held
    if point.kind is Kind.EXIT or not held:
        return
    after = held
    if point.node is not None and point.kind is not Kind.LEAVE:
        effect = obligation.evaluated(point.node, held)
        if effect.outcome in (Outcome.TRANSFERRED, Outcome.REBOUND):
            return
        after = effect.names & held
    for edge in point.edges:
        if edge.way in _THROWN or own.conditions.absent(point, edge, held):
            continue
        for known in own.conditions.after(point, edge, state.known, after):
            if after:
                yield State(edge.to, after, known)


def _gives(point: Point, held: frozenset[str], taken: Taken) -> bool:
    """Tell whether a point gives what `held` names back to a pool, by its own method."""
    if point.node is None or point.kind in (Kind.LEAVE, Kind.BIND):
        return False
    return any(_is_release(place, held, taken) for place in places(point.node))


def _is_release(place: Place, held: frozenset[str], taken: Taken) -> bool:
    match place.node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method)), args=args) if (
            method in taken.api.given_back_to
        ):
            given = any(isinstance(a.value, cst.Name) and a.value.value in held for a in args)
            later = (cst.Lambda, cst.FunctionDef)
            return given and not any(isinstance(a.node, later) for a in place.ancestors())
    return False


def _caught(point: Point) -> bool:
    """Tell whether what giving it back raises may be caught in the function."""
    return any(edge.to != Graph.RAISED for edge in point.edges if edge.way is Way.RAISE)
