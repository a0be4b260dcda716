"""The arithmetic of a ledger as text: each number on its line, with where it was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from poollint.model.figure import Basis, Entry, Figure, Interval, Ledger, Remedy
from poollint.model.finding import Problem
from poollint.model.source import Span
from poollint.report.characters import said, width
from poollint.report.palette import Palette, place

_PLURAL = re.compile(
    r"\b(?:(process)es|replicas|workers|instances|threads|users|pools|cores|connections)\b"
)
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a ledger; `origin` is where its number was read, or who says so."""

    total: str
    label: str
    factor: str
    origin: Span | str
    remark: str


def amount(interval: Interval) -> str:
    """Return a number, or the interval it lies in, in words: "5", "2 to 40", "2 or more"."""
    if interval.high is None:
        return f"{interval.low} or more"
    return (
        str(interval.low) if interval.low == interval.high else f"{interval.low} to {interval.high}"
    )


def guessed(entries: Iterable[Entry]) -> bool:
    """Tell whether a number of a sum stands in for one that is not known."""
    return any(figure.basis is Basis.UNKNOWN for entry in entries for figure in entry.factors)


def asked(ledger: Ledger) -> str:
    """Return what may be opened: "or more" where a number of it is not known."""
    whole = ledger.demanded
    return f"{amount(whole)} or more" if whole.high and guessed(ledger.demand) else amount(whole)


def verdict(ledger: Ledger) -> str:
    """Return what is left or lacking, in words."""
    balance = ledger.balance
    if balance is None:
        return "nothing bounds the demand"
    if balance >= 0:
        less = guessed(ledger.demand) and ledger.demanded.high
        return f"{balance} left{', or fewer' if less else ''}" if balance else "none left"
    if not ledger.overflows:
        return f"{-balance} too few at worst"
    least = ledger.demanded.low - (ledger.supplied.high or 0)
    return f"{amount(Interval(least, -balance))} too few"


def lines(ledger: Ledger, palette: Palette) -> Iterator[str]:
    """Yield the demand, its sum, the supply, its sum, and what is left or lacking."""
    products = [e for e in (*ledger.demand, *ledger.supply) if not _named_alike(e)]
    digits = max((len(_value(f)) for entry in products for f in entry.factors), default=0)
    demand = [row for entry in ledger.demand for row in rows(entry, digits)]
    supply = [row for entry in ledger.supply for row in rows(entry, digits)]
    sums = (asked(ledger), signed(ledger.supplied))
    layout = _Layout.of((*demand, *supply), sums)
    for row in demand:
        yield layout.row(row, palette)
    yield layout.rule
    yield layout.line(sums[0], "may be opened")
    yield ""
    for row in supply:
        yield layout.row(row, palette)
    yield layout.rule
    yield layout.line(sums[1], "are available", verdict(ledger))


@dataclass(frozen=True, slots=True)
class _Layout:
    """How wide the columns of a ledger are: sums, labels, labels with factors, origins."""

    sums: int
    labels: int
    middle: int
    origins: int

    @classmethod
    def of(cls, rows: tuple[Row, ...], sums: tuple[str, str]) -> _Layout:
        labels = max((width(row.label) for row in rows if row.factor), default=0)
        middles = (
            width(row.factor) + labels + 2 if row.factor else width(row.label) for row in rows
        )
        noted = (row.origin for row in rows if row.remark and isinstance(row.origin, Span))
        return cls(
            sums=1 + max(len(text.lstrip("-")) for text in (*sums, *(row.total for row in rows))),
            labels=labels,
            middle=max(len("are available"), *middles) if rows else 0,
            origins=max((width(_origin(origin)) for origin in noted), default=0),
        )

    @property
    def rule(self) -> str:
        """Return the line under which a sum stands."""
        return f"      {'-' * self.sums}"

    def row(self, row: Row, palette: Palette) -> str:
        """Return one number with its citation."""
        words = f"{_left(row.label, self.labels)}  {row.factor}" if row.factor else row.label
        return self.line(row.total, words, self._cited(row, palette))

    def line(self, total: str, words: str, rest: str = "") -> str:
        """Return a sum, right-aligned, its minus sign left of all digits, and what it is."""
        sign = "-" if total.startswith("-") else " "
        digits = f"{total.lstrip('-'):>{self.sums - 1}}" if total else " " * (self.sums - 1)
        return f"      {sign}{digits}   {_left(words, self.middle)}  {rest}".rstrip()

    def _cited(self, row: Row, palette: Palette) -> str:
        if not isinstance(row.origin, Span):
            return ", ".join(part for part in (said(row.origin), row.remark) if part)
        gap = " " * max(0, self.origins - width(_origin(row.origin)))
        return f"{_where(row.origin, palette)}{gap}   {row.remark}".rstrip()


