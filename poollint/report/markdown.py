"""The report as Markdown: for the summary of a job and the comment on a pull request.

The headline, what a change did to the budgets, the worst findings, who connects to what, each
budget as a table with the place of every number, the other findings, and what is not known. GitHub
takes 65,536 characters in a comment: what does not fit is left out from the end, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from poollint.model.figure import Ledger
from poollint.model.finding import Finding, Severity
from poollint.model.report import Budget, Change, Changes, Report
from poollint.model.source import Span
from poollint.report import ledger as arithmetic
from poollint.report.budgets import notes, together, told
from poollint.report.characters import in_short
from poollint.report.frame import Sources
from poollint.report.ledger import amount, instruction
from poollint.report.markup import code, sentence
from poollint.report.mermaid import chart
from poollint.report.palette import Palette, place
from poollint.report.summary import checked, counted, fits, more_of, verdict

LIMIT = 60_000
_LISTED = 50


def markdown(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the report; places are links where the palette has a root on the web."""
    blocks = [f"### poollint: {sentence(verdict(report))}"]
    if report.changes:
        blocks.append("\n".join(_changes(report.changes, palette)))
    found = [s for s in Severity if any(f.severity is s for f in report.active)]
    worst = int(any(s is not Severity.NOTE for s in found))
    lists = ["\n".join(_findings(s, n < worst, report, palette)) for n, s in enumerate(found)]
    blocks += lists[:worst]
    if report.budgets:
        blocks.append("\n".join(("```mermaid", *chart(report), "```")))
    sums = told(report)
    blocks += ["\n".join(_budget(budget, len(sums) == 1, palette)) for budget in sums]
    blocks += lists[worst:]
    blocks += _coverage(report)
    return _within(blocks)


def _within(blocks: list[str]) -> str:
    """Return the blocks that fit, and say how many do not."""
    text = ""
    for number, block in enumerate(blocks):
        if len(text) + len(block) > LIMIT:
            return f"{text}{counted(len(blocks) - number, 'part')} of the report found no room.\n"
        text += f"{block}\n\n"
    return f"{text.rstrip()}\n"


def _budget(budget: Budget, alone: bool, palette: Palette) -> Iterator[str]:
    """Yield a sum, folded up where it fits and is one of several; in a line where it is none."""
    left = f", {arithmetic.verdict(budget.ledger)}" if budget.ledger.demand else ""
    head = f"Budget of {_named(budget)}: {fits(budget)}{left}"
    below = [f"- {lead}: {sentence(text)}" for lead, text in notes(budget)]
    if not budget.ledger.demand:
        yield from (head, *(("", *below) if below else ()))
        return
    opened = " open" if alone or budget.ledger.may_overflow else ""
    yield f"<details{opened}><summary>{head}</summary>"
    yield ""
    yield from _table(budget.ledger, palette)
    yield ""
    yield from (*below, *([""] if below else ()))
    yield "</details>"


def _table(ledger: Ledger, palette: Palette) -> Iterator[str]:
    yield "| connections | from | number | where |"
    yield "| ---: | --- | --- | --- |"
    for entries, whole, words, left in (
        (ledger.demand, arithmetic.asked(ledger), "may be opened", ""),
        (
            ledger.supply,
            arithmetic.signed(ledger.supplied),
            "are available",
            arithmetic.verdict(ledger),
        ),
    ):
        for row in (row for entry in entries for row in arithmetic.rows(entry, 0)):
            yield _row(row, palette)
        yield f"| **{whole}** | **{words}** | {left and f'**{left}**'} | |"


def _row(row: arithmetic.Row, palette: Palette) -> str:
    where = ", ".join(p for p in (_where(row.origin, palette), sentence(row.remark)) if p)
    name = code(row.label) if row.label else ""
    return f"| {row.total} | {name} | {sentence(row.factor.strip())} | {where} |"


def _named(what: Budget | Change) -> str:
    return f"{code(what.server)}{f' in {code(what.scope)}' if what.scope else ''}"


def _where(origin: Span | str, palette: Palette) -> str:
    """Return a place, as a link where the files are on the web; or whose number it is."""
    if not isinstance(origin, Span):
        return sentence(origin)
    text = code(place(origin.path, origin.start, column=False))
    url = palette.page_of(origin)
    return f"[{text}]({url})" if url else text


def _changes(changes: Changes, palette: Palette) -> Iterator[str]:
    if not changes.found:
        yield f"No budget is another than at {code(changes.revision)}."
        return
    yield f"#### Since {code(changes.revision)}"
    yield ""
    yield "| budget | before | after | what changed |"
    yield "| --- | --- | --- | --- |"
    for change in changes.found:
        before, after = (fits(b) if b else "none" for b in (change.before, change.after))
        if change.after and change.after.ledger.demand:
            after += f", {arithmetic.verdict(change.after.ledger)}"
        what = "<br>".join(_lines(change))
        yield f"| {_named(change)} {_where(change.at, palette)} | {before} | **{after}** | {what} |"


def _lines(change: Change) -> Iterator[str]:
    for line in change.lines:
        old, new = (amount(e.total) if e else "none" for e in (line.before, line.after))
        numbers = "; ".join(
            f"{sentence(name)} {was or 'none'} → {now or 'none'}" for name, was, now in line.figures
        )
        yield f"{code(line.label)} {old} → {new}{f' ({numbers})' if numbers else ''}"


def _findings(severity: Severity, first: bool, report: Report, palette: Palette) -> Iterator[str]:
    found = [finding for finding in report.active if finding.severity is severity]
    opened = " open" if first else ""
    yield f"<details{opened}><summary>{counted(len(found), severity.value)}</summary>"
    yield ""
    for finding in found[:_LISTED]:
        yield from _finding(finding, palette)
    if len(found) > _LISTED:
        yield f"- and {len(found) - _LISTED} more"
    yield ""
    yield "</details>"


def _finding(finding: Finding, palette: Palette) -> Iterator[str]:
    problem = finding.problem
    yield f"- {_where(problem.at, palette)} {code(finding.rule)} {sentence(problem.message)}"
    todo = instruction(problem)
    for text in (problem.why, f"fix: {todo}" if todo else ""):
        if text:
            yield f"  <br>{sentence(text)}"


def _coverage(report: Report) -> Iterator[str]:
    """Yield what was looked at, and what is not known."""
    coverage = report.coverage
    unread = (
        f"{', '.join(code(place(path)) for path in (u.span.path, *beside))}"
        f"{more_of(more)} {sentence(u.reason)}"
        for u, beside, more in coverage.told_unread
    )
    failed = (f"{code(place(c.path))} by {code(c.rule)}: poollint failed" for c in report.crashes)
    if report.active:
        yield sentence(checked(report))
    yield from _listed("Not read", unread)
    uncounted = (in_short(text) for text in together(coverage.uncounted))
    yield from _listed("In no sum", map(sentence, uncounted))
    yield from _listed("Assumed", (sentence(text) for text in together(coverage.assumed)))
    yield from _listed("Not judged", failed)


def _listed(head: str, texts: Iterable[str]) -> Iterator[str]:
    found = list(dict.fromkeys(texts))
    if not found:
        return
    more = [f"- and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    items = [f"- {text}" for text in found[:_LISTED]]
    head = f"<details><summary>{head}: {len(found)}</summary>"
    yield "\n".join((head, "", *items, *more, "", "</details>"))
