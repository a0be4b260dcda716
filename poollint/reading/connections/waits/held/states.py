"""The states of a function in which it certainly holds one connection.

The search along the paths of the function is the one that finds leaks
(`connections.ownership.search`); it is asked where the connection is held, not how it is lost.
A session is not lost by `commit()`:
it gives its connection back, and takes one again with its next statement (`connections.orm.using`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from poollint.facts.connections import Taking
from poollint.model.finding import Step
from poollint.reading.connections.acquiring.lending import Outcome
from poollint.reading.connections.acquiring.stacking import is_stack
from poollint.reading.connections.acquiring.taking import Form
from poollint.reading.connections.orm.transactions.implicit import Transaction
from poollint.reading.connections.orm.use.answering import Answering
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.ownership.ownership import Ownership
from poollint.reading.connections.ownership.search import Search, State
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.held.borrowed import lent_to_function
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.held.refusing import Told, called_for, told
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.conditions import Facts
from poollint.reading.paths.graph import Care, Kind, Point, Way
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit


class Holding(Search):
    """The search for the states in which one connection is held for certain.

    `ends` are the points at which it is given back, the nearest first; `left` tells that a block
    ends that takes it, and does not give it back.
    """

    def __init__(
        self, own: Ownership, one: Held, scope: str, names: Names, plainly: bool = False
    ) -> None:
        plain = one.taken.taking is not Taking.SESSION
        super().__init__(own, one.taken, own.obligation(one.taken, lasting=plain), Care.LIKELY)
        self.ends: list[int] = []
        self.left = False
        self._turn = one.loop.target if one.loop is not None else None
        self._scope, self._names = scope, names
        self._borrowed = bool(one.injected) and one.uses is None
        self._uses = Session(one.taken, scope, names)
        self._counted = one.taken.taking is Taking.SESSION
        # What a failure leaves open is lost, and the leak is told: the rest did what it should.
        self._plainly = plainly or one.cursors is not None
        if one.cursors is not None:
            self._uses = Transaction(one.taken, scope, names, one.cursors)
            self._counted = True
        elif one.uses is not None:
            self._uses = one.uses(one.taken, scope, names)
            self._counted = True
        self._uses.misses = one.misses
        self.in_use = not self._counted
        # The same point is come to on many paths: what it does is judged once.
        self._known: dict[tuple[int, frozenset[str]], tuple[Use, frozenset[str] | None]] = {}
        self._refusing: dict[tuple[int, frozenset[str]], Told | None] = {}

    @property
    def fails(self) -> bool:
        """Tell whether the ways of a session count on which something raises."""
        return self._counted and not self._plainly

    @property
    def cached(self) -> bool:
        """Tell whether a cache is asked before the session, and may answer for it."""
        return self._uses.cached

    def end(self, point: int | None) -> None:
        """Note where it is given back; None where it is handed to somebody else."""
        if point is not None:
            self.ends.append(point)

    def holding(self, point: Point, state: State, held: frozenset[str]) -> Iterator[State]:
        """Yield where a path goes on from `point`, at which `held` names hold the connection."""
        guarded = point.kind is Kind.LEAVE and self._guard_of(point)
        if guarded or (self._turn is not None and point.node is self._turn):
            self.end(state.point)
        elif point.kind is Kind.LEAVE and self._entered_by(point):
            self.left = True
        elif self._counted:
            yield from self._of_session(point, state, held)
        else:
            yield from super().holding(point, state, held)

    def at(self, call: cst.CSTNode, used: bool = True) -> State | None:
        """Return the nearest state that holds the connection where `call` is evaluated.

        Where it need not be `used`: that has the session, which may hold none.
        """
        for state in self.before:
            if state.held is None:
                continue
            if used and not state.used and self.asked_for(call, state.held) is None:
                continue
            point = self.own.graph.points[state.point]
            if point.node is None or point.kind in (Kind.LEAVE, Kind.BIND):
                continue
            if self.own.holds(point.node, call):
                return state
        return None

    def at_turn(self, target: cst.BaseExpression) -> State | None:
        """Return the nearest state that holds it where a loop with such a target comes round."""
        for state in self.before:
            point = self.own.graph.points[state.point]
            if state.held is not None and state.used and point.node is target:
                return state
        return None

    def asked_for(self, call: cst.CSTNode, held: frozenset[str]) -> cst.CSTNode | None:
        """Return what a call is given that the session has to ask for first, None of others.

        What a lambda asks is asked when whoever is given it runs it.
        """
        if not self._counted or not isinstance(call, cst.Call):
            return None
        uses = [(self._uses.used(argument.value, held), argument) for argument in call.args]
        most = max((use for use, _ in uses), default=Use.NOTHING)
        taking = (a for use, a in uses if use is Use.TAKES and not _runs_later(a.value))
        return next(taking, None) if most is Use.TAKES else None

    def first_statement(self, state: State) -> cst.CSTNode | None:
        """Return what made a session take the connection that it holds in `state`."""
        at: State | None = state
        while at is not None:
            before = self.before[at]
            if before is not None and before.held is not None and not before.used:
                return self.own.graph.points[before.point].node
            at = before
        return None

    def sends(self, call: cst.Call, above: list[cst.CSTNode]) -> bool:
        """Tell whether a call has the session, as yet idle, and runs what certainly asks it."""
        state = self.at(call, used=False) if self._counted else None
        held = state.held if state is not None and not state.used else None
        return held is not None and self._uses.sends(call, above, held)

    def handed_end(self, call: cst.Call, state: State) -> bool:
        """Tell whether a call is handed a function that ends the transaction in between."""
        return self._counted and self._uses.handed_end(call, state.held or frozenset())

    def lent_to(self, call: cst.Call, state: State, steps: Sequence[Step]) -> bool:
        """Tell whether `call` is handed the session, and so may end its transaction first.

        `steps` lead to the wait. What only asks something of it, and does not say that it is
        handed one, ends none.
        """
        if not self._counted:
            return False
        held = state.held or frozenset()
        return self._uses.answers(call, held, self._uses.used(call, held), steps)

    def answered(self, call: cst.Call, waits: Waits) -> tuple[Waiting, State] | bool | None:
        """Return what a function waits for that `call` lends the session, with a connection.

        None where it waits for nothing so; False where it is not lent the session.
        """
        held = self.at(call) if self._counted else None
        state = held or (self.at(call, used=False) if self._counted else None)
        if state is None or state.held is None:
            return False
        one = self._uses.target(call, state.held)
        if one is None:
            begun = self._uses.begun_within(call, waits) if held is None else None
            return (begun, state) if begun is not None else False
        of = call.func.value if isinstance(call.func, cst.Attribute) else None
        making = isinstance(of, cst.Call)  # `Orders(session).send()`
        made = self._uses.used(of, state.held) if of is not None and making else Use.NOTHING
        open_ = made is Use.TAKES or (made is Use.NOTHING and held is not None)
        found = Answering(waits, self._uses).waited(one, open_)
        return (found, state) if found is not None else None

    def ends_in(self, stream: Member, line: int, call: cst.Call, state: State) -> bool:
        """Tell whether a generator may end the session's transaction before a line of it."""
        return self._uses.within(stream, line, call, state.held or frozenset()) in (
            Use.GIVES, Use.UNKNOWN,
        )  # fmt: skip

    def first_in(self, stream: Member, line: int, state: State) -> ast.expr | None:
        """Return with what a generator takes a connection by itself, and has it at a line."""
        return self._uses.first_within(stream, line, state.held or frozenset())

    def _entered_by(self, point: Point) -> bool:
        """Tell whether `point` leaves a `with` that takes the connection, and keeps it."""
        if self.taken.form is not Form.ENTERED or point.node is None:
            return False
        return self.own.holds(point.node, self.taken.at)

    def _guard_of(self, point: Point) -> bool:
        """Tell whether `point` leaves the `with` that takes the connection."""
        if self.taken.form is not Form.GUARDED or point.node is None:
            return False
        if self.taken.stack:
            return is_stack(point.node, self.taken.stack)
        return self.own.holds(point.node, self.taken.at)

    def _of_session(self, point: Point, state: State, held: frozenset[str]) -> Iterator[State]:
        after = held
        use = Use.NOTHING
        if point.kind is Kind.LEAVE:
            assert isinstance(point.node, cst.WithItem)
            if self.obligation.left(point.node, held):
                self.end(state.point)
                return
            use = Use.GIVES if self._uses.left(point.node, held) else Use.NOTHING
        elif point.node is not None:
            use, kept = self._evaluated(point.node, held)
            if kept is None:
                return
            after = kept
        if use is Use.GIVES:
            self.end(state.point)
        ended = use in (Use.GIVES, Use.UNKNOWN)
        for edge, thrown in self.edges(point, held):
            if thrown and self._plainly:
                continue
            test = self.own.conditions.told(point, edge)
            gone = ended or (test is not None and self._uses.idle(*test, held))
            used = not gone and state.used
            names = held if thrown else after
            ways: Iterable[tuple[Facts, bool]] = ((frozenset(), used),)
            if not gone and not used and use is Use.TAKES and not thrown:
                ways = self._answered(point, test, held)
            for known in self.own.conditions.after(point, edge, state.known, names):
                for facts, asked in ways:
                    yield State(edge.to, names, known | facts, asked)

    def _answered(
        self, point: Point, test: tuple[str, bool] | None, held: frozenset[str]
    ) -> Iterable[tuple[Facts, bool]]:
        """Return what is known after a statement, and whether the session was asked then.

        A function that was lent it may say by what it returns that it has asked nothing.
        """
        key = (id(point.node), held)
        if key not in self._refusing:
            self._refusing[key] = self._told(point, held)
        found = self._refusing[key]
        if found is None:
            return ((frozenset(), True),)
        if test is not None:
            is_none = test[0].endswith(" is None")
            refused = (" is None" if is_none else "", not test[1]) in found.asked
            return ((frozenset(), not refused),)
        asked = (found.asked, True)
        return (asked,) if found.idle is None else ((found.idle, False), asked)

    def _told(self, point: Point, held: frozenset[str]) -> Told | None:
        """Return what a test, or the names that are given what was called, tell of the session."""
        call, targets = called_for(point)
        if call is None or not (targets == [""] or set(targets) & self.own.conditions.names):
            return None
        if any(self._uses.used(one.value, held) is Use.TAKES for one in call.args):
            return None
        one = self._uses.target(call, held)
        course = self._uses.course(one) if one is not None else None
        return told(course, targets) if course is not None else None

    def _evaluated(
        self, node: cst.CSTNode, held: frozenset[str]
    ) -> tuple[Use, frozenset[str] | None]:
        """Return what evaluating `node` does, and the names afterwards; None where it is lost."""
        key = (id(node), held)
        if key not in self._known:
            self._known[key] = self._judged(node, held)
        return self._known[key]

    def _judged(self, node: cst.CSTNode, held: frozenset[str]) -> tuple[Use, frozenset[str] | None]:
        if self._uses.streams(node):
            return Use.NOTHING, held
        use = self._uses.used(node, held)
        through = self.own.iterated.get(id(node), ())
        if any(self._uses.goes_through(one, held) for one in through):
            use = max(use, Use.TAKES)
        effect = self.obligation.evaluated(node, held)
        lost = effect.outcome in (Outcome.TRANSFERRED, Outcome.REBOUND) and use is not Use.GIVES
        if lost and not self._uses.keeps(node, held):
            borrowed = self._borrowed and effect.outcome is Outcome.TRANSFERRED
            lent = borrowed and lent_to_function(node, self._scope, self._names)
            return (Use.UNKNOWN, held) if lent else (use, None)
        if effect.outcome is Outcome.RELEASED and use is Use.NOTHING:
            use = Use.GIVES
        return use, effect.names or held


