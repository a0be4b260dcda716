"""What a change does to each budget, as text: the sums before and after, and what made them so."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.figure import Entry
from poollint.model.report import Budget, Change, Changes, Line
from poollint.report.characters import said, width
from poollint.report.ledger import amount, verdict
from poollint.report.palette import Palette
from poollint.report.summary import fits


def block(changes: Changes, palette: Palette) -> str:
    """Return every changed budget with the lines of it that are others than before."""
    if not changes.found:
        return f"No budget is another than at {said(changes.revision)}."
    parts = ["\n".join(_change(change, changes.revision, palette)) for change in changes.found]
    return "\n\n".join(parts)


def lines(changes: Changes, palette: Palette) -> Iterator[str]:
    """Yield a line for every changed budget."""
    for change in changes.found:
        at = palette.place(change.at.path, change.at.start)
        yield f"{at}: budget of {_name(change)}: {_sums(change)} since {said(changes.revision)}"


def _change(change: Change, revision: str, palette: Palette) -> Iterator[str]:
    at = palette.place(change.at.path, change.at.start, column=False)
    yield f"budget of {_name(change)} since {said(revision)}: {_sums(change)}   {at}"
    columns = max(width(said(line.label)) for line in change.lines)
    for line in change.lines:
        gap = " " * (columns - width(said(line.label)))
        yield f"    {said(line.label)}{gap}   {_total(line.before)} -> {_total(line.after)}" + (
            f"   {_figures(line)}" if _figures(line) else ""
        )


def _name(change: Change) -> str:
    scope = f" in {said(change.scope)}" if change.scope else ""
    return f"`{said(change.server)}`{scope}"


def _sums(change: Change) -> str:
    after = change.after
    left = f", {verdict(after.ledger)}" if after and after.ledger.demand else ""
    return f"{_sum(change.before)} -> {_sum(after)}{left}"


def _sum(budget: Budget | None) -> str:
    return fits(budget) if budget else "none"


def _total(entry: Entry | None) -> str:
    return amount(entry.total) if entry else "none"


def _figures(line: Line) -> str:
    """Return the numbers that are others than before: "workers 2 -> 4"."""
    return ", ".join(
        f"{said(name)} {before or 'none'} -> {after or 'none'}"
        for name, before, after in line.figures
    )
