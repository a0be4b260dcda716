"""SARIF: what a service that reads it needs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.finding import Problem
from poollint.model.report import Coverage, Crash, Report
from poollint.model.source import Span, Unreadable
from poollint.report.palette import Palette
from poollint.report.sarif import sarif
from tests.report.example import BUDGET, IGNORED, LEAK, PAGES, SET, sources


def run(report: Report) -> Any:
    return json.loads(sarif(report, sources, Palette()))["runs"][0]


def result(problem: Problem) -> Any:
    return run(Report((replace(LEAK, problem=problem),), Coverage()))["results"][0]


def test_there_are_results_even_where_nothing_is_found() -> None:
    assert run(Report((), Coverage()))["results"] == []


def test_columns_count_characters() -> None:
    assert run(Report((), Coverage()))["columnKind"] == "unicodeCodePoints"


def test_the_steps_are_one_thread_flow() -> None:
    (shown,) = run(Report((LEAK,), Coverage()))["results"]
    (flow,) = shown["codeFlows"]
    (thread,) = flow["threadFlows"]
    labels = [step["location"]["message"]["text"] for step in thread["locations"]]
    lines = [
        step["location"]["physicalLocation"]["region"]["startLine"] for step in thread["locations"]
    ]
    assert labels[:2] == ["taken here", "may raise"]
    assert lines == [14, 16, 19]


def test_the_numbers_of_a_ledger_are_related_places() -> None:
    (shown,) = run(Report((BUDGET,), Coverage()))["results"]
    related = shown["relatedLocations"]
    assert [place["message"]["text"] for place in related] == [
        "web: 12 replicas",
        "web: 4 workers",
        "web: 5 pool size",
        "worker: 6 replicas",
        "worker: 10 pool size",
        "max_connections: 200",
    ]
    assert [place["id"] for place in related] == [1, 2, 3, 4, 5, 6]
    assert "max_connections 200 -> 303" in shown["message"]["text"]


def test_no_more_places_than_are_shown() -> None:
    entry = Entry("web", tuple(Figure.stated(1, "x", Span.at("a", n)) for n in range(1, 151)))
    assert (
        len(result(Problem("x", Span.at("a"), ledger=Ledger((entry,), ())))["relatedLocations"])
        == 100
    )


def test_a_path_is_a_relative_uri() -> None:
    artifact = result(Problem("x", Span.at("a b/ü.py")))["locations"][0]["physicalLocation"]
    assert artifact["artifactLocation"] == {"uri": "a%20b/%C3%BC.py", "uriBaseId": "%SRCROOT%"}


def test_braces_are_doubled_and_nothing_reads_as_a_link() -> None:
    text = result(Problem("`{x}` in [a](b)", Span.at("a")))["message"]["text"]
    assert text == "`{{x}}` in [a\\](b)."


def test_a_suppressed_finding_carries_its_justification() -> None:
    without = replace(IGNORED, suppressed="")
    first, second = run(Report((IGNORED, without), Coverage()))["results"]
    assert first["suppressions"] == [
        {"kind": "inSource", "justification": "closed by the middleware"}
    ]
    assert second["suppressions"] == [{"kind": "inSource"}]


def test_a_fingerprint_and_a_rank_go_with_each_result() -> None:
    first, second = run(Report((LEAK, SET), Coverage()))["results"]
    assert first["partialFingerprints"] == {"poollint/v1": LEAK.fingerprint}
    assert (first["rank"], second["rank"]) == (90.0, 60.0)


def test_a_rule_has_its_page() -> None:
    rules = run(Report((LEAK, SET), Coverage(), pages=PAGES))["tool"]["driver"]["rules"]
    by_name = {rule["id"]: rule for rule in rules}
    assert list(by_name) == sorted(by_name)
    leak = by_name["connection-leak"]
    assert leak["shortDescription"]["text"] == "A connection is taken and not given back."
    assert leak["fullDescription"]["text"] == "The pool runs empty: every request waits."
    assert "## Why" in leak["help"]["markdown"]
    assert leak["defaultConfiguration"] == {"level": "error"}
    assert by_name["session-set"] == {
        "id": "session-set",
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["session"]},
    }


def test_a_crash_makes_the_run_unsuccessful_and_an_unread_file_does_not() -> None:
    unread = Unreadable(Span.at("a.yaml", 3), "a template")
    (calm,) = run(Report((), Coverage(unread=(unread,))))["invocations"]
    assert calm["executionSuccessful"] is True
    (told,) = calm["toolExecutionNotifications"]
    assert told["message"]["text"] == "Not read: a template"
    assert told["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    crash = Crash("session-set", "a.py", "KeyError at x.py:3")
    (failed,) = run(Report((), Coverage(), crashes=(crash,)))["invocations"]
    assert failed["executionSuccessful"] is False
    (told,) = failed["toolExecutionNotifications"]
    assert told["associatedRule"] == {"id": "session-set"}
    assert told["level"] == "error"
