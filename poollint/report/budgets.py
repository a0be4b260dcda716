"""The budgets as people are told them: equal ones once, and one line where nothing was counted.

The formats for machines hold each of them as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.model.figure import Ledger
from poollint.model.report import Budget, Report, same_in

# What is said of one, and how the same is said of several.
_OF_ONE = (
    (r"(?P<lead>not counted: |)(?P<name>`[^`]+`): (?P<what>.+)", "{}each of {}: {}"),
    (r"(?P<lead>assumed: |)(?P<name>`[^`]+`) connects to (?P<what>`[^`]+`: .+)",
     "{}{} connect to {}"),
    (r"(?P<lead>not counted: |)(?P<name>`[^`]+`), which (?P<what>.+)", "{}{}, each of which {}"),
    (r"(?P<lead>not counted: |)(?P<name>`[^`]+`), for no file says what starts it(?P<what>.*)",
     "{}{}, for no file says what starts them{}"),
)  # fmt: skip
_NAMED = 8  # of which the same is told; of more there is only their number


def told(report: Report) -> tuple[Budget, ...]:
    """Return the sums, each once: first what may not fit, and last what counts nothing."""
    found: dict[object, Budget] = {}
    for budget in report.budgets:
        key = (budget.server, budget.ledger, budget.scenarios, frozenset(budget.missing))
        first = found.get(key)
        found[key] = _with(first, budget) if first else budget
    return tuple(sorted(found.values(), key=_urgent))


def _urgent(budget: Budget) -> tuple[bool, bool]:
    return not budget.ledger.demand, not budget.ledger.may_overflow


def environments(report: Report) -> Report:
    """Return a report without the environments in which everything is as in another of it.

    A picture of an environment shows all of it, so that no part of one is left out.
    """
    whole: dict[str, list[Budget]] = {}
    for budget in report.budgets:
        whole.setdefault(budget.scope, []).append(budget)
    kept: dict[object, list[Budget]] = {}
    for budgets in whole.values():
        key = tuple(_nameless(budget) for budget in budgets)
        kept[key] = [_with(b, other) for b, other in zip(kept.get(key, ()), budgets, strict=False)]
        kept[key] = kept[key] or budgets
    return replace(report, budgets=tuple(b for budgets in kept.values() for b in budgets))


def same(one: Ledger, other: Ledger) -> bool:
    """Tell whether two sums are the same, whatever they are called."""
    return (one.demand, one.supply) == (other.demand, other.supply)


def notes(budget: Budget) -> Iterator[tuple[str, str]]:
    """Yield what is told below a sum: what it leaves out, and what else is known of it."""
    yield from (("not counted", text) for text in together(budget.missing))
    yield from (("also", text) for text in budget.notes)


def together(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return sentences, those that say the same of several as one.

    "each of `a` and `b`: …", "`a` and `b` connect to `db`: …".
    """
    texts = tuple(dict.fromkeys(sentences))
    parts = {text: _parts(text) for text in texts}
    names: dict[tuple[str, ...], list[str]] = {}
    for found in filter(None, parts.values()):
        names.setdefault(found[1:], []).append(found[0])

    def joined(text: str) -> str:
        found = parts[text]
        several = names[found[1:]] if found else []
        if found is None or len(several) == 1:
            return text
        if len(several) > _NAMED:
            several = [*several[: _NAMED - 1], f"{len(several) - _NAMED + 1} more"]
        _, form, lead, what = found
        return form.format(lead, f"{', '.join(several[:-1])} and {several[-1]}", what)

    return tuple(dict.fromkeys(map(joined, texts)))


def _parts(text: str) -> tuple[str, str, str, str] | None:
    """Return whom a sentence is about, how it is said of several, what comes before, and what."""
    for pattern, form in _OF_ONE:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return found["name"], form, found["lead"], found["what"]
    return None


def _nameless(budget: Budget) -> Budget:
    return replace(budget, scope="", alike=(), notes=())


def _with(first: Budget, other: Budget) -> Budget:
    """Return a sum that tells that another environment comes to the same.

    It goes by the shorter name: of a file and those that are laid over it, that is mostly its own.
    """
    if len(other.scope) < len(first.scope):
        first, other = other, first
    names = (*first.alike, other.scope or other.at.path, *other.alike)
    alike = tuple(sorted({name for name in names if name != first.scope}))
    more = (note for note in first.notes if note not in same_in(first.alike))
    return replace(first, alike=alike, notes=(*more, *same_in(alike)))
