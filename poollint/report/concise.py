"""One line a finding: `path:line:column: severity[rule] what`, stable for grep."""

from __future__ import annotations

from poollint.model.finding import Finding
from poollint.model.report import Report
from poollint.report.characters import said
from poollint.report.frame import Sources
from poollint.report.palette import Palette


def concise(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the findings, one a line, and nothing else."""
    return "".join(f"{_line(finding, palette)}\n" for finding in report.active)


def _line(finding: Finding, palette: Palette) -> str:
    problem = finding.problem
    at = palette.place(problem.at.path, problem.at.start)
    rule = palette.severe(f"{finding.severity.value}[{finding.rule}]", finding.severity)
    return f"{at}: {rule} {said(problem.brief or problem.message)}"
