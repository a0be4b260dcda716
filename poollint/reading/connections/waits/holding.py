"""What a function waits for while it certainly holds a connection.

The search along the paths of the function is the one that finds leaks
(`connections.ownership.ownership`); it is asked where the connection is held, not how it is lost.
A session is not lost by `commit()`:
it gives its connection back, and takes one again with its next statement (`connections.orm.using`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from poollint.facts.connections import Acquisition, Escape, Hold, Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.acquiring.lending import Outcome
from poollint.reading.connections.acquiring.stacking import is_stack
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.answering import Answering
from poollint.reading.connections.orm.asking import Use
from poollint.reading.connections.orm.implicit import Transaction
from poollint.reading.connections.orm.using import Session
from poollint.reading.connections.ownership.ownership import Ownership, Search, State, build
from poollint.reading.connections.waits.at_work import may_work_on
from poollint.reading.connections.waits.cursors import cursors_of
from poollint.reading.connections.waits.meanwhile import while_held
from poollint.reading.connections.waits.waiting import Waiting, Waits
from poollint.reading.naming.instances import Member
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_cst
from poollint.reading.paths.graph import Care, Kind, Point, Way
from poollint.reading.paths.walk import Place, last_line, places
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import Unit

# A session that is kept for a lock, and a connection also for what happens on it: notifications.
_LOCKING = re.compile(r"advisory", re.I)
_DEDICATED = re.compile(
    r"\bLISTEN\b|advisory|add_listener|\bnotifies\b|\.notify\b|replication", re.I
)


# Whoever never gives it back holds it as long as it is used, whatever may collect it then.
_NEVER = frozenset({Escape.NEVER, Escape.FALSE_RELEASE, Escape.EXIT})
_ASKED_FOR = "is fetched first, which takes a connection"

Uses = Callable[[Taken, str, Names], Session]
"""What judges the uses of a session within a function, by its qualified name."""


@dataclass(frozen=True, slots=True)
class Held:
    """A connection that a function holds, with its fact.

    injected  the name under which it is handed in, "" where the function takes it
    cursors   its cursors, where the transaction on it is asked for and not the connection
    begun     what was asked of it before it was handed in; None where nothing is known of that
    streams   who hands it in takes it back only when the response has been streamed
    loop      whose body alone has it, of a generator
    misses    what is asked of a cache before the database is not found there
    """

    taken: Taken
    fact: Acquisition
    injected: str = ""
    cursors: frozenset[str] | None = None
    begun: Step | None = None
    streams: bool = False
    uses: Uses | None = None
    loop: cst.For | None = None
    misses: bool = False


class Holding(Search):
    """The search for the states in which one connection is held for certain.

    `ends` are the points at which it is given back, the nearest first; `left` tells that a block
    ends that takes it, and does not give it back.
    """

    def __init__(self, own: Ownership, one: Held, scope: str, names: Names) -> None:
        super().__init__(own, one.taken, own.obligation(one.taken), Care.LIKELY)
        self.ends: list[int] = []
        self.left = False
        self._turn = one.loop.target if one.loop is not None else None
        self._uses = Session(one.taken, scope, names)
        self._counted = one.taken.taking is Taking.SESSION
        # What a failure leaves open is lost, and the leak is told: the rest did what it should.
        self._plainly = one.cursors is not None
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

    def at(self, call: cst.Call, used: bool = True) -> State | None:
        """Return the nearest state that holds the connection where `call` is made.

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

    def asked_for(self, call: cst.Call, held: frozenset[str]) -> cst.CSTNode | None:
        """Return what a call is given that the session has to ask for first, None of others."""
        if not self._counted:
            return None
        uses = [(self._uses.used(argument.value, held), argument) for argument in call.args]
        most = max((use for use, _ in uses), default=Use.NOTHING)
        taking = (argument for use, argument in uses if use is Use.TAKES)
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
            return False
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

    def _entered_by(self, point: Point) -> bool:
        """Tell whether `point` leaves a `with` that takes the connection, and keeps it."""
        if self.taken.form is not Form.ENTERED or point.node is None:
            return False
        return self.own.holds(point.node, self.taken.call)

    def _guard_of(self, point: Point) -> bool:
        """Tell whether `point` leaves the `with` that takes the connection."""
        if self.taken.form is not Form.GUARDED or point.node is None:
            return False
        if self.taken.stack:
            return is_stack(point.node, self.taken.stack)
        return self.own.holds(point.node, self.taken.call)

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
            told = self.own.conditions.told(point, edge)
            gone = ended or (told is not None and self._uses.idle(*told, held))
            used = not gone and (state.used or (use is Use.TAKES and not thrown))
            names = held if thrown else after
            for known in self.own.conditions.after(point, edge, state.known, names):
                yield State(edge.to, names, known, used)

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
        effect = self.obligation.evaluated(node, held)
        lost = effect.outcome in (Outcome.TRANSFERRED, Outcome.REBOUND) and use is not Use.GIVES
        if lost and not self._uses.keeps(node, held):
            return use, None
        if effect.outcome is Outcome.RELEASED and use is Use.NOTHING:
            use = Use.GIVES
        return use, effect.names or held


