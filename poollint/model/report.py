"""What a run comes to: findings, what was covered, and the budgets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from poollint.model.figure import Entry, Ledger
from poollint.model.finding import Finding
from poollint.model.source import OVERLOOKED, Span, Unreadable

_NAMED = 3  # files of one sort that are named in one line
_LINE = re.compile(r":\d+\)$")  # of the file that builds one of several pools


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
    uncounted      in words, what may open connections and is part of no server's sum
    """

    files: int = 0
    python_files: int = 0
    candidates: int = 0
    infrastructure: int = 0
    drivers: tuple[str, ...] = ()
    unread: tuple[Unreadable, ...] = ()
    assumed: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()

    @property
    def told_unread(self) -> tuple[tuple[Unreadable, tuple[str, ...], int], ...]:
        """Return what was not read as people are told it, one item a line.

        Files that were overlooked are one item: the first of them, the paths of the next ones
        that are named beside it, and how many more there are.
        """
        lost = [unread for unread in self.unread if unread.reason == OVERLOOKED]
        others = tuple((u, (), 0) for u in self.unread if u.reason != OVERLOOKED)
        if not lost:
            return others
        beside = tuple(unread.span.path for unread in lost[1:_NAMED])
        return (*others, (lost[0], beside, len(lost) - 1 - len(beside)))


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that connects: `entry` says how many connections `source` may open to `target`."""

    source: str
    target: str
    entry: Entry


class Scenario(Enum):
    """When another sum than that of the steady state holds, from the least to the most."""

    CALM = "calm"  # no autoscaler has started more instances than it keeps
    ROLLOUT = "rollout"  # a new version of everything is rolled out as controllers promise
    ENDING = "ending"  # besides, all that the rollout replaces still ends


@dataclass(frozen=True, slots=True)
class Budget:
    """The sum of one server: who may open how many connections, and how many there are.

    `missing` says in words which clients could not be counted, `notes` what else is known of the
    sum, each with its source. `scope` names the environment, `alike` others that come to the same.
    `edges` holds an edge for each line of the demand, and those into poolers on the way that have
    no sum of their own.
    `scenarios` holds the sums that differ from `ledger`, which counts as many instances as
    autoscalers may start; line for line their demand is of the same clients.
    """

    server: str
    scope: str
    at: Span
    ledger: Ledger
    missing: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    notes: tuple[str, ...] = ()
    scenarios: tuple[tuple[Scenario, Ledger], ...] = ()
    alike: tuple[str, ...] = ()


def same_in(alike: tuple[str, ...]) -> tuple[str, ...]:
    """Return in words which environments come to the same sum, nothing where none does."""
    if not alike:
        return ()
    return (f"the same sum in {', '.join(f'`{scope}`' for scope in alike)}",)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a ledger before and after a change; None where it was, or is, not there."""

    before: Entry | None
    after: Entry | None

    @property
    def label(self) -> str:
        """Return what it is called: now, or before."""
        entry = self.after or self.before
        return entry.label if entry else ""

    @property
    def figures(self) -> tuple[tuple[str, str, str], ...]:
        """Return the numbers that are others than before: name, before, after ("" for none)."""
        old, new = (_numbers(entry) for entry in (self.before, self.after))
        return tuple(
            (name, old.get(name, ""), new.get(name, ""))
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name)
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One budget before and after a change; None where there was, or is, none."""

    server: str
    scope: str
    before: Budget | None
    after: Budget | None

    @property
    def at(self) -> Span:
        """Return where the server stands: now, or where it stood."""
        budget = self.after or self.before
        assert budget is not None
        return budget.at

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines whose numbers are others than before, the demand first."""
        old, new = (_lines(budget) for budget in (self.before, self.after))
        pairs = ((old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new)))
        lines = (Line(b, a) for b, a in pairs)
        return tuple(line for line in lines if line.figures)


@dataclass(frozen=True, slots=True)
class Changes:
    """The budgets that are others than at a revision in git; `compared` counts all of them."""

    revision: str
    found: tuple[Change, ...]
    compared: int


def _numbers(entry: Entry | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for figure in entry.factors if entry else ():
        high = "any number" if figure.high is None else str(figure.high)
        found[figure.name] = high if figure.exact else f"{figure.low} to {high}"
    return found


def _lines(budget: Budget | None) -> dict[tuple[str, str, int], Entry]:
    """Return the lines by side, name and number of their name: a line of code may have moved."""
    ledger = budget.ledger if budget else Ledger((), ())
    found: dict[tuple[str, str, int], Entry] = {}
    for side, entries in (("demand", ledger.demand), ("supply", ledger.supply)):
        for entry in entries:
            name = _LINE.sub(")", entry.label)
            number = sum(key[:2] == (side, name) for key in found)
            found[side, name, number] = entry
    return found


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
    changes   what became of the budgets since a revision, None where nobody asked
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    budgets: tuple[Budget, ...] = ()
    pages: tuple[Page, ...] = ()
    crashes: tuple[Crash, ...] = ()
    hidden: int = 0
    seconds: float = 0.0
    changes: Changes | None = None

    @property
    def active(self) -> tuple[Finding, ...]:
        """Return the findings that no comment suppresses."""
        return tuple(f for f in self.findings if f.suppressed is None)
