"""A ledger as an HTML table: each number an input, with the place it was read at."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.figure import Basis, Entry, Figure
from poollint.model.source import Span
from poollint.report.figures import Numbered, Sum
from poollint.report.ledger import TIMES, asked, remark, signed, verdict
from poollint.report.markup import html
from poollint.report.palette import Palette, place

_HEAD = (
    '<th class="right">connections</th><th>from</th><th class="right">number</th><th></th>'
    "<th>where</th>"
)


def table(number: int, whole: Sum, numbered: Numbered, palette: Palette) -> Iterator[str]:
    """Yield the table of a sum: its demand, its supply, and what is left or lacking."""
    yield f"<table><thead><tr>{_HEAD}</tr></thead><tbody>"
    ledger = whole.ledger
    for at, entry in enumerate(ledger.demand):
        yield from _entry(f"{number}-d{at}", "demand", entry, whole, numbered, palette)
    yield _sum(number, "demand", asked(ledger), "may be opened", "")
    if whole.budget:
        for at, entry in enumerate(ledger.supply):
            yield from _entry(f"{number}-s{at}", "supply", entry, whole, numbered, palette)
        told = f'<span class="verdict" data-verdict="{number}">{verdict(ledger)}</span>'
        yield _sum(number, "supply", signed(ledger.supplied), "are available", told)
    yield "</tbody></table>"


def bounds(figure: Figure) -> tuple[Figure, bool]:
    """Return a figure as it was read, and whether it is kept back."""
    kept = figure.high is not None and figure.high < 0
    return (-figure if kept else figure), kept


def _entry(
    name: str, side: str, entry: Entry, whole: Sum, numbered: Numbered, palette: Palette
) -> Iterator[str]:
    """Yield a row for each factor; the first says what they come to."""
    numbers = [numbered.figure(figure, whole, entry) for figure in entry.factors]
    kept = any(bounds(figure)[1] for figure in entry.factors)
    mark = ' data-kept="1"' if kept else ""
    data = (
        f'data-entry="{name}" data-side="{side}" data-factors="{" ".join(map(str, numbers))}"{mark}'
    )
    first = (
        f'<td class="total" data-total="{name}">{signed(entry.total)}</td>'
        f'<td class="words">{html(entry.label)}</td>'
    )
    if not entry.factors:
        yield f'<tr id="e{name}" {data}>{first}<td></td><td></td><td></td></tr>'
    for at, (figure, number) in enumerate(zip(entry.factors, numbers, strict=True)):
        more = ' class="more"' if at else ""
        head = f'<tr id="e{name}-{at}"' + ("" if at else f" {data}") + ">"
        lead = f"<td{more}></td><td{more}></td>" if at else first
        times = f"{TIMES} " if at else ""
        words = "" if figure.name == entry.label else html(figure.name)
        yield (
            f'{head}{lead}<td class="number{" more" if at else ""}">{times}'
            f"{_inputs(figure, number)}</td><td{more}>{words}</td>"
            f"<td{more}>{_where(figure, palette)}</td></tr>"
        )


def _inputs(figure: Figure, number: int) -> str:
    """Return an input for a number, or two for an interval; an empty one has no bound.

    One that stands in for a number that is not known is marked: what it comes to may be more.
    """
    read, _ = bounds(figure)
    name = html(read.name)
    guess = " data-guess" if figure.basis is Basis.UNKNOWN else ""

    def one(bound: str, value: int | None, what: str) -> str:
        shown = "" if value is None else str(value)
        return (
            f'<input inputmode="numeric" autocomplete="off" aria-label="{name}{what}"'
            f' data-figure="{number}" data-bound="{bound}"{guess} value="{shown}">'
        )

    if read.exact:
        return one("both", read.low, "")
    return f"{one('low', read.low, ', at least')} to {one('high', read.high, ', at most')}"


def _where(figure: Figure, palette: Palette) -> str:
    origin = figure.origin
    said = place(origin.path, origin.start, column=False) if isinstance(origin, Span) else origin
    text = html(said)
    if isinstance(origin, Span):
        url = palette.page_of(origin)
        text = f'<a href="{html(url)}">{text}</a>' if url else text
        text = f'<span class="where">{text}</span>'
    more = html(remark(figure))
    return ", ".join(part for part in (text, more) if part)


def _sum(number: int, side: str, total: str, words: str, rest: str) -> str:
    return (
        f'<tr class="sum"><td class="total" data-{side}="{number}">{total}</td>'
        f"<td>{words}</td><td></td><td></td><td>{rest}</td></tr>"
    )
