"""The acquisitions of a function as facts: how each is lost, by which steps, how surely."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import libcst as cst

from poollint.facts.code import Recurrence
from poollint.facts.connections import Acquisition, Escape, Leak, Taking
from poollint.model.finding import Confidence, Step
from poollint.model.source import Span, Unreadable
from poollint.reading.connections.acquiring.discarding import discarded
from poollint.reading.connections.acquiring.managing import (
    Later,
    Left,
    enters,
    given_back_later,
    left_open,
)
from poollint.reading.connections.acquiring.taking import Form, Taken, taken
from poollint.reading.connections.ownership.objects import owned
from poollint.reading.connections.ownership.ownership import (
    SEARCHED,
    TOO_COMPLEX,
    Ownership,
    build,
    raised_after,
    too_complex,
)
from poollint.reading.connections.ownership.scripts import ended_elsewhere, made_once, script
from poollint.reading.connections.ownership.search import Ways
from poollint.reading.connections.ownership.too_late import STATEMENTS, work_before
from poollint.reading.connections.ownership.twice import given_twice
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_cst
from poollint.reading.paths.graph import Care, Graph, Kind, Way
from poollint.reading.paths.walk import places
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import PythonTree, Unit

# Their connections go back to the pool when the last reference goes (run with DBUtils 3.1,
# psqlpy 0.11).
_COLLECTED = frozenset({"dbutils", "psqlpy"})
_LADDER = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


def acquisitions(
    unit: Unit,
    function: cst.FunctionDef,
    name: str,
    names: Names,
    around: Surroundings,
    once: Callable[[cst.Call], str],
) -> Iterator[Acquisition]:
    """Yield the acquisitions of a function's own body, each with how it is lost, if it is.

    `once` tells why what a call makes is made only once, "" where nothing says so.
    """
    found = list(taken(function, name, names))
    look = _Look(function, name, names, around, found)
    for one in found:
        fact = look.judged(_Judge(unit, name, names, one, around, once))
        ended = discarded(function, one) if fact.leak is None else None
        yield replace(fact, discarded=unit.span(ended)) if ended is not None else fact


def kept_by_objects(
    unit: Unit,
    function: cst.FunctionDef,
    name: str,
    names: Names,
    around: Surroundings,
    again: bool,
) -> Iterator[tuple[Taken, Acquisition]]:
    """Yield the connections that a function has through objects of the project's own classes.

    `again` tells that it is certain that the function runs again and again.
    """
    found = list(owned(function, name, names))
    if not found:
        return
    look = _Look(function, name, names, around, [one for one, _ in found])
    ends = again or any(result is not None for result in names.results(name) or ())
    for one, closed in found:
        lasts = not ends and not (closed and one.form is not Form.CHAINED)
        judge = _Judge(unit, name, names, one, around, lambda call: "", lasts)
        yield one, look.judged(judge)


def of_script(
    tree: PythonTree, names: Names, around: Surroundings, run: Recurrence | str | None
) -> tuple[tuple[Acquisition, ...], tuple[Unreadable, ...]]:
    """Return the acquisitions of a module's statements that a framework runs again and again.

    With them what of the module could not be followed.
    """
    whole = script(tree, run)
    if whole is None or isinstance(whole, Unreadable):
        return (), (whole,) if whole else ()
    unit, body = whole
    found = list(taken(body, "", names))
    look = _Look(body, "", names, around, found)
    acquired = []
    for one in found:
        judge = _Judge(unit, "", names, one, around, lambda call: made_once(tree, call, unit))
        fact = look.judged(judge)
        ended = any(ended_elsewhere(name, one.api, names) for name in one.names)
        acquired.append(replace(fact, leak=None) if ended else fact)
    given_up = too_complex(body, names) and Unreadable(
        unit.span(unit.statements[0]), TOO_COMPLEX, broken=False
    )
    return tuple(acquired), (given_up,) if given_up else ()


class _Look:
    """The search for the ways out of one function, for all that it takes."""

    def __init__(
        self,
        function: cst.FunctionDef,
        name: str,
        names: Names,
        around: Surroundings,
        found: list[Taken],
    ) -> None:
        searched = any(one.form in SEARCHED for one in found)
        searched = searched or (bool(found) and enters(name, names))
        self._ownership = build(function, name, names, around.throws) if searched else None
        # whoever goes into a context manager leaves it to the manager to give back
        entered = around.throws or around.resumed
        self._lent = not entered and _lends(function, name, names, found)

    def judged(self, judge: _Judge) -> Acquisition:
        return judge.acquisition(judge.leak(self._ownership, self._lent))


class _Judge:
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
        self._lasts = lasts  # it may be there for as long as the program runs
        self._unit = unit
        self._function = f"`{name.rpartition('.')[2]}`" if name else "the script"
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
        first, second = (self._at(node) for node in found)
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
        steps += tuple(self._raise(ownership, Ways(raised=path), path))
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
        points = ownership.graph.points
        taker = self._one.through.rpartition(".")[2]
        label = f"taken here, by `{taker}`" if taker else "taken here"
        first = self._taken(f"taken by `{taker}`, taken over here" if self._one.popped else label)
        if ways.normal and not ways.ended:
            if ways.false:
                steps = (*first, Step(self._at(points[ways.false[0]].node), _falsehood(ways)))
                return self._made(Escape.FALSE_RELEASE, steps, doubt)
            if self._one.form is Form.ENTERED:
                return self._made(Escape.FALSE_RELEASE, first, doubt)
            return self._made(Escape.NEVER, first, doubt + ways.passed)
        if ways.rebound and not ways.ended:
            return self._made(Escape.NEVER, first, doubt)
        if ways.rebound:
            node = points[ways.rebound[-1]].node
            steps = (*first, Step(self._at(node), "its name is given to something else"))
            return self._made(Escape.REBOUND, steps, doubt)
        if ways.normal:
            first += self._anew(ownership, ways, ways.normal)
            return self._made(Escape.EXIT, (*first, *self._exit(ownership, ways)), doubt)
        if ways.raised and ways.ended:
            steps = (*first, *self._raise(ownership, ways, ways.raised))
            return self._made(Escape.RAISE, steps, doubt)
        if ways.cancelled and ways.ended:
            steps = (*first, *self._raise(ownership, ways, ways.cancelled))
            return self._made(Escape.CANCEL, steps, max(doubt, 1 + self._given_up(ownership, ways)))
        if ways.raised and not ways.ended:  # a loop without end, which only an error leaves
            steps = (*first, *self._raise(ownership, ways, ways.raised))
            return self._made(Escape.RAISE, steps, 2)
        return None

    @staticmethod
    def _given_up(ownership: Ownership, ways: Ways) -> bool:
        """Tell whether it ends at a `yield`: a generator that nobody goes on with."""
        nodes = (ownership.graph.points[at].node for at in ways.cancelled)
        return any(isinstance(p.node, cst.Yield) for n in nodes if n for p in places(n))

    def _taken(self, label: str) -> tuple[Step, ...]:
        return (Step(self._unit.span(self._one.call), label),)

    def _at(self, node: cst.CSTNode | None) -> Span:
        assert node is not None
        return self._unit.span(node)

    def _anew(self, ownership: Ownership, ways: Ways, path: tuple[int, ...]) -> tuple[Step, ...]:
        """Return where a session took its last connection, having given back one before."""
        again = ways.again.get(path[-1])
        if again is None:
            return ()
        return (Step(self._at(ownership.graph.points[again].node), "takes a connection anew"),)

    def _exit(self, ownership: Ownership, ways: Ways) -> Iterator[Step]:
        graph, path = ownership.graph, ways.normal
        for at, following in pairwise(path):
            point = graph.points[at]
            to = [e.way for e in point.edges if e.to == following] or [Way.NEXT]
            way = Way.RAISE if at in ways.endings and Way.RAISE in to else to[0]
            if way is Way.RAISE and point.node is not None and point.kind is not Kind.LEAVE:
                late = ", and then gives nothing back" if at in ways.endings else ""
                yield Step(self._at(point.node), f"may raise{late}")
                break
        last = graph.points[path[-2]] if len(path) > 1 else graph.points[path[0]]
        if last.node is not None and last.kind is Kind.RETURN:
            yield Step(self._at(last.node), "returns with the connection still taken")
        elif last.node is not None and last.kind is not Kind.LEAVE:
            yield Step(self._at(last.node), f"{self._function} ends with it still taken")

    def _raise(self, ownership: Ownership, ways: Ways, path: tuple[int, ...]) -> Iterator[Step]:
        graph = ownership.graph
        thrown: Span | None = None
        at, way = _thrown(graph, path)
        node = graph.points[at].node
        if node is not None and way is not Way.NEXT:
            thrown = self._at(node)
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
                thrown = self._at(again)
                broken = "raises as well where the connection is broken"
                plain = "may raise as well, while that is handled"
                yield Step(thrown, broken if _rolls_back(again) else plain)
        skipped = sorted(self._at(graph.points[p].node) for p in ways.endings)
        later = [span for span in skipped if thrown is None or span.start > thrown.start]
        if later:
            leaves = f"so this is never reached, and {self._function} ends"
            yield Step(later[0], leaves)

    def _made(self, escape: Escape, steps: tuple[Step, ...], doubt: int) -> Leak:
        quiet = self._around.quiet_at(self._unit.span(self._one.call).start.line)
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


def _lends(function: cst.FunctionDef, name: str, names: Names, found: list[Taken]) -> bool:
    """Tell whether a generator hands one of its connections to whoever iterates it."""
    held = {target for one in found for target in one.names}
    for place in places(function, name.rpartition(".")[0]):
        if isinstance(place.node, cst.Yield) and place.node.value is not None:
            inner = places(place.node.value)
            if any(isinstance(p.node, cst.Name) and p.node.value in held for p in inner):
                return True
    return False
