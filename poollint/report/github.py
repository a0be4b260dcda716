"""Annotations of GitHub: one workflow command a finding, the most severe first.

GitHub keeps ten annotations of a kind from each step and drops the others without a word:
where there are more, the tenth says how many.
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.finding import Finding, Severity
from poollint.model.report import Report
from poollint.report.characters import named, said
from poollint.report.frame import Sources
from poollint.report.ledger import instruction
from poollint.report.palette import Palette

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_KEPT = 10


def github(report: Report, sources: Sources, palette: Palette) -> str:
    """Return a line for each annotation."""
    return "".join(f"{line}\n" for severity in Severity for line in _kind(report, severity))


def _kind(report: Report, severity: Severity) -> Iterator[str]:
    found = [finding for finding in report.active if finding.severity is severity]
    shown = found if len(found) <= _KEPT else found[: _KEPT - 1]
    yield from (_annotation(finding) for finding in shown)
    if len(shown) < len(found):
        more = f"and {len(found) - len(shown)} more, see the log"
        yield f"::{_COMMAND[severity]} title=poollint::{more}"


def _annotation(finding: Finding) -> str:
    problem = finding.problem
    start, end = problem.at.start, problem.at.end
    properties = {"file": named(problem.at.path), "line": str(start.line)}
    if end.line == start.line:  # GitHub ignores the column of what spans several lines
        properties["col"] = str(start.column)
    properties |= {"endLine": str(end.line), "title": finding.rule}
    todo = said(instruction(problem))
    fix = f"fix: {todo}" if todo else ""
    message = "\n".join(part for part in (said(problem.message), said(problem.why), fix) if part)
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMAND[finding.severity]} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
