"""The JSON contract, value by value."""

from __future__ import annotations

import json
from typing import Any

from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.finding import Category, Confidence, Finding, Problem, Severity, Step
from poollint.model.report import Budget, Coverage, Report
from poollint.model.source import Position, Span, Unreadable
from poollint.report.machine import machine
from poollint.report.palette import Palette

AT = Span("a.py", Position(3, 5), Position(4, 2))


def content(report: Report) -> Any:
    return json.loads(machine(report, lambda _: None, Palette()))


def finding(problem: Problem, suppressed: str | None = None) -> Finding:
    return Finding("connection-leak", Category.LEAK, Severity.ERROR, problem, "f0", suppressed)


def test_a_finding_is_written_key_by_key() -> None:
    step = Step(Span.at("b.py", 7, 9), "taken here")
    problem = Problem(
        "never given back", AT, "x", (step,), None, "brief", "why", "fix it", ("note",), None,
        Confidence.MEDIUM, "fetch",
    )  # fmt: skip
    assert content(Report((finding(problem),), Coverage()))["findings"] == [
        {
            "rule": "connection-leak",
            "category": "leak",
            "severity": "error",
            "confidence": "medium",
            "message": "never given back",
            "path": "a.py",
            "line": 3,
            "column": 5,
            "end_line": 4,
            "end_column": 2,
            "scope": "fetch",
            "steps": [{"path": "b.py", "line": 7, "column": 9, "label": "taken here"}],
            "ledger": None,
            "help": "fix it",
            "fingerprint": "f0",
            "suppressed": None,
        }
    ]


def test_a_number_is_the_one_the_verdict_counts_with() -> None:
    demand = Figure(2, 8, "replicas", Basis.STATED, Span.at("d.yaml", 7))
    supply = Figure(90, 100, "max_connections", Basis.ASSUMED, "a convention")
    ledger = Ledger((Entry("web", (demand,)),), (Entry("max_connections", (supply,)),))
    report = Report((finding(Problem("x", AT, ledger=ledger)),), Coverage())
    assert content(report)["findings"][0]["ledger"] == {
        "demand": [
            {
                "label": "web",
                "factors": [
                    {"name": "replicas", "value": 8, "path": "d.yaml", "line": 7, "basis": "stated"}
                ],
                "total": 8,
            }
        ],
        "supply": [
            {
                "label": "max_connections",
                "factors": [
                    {
                        "name": "max_connections",
                        "value": 90,
                        "path": None,
                        "line": None,
                        "basis": "assumed",
                    }
                ],
                "total": 90,
            }
        ],
        "demanded": 8,
        "supplied": 90,
    }


def test_what_nothing_bounds_is_null() -> None:
    demand = Entry("web", (Figure(1, None, "pool size", Basis.STATED, AT),))
    budget = Budget("db", "prod", AT, Ledger((demand,), ()), ("cron",))
    (shown,) = content(Report((), Coverage(), (budget,)))["budgets"]
    assert shown["demand"] == {"low": 1, "high": None}
    assert shown["supply"] == {"low": 0, "high": 0}
    assert shown["entries"][0]["total"] is None
    assert shown["entries"][0]["factors"][0]["value"] is None
    assert (shown["server"], shown["scope"], shown["missing"]) == ("db", "prod", ["cron"])


def test_the_entries_of_a_budget_tell_their_side() -> None:
    figure = Figure.stated(3, "x", AT)
    ledger = Ledger(
        (Entry("web", (figure,)),), (Entry("max", (figure,)), Entry("kept", (-figure,)))
    )
    (shown,) = content(Report((), Coverage(), (Budget("db", "", AT, ledger),)))["budgets"]
    sides = [(entry["label"], entry["side"], entry["total"]) for entry in shown["entries"]]
    assert sides == [("web", "demand", 3), ("max", "supply", 3), ("kept", "supply", -3)]


def test_the_coverage_is_written_and_sorted() -> None:
    broken = (Unreadable(Span.at("z.py"), "a"), Unreadable(Span.at("b.py"), "c"))
    coverage = Coverage(9, 8, 7, 6, ("psycopg",), broken, ("b", "a"))
    assert content(Report((), coverage))["coverage"] == {
        "files": 9,
        "python_files": 8,
        "candidates": 7,
        "unread": [{"path": "b.py", "reason": "c"}, {"path": "z.py", "reason": "a"}],
        "assumed": ["a", "b"],
        "uncounted": [],
    }


def test_findings_are_sorted_by_place_whatever_their_order() -> None:
    found = tuple(
        finding(Problem(f"at {line}", Span.at(path, line)))
        for path, line in (("b.py", 1), ("a.py", 10), ("a.py", 9))
    )
    report = Report(found, Coverage())
    shown = [(f["path"], f["line"]) for f in content(report)["findings"]]
    assert shown == [("a.py", 9), ("a.py", 10), ("b.py", 1)]
    again = Report(found[::-1], Coverage())
    assert machine(again, lambda _: None, Palette()) == machine(report, lambda _: None, Palette())


def test_a_suppressed_finding_carries_its_reason() -> None:
    found = (finding(Problem("a", AT), "closed by the middleware"), finding(Problem("b", AT), ""))
    shown = content(Report(found, Coverage()))["findings"]
    assert [f["suppressed"] for f in shown] == ["closed by the middleware", ""]


def test_the_version_comes_first() -> None:
    assert machine(Report((), Coverage()), lambda _: None, Palette()).startswith(
        '{\n  "version": 1'
    )