def holds(
    unit: Unit, function: cst.FunctionDef, name: str, names: Names, waits: Waits,
    around: Surroundings, held: Iterable[Held],
) -> Iterator[Hold]:  # fmt: skip
    """Yield what a function waits for while it holds one of `held`."""
    forms = (Form.BOUND, Form.GUARDED, Form.ENTERED)
    candidates = [one for one in held if one.taken.form in forms]
    if not candidates:
        return
    found = list(while_held(function, name, waits, candidates))
    if not found:
        return
    code = unit.code(function)
    candidates = [
        one
        for one in candidates
        if not (_LOCKING if one.taken.taking is Taking.SESSION else _DEDICATED).search(code)
    ]
    if not candidates:
        return
    own = build(function, name, names, around.throws)
    if own is None:
        return
    told: set[tuple[Span, str]] = set()  # `db = db or Session()` is one, handed in or taken
    for one in candidates:
        hold = _Finder(unit, function, name, names, own, one, waits).hold(found)
        if hold is not None and (hold.span, one.fact.target) not in told:
            told.add((hold.span, one.fact.target))
            quiet = around.quiet_at(hold.span.start.line)
            ending = around.ending and quiet and not hold.quiet
            yield replace(hold, quiet=hold.quiet or quiet, ending=ending)


def searched(
    own: Ownership, one: Held, name: str, names: Names, start: State | None = None
) -> Holding:
    """Search from `start`, or from the beginning of the function, for where `one` is held."""
    search = Holding(own, one, name, names)
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


