"""One line a finding: `path:line:column: severity[rule] what`, stable for grep."""

from __future__ import annotations

from poollint.model.finding import Finding
from poollint.model.report import Report
from poollint.report.changes import lines
from poollint.report.characters import said
from poollint.report.frame import Sources
from poollint.report.palette import Palette


def concise(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the findings, one a line, and the budgets that changed since a revision."""
    found = [_line(finding, palette) for finding in report.active]
    found += lines(report.changes, palette) if report.changes else ()
    return "".join(f"{line}\n" for line in found)


def _line(finding: Finding, palette: Palette) -> str:
    problem = finding.problem
    at = palette.place(problem.at.path, problem.at.start)
    rule = palette.severe(f"{finding.severity.value}[{finding.rule}]", finding.severity)
    return f"{at}: {rule} {said(problem.brief or problem.message)}"
