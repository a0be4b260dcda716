"""The last lines of a report: counts, coverage, what was not read, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from poollint.model.finding import Severity
from poollint.model.report import Budget, Report
from poollint.report.budgets import together, told
from poollint.report.characters import in_short, said
from poollint.report.ledger import amount, asked, guessed
from poollint.report.palette import place

SHOWN = 5


def summary(report: Report) -> str:
    """Return the counts and the coverage, each on a line of its own."""
    lines = [verdict(report)]
    if report.active:
        lines.append(checked(report))
    coverage = report.coverage
    unread = [
        f"{place(u.span.path)}{f':{u.span.start.line}' if u.span.start.line > 1 else ''}"
        f"{''.join(f', {place(path)}' for path in beside)}{more_of(more)} ({said(u.reason)})"
        for u, beside, more in coverage.told_unread
    ]
    lines += _listed("Not read: ", unread)
    lines += _listed("In no sum: ", [said(in_short(text)) for text in together(coverage.uncounted)])
    lines += _listed("Assumed: ", [said(text) for text in together(coverage.assumed)])
    failed = [f"{place(c.path)} by {said(c.rule)} (poollint failed)" for c in report.crashes]
    lines += _listed("Not judged: ", failed, "")
    return "\n".join(lines) + "\n"


def next_steps(report: Report) -> str:
    """Return what to do next, for a person at a terminal; nothing where nothing was found."""
    known = {page.name for page in report.pages}
    rule = next((f.rule for f in report.active if f.rule in known), "")
    if not rule:
        return ""
    return f"Next: poollint explain {rule}   what it means and how to fix it\n"


def counted(number: int, noun: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def fits(budget: Budget) -> str:
    """Return a budget in short: "140 of 197"."""
    ledger = budget.ledger
    if not ledger.demand:
        return f"nothing counted, {amount(ledger.supplied)} available"
    given = amount(ledger.supplied)
    return f"{asked(ledger)} of {given}{' (a stand-in)' if guessed(ledger.supply) else ''}"


def verdict(report: Report) -> str:
    active = report.active
    if active:
        return f"{counted(len(active), 'finding')}: {_severities(report)}.{_hidden(report, 'more')}"
    coverage = report.coverage
    looked_at = coverage.candidates or coverage.infrastructure or report.budgets
    if not looked_at and not report.crashes:
        return _nothing(coverage.files) + _hidden(report, "")
    lead = "No findings" if not report.crashes else "No findings where poollint did not fail"
    files = f"{counted(coverage.files, 'file')} checked{_time(report)}"
    return f"{lead}. {files}, {_use(report)}{_budgets(told(report))}.{_hidden(report, '')}"


def _severities(report: Report) -> str:
    of = [finding.severity for finding in report.active]
    return ", ".join(counted(of.count(s), s.value) for s in Severity if s in of)


def _hidden(report: Report, more: str) -> str:
    if not report.hidden:
        return ""
    number = f"{report.hidden} more" if more else f"{report.hidden}"
    return f" {number} at low confidence{'' if more else ' not shown'} (--pedantic)."


def _nothing(files: int) -> str:
    if files == 0:
        return "Nothing to check: no file here is of a kind poollint reads."
    if files == 1:
        return "Nothing to check: the one file here uses no database poollint knows."
    return f"Nothing to check: none of the {files} files uses a database poollint knows."


def checked(report: Report) -> str:
    described = report.coverage.infrastructure
    infrastructure = f"{described} {'describes' if described == 1 else 'describe'} infrastructure"
    files = f"Checked {counted(report.coverage.files, 'file')}{_time(report)}"
    return f"{files}: {_use(report)}{', ' + infrastructure if described else ''}."


def _use(report: Report) -> str:
    candidates = report.coverage.candidates
    drivers = ", ".join(said(driver) for driver in report.coverage.drivers)
    known = f" ({drivers})" if drivers else ""
    if not candidates:
        return "no Python file uses a database"
    return f"{candidates} {'uses' if candidates == 1 else 'use'} a database{known}"


def _time(report: Report) -> str:
    """Return how long it took; nothing where nobody looked at the clock."""
    if report.seconds <= 0:
        return ""
    return f" in {max(report.seconds, 0.1):.1f} s"


def _budgets(budgets: Sequence[Budget]) -> str:
    if not budgets:
        return ""
    if len(budgets) == 1:
        return f"; connection budget of {_budget(budgets[0])}"
    texts = [_budget(budget) for budget in budgets[:SHOWN]]
    more = len(budgets) - len(texts)
    return f"; connection budgets: {', '.join(texts)}{f', and {more} more' if more else ''}"


def _budget(budget: Budget) -> str:
    scope = f" in {said(budget.scope)}" if budget.scope else ""
    partly = budget.missing and budget.ledger.demand
    missing = " (not all clients counted)" if partly else ""
    return f"{said(budget.server)}{scope}: {fits(budget)}{missing}"


def more_of(number: int) -> str:
    """Return " and 3 more", nothing where there are no more."""
    return f" and {number} more" if number else ""


def _listed(head: str, items: Iterable[str], where: str = " (all: --format json)") -> list[str]:
    """Return the items, one a line, aligned under the first; beyond some only their number."""
    found = list(dict.fromkeys(items))
    shown = found[:SHOWN] if len(found) > SHOWN + 1 else found
    rest = len(found) - len(shown)
    lines = [*shown, f"and {rest} more{where}"] if rest else shown
    return [f"{' ' * len(head) if number else head}{line}" for number, line in enumerate(lines)]
