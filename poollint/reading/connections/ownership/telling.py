"""The steps of a way on which a connection is lost, in the order in which it goes there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst

from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.ownership.search import Ways
from poollint.reading.paths.graph import Graph, Kind, Way
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells the ways out of one function, which steps call `name`."""

    unit: Unit
    name: str

    def at(self, node: cst.CSTNode | None) -> Span:
        """Return where a node stands, that is in the text."""
        assert node is not None
        return self.unit.span(node)

    def anew(self, graph: Graph, ways: Ways, path: tuple[int, ...]) -> tuple[Step, ...]:
        """Return where a session took its last connection, having given back one before."""
        again = ways.again.get(path[-1])
        if again is None:
            return ()
        return (Step(self.at(graph.points[again].node), "takes a connection anew"),)

    def left(self, graph: Graph, ways: Ways) -> Iterator[Step]:
        """Yield where the function is left without giving it back."""
        path = ways.normal
        for at, following in pairwise(path):
            point = graph.points[at]
            to = [e.way for e in point.edges if e.to == following] or [Way.NEXT]
            way = Way.RAISE if at in ways.endings and Way.RAISE in to else to[0]
            if way is Way.RAISE and point.node is not None and point.kind is not Kind.LEAVE:
                late = ", and then gives nothing back" if at in ways.endings else ""
                yield Step(self.at(point.node), f"may raise{late}")
                break
        last = graph.points[path[-2]] if len(path) > 1 else graph.points[path[0]]
        if last.node is not None and last.kind is Kind.RETURN:
            yield Step(self.at(last.node), "returns with the connection still taken")
        elif last.node is not None and last.kind is not Kind.LEAVE:
            yield Step(self.at(last.node), f"{self.name} ends with it still taken")

    def raised(self, graph: Graph, ways: Ways, path: tuple[int, ...]) -> Iterator[Step]:
        """Yield what raises on a way, or is cancelled, and what is not reached then."""
        thrown: Span | None = None
        at, way = _thrown(graph, path)
        node = graph.points[at].node
        if node is not None and way is not Way.NEXT:
            thrown = self.at(node)
            waits = any(isinstance(p.node, cst.Await) for p in places(node))
            does = "may be cancelled here" if waits else "may be interrupted here"
            if way is Way.RAISE:
                does = (
                    "may raise, and then gives nothing back" if at in ways.endings else "may raise"
                )
            if isinstance(node, cst.Raise):
                does = "raises"
            yield Step(thrown, does)
            again = _thrown_again(graph, path, at)
            if way is Way.RAISE and again is not None:
                thrown = self.at(again)
                broken = "raises as well where the connection is broken"
                plain = "may raise as well, while that is handled"
                yield Step(thrown, broken if _rolls_back(again) else plain)
        skipped = sorted(self.at(graph.points[p].node) for p in ways.endings)
        later = [span for span in skipped if thrown is None or span.start > thrown.start]
        if later:
            leaves = f"so this is never reached, and {self.name} ends"
            yield Step(later[0], leaves)


def _thrown(graph: Graph, path: tuple[int, ...]) -> tuple[int, Way]:
    """Return the point of a path that raises, and in which way; the last where none need to.

    In a `finally` that an error has led to, going on and raising lead to the same place. What a
    handler has swallowed, after which the path goes on, is not what ends it.
    """
    points = graph.points
    hops = [(at, [e.way for e in points[at].edges if e.to == to]) for at, to in pairwise(path)]
    tidying = [points[at].cleanup or points[at].kind in (Kind.LEAVE, Kind.EXIT) for at, _ in hops]
    hops = hops[max((n for n, tidies in enumerate(tidying) if not tidies), default=0) :]
    sides = {Way.RAISE, Way.CANCEL}
    for at, ways in hops:
        if ways and ways[0] in sides and graph.points[at].node is not None:
            return at, ways[0]
    for at, ways in reversed(hops):
        if sides & set(ways) and graph.points[at].kind is not Kind.LEAVE:
            return at, next(way for way in ways if way in sides)
    return path[-1], Way.NEXT


def _thrown_again(graph: Graph, path: tuple[int, ...], first: int) -> cst.CSTNode | None:
    """Return what a handler does that raises, after what it handles; None where it need not."""
    points = graph.points
    after = path[path.index(first) + 1 :]
    for at, to in reversed([*pairwise(after)]):
        ways = [e.way for e in points[at].edges if e.to == to]
        if ways and set(ways) <= {Way.RAISE} and points[at].kind is Kind.EVAL:
            return points[at].node
    return None


def _rolls_back(node: cst.CSTNode) -> bool:
    """Tell whether a node calls nothing but `rollback()`, which only a lost connection refuses."""
    called = [p.node.func for p in places(node) if isinstance(p.node, cst.Call)]
    return bool(called) and all(
        isinstance(func, cst.Attribute) and func.attr.value == "rollback" for func in called
    )