class _Finder:
    """Looks for the waits during one hold."""

    def __init__(
        self, unit: Unit, function: cst.FunctionDef, name: str, names: Names, own: Ownership,
        one: Held, waits: Waits,
    ) -> None:  # fmt: skip
        self._waits = waits
        self._unit = unit
        self._node = function
        self._name = name
        self._names = names
        self._own = own
        self._one = one

    def hold(self, found: list[tuple[Place, Waiting]]) -> Hold | None:
        """Return the first wait during this hold, in the order of the text; None without one."""
        search = self._search(None)
        loop = self._one.loop
        if loop is not None:
            found = [(p, w) for p, w in found if any(a.node is loop.body for a in p.ancestors())]
        during = (self._during(search, p, waiting) for p, waiting in found)
        sure = [one for one in during if one is not None and self._given_back(one[2])]
        if not sure:
            return self._on_misses(found) if search.cached and not self._one.misses else None
        sure.sort(key=lambda one: one[1].seldom)  # what waits each time is told first
        place, waiting, state = sure[0]
        assert isinstance(place.node, cst.Call)
        span = self._unit.span(place.node)
        return Hold(
            held=self._one.fact,
            wait=waiting.wait,
            call=self._called(place, waiting),
            span=span,
            steps=tuple(self._steps(search, state, place, waiting)),
            others=tuple(self._unit.span(other.node) for other, *_ in sure[1:]),
            transaction=self._in_transaction(place),
            injected=bool(self._one.injected),
            repeated=any(isinstance(above.node, cst.While) for above in place.ancestors()),
            quiet=waiting.seldom,
            streamed=waiting.stream is not None,
        )

    def _on_misses(self, found: list[tuple[Place, Waiting]]) -> Hold | None:
        """Return the first wait that there is only where a cache has not answered."""
        one = replace(self._one, misses=True)
        again = _Finder(
            self._unit, self._node, self._name, self._names, self._own, one, self._waits
        )
        hold = again.hold(found)
        return replace(hold, quiet=True) if hold is not None else None

    def _during(
        self, search: Holding, place: Place, waiting: Waiting
    ) -> tuple[Place, Waiting, State] | None:
        """Return what is waited for at a place with a connection; None for nothing."""
        call = cst.ensure_type(place.node, cst.Call)
        if waiting.called and waiting.stream is None:
            answered = search.answered(call, self._waits)
            if answered is None:
                return None
            if not isinstance(answered, bool):
                return (place, *answered)
        state = search.at(call)
        if state is None or self._left_to(search, place, waiting, state):
            return None
        return place, waiting, state

    def _left_to(self, search: Holding, place: Place, waiting: Waiting, state: State) -> bool:
        """Tell whether what waits is for the function that is called to answer for."""
        call = cst.ensure_type(place.node, cst.Call)
        if waiting.stream is not None:
            return not self._one.streams or search.ends_in(waiting.stream, waiting.at, call, state)
        if may_work_on(waiting, call, state.held or (), Member(self._names, self._name)):
            return True
        return waiting.called and search.lent_to(call, state, waiting.steps)

    def _search(self, start: State | None) -> Holding:
        return searched(self._own, self._one, self._name, self._names, start)

    def _given_back(self, state: State) -> bool:
        free = self._one.injected or self._one.cursors is not None or self._one.loop is not None
        if free:
            return True
        later, leak = self._search(state), self._one.fact.leak
        never = leak is not None and leak.escape in _NEVER and not later.found.passed
        return bool(later.ends) or (never and self._used_later(later, state))

    def _used_later(self, later: Holding, state: State) -> bool:
        """Tell whether what nobody gives back is used after `state`: else only the leak counts."""
        if later.left:
            return True
        names = state.held or frozenset()
        names |= cursors_of(self._node, self._one.taken.names)
        after = {s.point for s in later.before if s.held and s.point != state.point}
        nodes = (self._own.graph.points[at].node for at in after)
        used = (p.node for node in nodes if node is not None for p in places(node))
        return any(isinstance(node, cst.Name) and node.value in names for node in used)

    def _steps(
        self, search: Holding, state: State, place: Place, waiting: Waiting
    ) -> Iterator[Step]:
        yield from taking_steps(self._unit, self._one, search, state)
        here = self._unit.span(place.node)
        if not state.used and state.held is not None:
            given = search.asked_for(cst.ensure_type(place.node, cst.Call), state.held)
            if given is not None:
                yield Step(self._unit.span(given), _ASKED_FOR)
        label = waiting.wait.value
        if waiting.stream is not None:
            label = "the response is streamed after the function has ended"
        elif waiting.called:
            more = "" if waiting.steps else f", which {label}"
            label = f"calls `{_callee(self._unit, place)}`{more}"
        yield Step(here, label)
        yield from waiting.steps
        last = self._last(state)
        if last is not None and last.start > here.end:
            ended = "ended" if self._one.cursors is not None else "given back"
            yield Step(last, f"{ended} only after this")

    def _last(self, state: State) -> Span | None:
        """Return the statement with which the connection is given back, or the block's last."""
        ends = [] if self._one.injected else self._search(state).ends
        if not ends:
            return None
        point = self._own.graph.points[ends[0]]
        if point.node is None or point.kind is not Kind.LEAVE:
            return self._unit.span(point.node) if point.node is not None else None
        for place in places(self._node):
            if isinstance(place.node, cst.With) and any(i is point.node for i in place.node.items):
                return self._unit.span(last_line(place.node.body))
        return None

    def _called(self, place: Place, waiting: Waiting) -> str:
        """Return the call of this function that waits, or runs what does."""
        if waiting.stream is not None:
            return waiting.stream.name.rpartition(".")[2]
        return _callee(self._unit, place) if waiting.called else waiting.call

    def _in_transaction(self, wait: Place) -> bool:
        taken = self._one.taken
        whole = self._one.cursors is not None or self._one.taken.taking is Taking.TRANSACTION
        if whole or taken.taking is Taking.SESSION:
            return True
        if "begin" in taken.api.methods:
            return True
        for above in wait.ancestors():
            if not isinstance(above.node, cst.With):
                continue
            for item in above.node.items:
                shape = of_cst(item.item.func) if isinstance(item.item, cst.Call) else None
                api = self._names.api(shape, self._name)
                if api is not None and api.kind == "transaction" and api.driver == taken.api.driver:
                    return True
        return False


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


def _callee(unit: Unit, place: Place) -> str:
    assert isinstance(place.node, cst.Call)
    return unit.code(place.node.func).strip()
