"""What a function waits for that is lent a session, while the session holds a connection.

Whoever lends it answers for that: `notify(db, user)` waits with the transaction open that its
caller began, or with its own. A function that says that it is handed a session answers for itself.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from poollint.model.finding import Step
from poollint.reading.connections.orm.objects.services import says
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.calling import Called
from poollint.reading.connections.orm.use.course import LEVELS
from poollint.reading.connections.orm.use.unawaited import awaited_later
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.reach.given import told

_TAKES = "its first statement takes a connection"


class Answering:
    """The waits of functions that one function lends its session."""

    def __init__(self, waits: Waits, uses: Session) -> None:
        self._waits = waits
        self._uses = uses

    def waited(self, one: Called, held: bool, levels: int = LEVELS) -> Waiting | None:
        """Return what a function waits for with a connection, if its caller holds one or not."""
        course = self._uses.course(one) if levels else None
        if course is None:
            return None
        alone = self._by_itself(one) if says(one.member, one.view) else frozenset()
        later = awaited_later(one.member.names.functions[one.member.name])
        for node, waiting in self._waits.within(one.member, one.known):
            before = course.before(later.get(id(node), node))
            begun = Use.TAKES in before
            if begun and node in alone:
                continue  # it answers for itself
            open_ = begun or (held and Use.NOTHING in before)
            steps = self._begun(one, course.first) if begun and not held else ()
            further = course.called(node) if waiting.called else None
            if further is not None:
                found = self.waited(further, open_, levels - 1)
                if found is not None:
                    way = self._waits.step(one.member, node, f"calls `{further.spoken}`")
                    return replace(found, steps=(*steps, *way, *found.steps))
            elif open_:
                return replace(waiting, steps=(*steps, *waiting.steps), called=True)
        return None

    def _by_itself(self, one: Called) -> frozenset[ast.Call]:
        """Return the calls of a function that wait whatever it is given."""
        return frozenset(node for node, _ in self._waits.within(one.member, told(one.known)))

    def _begun(self, one: Called, first: ast.expr | None) -> tuple[Step, ...]:
        return self._waits.step(one.member, first, _TAKES) if first is not None else ()
