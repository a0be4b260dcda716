"""What a run comes to: findings, what was covered, and the budgets."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.model.figure import Ledger
from poollint.model.finding import Finding
from poollint.model.source import Span, Unreadable


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at, and what was not.

    files          files of any kind that were considered
    python_files   Python files among them
    candidates     Python files that use a database, and were analysed
    infrastructure files that describe poolers, servers or workloads
    drivers        names of the drivers in use, as people write them ("psycopg2")
    unread         what could not be read, whole files or parts
    assumed        in words, each number or fact that was assumed
    """

    files: int = 0
    python_files: int = 0
    candidates: int = 0
    infrastructure: int = 0
    drivers: tuple[str, ...] = ()
    unread: tuple[Unreadable, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """The sum of one server: who may open how many connections, and how many there are.

    `missing` says in words which clients could not be counted. `scope` names the environment.
    """

    server: str
    scope: str
    at: Span
    ledger: Ledger
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a report says of a rule: the declaration without the check."""

    name: str
    category: str
    severity: str
    summary: str
    docs: str


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule that raised: our bug, contained. `error` is the exception's type and place."""

    rule: str
    path: str
    error: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run, in the order it is shown.

    findings  those to show, and the suppressed ones (`suppressed` is not None), which only
              the machine formats carry
    hidden    how many were left out for their low confidence
    pages     the rules that ran, alphabetical
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    budgets: tuple[Budget, ...] = ()
    pages: tuple[Page, ...] = ()
    crashes: tuple[Crash, ...] = ()
    hidden: int = 0
    seconds: float = 0.0

    @property
    def active(self) -> tuple[Finding, ...]:
        """Return the findings that no comment suppresses."""
        return tuple(f for f in self.findings if f.suppressed is None)
