"""Workflow commands: escaped as the runner unescapes them, no more than are kept."""

from __future__ import annotations

from dataclasses import replace

from poollint.model.finding import Category, Finding, Problem, Severity
from poollint.model.report import Coverage, Report
from poollint.model.source import Position, Span
from poollint.report.github import github
from poollint.report.palette import Palette
from tests.report.example import IGNORED, LEAK, POOL


def lines(*findings: Finding) -> list[str]:
    return github(Report(findings, Coverage()), lambda _: None, Palette()).splitlines()


def finding(message: str, path: str = "a.py") -> Finding:
    problem = Problem(message, Span.at(path, 3, 5, 2))
    return Finding("connection-leak", Category.LEAK, Severity.ERROR, problem, "f")


def test_what_would_end_a_command_or_a_property_is_escaped() -> None:
    assert lines(finding("100%: a, b", "a,b:c%.py")) == [
        "::error file=a%2Cb%3Ac%25.py,line=3,col=5,endLine=3,title=connection-leak::100%25: a, b"
    ]


def test_why_and_fix_are_further_lines_of_the_message() -> None:
    problem = replace(finding("x").problem, why="it breaks", help="close it")
    (line,) = lines(replace(finding("x"), problem=problem))
    assert line.endswith("::x%0Ait breaks%0Afix: close it")


def test_a_place_over_several_lines_has_no_column() -> None:
    at = Span("a.py", Position(3, 5), Position(6, 2))
    (line,) = lines(replace(LEAK, problem=Problem("x", at)))
    assert line == "::error file=a.py,line=3,endLine=6,title=connection-leak::x"


def test_the_most_severe_come_first() -> None:
    note = replace(LEAK, severity=Severity.NOTE)
    kinds = [line.split(" ")[0] for line in lines(note, POOL, LEAK)]
    assert kinds == ["::error", "::warning", "::notice"]


def test_ten_of_a_kind_are_all_shown() -> None:
    assert all("title=connection-leak" in line for line in lines(*[finding("x")] * 10))


def test_after_nine_of_more_than_ten_the_tenth_tells_how_many_more() -> None:
    shown = lines(*[finding("x")] * 32, POOL)
    assert len(shown) == 11
    assert shown[9] == "::error title=poollint::and 23 more, see the log"
    assert shown[10].startswith("::warning file=shop/api.py")


def test_a_suppressed_finding_is_no_annotation() -> None:
    assert lines(IGNORED) == []