def _runs_later(value: cst.BaseExpression) -> bool:
    """Tell whether a lambda is part of what a call is given."""
    return any(isinstance(place.node, cst.Lambda) for place in places(value))


def searched(
    own: Ownership, one: Held, name: str, names: Names, start: State | None = None,
    plainly: bool = False,
) -> Holding:  # fmt: skip
    """Search from `start`, or from the beginning of the function, for where `one` is held.

    `plainly` leaves out the ways on which something raises.
    """
    search = Holding(own, one, name, names, plainly)
    if start is None and one.picked is not None:
        for after in _later(own, one.picked):
            search.run(State(after, one.taken.names, frozenset(), used=search.in_use))
        return search
    if start is None and one.injected:
        used = one.begun is not None
        start = State(own.graph.entry, frozenset({one.injected}), frozenset(), used=used)
    if start is None and one.loop is not None:
        for first in _turns(own, one.loop):
            search.run(State(first, one.taken.names, frozenset(), used=search.in_use))
        return search
    search.run(start)
    return search


def _turns(own: Ownership, loop: cst.For) -> Iterator[int]:
    """Yield the points with which the body of a loop begins."""
    for point in own.graph.points:
        if point.kind is Kind.BIND and point.node is loop.target:
            yield from (edge.to for edge in point.edges if edge.way is Way.TRUE)


def _later(own: Ownership, statement: cst.AnnAssign | cst.Assign) -> Iterator[int]:
    """Yield the points that come after a statement that has not raised."""
    for point in own.graph.points:
        if point.node is statement:
            yield from (edge.to for edge in point.edges if edge.way is Way.NEXT)


def taking_steps(unit: Unit, one: Held, search: Holding, state: State) -> Iterator[Step]:
    """Yield how the connection that is held in `state` is taken."""
    session = one.taken.taking is Taking.SESSION
    if not one.injected:
        label = "a session begins" if session else "taken here"
        if one.taken.taking is Taking.TRANSACTION:
            label = "this block is one transaction"
        yield Step(unit.span(one.taken.call), label)
    first = search.first_statement(state) if state.used else None
    if first is None and one.begun is not None and state.used:
        yield one.begun
    if first is not None:
        does = "takes a connection" if session else "begins a transaction"
        yield Step(unit.span(first), f"its first statement {does}")
