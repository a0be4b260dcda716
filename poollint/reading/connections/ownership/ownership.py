"""What becomes of each connection that a function takes: given back, handed on, or lost.

For each acquisition the graph of the function is searched for a way out with the connection
still taken, as go vet's lostcancel does, and with what the Checker Framework calls must-call
obligations: the names that hold it move with assignments, and a release, a return or a store
ends it. Tests on the same condition are kept apart, so that `if own: conn = take()` and
`finally: if own: give_back(conn)` go together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property

import libcst as cst

from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.lending import Outcome
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.use.going_through import iterated
from poollint.reading.connections.ownership.choosing import asked_again, is_another
from poollint.reading.connections.ownership.closing_pools import Closing
from poollint.reading.connections.ownership.obligation import Obligation
from poollint.reading.connections.ownership.search import MAX_STATES, Search, State, Ways
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import NOTHING, dotted, of_cst
from poollint.reading.paths.conditions import Conditions, Facts, implied
from poollint.reading.paths.flow import graph
from poollint.reading.paths.graph import Care, Edge, Graph, Kind, Point, TooComplex, Way
from poollint.reading.paths.joining import EXACT, Joined
from poollint.reading.paths.raising import Raising
from poollint.reading.paths.walk import places

BUDGET = 100_000  # states of all searches over one function, a few seconds
TOO_COMPLEX = "too many ways through this function to follow its connections on all of them"
"""What is said where a search was given up."""
NOBODY: frozenset[str] = frozenset()


class Ownership:
    """The search over one function's graph; the graph is built once for all acquisitions.

    `exceeded` tells that a search was given up: there was too much to look at.
    """

    def __init__(
        self, function: cst.FunctionDef, name: str, names: Names, throws: bool, tidies: bool = False
    ) -> None:
        self._name = name
        self._names = names
        self.raising = Raising(name, names, throws)
        self.graph: Graph = graph(function, self.raising, tidies)
        self.conditions = Conditions(self.graph, self._is_there)
        self.outer = frozenset(_declared(function))
        self.iterated = iterated(function)
        self.left = BUDGET
        self.exceeded = False
        self._inside: dict[int, frozenset[int]] = {}
        self._reached: dict[int, list[Facts]] | None = None
        self._making: dict[int, list[int]] = {}

    def ways(self, taken: Taken, care: Care) -> Ways | None:
        """Search for the ways on which `taken` is lost; None where there is too much to search."""
        return Search(self, taken, self.obligation(taken), care).run()

    def obligation(self, taken: Taken, lasting: bool | None = None) -> Obligation:
        """Return what judges the nodes of the function for `taken`."""
        judged: dict[cst.FunctionDef, Outcome] = {}

        def judge(node: cst.FunctionDef, held: frozenset[str]) -> Outcome:
            if node not in judged:
                judged[node] = self._called(node, taken, held)
            return judged[node]

        return Obligation(taken, self._name, self._names, self.outer, judge, lasting)

    def _called(self, node: cst.FunctionDef, taken: Taken, held: frozenset[str]) -> Outcome:
        """Return what calling a function that is defined in this one does to what is held."""
        try:
            name = f"{self._name}.<locals>.{node.name.value}"
            within = Ownership(node, name, self._names, throws=False, tidies=True)
        except TooComplex:
            return Outcome.PASSED
        search = Search(within, taken, within.obligation(taken), Care.LIKELY)
        ways = search.run(State(within.graph.entry, held, frozenset()))
        if ways is None or not ways.ended:
            return Outcome.HELD if ways is not None else Outcome.PASSED
        if ways.normal:
            return Outcome.SOMETIMES
        return Outcome.COMMITTED if ways.raised else Outcome.RELEASED

    def spend(self, states: int, whole: bool) -> None:
        """Note what a search has looked at, and whether that was all there is."""
        self.left -= states
        self.exceeded |= not whole

    def starts(self, taken: Taken) -> Iterator[tuple[int, Facts]]:
        """Yield the points at which `taken` may be taken, with what may be known there."""
        if self._reached is None:
            self._reached = self._explored()
            for at in self._reached:
                for call in self._calls(self.graph.points[at]):
                    self._making.setdefault(call, []).append(at)
        making = self._making.get(id(taken.call), ())
        if taken.entry is not None:
            making = [at for at in self._reached if self._enters(at, taken.entry)]
        for at in making:
            told = implied(getattr(self.graph.points[at].node, "value", None), taken.call)
            told |= asked_again(taken.when, self.conditions.tests, self._name, self._names)
            for known in self._reached[at]:
                if not any((text, not truth) in known for text, truth in told):
                    yield at, known | told

    def _enters(self, at: int, entry: cst.Name) -> bool:
        """Tell whether a point enters a `with` block by a name."""
        node = self.graph.points[at].node
        return self.graph.points[at].kind is Kind.ENTER and getattr(node, "item", None) is entry

    def _explored(self) -> dict[int, list[Facts]]:
        """Return the points that can be reached, each with what may be known there."""
        start: tuple[int, Facts] = (self.graph.entry, frozenset())
        seen, queue = {start}, deque([start])
        joined: Joined[tuple[int, Facts]] = Joined()
        together = self.conditions.together
        while queue and len(seen) <= MAX_STATES:
            joining = len(seen) > EXACT
            at, known = queue.popleft()
            if joining and joined.covers((at, together(known)), known):
                continue
            point = self.graph.points[at]
            for edge in point.edges:
                for after in self.conditions.after(point, edge, known, NOBODY):
                    place = (edge.to, together(after)) if joining else None
                    told = joined.join(place, after) if place else after
                    if (edge.to, told) not in seen:
                        seen.add((edge.to, told))
                        queue.append((edge.to, told))
        self.spend(len(seen), not queue)
        found: dict[int, list[Facts]] = {}
        for at, known in sorted(seen, key=lambda one: (one[0], sorted(one[1]))):
            found.setdefault(at, []).append(known)
        return found

    def closing(self, taken: Taken) -> Closing:
        """Return what tells where the pool that `taken` comes from is closed with all it lent."""
        nodes = [point.node for point in self.graph.points if point.node is not None]
        return Closing(taken, nodes, self._name, self._names)

    def is_another(self, point: Point, edge: Edge, held: frozenset[str]) -> bool:
        """Tell whether taking `edge` means that another database's connection is held."""
        told = self.conditions.told(point, edge)
        return told is not None and is_another(*told, held, self._name, self._names)

    def source(self, taken: Taken) -> frozenset[str]:
        """Return what it is taken from, `_pool` of `_pool.getconn()`: that is there from then on.

        Nothing where the function itself may set it to None.
        """
        match taken.call.func:
            case cst.Attribute(value=cst.Name() | cst.Attribute(value=cst.Name()) as of):
                return frozenset({dotted(of_cst(of))}) - self._set_to_none
        return frozenset()

    @cached_property
    def _set_to_none(self) -> frozenset[str]:
        return frozenset(
            dotted(of_cst(target.target))
            for point in self.graph.points
            if isinstance(point.node, cst.Assign) and of_cst(point.node.value) == NOTHING
            for target in point.node.targets
        )

    def _calls(self, point: Point) -> Iterator[int]:
        if point.node is not None and point.kind not in (Kind.LEAVE, Kind.BIND):
            yield from (id(p.node) for p in places(point.node) if isinstance(p.node, cst.Call))

    def _is_there(self, node: cst.BaseExpression) -> bool:
        """Tell whether a value is a connection just taken, or a function of the module.

        One that may be missing (`except ImportError: release = None`) is missing where nothing
        could be taken either.
        """
        if isinstance(node, cst.Name):
            holder = self._names.scope(self._name).holder(node.value)
            bound = holder.bound[node.value] if holder is not None and not holder.name else ()
            return any(binding.how in ("import", "def") for binding in bound)
        node = node.expression if isinstance(node, cst.Await) else node
        if not isinstance(node, cst.Call):
            return False
        api = self._names.api(of_cst(node.func), self._name)
        return api is not None and api.kind in TAKING

    def holds(self, node: cst.CSTNode, call: cst.CSTNode) -> bool:
        """Tell whether `call` is part of `node`."""
        if id(node) not in self._inside:
            self._inside[id(node)] = frozenset(id(p.node) for p in places(node))
        return id(call) in self._inside[id(node)]


