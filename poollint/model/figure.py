"""Numbers that know where they were read, and the sums over them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from poollint.model.source import Span


class Basis(Enum):
    """How a number is known, from the surest to the least sure."""

    STATED = "stated"  # a literal in a file that is deployed
    DERIVED = "derived"  # arithmetic over stated numbers
    DEFAULTED = "defaulted"  # the documented default of the program that reads the file
    ASSUMED = "assumed"  # taken from the settings of poollint, or a convention
    UNKNOWN = "unknown"  # stated nowhere; a stand-in, shown as such

    @property
    def strength(self) -> int:
        """Return 0 for the surest basis; a sum is as sure as its weakest number."""
        return list(Basis).index(self)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or the interval it lies in, with its name and where it was read.

    `high` None means that nothing bounds it. A string `origin` is not a place but a source:
    "PostgreSQL default". `hint` names what carries the number ("WEB_CONCURRENCY",
    "create_engine(pool_size=5)"). `usual` is the most that is reached where each thread of a
    process holds one connection at a time, None where `high` is.
    """

    low: int
    high: int | None
    name: str
    basis: Basis
    origin: Span | str
    hint: str = ""
    usual: int | None = None

    @classmethod
    def stated(cls, value: int, name: str, origin: Span, hint: str = "") -> Figure:
        """Return a number read at `origin`."""
        return cls(value, value, name, Basis.STATED, origin, hint)

    @classmethod
    def defaulted(cls, value: int, name: str, source: str, hint: str = "") -> Figure:
        """Return a documented default; `source` says whose."""
        return cls(value, value, name, Basis.DEFAULTED, source, hint)

    @property
    def exact(self) -> bool:
        """Tell whether this is one number and not an interval."""
        return self.low == self.high

    def __neg__(self) -> Figure:
        """Return what is to be taken away: the interval mirrored at zero."""
        if self.high is None:
            raise ValueError("an unbounded figure cannot be taken away")
        return replace(self, low=-self.high, high=-self.low)


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high` connections; `high` None where nothing bounds them."""

    low: int
    high: int | None

    def __add__(self, other: Interval) -> Interval:
        unbounded = self.high is None or other.high is None
        high = None if unbounded else (self.high or 0) + (other.high or 0)
        return Interval(self.low + other.low, high)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger: the product of its factors."""

    label: str
    factors: tuple[Figure, ...]

    @property
    def total(self) -> Interval:
        """Return the product. Only a single factor may be negative (something kept back)."""
        low = math.prod(figure.low for figure in self.factors)
        highs = [figure.high for figure in self.factors]
        if 0 in highs:
            return Interval(low, 0)
        if None in highs:
            return Interval(low, None)
        return Interval(low, math.prod(high for high in highs if high is not None))


_COPIES = frozenset(("instances", "replicas"))  # of a pooler: more of them open more, too
_THUMB = "at work on each"  # of the cores of a server: nobody sets a rule of thumb


@dataclass(frozen=True, slots=True)
class Remedy:
    """What one figure alone would have to be for the ledger to fit, all others kept."""

    entry: str
    figure: Figure
    value: int
    at_most: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """What may be asked for, and what there is."""

    demand: tuple[Entry, ...]
    supply: tuple[Entry, ...]
    title: str = ""

    @property
    def places(self) -> tuple[Span, ...]:
        """Return every place one of its figures was read at."""
        entries = (*self.demand, *self.supply)
        origins = [figure.origin for entry in entries for figure in entry.factors]
        return tuple(dict.fromkeys(o for o in origins if isinstance(o, Span)))

    @property
    def demanded(self) -> Interval:
        """Return the sum of the demand."""
        return sum((entry.total for entry in self.demand), Interval(0, 0))

    @property
    def supplied(self) -> Interval:
        """Return the sum of the supply."""
        return sum((entry.total for entry in self.supply), Interval(0, 0))

    @property
    def overflows(self) -> bool:
        """Tell whether even the least demand exceeds the most that is supplied."""
        high = self.supplied.high
        return high is not None and self.demanded.low > high

    @property
    def may_overflow(self) -> bool:
        """Tell whether the most demand exceeds the least that is supplied."""
        high = self.demanded.high
        return high is None or high > self.supplied.low

    @property
    def balance(self) -> int | None:
        """Return what is left at the worst; negative where it does not fit, None unbounded."""
        high = self.demanded.high
        return None if high is None else self.supplied.low - high

    @property
    def basis(self) -> Basis:
        """Return the weakest basis among the figures."""
        figures = [f for entry in (*self.demand, *self.supply) for f in entry.factors]
        return max((f.basis for f in figures), key=lambda b: b.strength, default=Basis.STATED)

    def remedies(self) -> tuple[Remedy, ...]:
        """Return, for each figure that alone can make the ledger fit, the value it needs.

        Factors of the demand may shrink (never below 1), figures of the supply may grow. A
        figure that stands in several rows changes in all of them, and one of both sides is no
        knob; neither is what is kept back (a negative figure). Nothing when the ledger fits.
        """
        balance = self.balance
        if balance is None or balance >= 0:
            return ()
        found: list[Remedy] = []
        seen: list[Figure] = []
        for entry in self.demand:
            for figure in entry.factors:
                if not any(_is_same(figure, other) for other in seen):
                    found += self._smaller(figure)
                    seen.append(figure)
        for entry in self.supply:
            found += self._larger(entry, -balance)
        return tuple(found)

    def _smaller(self, figure: Figure) -> list[Remedy]:
        """Return the most that a figure of the demand may be for all to fit."""
        if not figure.high or figure.high < 0 or self._supplies(figure):
            return []
        rows = [e for e in self.demand if any(_is_same(figure, f) for f in e.factors)]
        rest = sum((e.total for e in self.demand if e not in rows), Interval(0, 0)).high
        room = self.supplied.low - (rest or 0)
        fits, not_yet = 0, figure.high
        while not_yet - fits > 1:
            middle = (fits + not_yet) // 2
            most = sum((_with(row, figure, middle).total for row in rows), Interval(0, 0)).high
            fits, not_yet = (middle, not_yet) if (most or 0) <= room else (fits, middle)
        return [Remedy(_together(rows), figure, fits, at_most=True)] if fits else []

    def _larger(self, entry: Entry, missing: int) -> list[Remedy]:
        """Return the least that each figure of one line of the supply may be for all to fit."""
        total = entry.total.low
        knobs = (f for f in entry.factors if f.low > 0 and f.name not in (*_COPIES, _THUMB))
        return [
            Remedy(entry.label, f, f.low - (-missing // (total // f.low)), at_most=False)
            for f in knobs
            if total > 0 and not any(_is_same(f, g) for e in self.demand for g in e.factors)
        ]

    def _supplies(self, figure: Figure) -> bool:
        return any(_is_same(figure, f) for entry in self.supply for f in entry.factors)


def _is_same(figure: Figure, other: Figure) -> bool:
    """Tell whether two figures are one number of a file."""
    if figure is other:
        return True
    one, two = ((f.origin, f.name, f.high) for f in (figure, other))
    return isinstance(figure.origin, Span) and one == two


def _with(entry: Entry, figure: Figure, value: int) -> Entry:
    factors = (
        replace(f, low=value, high=value) if _is_same(figure, f) else f for f in entry.factors
    )
    return replace(entry, factors=tuple(factors))


def _together(rows: list[Entry]) -> str:
    """Return what several lines are called: `web` of `web (db.py:5)` and `web (db.py:7)`."""
    labels = [row.label for row in rows]
    heads = {label.partition(" (")[0] for label in labels}
    if len(labels) == 1 or len(heads) > 1:
        first, *more = labels
        return (
            f"{first} and {more[0] if len(more) == 1 else f'{len(more)} more'}" if more else first
        )
    return heads.pop()


@dataclass(frozen=True, slots=True)
class Word:
    """A text value that knows where it was read, as a `Figure` does.

    `value` None means that it is stated, but what it says cannot be known here (a variable
    that no file sets, a template).
    """

    value: str | None
    basis: Basis
    origin: Span | str
