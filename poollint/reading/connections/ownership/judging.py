"""How surely an acquisition is lost, and by which steps: the worst of the ways it may go."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from poollint.facts.connections import Acquisition, Escape, Leak, Taking
from poollint.model.finding import Confidence, Step
from poollint.model.source import Span
from poollint.reading.connections.acquiring.managing import (
    Later,
    Left,
    enters,
    given_back_later,
    left_open,
)
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.ownership.ownership import SEARCHED, Ownership, raised_after
from poollint.reading.connections.ownership.search import Ways
from poollint.reading.connections.ownership.telling import Telling
from poollint.reading.connections.ownership.too_late import STATEMENTS, work_before
from poollint.reading.connections.ownership.twice import given_twice
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_cst
from poollint.reading.paths.graph import Care
from poollint.reading.paths.walk import places
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import Unit

# Their connections go back to the pool when the last reference goes (run with DBUtils 3.1,
# psqlpy 0.11).
_COLLECTED = frozenset({"dbutils", "psqlpy"})
_LADDER = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


class Judge:
    """Judges one acquisition of a function; `once` tells why what a call makes is made only once.

    `lasts` tells that what is taken may be there for as long as the program runs.
    """

    def __init__(
        self,
        unit: Unit,
        name: str,
        names: Names,
        one: Taken,
        around: Surroundings,
        once: Callable[[cst.Call], str],
        lasts: bool = False,
    ) -> None:
        self._once = once
        self._lasts = lasts
        self._unit = unit
        self._telling = Telling(unit, f"`{name.rpartition('.')[2]}`" if name else "the script")
        self._one = one
        self._around = around
        self._left: Left | None = None
        self._later: Later | None = None  # what is only given back once it is entered
        if enters(name, names) and one.form in (Form.PASSED, Form.BOUND):
            line = unit.span(one.call).start.line
            callee = dotted(of_cst(one.call.func))
            self._left = left_open(line, callee, one.api, name, names)
            if self._left is None and one.taking is not Taking.SESSION:
                self._later = given_back_later(line, callee, one.api, name, names)

    def acquisition(self, leak: Leak | None) -> Acquisition:
        """Return the fact, with how it is lost."""
        api = self._one.api
        callee = self._unit.code(self._one.call.func).strip()
        target = min(self._one.names, default="")
        left = self._left or (self._later.left if self._later is not None else None)
        if left is not None and left.attribute:
            target = f"self.{left.attribute}"
        near = "" if self._one.through else callee.rpartition(".")[0]
        words = {
            "pool": self._one.pool or near or "pool",
            "conn": target or (self._one.through.lower() if self._one.within else "connection"),
            "call": f"{callee}(…)",
        }
        return Acquisition(
            span=self._unit.span(self._one.call),
            taking=self._one.taking,
            driver=api.driver,
            call=dotted(of_cst(self._one.call.func)) or callee,
            target=target,
            release=api.release.format(**words),
            guard=api.guard.format(**words),
            note=api.note,
            leak=leak,
            once=self._once(self._one.call),
            through=self._one.through,
        )

    def leak(self, ownership: Ownership | None, lent: bool) -> Leak | None:
        """Return the worst way it is lost."""
        form = self._one.form
        if self._left is not None:
            return self._entered(self._left)
        if self._later is not None and ownership is not None:
            half = None if self._later.within else self._half_entered(ownership, self._later)
            return half or self._half_left(self._later)
        if form in (Form.DROPPED, Form.CHAINED):
            if form is Form.DROPPED and self._one.taking is Taking.SESSION:
                return None  # a session that is never used takes no connection
            return self._made(Escape.NEVER, self._taken("taken here, and kept by no name"), 0)
        if form not in SEARCHED or ownership is None or self._one.names & ownership.outer:
            return None  # a global belongs to the module
        for care in Care:
            ways = ownership.ways(self._one, care)
            if ways is None:
                return None
            if lent and not ways.ended:
                return None  # a generator whose caller has the connection
            leak = self._from(ownership, ways, care)
            if leak is not None:
                return replace(leak, handed=ways.handed)
        return self._twice(ownership)

    def _twice(self, ownership: Ownership) -> Leak | None:
        """Return what giving it back a second time comes to, None where nothing does."""
        found = given_twice(ownership, self._one)
        if found is None:
            return None
        first, second = (self._telling.at(node) for node in found)
        again = f"given back again: raises {self._one.api.twice}"
        steps = (*self._taken("taken here"), Step(first, "given back"), Step(second, again))
        return self._made(Escape.TWICE, steps, 0)

    def _entered(self, left: Left) -> Leak:
        """Return the leak of what entering an object takes, and leaving it does not give back."""
        node, span = left.exit.names.functions[left.exit.name], self._unit.span(self._one.call)
        name = left.exit.name.rpartition(".")[2]
        steps = self._taken("taken here, each time the object is entered")
        at = Span.at(left.exit.names.outside.path or span.path, node.lineno, node.col_offset + 1)
        steps += (Step(at, f"`{name}` does not give it back"),)
        leak = self._made(Escape.NEVER, steps, 0 if left.attribute else 1)
        return replace(leak, exit=name)

    def _half_entered(self, ownership: Ownership, later: Later) -> Leak | None:
        """Return the leak of what entering an object takes where it raises afterwards."""
        path = raised_after(ownership, self._one, _asks)
        if not path:
            return None
        exit_ = later.left.exit
        steps = self._taken("taken here, when the object is entered")
        steps += tuple(self._telling.raised(ownership.graph, Ways(raised=path), path))
        node, name = exit_.names.functions[exit_.name], exit_.name.rpartition(".")[2]
        steps += (Step(self._in(exit_, node), f"`{name}` is not called then"),)
        return replace(self._made(Escape.RAISE, steps, 0), handed=True)

    def _half_left(self, later: Later) -> Leak | None:
        """Return the leak of what leaving an object gives back only where nothing raises before."""
        exit_ = later.left.exit
        name = exit_.name.rpartition(".")[2]
        raising = work_before(later.of, name, later.ends, STATEMENTS | {"commit"})
        if raising is None or exit_.names is not later.of.names:
            return None
        steps = self._taken("taken here, when the object is entered")
        steps += (Step(self._in(exit_, raising), "may raise, and then gives nothing back"),)
        return replace(self._made(Escape.RAISE, steps, 0), exit=name)

    def _in(self, member: Member, node: ast.stmt) -> Span:
        file = member.names.outside.path or self._unit.span(self._one.call).path
        return Span.at(file, node.lineno, node.col_offset + 1)

    def _from(self, ownership: Ownership, ways: Ways, doubt: int) -> Leak | None:
        graph, tell = ownership.graph, self._telling
        taker = self._one.through.rpartition(".")[2]
        label = f"taken here, by `{taker}`" if taker else "taken here"
        first = self._taken(f"taken by `{taker}`, taken over here" if self._one.popped else label)
        if ways.normal and not ways.ended:
            if ways.false:
                given = tell.at(graph.points[ways.false[0]].node)
                steps = (*first, Step(given, _falsehood(ways)))
                return self._made(Escape.FALSE_RELEASE, steps, doubt)
            if self._one.form is Form.ENTERED:
                return self._made(Escape.FALSE_RELEASE, first, doubt)
            return self._made(Escape.NEVER, first, doubt + ways.passed)
        if ways.rebound and not ways.ended:
            return self._made(Escape.NEVER, first, doubt)
        if ways.rebound:
            node = graph.points[ways.rebound[-1]].node
            steps = (*first, Step(tell.at(node), "its name is given to something else"))
            return self._made(Escape.REBOUND, steps, doubt)
        if ways.normal:
            first += tell.anew(graph, ways, ways.normal)
            return self._made(Escape.EXIT, (*first, *tell.left(graph, ways)), doubt)
        if ways.raised and ways.ended:
            steps = (*first, *tell.raised(graph, ways, ways.raised))
            return self._made(Escape.RAISE, steps, doubt)
        if ways.cancelled and ways.ended:
            steps = (*first, *tell.raised(graph, ways, ways.cancelled))
            return self._made(Escape.CANCEL, steps, max(doubt, 1 + self._given_up(ownership, ways)))
        if ways.raised and not ways.ended:  # a loop without end, which only an error leaves
            steps = (*first, *tell.raised(graph, ways, ways.raised))
            return self._made(Escape.RAISE, steps, 2)
        return None

    @staticmethod
    def _given_up(ownership: Ownership, ways: Ways) -> bool:
        """Tell whether it ends at a `yield`: a generator that nobody goes on with."""
        nodes = (ownership.graph.points[at].node for at in ways.cancelled)
        return any(isinstance(p.node, cst.Yield) for n in nodes if n for p in places(n))

    def _taken(self, label: str) -> tuple[Step, ...]:
        return (Step(self._unit.span(self._one.call), label),)

    def _made(self, escape: Escape, steps: tuple[Step, ...], doubt: int) -> Leak:
        line = self._unit.span(self._one.call).start.line
        # what is lost by leaving the function is lost once, in whatever loop it was taken
        left = escape is Escape.EXIT
        quiet = self._around.quiet if left else self._around.quiet_at(line)
        served = _LADDER[min(2, doubt + self._doubt(escape))]
        if not quiet:
            return Leak(escape, steps, served)
        return Leak(escape, steps, _LADDER[2], served=served if self._around.ending else None)

    def _doubt(self, escape: Escape) -> int:
        """Return how much less than certain the harm is, in steps of confidence.

        A pool keeps a strong reference to what it lent: nothing but giving it back helps. A
        connection of its own is closed when its last reference goes, which an exception that
        is kept (by a log, an error tracker) puts off. A SQLAlchemy session in a transaction
        refers to itself: it waits for the garbage collector, which may come soon (run with
        1.4.54, 2.0.36 and 2.1.9).
        """
        if self._lasts and escape is Escape.NEVER:
            return 2
        api = self._one.api
        if api.driver in _COLLECTED:
            return 1
        if self._one.taking is Taking.CONNECT and "await" not in api.call:
            return 1
        if self._one.taking is Taking.SESSION:
            return 1
        return 0


def _asks(node: cst.CSTNode | None) -> bool:
    """Tell whether a node sends a statement, which may fail whatever the connection is like."""
    called = (p.node.func for p in (places(node) if node else ()) if isinstance(p.node, cst.Call))
    return any(isinstance(f, cst.Attribute) and f.attr.value in STATEMENTS for f in called)


def _falsehood(ways: Ways) -> str:
    return "gives it to another pool" if ways.elsewhere else "does not give it back"
