"""SARIF 2.1.0 (OASIS Standard with errata 01), as code scanning services read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from poollint import __version__
from poollint.model.figure import Interval
from poollint.model.finding import Confidence, Finding, Severity
from poollint.model.report import Crash, Page, Report
from poollint.model.secret import mask
from poollint.model.source import Span, Unreadable
from poollint.report.frame import Sources
from poollint.report.ledger import amount, instruction
from poollint.report.palette import Palette, uri

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
_RELATED = 100  # locations of a result that GitHub shows at most
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_RANK = {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}
_WHY = re.compile(r"^## Why[ \t]*\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S)


def sarif(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the report as a SARIF log with one run; suppressed findings are part of it."""
    rules = _rules(report)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "poollint", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The folder that poollint was run in."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.rule]) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(report: Report) -> list[dict[str, Any]]:
    """Return the rules that ran and, without their pages, others that findings name."""
    known = {page.name: _rule(page) for page in report.pages}
    for finding in report.findings:
        known.setdefault(
            finding.rule,
            {
                "id": finding.rule,
                "defaultConfiguration": {"level": _LEVEL[finding.severity]},
                "properties": {"tags": [finding.category.value]},
            },
        )
    return [known[name] for name in sorted(known)]


def _rule(page: Page) -> dict[str, Any]:
    why = _WHY.search(page.docs)
    about = " ".join((why["text"] if why else page.summary).split())
    return {
        "id": page.name,
        "shortDescription": _text(page.summary),
        "fullDescription": _text(about or page.summary),
        "help": {**_text(page.docs), "markdown": _braced(page.docs)},
        "defaultConfiguration": {"level": _LEVEL[Severity(page.severity)]},
        "properties": {"tags": [page.category]},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    problem = finding.problem
    location: dict[str, Any] = {"physicalLocation": _physical(problem.at)}
    if problem.scope:
        location["logicalLocations"] = [{"fullyQualifiedName": mask(problem.scope)}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVEL[finding.severity],
        "rank": _RANK[problem.confidence],
        "message": _text(_sentences(finding)),
        "locations": [location],
        "partialFingerprints": {"poollint/v1": finding.fingerprint},
        "properties": {"confidence": problem.confidence.value},
    }
    if problem.path:
        steps = [_location(step.span, step.label) for step in problem.path]
        flow = {"locations": [{"location": step} for step in steps]}
        result["codeFlows"] = [{"threadFlows": [flow]}]
    related = list(_figures(finding))[:_RELATED]
    if related:
        result["relatedLocations"] = related
    if finding.suppressed is not None:
        suppression = {"kind": "inSource"}
        if finding.suppressed:
            suppression["justification"] = mask(finding.suppressed)
        result["suppressions"] = [suppression]
    return result


def _sentences(finding: Finding) -> str:
    problem = finding.problem
    todo = instruction(problem)
    parts = [("Why", problem.why), ("Fix", todo), *(("Also", note) for note in problem.notes)]
    return "\n".join((f"{problem.message}.", *(f"{head}: {text}" for head, text in parts if text)))


def _figures(finding: Finding) -> Iterator[dict[str, Any]]:
    """Yield the numbers of the ledger that were read somewhere."""
    ledger = finding.problem.ledger
    entries = (*ledger.demand, *ledger.supply) if ledger else ()
    figures = [(entry.label, figure) for entry in entries for figure in entry.factors]
    read = ((label, f, f.origin) for label, f in figures if isinstance(f.origin, Span))
    for number, (label, figure, origin) in enumerate(read, 1):
        value = amount(Interval(figure.low, figure.high))
        name = f" {figure.name}" if figure.name != label else ""
        yield {"id": number, **_location(origin, f"{label}: {value}{name}")}


def _invocation(report: Report) -> dict[str, Any]:
    notifications = [_unread(unread) for unread in report.coverage.unread]
    notifications += [_crash(crash) for crash in report.crashes]
    return {
        "executionSuccessful": not report.crashes,
        "toolExecutionNotifications": notifications,
    }


def _unread(unread: Unreadable) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": _text(f"Not read: {unread.reason}"),
        "locations": [{"physicalLocation": _physical(unread.span)}],
    }


def _crash(crash: Crash) -> dict[str, Any]:
    notification: dict[str, Any] = {
        "level": "error",
        "message": _text(f"poollint failed in rule {crash.rule}: {crash.error}"),
        "associatedRule": {"id": crash.rule},
    }
    if crash.path:
        notification["locations"] = [
            {"physicalLocation": {"artifactLocation": _artifact(crash.path)}}
        ]
    return notification


def _location(span: Span, text: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(span)}
    if text:
        location["message"] = _text(text)
    return location


def _physical(span: Span) -> dict[str, Any]:
    return {
        "artifactLocation": _artifact(span.path),
        "region": {
            "startLine": span.start.line,
            "startColumn": span.start.column,
            "endLine": span.end.line,
            "endColumn": span.end.column,
        },
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": uri(path), "uriBaseId": _ROOT}


def _text(text: str) -> dict[str, str]:
    return {"text": _braced(mask(text)).replace("](", "\\](")}


def _braced(text: str) -> str:
    """Return `text` with its braces doubled: single ones hold placeholders (3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")
