"""The search of a function's graph for the ways on which what it takes is lost.

A state is a point of the graph, the names that hold the connection there, and what tests have told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from poollint.facts.connections import Taking
from poollint.reading.connections.acquiring.lending import Outcome
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.ownership.obligation import Obligation
from poollint.reading.paths.conditions import Facts
from poollint.reading.paths.graph import Care, Edge, Graph, Kind, Point, Way
from poollint.reading.paths.joining import EXACT, Joined

if TYPE_CHECKING:
    from poollint.reading.connections.ownership.ownership import Ownership

MAX_STATES = 20_000  # of one search
_FALSE = frozenset({Outcome.FALSE_RELEASE, Outcome.WRONG_POOL})
_LEFT = frozenset({Outcome.HELD, Outcome.PASSED})  # with its transaction as it was


@dataclass(frozen=True, slots=True)
class State:
    """Where we are on a path.

    held  the names that hold the connection, None where it is not taken yet
    used  a session has been used, and so has taken a connection
    """

    point: int
    held: frozenset[str] | None
    known: Facts
    used: bool = True


@dataclass(slots=True)
class Ways:
    """What a search found, each way as the points it takes.

    ended     some path gives the connection back or hands it on
    endings   the points where it is given back
    handed    some path returns it, or what it is left to
    passed    it was lent to a function nothing is known about
    false     the points that look like giving it back, and do not
    elsewhere  one of these gives it to another pool
    again     by the exit: where a session that had given it back took one anew
    """

    normal: tuple[int, ...] = ()
    raised: tuple[int, ...] = ()
    cancelled: tuple[int, ...] = ()
    rebound: tuple[int, ...] = ()
    ended: bool = False
    endings: set[int] = field(default_factory=set)
    handed: bool = False
    passed: bool = False
    false: list[int] = field(default_factory=list)
    elsewhere: bool = False
    again: dict[int, int] = field(default_factory=dict)


class Search:
    """The search for one acquisition, state by state; `before` holds how each was reached."""

    def __init__(
        self, ownership: Ownership, taken: Taken, obligation: Obligation, care: Care
    ) -> None:
        self.own = ownership
        self.taken = taken
        self.obligation = obligation
        self._care = care
        self._pooled = bool(taken.api.given_back_to)
        self._source = ownership.source(taken)
        self._closing = ownership.closing(taken)
        self.found = Ways()
        self.in_use = taken.taking is not Taking.SESSION  # from the moment it is taken
        self.before: dict[State, State | None] = {}

    def run(self, start: State | None = None) -> Ways | None:
        """Search from `start`, or from where it is taken; None where there is too much."""
        taking = (State(at, None, known) for at, known in self.own.starts(self.taken))
        queue = deque([start] if start is not None else taking)
        self.before.update(dict.fromkeys(queue))
        joined: Joined[State] = Joined()
        exact = min(EXACT, self.own.left // 8)
        while queue and len(self.before) <= min(MAX_STATES, self.own.left):
            joining = len(self.before) > exact
            state = queue.popleft()
            if joining and joined.covers(self._bare(state), state.known):
                continue
            for one in self._step(state):
                known = joined.join(self._bare(one), one.known) if joining else one.known
                following = one if known == one.known else replace(one, known=known)
                if following not in self.before:
                    self.before[following] = state
                    queue.append(following)
        self.own.spend(len(self.before), not queue)
        return None if queue else self.found

    def _bare(self, state: State) -> State:
        """Return a state with no more of what is known than must not be joined."""
        return replace(state, known=self.own.conditions.together(state.known))

    def _step(self, state: State) -> Iterator[State]:
        point = self.own.graph.points[state.point]
        if point.kind is Kind.EXIT:
            self._leave(state)
        elif state.held is None:
            yield from self._taking(point, state)
        else:
            yield from self.holding(point, state, state.held)

    def _taking(self, point: Point, state: State) -> Iterator[State]:
        """Yield where a path goes on from the point that takes it."""
        names = self.taken.names
        is_there = {(self.taken.unless, True), (f"{self.taken.unless} is None", False)}
        if self.taken.unless and is_there & state.known:
            return
        for edge in point.edges:
            missing = bool(names) and self.own.conditions.absent(point, edge, names)
            missing = missing or self.own.conditions.refused(point, edge, self.taken.call)
            if edge.way in (Way.RAISE, Way.CANCEL) or missing:
                continue
            for known in self.own.conditions.after(point, edge, state.known, names):
                yield State(edge.to, names, known, self.in_use)

    def holding(self, point: Point, state: State, held: frozenset[str]) -> Iterator[State]:
        """Yield where a path goes on from `point`, at which `held` names hold the connection."""
        after = held
        used = thrown_used = state.used
        outcome = Outcome.HELD
        if point.kind is Kind.LEAVE:
            assert isinstance(point.node, cst.WithItem)
            if self.obligation.left(point.node, held):
                self.end(state.point)
                return
        elif point.node is not None:
            if self._closing.at(point.node):
                self.end(state.point)
                return
            effect = self.obligation.evaluated(point.node, held)
            if effect.outcome is Outcome.TRANSFERRED and point.kind is Kind.RETURN:
                self.found.handed = True
            if effect.outcome in (Outcome.RELEASED, Outcome.TRANSFERRED):
                self.end(state.point if effect.outcome is Outcome.RELEASED else None)
                return
            if effect.outcome is Outcome.REBOUND and held:
                if not state.used:
                    return
                self.found.rebound = self.found.rebound or self.path(state)
                return
            self.found.passed |= effect.outcome is Outcome.PASSED
            if effect.outcome in _FALSE and state.point not in self.found.false:
                self.found.false.append(state.point)
                self.found.elsewhere |= effect.outcome is Outcome.WRONG_POOL
            after, outcome = effect.names, effect.outcome
            used = used or self.obligation.uses(point.node, held, lent=True)
            thrown_used = thrown_used or self.obligation.uses(point.node, held, lent=False)
            if not thrown_used and outcome in _LEFT:
                thrown_used = self.obligation.asked(point.node, held)
        if outcome in (Outcome.SOMETIMES, Outcome.LATE):
            self.end(state.point)
        if outcome in (Outcome.COMMITTED, Outcome.UNDONE):
            self.end(state.point)
            used, thrown_used = False, thrown_used and outcome is Outcome.COMMITTED
        for edge, thrown in self.edges(point, held):
            if outcome is Outcome.LATE and not thrown:
                continue
            names = held if thrown else after
            for known in self.own.conditions.after(point, edge, state.known, names):
                yield State(edge.to, names, known, thrown_used if thrown else used)

    def edges(self, point: Point, held: frozenset[str]) -> Iterator[tuple[Edge, bool]]:
        """Yield the edges that count, and whether `point` raises on them."""
        for edge in point.edges:
            absent = self.own.conditions.absent(point, edge, held | self._source)
            absent = absent or self.own.is_another(point, edge, held)
            if not absent and not self._passes_over(point, edge, held):
                yield edge, edge.way in (Way.RAISE, Way.CANCEL) and point.kind is not Kind.LEAVE

    def _passes_over(self, point: Point, edge: Edge, held: frozenset[str]) -> bool:
        """Tell whether `edge` is less likely than what counts, or ends the connection."""
        if self.own.conditions.closed(point, edge, held):
            return not self._pooled or self._care < Care.POSSIBLE
        if edge.way not in (Way.RAISE, Way.CANCEL) or point.kind is Kind.LEAVE:
            return False
        return self._care < self.own.raising.care(point, edge, self._pooled)

    def _leave(self, state: State) -> None:
        if state.held is None or not state.used:
            return
        path = self.path(state)
        again = self._taken_anew(state)
        if again is not None:
            self.found.again.setdefault(state.point, again)
        if state.point == Graph.NORMAL:
            self.found.normal = self.found.normal or path
        elif state.point == Graph.RAISED:
            self.found.raised = self.found.raised or path
        else:
            self.found.cancelled = self.found.cancelled or path

    def _taken_anew(self, state: State) -> int | None:
        """Return where a session took its last connection, None where it was its first."""
        anew = None
        at = self.before[state]
        after = state
        while at is not None and at.held is not None:
            if anew is not None and at.point in self.found.endings:
                return anew
            if anew is None and after.used and not at.used:
                anew = at.point
            after, at = at, self.before[at]
        return None

    def end(self, point: int | None) -> None:
        self.found.ended = True
        if point is not None:
            self.found.endings.add(point)

    def path(self, state: State) -> tuple[int, ...]:
        """Return the points from where the connection is taken to here."""
        path = []
        at: State | None = state
        while at is not None:
            path.append(at.point)
            if at.held is None:
                break
            at = self.before[at]
        return tuple(reversed(path))