def raised_after(
    ownership: Ownership, taken: Taken, counts: Callable[[cst.CSTNode | None], bool]
) -> tuple[int, ...]:
    """Return the shortest way from where `taken` is taken out of the function by an exception.

    Only nodes that count raise. What it is given to is not looked at, nor what is tested; nothing
    where no way leads there.
    """
    points, pooled = ownership.graph.points, bool(taken.api.given_back_to)
    starts = dict.fromkeys(at for at, _ in ownership.starts(taken))
    before: dict[int, int] = dict.fromkeys(starts, -1)
    queue = deque(starts)
    while queue:
        at = queue.popleft()
        for edge in points[at].edges:
            if edge.to in before:
                continue
            if edge.way in (Way.RAISE, Way.CANCEL) and points[at].kind is not Kind.LEAVE:
                counted = at not in starts and counts(points[at].node)
                if not counted or ownership.raising.care(points[at], edge, pooled) > Care.LIKELY:
                    continue
            before[edge.to] = at
            queue.append(edge.to)
    path, at = [], Graph.RAISED if Graph.RAISED in before else -1
    while at >= 0:
        path.append(at)
        at = before[at]
    return tuple(reversed(path))


def build(function: cst.FunctionDef, name: str, names: Names, throws: bool) -> Ownership | None:
    """Build the search over a function; None where it has too many ways through it.

    Who asks next for the same function gets the same.
    """
    node, found = names.memory.get("ownership", (None, None))
    if node is not function:
        found = None
        with suppress(TooComplex):
            found = Ownership(function, name, names, throws)
        names.memory["ownership"] = (function, found)
    return found  # type: ignore[no-any-return]


def too_complex(function: cst.FunctionDef, names: Names) -> bool:
    """Tell whether a search over the function was given up."""
    node, found = names.memory.get("ownership", (None, None))
    return node is function and (found is None or found.exceeded)


SEARCHED = frozenset({Form.BOUND, Form.ENTERED})
"""The forms whose fate the graph decides; the others are decided where they stand."""


def _declared(function: cst.FunctionDef) -> Iterator[str]:
    for place in places(function):
        if isinstance(place.node, cst.Global | cst.Nonlocal):
            for item in place.node.names:
                yield item.name.value
