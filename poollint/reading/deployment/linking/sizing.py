"""What a stated load keeps busy of the connections that its clients may open.

Source: J. D. C. Little, Operations Research 9 (1961) 383-387: L = λW, so that on average as many
connections are busy as arrive a second, times the seconds that each keeps one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.declared import DeclaredLoad
from poollint.model.figure import Interval
from poollint.model.report import Budget
from poollint.model.usage import nearest

_LAW = "Little's law, L = λW"


def advised(budgets: Iterable[Budget], loads: tuple[DeclaredLoad, ...]) -> tuple[Budget, ...]:
    """Return the budgets, each with what the loads come to that its clients are said to have.

    The first one says whose load is none of any client's.
    """
    found = [replace(b, notes=(*b.notes, *_notes(b, loads))) for b in budgets]
    if found:
        found[0] = replace(found[0], notes=(*found[0].notes, *_nobodys(found, loads)))
    return tuple(found)


def _nobodys(budgets: list[Budget], loads: tuple[DeclaredLoad, ...]) -> Iterator[str]:
    labels = {entry.label for budget in budgets for entry in budget.ledger.demand}
    for load in loads:
        if not any(_is_of(label, load.client) for label in labels):
            near = nearest(load.client, labels)
            known = f", but one `{near}`" if near else ""
            yield f"no client is called `{load.client}`{known}: its load says nothing ({_at(load)})"


def _notes(budget: Budget, loads: tuple[DeclaredLoad, ...]) -> Iterator[str]:
    for load in loads:
        entries = [e for e in budget.ledger.demand if _is_of(e.label, load.client)]
        if entries:
            most = sum((entry.total for entry in entries), Interval(0, 0)).high
            yield _note(load, most)


def _is_of(label: str, client: str) -> bool:
    """Tell whether a line is a client's: its own, that of a pool, or of a container of it."""
    return label == client or label.startswith((f"{client} (", f"{client}/"))


def _note(load: DeclaredLoad, most: int | None) -> str:
    busy = load.per_second * load.held
    text = f"`{load.client}` keeps {_number(busy)} connections busy on average"
    told = f"{load.per_second:g} a second, {load.held:g} s each; {_LAW}; {_at(load)}"
    if most is None:
        return f"{text} ({told})"
    if busy < most:
        share = math.floor(100 * busy / most)
        return f"{text}, {share} % of the {most} that it may open ({told})"
    return f"{text}, and may open {most}: what waits for one grows without end ({told})"


def _at(load: DeclaredLoad) -> str:
    return f"{load.span.path}:{load.span.start.line}"


def _number(busy: float) -> str:
    return f"{busy:.3g}" if busy < 100 else str(round(busy))
