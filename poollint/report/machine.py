"""The JSON report. Its shape is a contract, written down in `poollint.report`."""

from __future__ import annotations

import json
from typing import Any

from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.finding import Finding, Step
from poollint.model.report import Budget, Change, Report, Scenario
from poollint.model.secret import mask
from poollint.model.source import Span
from poollint.report.frame import Sources
from poollint.report.ledger import guessed
from poollint.report.palette import Palette

VERSION = 1


def machine(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the report as JSON: sorted by place, in ASCII, the same for the same findings."""
    coverage = report.coverage
    unread = sorted((u.span.path, mask(u.reason)) for u in coverage.unread)
    content: dict[str, Any] = {
        "version": VERSION,
        "findings": [_finding(finding) for finding in sorted(report.findings, key=_order)],
        "coverage": {
            "files": coverage.files,
            "python_files": coverage.python_files,
            "candidates": coverage.candidates,
            "unread": [{"path": path, "reason": reason} for path, reason in unread],
            "assumed": sorted(mask(text) for text in coverage.assumed),
            "uncounted": sorted(mask(text) for text in coverage.uncounted),
        },
        "budgets": [_budget(b) for b in sorted(report.budgets, key=lambda b: (b.server, b.scope))],
    }
    if report.changes:
        content["against"] = {
            "revision": mask(report.changes.revision),
            "compared": report.changes.compared,
            "budgets": [_change(change) for change in report.changes.found],
        }
    return json.dumps(content, indent=2) + "\n"


def _order(finding: Finding) -> tuple[Span, str, str, str]:
    return (finding.problem.at, finding.rule, finding.problem.message, finding.fingerprint)


def _finding(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "rule": finding.rule,
        "category": finding.category.value,
        "severity": finding.severity.value,
        "confidence": problem.confidence.value,
        "message": mask(problem.message),
        "path": problem.at.path,
        "line": problem.at.start.line,
        "column": problem.at.start.column,
        "end_line": problem.at.end.line,
        "end_column": problem.at.end.column,
        "scope": mask(problem.scope),
        "steps": [_step(step) for step in problem.path],
        "ledger": None if problem.ledger is None else _ledger(problem.ledger),
        "help": mask(problem.help),
        "fingerprint": finding.fingerprint,
        "suppressed": None if finding.suppressed is None else mask(finding.suppressed),
    }


def _step(step: Step) -> dict[str, Any]:
    start = step.span.start
    label = mask(step.label)
    return {"path": step.span.path, "line": start.line, "column": start.column, "label": label}


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {
        "demand": [_entry(entry, demand=True) for entry in ledger.demand],
        "supply": [_entry(entry, demand=False) for entry in ledger.supply],
        "demanded": ledger.demanded.high,
        "supplied": ledger.supplied.low,
    }


def _entry(entry: Entry, demand: bool) -> dict[str, Any]:
    return {
        "label": mask(entry.label),
        "factors": [_figure(figure, demand) for figure in entry.factors],
        "total": entry.total.high if demand else entry.total.low,
    }


def _figure(figure: Figure, demand: bool) -> dict[str, Any]:
    read = figure.origin if isinstance(figure.origin, Span) else None
    return {
        "name": mask(figure.name),
        "value": figure.high if demand else figure.low,
        "path": read.path if read else None,
        "line": read.start.line if read else None,
        "basis": figure.basis.value,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "server": mask(change.server),
        "scope": mask(change.scope),
        "path": change.at.path,
        "line": change.at.start.line,
        "before": None if change.before is None else _sums(change.before),
        "after": None if change.after is None else _sums(change.after),
        "entries": [
            {
                "label": mask(line.label),
                "before": _range(line.before),
                "after": _range(line.after),
                "figures": [
                    {"name": mask(name), "before": before or None, "after": after or None}
                    for name, before, after in line.figures
                ],
            }
            for line in change.lines
        ],
    }


def _range(entry: Entry | None) -> dict[str, int | None] | None:
    return None if entry is None else {"low": entry.total.low, "high": entry.total.high}


def _sums(budget: Budget) -> dict[str, Any]:
    supplied = budget.ledger.supplied
    return {
        "demand": _demand(budget.ledger),
        "supply": {"low": supplied.low, "high": supplied.high},
    }


def _budget(budget: Budget) -> dict[str, Any]:
    supplied = budget.ledger.supplied
    demand = [{**_entry(entry, demand=True), "side": "demand"} for entry in budget.ledger.demand]
    supply = [{**_entry(entry, demand=False), "side": "supply"} for entry in budget.ledger.supply]
    return {
        "server": mask(budget.server),
        "scope": mask(budget.scope),
        "alike": sorted(mask(scope) for scope in budget.alike),
        "demand": _demand(budget.ledger),
        "supply": {"low": supplied.low, "high": supplied.high},
        "entries": demand + supply,
        "missing": [mask(text) for text in budget.missing],
        "notes": [mask(text) for text in budget.notes],
        "scenarios": [_scenario(when, ledger) for when, ledger in budget.scenarios],
    }


def _scenario(when: Scenario, ledger: Ledger) -> dict[str, Any]:
    """Return another sum; its supply is that of the budget."""
    demand = [_entry(entry, demand=True) for entry in ledger.demand]
    return {"name": when.value, "demand": _demand(ledger), "entries": demand}


def _demand(ledger: Ledger) -> dict[str, int | None]:
    """Return the sum of a demand; nothing bounds one in which a number stands in for another."""
    low, high = ledger.demanded.low, ledger.demanded.high
    return {"low": low, "high": None if high and guessed(ledger.demand) else high}
