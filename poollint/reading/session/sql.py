"""What a text of SQL leaves behind in its session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from poollint.facts.code import Effect
from poollint.reading.session import blocks, effects
from poollint.reading.session.effects import SessionEffect, of_function
from poollint.syntax.sql import SqlStatement, parse

__all__ = ["HOLE", "SCREEN", "Reading", "SessionEffect", "of_function", "read"]

HOLE = "\ufffc"  # an unknown part of a text
# A hole may stand for a name or for a value; whichever makes the text parse.
_FILLS = (effects.FILL, f"'{effects.FILL}'", "0")

_PLACEHOLDER = re.compile(
    r"""%\(\w+\)[sbt] | %[sbtdr]      # psycopg, and `%` as an operator
      | \$\d+                         # asyncpg, the server's own
      | (?<![:\w]):[A-Za-z_]\w*       # SQLAlchemy; not `::text`
      | (?<=[\s(,=])\?(?=[\s),;]|$)   # not the operators of jsonb
    """,
    re.X,
)
# Words without which nothing stays; the grammar decides. No repetition: it is linear.
SCREEN = re.compile(
    r"(?<!\w)(?:set|reset|listen|unlisten|prepare|declare|temp|temporary|pg_temp|execute"
    r"|deallocate|discard|begin|start|savepoint|close|drop)(?!\w)"
    r"|set_config|pg_settings|pg_(?:try_)?advisory_(?:un|xact_)?lock",
    re.I,
)
_NOT_IN_TEXTS = {Effect.TRANSACTION}  # one text may begin and end its own


class Reading(NamedTuple):
    """What a text does to its session.

    `undone` are the effects, or the names of what was made, that it takes back; `local` is what
    it does for the rest of its transaction and nothing after it in the text makes use of.
    """

    effects: tuple[SessionEffect, ...] = ()
    undone: frozenset[Effect | str] = frozenset()
    local: SessionEffect | None = None

    @property
    def matters(self) -> bool:
        """Tell whether it does anything of these."""
        return bool(self.effects or self.undone or self.local)


def read(text: str) -> Reading:
    """Return what the statements of `text` leave in the session they run in.

    `text` holds `HOLE` for each part that is unknown. Nothing is known of a text that does not
    parse, nor of a parameter whose name is unknown.
    """
    if len(text) > 3 and SCREEN.search(text):
        marked = _PLACEHOLDER.sub(HOLE, text).replace("%%", "%")
        for fill in _FILLS:
            found = parse(marked.replace(HOLE, fill))
            if found is not None:
                return _read(found)
            if HOLE not in marked:
                break
    return Reading()


def _read(statements: Sequence[SqlStatement]) -> Reading:
    found: list[SessionEffect] = []
    every: set[Effect | str] = set()
    for statement in _ran(statements):
        # The statements of one text run in one transaction: what it undoes itself is gone.
        undone = set(effects.undone(statement))
        every |= undone
        before = len(found)
        found = [e for e in found if not undone & {e.effect, e.subject or None}]
        if len(found) == before:
            found += _of_one(statement, found)
    if len(statements) > 1:
        found = [e for e in found if e.effect not in _NOT_IN_TEXTS]
    alone = effects.local(statements[0]) if len(statements) == 1 else None
    return Reading(tuple(found), frozenset(every), alone)


def _ran(statements: Sequence[SqlStatement]) -> Iterator[SqlStatement]:
    """Yield the statements that a text runs, those of its blocks of code included."""
    for statement in statements:
        if statement.kind == "DoStmt":
            yield from blocks.statements(statement)
        else:
            yield statement


def _of_one(statement: SqlStatement, before: Sequence[SessionEffect]) -> list[SessionEffect]:
    """Return what a statement leaves; running what the same text prepares adds nothing."""
    prepared = {e.subject for e in before if e.effect is Effect.PREPARE}
    return [
        e
        for e in effects.effects(statement)
        if not (e.effect is Effect.PREPARE and e.text == "EXECUTE" and e.subject in prepared)
    ]
