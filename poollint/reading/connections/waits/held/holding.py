"""What a function waits for while it certainly holds a connection, and how that is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import libcst as cst

from poollint.facts.connections import Escape, Hold, Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.acquiring.taking import Form
from poollint.reading.connections.ownership.ownership import Ownership, build
from poollint.reading.connections.ownership.search import State
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.held.at_work import may_work_on
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.held.cursors import cursors_of
from poollint.reading.connections.waits.held.dedicated import is_dedicated
from poollint.reading.connections.waits.held.meanwhile import Pause, while_held
from poollint.reading.connections.waits.held.states import Holding, searched, taking_steps
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.paths.graph import Kind
from poollint.reading.paths.walk import Place, last_line, places
from poollint.reading.running.once.debugging import in_debug
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import Unit

# Whoever never gives it back holds it as long as it is used, whatever may collect it then.
_NEVER = frozenset({Escape.NEVER, Escape.FALSE_RELEASE, Escape.EXIT})
_ASKED_FOR = "is fetched first, which takes a connection"
_TAKES = "its first statement takes a connection"


def holds(
    unit: Unit, function: cst.FunctionDef, name: str, names: Names, waits: Waits,
    around: Surroundings, held: Iterable[Held],
) -> Iterator[Hold]:  # fmt: skip
    """Yield what a function waits for while it holds one of `held`."""
    forms = (Form.BOUND, Form.GUARDED, Form.ENTERED)
    candidates = [one for one in held if one.taken.form in forms]
    if not candidates:
        return
    found = list(while_held(function, name, names, waits, candidates))
    if not found:
        return
    code = unit.code(function)
    candidates = [one for one in candidates if not is_dedicated(one.taken.taking, code)]
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
        self._plain: Holding | None = None  # the search of the ways on which nothing raises

    def hold(self, found: list[Pause]) -> Hold | None:
        """Return the first wait during this hold, in the order of the text; None without one."""
        search = self._search(None)
        loop = self._one.loop
        if loop is not None:
            found = [p for p in found if any(a.node is loop.body for a in p.until.ancestors())]
        during = (self._during(search, pause) for pause in found)
        sure = [one for one in during if one is not None and self._given_back(one[2])]
        sure = [one for one in sure if not self._only_failed(search, one[0])]
        sure = [one for one in sure if not self._debugged(one[0])]
        if not sure:
            return self._on_misses(found) if search.cached and not self._one.misses else None
        sure.sort(key=lambda one: one[1].seldom)  # what waits each time is told first
        pause, waiting, state = sure[0]
        span = self._unit.span(pause.until.node)
        return Hold(
            held=self._one.fact,
            wait=waiting.wait,
            call=self._called(pause, waiting),
            span=span,
            steps=tuple(self._steps(search, state, pause, waiting)),
            others=tuple(self._unit.span(other.until.node) for other, *_ in sure[1:]),
            transaction=self._in_transaction(pause.until),
            injected=bool(self._one.injected),
            repeated=pause.repeated,
            quiet=waiting.seldom,
            streamed=waiting.stream is not None,
            anew=self._anew(search, waiting, state),
        )

    def _anew(self, search: Holding, waiting: Waiting, state: State) -> tuple[Step, ...]:
        """Return how a stream takes a connection by itself before it waits; nothing for others."""
        stream = waiting.stream
        first = search.first_in(stream, waiting.at, state) if stream is not None else None
        if stream is None or first is None:
            return ()
        return (*self._waits.step(stream, first, _TAKES), *waiting.steps)

    def _on_misses(self, found: list[Pause]) -> Hold | None:
        """Return the first wait that there is only where a cache has not answered."""
        one = replace(self._one, misses=True)
        again = _Finder(
            self._unit, self._node, self._name, self._names, self._own, one, self._waits
        )
        hold = again.hold(found)
        return replace(hold, quiet=True) if hold is not None else None

    def _during(self, search: Holding, pause: Pause) -> tuple[Pause, Waiting, State] | None:
        """Return what is waited for at a place with a connection; None for nothing."""
        call, waiting = pause.call, pause.waiting
        task = pause.until is not pause.at
        if call is not None and waiting.called and waiting.stream is None:
            answered = search.answered(call, self._waits)
            if answered is None or (task and not isinstance(answered, bool)):
                return None  # a task that is lent the session is at work with it
            if not isinstance(answered, bool):
                return (pause, *answered)
        state = search.at(pause.until.node)
        if state is None and pause.turn is not None:
            state = search.at_turn(pause.turn)
        if state is None or (call is not None and self._left_to(search, call, waiting, state)):
            return None
        return pause, waiting, state

    def _only_failed(self, search: Holding, pause: Pause) -> bool:
        """Tell whether a session is held only where something raised that a handler swallowed.

        `try: …; db.commit()`, `except Exception: log(…)`: what follows has none as a rule. What
        waits in the handler has, and so has what is come to by no other way.
        """
        handled = any(isinstance(a.node, cst.ExceptHandler) for a in pause.until.ancestors())
        if handled or not search.fails:
            return False
        if self._plain is None:
            self._plain = searched(self._own, self._one, self._name, self._names, plainly=True)
        met = self._plain.at(pause.until.node, used=False) is not None
        return met and self._during(self._plain, pause) is None

    def _debugged(self, pause: Pause) -> bool:
        """Tell whether a function waits only in a program that is debugged."""
        line = self._unit.span(pause.at.node).start.line
        return in_debug(line, Member(self._names, self._name))

    def _left_to(self, search: Holding, call: cst.Call, waiting: Waiting, state: State) -> bool:
        """Tell whether what waits is for the function that is called to answer for."""
        if waiting.stream is not None:
            return not self._one.streams or search.ends_in(waiting.stream, waiting.at, call, state)
        if search.handed_end(call, state):
            return True
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
        never = leak is not None and leak.escape in _NEVER
        endless = not later.found.normal and not later.found.handed
        never = (never or endless) and not later.found.passed
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
        self, search: Holding, state: State, pause: Pause, waiting: Waiting
    ) -> Iterator[Step]:
        yield from taking_steps(self._unit, self._one, search, state)
        here = self._unit.span(pause.until.node)
        if not state.used and state.held is not None and pause.call is not None:
            given = search.asked_for(pause.call, state.held)
            if given is not None:
                yield Step(self._unit.span(given), _ASKED_FOR)
        label = waiting.wait.value
        if waiting.stream is not None:
            label = "the response is streamed after the function has ended"
        elif waiting.called:
            more = "" if waiting.steps else f", which {label}"
            does = "calls" if pause.until is pause.at else "waits for"
            label = f"{does} `{_callee(self._unit, pause)}`{more}"
        yield Step(here, label)
        yield from waiting.steps
        last = self._last(state)
        if last is not None and last.start > here.end:
            ended = "ended" if self._one.cursors is not None else "given back"
            yield Step(last, f"{ended} only after this")

    def _last(self, state: State) -> Span | None:
        """Return the statement with which the connection is given back, or the block's last.

        Of a block that is left before (`continue`), the last that is come to.
        """
        later = self._search(state)
        ends = [] if self._one.injected else later.ends
        if not ends:
            return None
        points = self._own.graph.points
        point = points[ends[0]]
        if point.node is None or point.kind is not Kind.LEAVE:
            return self._unit.span(point.node) if point.node is not None else None
        for place in places(self._node):
            if isinstance(place.node, cst.With) and any(i is point.node for i in place.node.items):
                nodes = (points[s.point].node for s in later.before if s.held)
                met = [self._unit.span(node) for node in nodes if node is not None]
                return _furthest(met, self._unit.span(last_line(place.node.body)))
        return None

    def _called(self, pause: Pause, waiting: Waiting) -> str:
        """Return the call of this function that waits, or runs what does."""
        if waiting.stream is not None:
            return waiting.stream.name.rpartition(".")[2]
        return _callee(self._unit, pause) if waiting.called else waiting.call

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


def _furthest(met: list[Span], last: Span) -> Span | None:
    """Return the last line of a block where that is come to, else what is come to last in it."""
    if any(last.start <= span.start and span.end <= last.end for span in met):
        return last
    before = [span for span in met if span.end < last.start]
    return max(before, key=lambda span: span.start, default=None)


def _callee(unit: Unit, pause: Pause) -> str:
    assert pause.call is not None  # nothing is called by what a loop goes through
    return unit.code(pause.call.func).strip()
