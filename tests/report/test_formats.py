"""What holds of every report in every format."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poollint.model.figure import Ledger
from poollint.model.finding import Category, Finding, Problem, Severity, Step
from poollint.model.report import Budget, Coverage, Crash, Report
from poollint.model.source import Position, SourceFile, Span, Unreadable
from poollint.report.formats import FORMATS
from poollint.report.palette import Palette
from poollint.report.summary import next_steps, summary
from tests.report.arbitrary import REPORTS, TEXTS, sources_of
from tests.secrets import FILES, HUSH

COVERAGE = {"files", "python_files", "candidates", "unread", "assumed", "uncounted"}
SLOW = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

FINDING = {
    "rule", "category", "severity", "confidence", "message", "path", "line", "column", "end_line",
    "end_column", "scope", "steps", "ledger", "help", "fingerprint", "suppressed",
}  # fmt: skip
BUDGET = {
    "server", "scope", "alike", "demand", "supply", "entries", "missing", "notes", "scenarios",
}  # fmt: skip


def rendered(name: str, report: Report, texts: dict[str, str], palette: Palette) -> str:
    return FORMATS[name](report, functools.partial(sources_of, texts), palette)


@pytest.mark.parametrize("name", FORMATS)
@given(report=REPORTS, texts=TEXTS)
@SLOW
def test_any_report_is_rendered_and_nothing_in_it_reaches_the_terminal(
    name: str, report: Report, texts: dict[str, str]
) -> None:
    text = rendered(name, report, texts, Palette(width=60))
    assert text == "" or text.endswith("\n")
    deceiving = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs")} - {"\n"}
    assert not deceiving
    text.encode()


@given(report=REPORTS, texts=TEXTS)
@SLOW
def test_colour_and_links_change_nothing_but_colour_and_links(
    report: Report, texts: dict[str, str]
) -> None:
    bright = Palette(colour=True, links=True, root="file:///repo")
    for name in FORMATS:
        plain = rendered(name, report, texts, Palette())
        coloured = rendered(name, report, texts, bright)
        assert re.sub(r"\x1b\[[\d;]*m|\x1b]8;;[^\x1b]*\x1b\\", "", coloured) == plain


def figures(entries: list[dict[str, Any]], extra: set[str]) -> list[dict[str, Any]]:
    found = []
    for entry in entries:
        assert set(entry) == {"label", "factors", "total"} | extra
        found += entry["factors"]
    return found


@given(report=REPORTS)
@SLOW
def test_json_has_the_keys_of_the_contract(report: Report) -> None:
    content = json.loads(rendered("json", report, {}, Palette()))
    assert set(content) == {"version", "findings", "coverage", "budgets"}
    assert set(content["coverage"]) == COVERAGE
    assert len(content["findings"]) == len(report.findings)
    numbers = []
    for finding in content["findings"]:
        assert set(finding) == FINDING
        assert all(set(s) == {"path", "line", "column", "label"} for s in finding["steps"])
        if finding["ledger"] is not None:
            ledger = finding["ledger"]
            assert set(ledger) == {"demand", "supply", "demanded", "supplied"}
            numbers += figures(ledger["demand"] + ledger["supply"], set())
    for budget in content["budgets"]:
        assert set(budget) == BUDGET
        assert set(budget["demand"]) == set(budget["supply"]) == {"low", "high"}
        for scenario in budget["scenarios"]:
            assert set(scenario) == {"name", "demand", "entries"}
            numbers += figures(scenario["entries"], set())
        numbers += figures(budget["entries"], {"side"})
    for figure in numbers:
        assert set(figure) == {"name", "value", "path", "line", "basis"}
        assert (figure["path"] is None) == (figure["line"] is None)
    assert all(set(unread) == {"path", "reason"} for unread in content["coverage"]["unread"])


@given(report=REPORTS)
@SLOW
def test_sarif_is_valid(report: Report) -> None:
    log = json.loads(rendered("sarif", report, {}, Palette()))
    VALIDATOR.validate(log)
    run = log["runs"][0]
    assert len(run["results"]) == len(report.findings)
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


@given(report=REPORTS)
@SLOW
def test_concise_is_one_line_a_finding(report: Report) -> None:
    text = rendered("concise", report, {}, Palette())
    assert text.count("\n") == len(report.active)


@given(report=REPORTS)
@SLOW
def test_github_is_one_line_an_annotation_and_at_most_ten_of_a_kind(report: Report) -> None:
    lines = rendered("github", report, {}, Palette()).split("\n")[:-1]
    kinds = [re.match(r"::(error|warning|notice) [^:\r\n]*::", line) for line in lines]
    assert all(kinds)
    counts = [sum(f"::{kind} " in line[:12] for line in lines) for kind in ("error", "warning")]
    assert max(counts) <= 10


SECRET = st.text("abcdefgh0123456789!$%&*+-./:;<=>?@^_|~", min_size=2).map(lambda t: f"Zq{t}9x")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shop/db.py", 'connect("postgres://app:{}@db:5432/shop")'),
        ("shop/db.py", "connect(host='db', password='{}')"),
        ("shop/db.py", 'connect("host=db password={} user=app")'),
        ("pgbouncer.ini", "shop = host=db password={} user=app"),
        ("userlist.txt", '"app" "{}"'),
        ("deploy/web.yaml", "  value: postgres://app:{}@db/shop"),
        ("compose.yaml", "      - POSTGRES_PASSWORD={}"),
    ],
)
@given(secret=SECRET)
@SLOW
def test_no_format_shows_a_secret(path: str, line: str, secret: str) -> None:
    text = line.format(secret)
    at = Span.at(path, 1, 3, 40)
    leaked = f"password={secret}"
    problem = Problem(
        leaked, at, leaked, (Step(at, leaked),), None, "", leaked, leaked, (leaked,), scope=leaked
    )
    finding = Finding("connection-leak", Category.LEAK, Severity.ERROR, problem, "f")
    report = Report(
        (finding, replace(finding, suppressed=leaked)),
        Coverage(3, unread=(Unreadable(at, leaked),), assumed=(leaked,), drivers=(leaked,)),
        budgets=(Budget(leaked, leaked, at, Ledger((), ()), (leaked,)),),
        crashes=(Crash("connection-leak", path, leaked),),
    )
    for name in FORMATS:
        assert secret not in rendered(name, report, {path: text}, Palette())
    assert secret not in summary(report)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_no_line_that_is_shown_holds_a_secret(number: int) -> None:
    path, text = FILES[number]
    assert HUSH in text
    source = SourceFile(path, text)
    lines = text.count("\n")
    spans = [Span.at(path, line, 1, len(source.line(line))) for line in range(1, lines + 1)]
    for span in (*spans, Span(path, Position(1, 1), Position(lines, 1))):
        problem = Problem("m", span, path=tuple(Step(s, "here") for s in spans))
        for shown in (Problem("m", span), problem):
            finding = Finding("a-rule", Category.LEAK, Severity.ERROR, shown, "f")
            report = Report((finding,), Coverage(1))
            for name in FORMATS:
                assert HUSH not in FORMATS[name](report, {path: source}.get, Palette()), text


@given(report=REPORTS)
@SLOW
def test_the_summary_is_text_for_any_report(report: Report) -> None:
    text = summary(report) + next_steps(report)
    assert text.endswith("\n")
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text.replace("\n", ""))
