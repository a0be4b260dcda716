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

        Factors of the demand may shrink (never below 1), figures of the supply may grow.
        What is kept back (a negative figure) is no knob. Nothing when the ledger fits.
        """
        balance = self.balance
        if balance is None or balance >= 0:
            return ()
        found = [r for entry in self.demand for r in self._smaller(entry, balance)]
        for entry in self.supply:
            if len(entry.factors) == 1 and entry.factors[0].low > 0:
                figure = entry.factors[0]
                found.append(Remedy(entry.label, figure, figure.low - balance, at_most=False))
        return tuple(found)

    @staticmethod
    def _smaller(entry: Entry, balance: int) -> list[Remedy]:
        total = entry.total.high
        if total is None:
            return []
        found = []
        for figure in entry.factors:
            if not figure.high or figure.high < 0:
                continue
            value = (total + balance) // (total // figure.high) if total else 0
            if value >= 1:
                found.append(Remedy(entry.label, figure, value, at_most=True))
        return found


@dataclass(frozen=True, slots=True)
class Word:
    """A text value that knows where it was read, as a `Figure` does.

    `value` None means that it is stated, but what it says cannot be known here (a variable
    that no file sets, a template).
    """

    value: str | None
    basis: Basis
    origin: Span | str
