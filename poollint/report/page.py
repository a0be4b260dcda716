"""The report as one HTML page that needs nothing besides itself.

The picture, the budgets with the place of every number, a what-if over those numbers, the findings,
and what is not known. Styles and the script stand in the page, and its Content-Security-Policy
allows these two by their digest and nothing else: no other script, no request. Without the script
the page shows the steady state, and its inputs do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib import resources

from poollint.model.finding import Finding
from poollint.model.report import Change, Changes, Report, Scenario
from poollint.report import ledger as arithmetic
from poollint.report.budgets import environments, notes, together
from poollint.report.characters import in_short
from poollint.report.drawing import drawing
from poollint.report.figures import Numbered, Sum
from poollint.report.frame import Sources
from poollint.report.ledger import amount, instruction
from poollint.report.markup import html
from poollint.report.palette import Palette, place
from poollint.report.picture import pictures
from poollint.report.summary import checked, counted, fits, more_of, verdict
from poollint.report.tables import table

_DRAWN = 60  # nodes
_ABOUT = (
    "Change a number: the sums follow. Only numbers that count here are there to change: a limit "
    "that does not bind is not among them, and `poollint audit` decides which does."
)

_WHEN = {
    Scenario.CALM: "steady, before autoscalers start more",
    None: "steady",
    Scenario.ROLLOUT: "deploy peak, a new version of everything",
    Scenario.ENDING: "worst case, while old ones still end",
}
_SCALED = "autoscaled, as many as may be started"


def page(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the page, whole."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}"
    numbered = Numbered.of(environments(report).budgets)
    parts = (
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}; base-uri \'none\';'
        " form-action 'none'\">",
        '<meta name="viewport" content="width=device-width">',
        f"<title>poollint</title><style>{style}</style></head>",
        "<body>",
        f'<header><h1>{html(verdict(report))}</h1><p class="say">{html(checked(report))}</p>'
        "</header>",
        *_budgets(report, numbered, palette),
        *(_changes(report.changes) if report.changes else ()),
        *_findings(report),
        *_coverage(report),
        f"<script>{script}</script>" if report.budgets else "",
        "</body>",
        "</html>",
    )
    return "\n".join(part for part in parts if part) + "\n"


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return a source expression of CSP (Content Security Policy Level 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _budgets(report: Report, numbered: Numbered, palette: Palette) -> Iterator[str]:
    if not report.budgets:
        return
    choice = _choice(numbered)
    yield (
        f'<p class="say">{_said(_ABOUT)} {choice}'
        '<button type="button" id="reset">Reset</button></p>'
    )
    drawn, rest = pictures(report, _DRAWN)
    shown: set[str] = set()
    for number, picture in enumerate(drawn):
        shown.add(picture.scope)
        yield f"<h2>{html(picture.scope or 'Who connects to what')}</h2>"
        yield f'<div class="picture">{drawing(picture, numbered, number)}</div>'
        yield from _sections(picture.scope, numbered, palette)
    if rest:
        yield f"<h2>{counted(rest, 'more environment')}, not drawn</h2>"
    for scope in dict.fromkeys(s.scope for s in numbered.sums if s.scope not in shown):
        yield f"<h2>{html(scope)}</h2>"
        yield from _sections(scope, numbered, palette)


def _choice(numbered: Numbered) -> str:
    """Return the scenarios to choose among, none where there is only one."""
    found = {whole.when for whole in numbered.sums}
    if len(found) < 2:
        return ""
    words = {**_WHEN, None: _SCALED} if Scenario.CALM in found else _WHEN
    options = "".join(
        f'<option value="{when.value if when else ""}"{"" if when else " selected"}>{text}</option>'
        for when, text in words.items()
        if when in found
    )
    return f'<label>Scenario <select id="scenario" autocomplete="off">{options}</select></label> '


def _sections(scope: str, numbered: Numbered, palette: Palette) -> Iterator[str]:
    for number, whole in enumerate(numbered.sums):
        if whole.scope == scope:
            yield _section(number, whole, numbered, palette)


def _section(number: int, whole: Sum, numbered: Numbered, palette: Palette) -> str:
    ledger = whole.ledger
    over = bool(whole.budget and ledger.demand and ledger.may_overflow)
    state = "over" if over else "fits"
    told = arithmetic.verdict(ledger) if whole.budget else ""
    below = notes(whole.budget) if whole.budget else ()
    at = place(whole.budget.at.path, whole.budget.at.start, column=False) if whole.budget else ""
    return "\n".join(
        (
            f'<section id="b{number}" class="{state}" data-state="{number}" data-budget="{number}"'
            f"{' data-summed' if whole.budget else ''}{_other(whole)}>",
            f"<h3>Budget of <code>{html(whole.name)}</code>{_moment(whole)}: "
            f'<span data-fits="{number}">{whole.fits}</span>'
            f'{", " if told else ""}<span class="verdict" data-verdict="{number}">{told}</span>'
            f' <span class="where">{html(at)}</span></h3>',
            *table(number, whole, numbered, palette),
            *_list(f"{lead}: {_said(text)}" for lead, text in below),
            "</section>",
        )
    )


def _other(whole: Sum) -> str:
    """Return the marks of a sum that is shown when its scenario is chosen."""
    if whole.when is None:
        return ""
    return f' hidden data-when="{whole.when.value}" data-steady="{whole.steady}"'


def _moment(whole: Sum) -> str:
    return f" ({_WHEN[whole.when]})" if whole.when else ""


def _changes(changes: Changes) -> Iterator[str]:
    yield f"<h2>Since {html(changes.revision)}</h2>"
    if not changes.found:
        yield "<p>No budget is another.</p>"
    for change in changes.found:
        before, after = (fits(b) if b else "none" for b in (change.before, change.after))
        if change.after and change.after.ledger.demand:
            after += f", {arithmetic.verdict(change.after.ledger)}"
        at = place(change.at.path, change.at.start, column=False)
        scope = f" in <code>{html(change.scope)}</code>" if change.scope else ""
        yield (
            f"<p>Budget of <code>{html(change.server)}</code>{scope}: {before} → <b>{after}</b>"
            f' <span class="where">{html(at)}</span></p>'
        )
        yield from _list(_lines(change))


def _lines(change: Change) -> Iterator[str]:
    for line in change.lines:
        old, new = (amount(e.total) if e else "none" for e in (line.before, line.after))
        numbers = ", ".join(
            f"{html(name)} {was or 'none'} → {now or 'none'}" for name, was, now in line.figures
        )
        yield f"<code>{html(line.label)}</code> {old} → {new} ({numbers})"


def _findings(report: Report) -> Iterator[str]:
    if report.active:
        yield f"<h2>{counted(len(report.active), 'finding')}</h2>"
        yield "<ul>"
        yield from (_finding(finding) for finding in report.active)
        yield "</ul>"


def _finding(finding: Finding) -> str:
    problem = finding.problem
    severity = finding.severity.value
    at = html(place(problem.at.path, problem.at.start))
    head = f"<b>{severity}</b> <code>{html(finding.rule)}</code> {_said(problem.message)}"
    todo = instruction(problem)
    rest = [problem.why, f"fix: {todo}" if todo else "", *problem.notes]
    told = "".join(f'<br><span class="dim">{_said(text)}</span>' for text in rest if text)
    return f'<li class="{severity}">{head} <span class="where">{at}</span>{told}</li>'


def _coverage(report: Report) -> Iterator[str]:
    """Yield what is not known."""
    coverage = report.coverage
    unread = [
        f"{', '.join(f'<code>{html(place(path))}</code>' for path in (u.span.path, *beside))}"
        f"{more_of(more)} {_said(u.reason)}"
        for u, beside, more in coverage.told_unread
    ]
    failed = [f"<code>{html(place(c.path))}</code> by {html(c.rule)}" for c in report.crashes]
    assumed = [_said(text) for text in together(coverage.assumed)]
    uncounted = [_said(in_short(text)) for text in together(coverage.uncounted)]
    told = (("In no sum", uncounted), ("Assumed", assumed))
    for head, items in (("Not read", unread), *told, ("Not judged", failed)):
        if items:
            yield f"<h2>{head}</h2>"
            yield from _list(items)


def _list(items: Iterable[str]) -> Iterator[str]:
    found = [f"<li>{item}</li>" for item in dict.fromkeys(items)]
    if found:
        yield f"<ul>{''.join(found)}</ul>"


def _said(text: str) -> str:
    """Return a sentence, what is in backticks as code."""
    parts = html(text).split("`")
    if len(parts) % 2 == 0:
        return html(text)
    return "".join(f"<code>{t}</code>" if n % 2 else t for n, t in enumerate(parts))
