"""The sums of a page, and a number for each of its figures, entries and sums to link them by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.report import Budget, Edge, Scenario
from poollint.model.source import Span
from poollint.report.ledger import asked
from poollint.report.picture import edges
from poollint.report.summary import fits


@dataclass(frozen=True, slots=True)
class Sum:
    """A budget; or what comes in where nobody knows how much may (`budget` None).

    `when` is None for the steady state; other sums of a budget follow it, and `steady` is its
    number.
    """

    scope: str
    name: str
    ledger: Ledger
    budget: Budget | None
    when: Scenario | None = None
    steady: int = 0

    @property
    def fits(self) -> str:
        """Return the sum in short: "140 of 197"."""
        if self.budget is None:
            return asked(self.ledger)
        return fits(replace(self.budget, ledger=self.ledger))


@dataclass(frozen=True, slots=True)
class Numbered:
    """The sums, in order; `figures` numbers each figure that somebody could change by itself."""

    sums: tuple[Sum, ...]
    figures: dict[tuple[Figure, str], int]

    @classmethod
    def of(cls, budgets: Iterable[Budget]) -> Numbered:
        """Number what the budgets hold."""
        sums: list[Sum] = []
        for budget in budgets:
            sums += _budgeted(budget, len(sums))
            sums += _unbounded(budget)
        figures: dict[tuple[Figure, str], int] = {}
        for whole in sums:
            for entry in (*whole.ledger.demand, *whole.ledger.supply):
                for figure in entry.factors:
                    figures.setdefault(_key(figure, whole, entry), len(figures))
        return cls(tuple(sums), figures)

    def figure(self, figure: Figure, whole: Sum, entry: Entry) -> int:
        """Return the number of a figure."""
        return self.figures[_key(figure, whole, entry)]

    def sum_of(self, scope: str, name: str) -> int | None:
        """Return the number of what is summed up at `name`, None where nothing is."""
        found = (n for n, s in enumerate(self.sums) if (s.scope, s.name) == (scope, name))
        return next(found, None)

    def line(self, scope: str, name: str, entry: Entry | None) -> tuple[int, int] | None:
        """Return the number of the sum at `name` that holds an entry, and which of its lines."""
        for number, whole in enumerate(self.sums):
            if (whole.scope, whole.name) == (scope, name) and entry in whole.ledger.demand:
                return number, whole.ledger.demand.index(entry)
        return None


def _budgeted(budget: Budget, number: int) -> list[Sum]:
    """Return the steady sum of a budget, which has a number, and those of other scenarios."""
    steady = Sum(budget.scope, budget.server, budget.ledger, budget, steady=number)
    others = (replace(steady, ledger=ledger, when=when) for when, ledger in budget.scenarios)
    return [steady, *others]


def _unbounded(budget: Budget) -> list[Sum]:
    """Return what comes into poolers on the way that have no sum of their own."""
    targets: dict[str, list[Edge]] = {}
    for edge in edges(budget):
        if edge.target != budget.server:
            targets.setdefault(edge.target, []).append(edge)
    return [
        Sum(budget.scope, name, Ledger(tuple(edge.entry for edge in found), (), name), None)
        for name, found in targets.items()
    ]


def _key(figure: Figure, whole: Sum, entry: Entry) -> tuple[Figure, str]:
    """Return what makes a figure one: where it was read, or for whom it is taken as it is."""
    if isinstance(figure.origin, Span):
        return figure, ""
    return figure, f"{whole.scope}\n{whole.name}\n{entry.label}"
