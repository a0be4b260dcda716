"""A connection that a function holds, or is handed: whose waits are looked for."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from poollint.facts.connections import Acquisition
from poollint.model.finding import Step
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.naming.given.providing import Dependency
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

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
    picked    what takes it out of what the function is handed, before which it has none
    misses    what is asked of a cache before the database is not found there
    filled    the function whose parameters a framework fills, of which the session is one that an
              object keeps: its `__init__`, or what makes it
    entered   what is entered that makes the session itself: a unit of work
    provider  what provides a session that only other dependencies of the function ask for
    """

    taken: Taken
    fact: Acquisition
    injected: str = ""
    cursors: frozenset[str] | None = None
    begun: Step | None = None
    streams: bool = False
    uses: Uses | None = None
    loop: cst.For | None = None
    picked: cst.AnnAssign | cst.Assign | None = None
    misses: bool = False
    filled: Member | None = None
    entered: ast.expr | None = None
    provider: Dependency | None = None