def remedies(ledger: Ledger, palette: Palette) -> list[str]:
    """Return a line for each figure that alone can make the ledger fit: `old -> new`."""
    found = ledger.remedies()
    names = [_knob(remedy) for remedy in found]
    olds = [_old(r) for r in found]
    news = [str(r.value) for r in found]
    name, old, new = (max(map(width, column), default=0) for column in (names, olds, news))
    return [
        f"{_left(n, name)}  {o:>{old}} -> {v:<{new}}  {_where(r.figure.origin, palette)}".rstrip()
        for n, o, v, r in zip(names, olds, news, found, strict=True)
    ]


def instruction(problem: Problem) -> str:
    """Return what to do in one line: the numbers that alone would fit, or what the rule says."""
    found = problem.ledger.remedies() if problem.ledger else ()
    texts = [f"{_knob(r)} {_old(r)} -> {r.value}" for r in found]
    return ", or ".join(text for text in (*texts, problem.help) if text)


def rows(entry: Entry, digits: int) -> Iterator[Row]:
    """Yield a row for each factor; one that is the whole entry goes by the entry's name."""
    total, label = signed(entry.total), said(entry.label)
    if _named_alike(entry):
        yield Row(total, label, "", entry.factors[0].origin, remark(entry.factors[0]))
        return
    if not entry.factors:
        yield Row(total, label, "", "", "")
    for number, figure in enumerate(entry.factors):
        times = f"{TIMES} {_value(figure)}" if number else _value(figure)
        factor = f"{times:>{digits + 2}} {_noun(figure)}"
        yield Row(
            "" if number else total, "" if number else label, factor, figure.origin, remark(figure)
        )


def _named_alike(entry: Entry) -> bool:
    return len(entry.factors) == 1 and entry.factors[0].name == entry.label


def _value(figure: Figure) -> str:
    return amount(Interval(figure.low, figure.high))


def _noun(figure: Figure) -> str:
    """Return what there are so many of, in the singular where it is one."""
    name = said(figure.name)
    if not figure.exact or figure.low != 1:
        return name
    return _PLURAL.sub(lambda word: word[0].removesuffix("es" if word[1] else "s"), name, count=1)


def signed(total: Interval) -> str:
    """Return a sum; what is taken away has a minus sign before it ("-3", "-3 to 5")."""
    if total.high is not None and total.high < 0:
        least, most = sorted((-total.high, -total.low))
        return "-" + amount(Interval(least, most))
    return amount(total)


def remark(figure: Figure) -> str:
    """Return what carries the number, and how it is known where no file states it."""
    read = isinstance(figure.origin, Span)
    how = {
        Basis.DEFAULTED: "default" if read else "stated nowhere",
        Basis.ASSUMED: "assumed",
        Basis.UNKNOWN: "unknown, a stand-in",
    }.get(figure.basis, "")
    return ", ".join(part for part in (said(figure.hint), how) if part)


def _origin(origin: Span) -> str:
    return place(origin.path, origin.start, column=False)


def _where(origin: Span | str, palette: Palette) -> str:
    if isinstance(origin, Span):
        return palette.place(origin.path, origin.start, column=False)
    return said(origin)


def _old(remedy: Remedy) -> str:
    return str(remedy.figure.high if remedy.at_most else remedy.figure.low)


def _knob(remedy: Remedy) -> str:
    name = said(remedy.figure.name)
    return f"{said(remedy.entry)} {name}" if remedy.at_most and name != remedy.entry else name


def _left(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))
