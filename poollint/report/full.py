"""The report for people: each finding with its evidence, and every budget."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.finding import Confidence, Finding
from poollint.model.report import Budget, Report
from poollint.report import ledger as arithmetic
from poollint.report.budgets import notes, same, together, told
from poollint.report.changes import block
from poollint.report.characters import said, width
from poollint.report.frame import Sources, frame, gutter
from poollint.report.palette import Palette, Style, place
from poollint.report.summary import fits


def full(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the findings, and the budgets that are not shown with one of them.

    The first finding of a rule is shown with all it has, its siblings on a line each.
    """
    groups, sums = _groups(report), told(report)
    blocks = ["\n".join(_group(group, sums, sources, palette)) for group in groups]
    shown = [group[0].problem.ledger for group in groups]
    blocks += [
        "\n".join(_budget(budget, palette))
        for budget in sums
        if not any(ledger and same(ledger, budget.ledger) for ledger in shown)
    ]
    if report.changes:
        blocks.append(block(report.changes, palette))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _groups(report: Report) -> list[list[Finding]]:
    """Return the findings of each rule and severity, in the order of their first."""
    groups: dict[tuple[str, object], list[Finding]] = {}
    for finding in report.active:
        groups.setdefault((finding.rule, finding.severity), []).append(finding)
    return list(groups.values())


def _group(
    group: list[Finding], sums: tuple[Budget, ...], sources: Sources, palette: Palette
) -> Iterator[str]:
    first, *siblings = group
    yield from _finding(first, sums, sources, palette)
    if not siblings:
        return
    yield ""
    yield f"+ {len(siblings)} more of {first.rule}"
    places = [place(f.problem.at.path, f.problem.at.start) for f in siblings]
    columns = max(map(width, places))
    for finding, text in zip(siblings, places, strict=True):
        gap = " " * (columns - width(text))
        at = palette.place(finding.problem.at.path, finding.problem.at.start)
        text = said(finding.problem.brief or finding.problem.message)
        yield f"  {at}{gap}   {text}{_scope(finding, sums)}"


def _finding(
    finding: Finding, sums: tuple[Budget, ...], sources: Sources, palette: Palette
) -> Iterator[str]:
    problem = finding.problem
    margin = " " * (gutter(problem) + 1)
    head = palette.severe(f"{finding.severity.value}[{finding.rule}]", finding.severity, bold=True)
    yield f"{head}{palette.paint(f': {said(problem.message)}', Style.BOLD)}"
    yield from frame(problem, finding.severity, sources, palette)
    if problem.ledger:
        title = said(problem.ledger.title)
        yield f"{margin}= budget{f' of `{title}`' if title else ''}{_scope(finding, sums)}"
        yield ""
        yield from arithmetic.lines(problem.ledger, palette)
        yield ""
    yield from _note(margin, "why", problem.why, palette)
    yield from _fix(finding, margin, palette)
    for note in together((*problem.notes, *_uncounted(finding, sums))):
        yield from _note(margin, "also", note, palette)
    if problem.confidence is not Confidence.HIGH:
        yield from _note(margin, "confidence", problem.confidence.value, palette)


def _fix(finding: Finding, margin: str, palette: Palette) -> Iterator[str]:
    """Yield what to do: any one of the numbers that alone would fit, or what the rule says."""
    problem = finding.problem
    remedies = arithmetic.remedies(problem.ledger, palette) if problem.ledger else []
    if not remedies:
        yield from _note(margin, "fix", problem.help, palette)
        return
    yield f"{margin}= fix: {'any one of these alone' if len(remedies) > 1 else 'this alone'}"
    yield from (f"{margin}         {remedy}" for remedy in remedies)
    yield from _note(f"{margin}       ", "", f"or {problem.help}" if problem.help else "", palette)


def _note(margin: str, head: str, text: str, palette: Palette) -> Iterator[str]:
    """Yield `= head: text`, wrapped, its further lines under the first word of the text."""
    if not text:
        return
    import textwrap  # where there is something to tell

    lead = f"{margin}= {head}: " if head else margin
    yield from textwrap.wrap(
        said(text),
        max(palette.width, len(lead) + 20),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _scope(finding: Finding, sums: tuple[Budget, ...]) -> str:
    """Return of which environment the sum of a finding is, "" where there is only one."""
    ledger = finding.problem.ledger
    scope = next((b.scope for b in sums if same(ledger, b.ledger)), "") if ledger else ""
    return f" in `{said(scope)}`" if scope else ""


def _uncounted(finding: Finding, sums: tuple[Budget, ...]) -> Iterator[str]:
    """Yield which clients the sum of this finding leaves out, where the rule does not say."""
    ledger = finding.problem.ledger
    said_already = " ".join(finding.problem.notes)
    for budget in sums:
        if ledger and same(ledger, budget.ledger):
            missing = [text for text in budget.missing if text not in said_already]
            yield from (f"not counted: {text}" for text in missing)
            yield from budget.notes


def _budget(budget: Budget, palette: Palette) -> Iterator[str]:
    """Yield a sum, and below it what it leaves out: that alone where nothing was counted."""
    scope = f" in `{said(budget.scope)}`" if budget.scope else ""
    head = f"budget of `{said(budget.server)}`{scope}: {fits(budget)}"
    yield palette.paint(head, Style.BOLD)
    yield f"  --> {palette.place(budget.at.path, budget.at.start)}"
    if budget.ledger.demand:
        yield ""
        yield from arithmetic.lines(budget.ledger, palette)
        if budget.missing or budget.notes:
            yield ""
    for head, text in notes(budget):
        yield from _note("   ", head, text, palette)
