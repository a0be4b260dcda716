"""When a connection is in a transaction whose driver begins one with the first statement."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import libcst as cst

from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.orm.objects.keeping import View
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.calling import Called as CalledFunction
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.waits.held.autocommit import sets_autocommit
from poollint.reading.connections.waits.held.opened import bodies
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Called, Name, dotted, of_cst
from poollint.reading.paths.walk import Place

_STATEMENTS = frozenset("execute executemany copy_expert copy_from copy_to copy stream run".split())
_ENDING = re.compile(r"\s*(?:commit|rollback|end|abort)\b", re.I)
_ENDING_WITHIN = re.compile(
    r"""execute\((?:text\()?['"]+\s*(?:commit|rollback|end|abort)\b""", re.I
)
_ENDS = frozenset({"commit", "rollback", "reset"})


class Transaction(Session):
    """The transaction on a connection whose driver begins one with the first statement.

    `cursors` are the names of the function that hold cursors of the connection.
    """

    follows = False

    def __init__(self, taken: Taken, scope: str, names: Names, cursors: frozenset[str]) -> None:
        super().__init__(taken, scope, names)
        self._cursors = cursors

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does to the transaction."""
        return super().used(node, held | self._cursors)

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item may end it: `conn`, `conn.transaction()`."""
        shape = of_cst(item.item)
        if isinstance(shape, Name):
            return shape.text in held
        return isinstance(shape, Called) and dotted(shape.callee).endswith(".transaction")

    def mentioned(self, place: Place, view: View) -> Use:
        """Judge one mention of the connection or a cursor; statements that end it are ends."""
        above = [a.node for a in place.ancestors()][:2]
        match above:
            case [cst.Attribute(), cst.Call(args=[cst.Arg(value=cst.SimpleString() as sql), *_])]:
                if _ENDING.match(sql.raw_value):
                    return Use.UNKNOWN
        return super().mentioned(place, view)

    def chained(self, chain: Sequence[str]) -> Use:
        """Judge `conn.a().b()` by its methods; closing a cursor ends nothing."""
        if _STATEMENTS & set(chain):
            return Use.TAKES
        return Use.GIVES if _ENDS & set(chain) else Use.NOTHING  # `cur.connection.commit()` too

    def _effect(self, one: CalledFunction) -> Use:
        """Judge a function that is lent it; one that sets how transactions begin may end it."""
        return Use.UNKNOWN if _settles(one.member) else super()._effect(one)


def _settles(member: Member) -> bool:
    """Tell whether a function, or what it calls, sets autocommit, or ends one by SQL."""
    known: dict[str, bool] = member.names.memory.setdefault("settles", {})
    if member.name not in known:
        known[member.name] = any(
            body is None or sets_autocommit(body) or _ENDING_WITHIN.search(ast.unparse(body))
            for body in bodies(member)
        )
    return known[member.name]
