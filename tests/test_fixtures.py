"""What poollint finds in the fixtures is what they want, no more and no less."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from poollint.model.finding import Category, Confidence, Finding
from poollint.testing import run

FIXTURES = Path(__file__).parents[1] / "fixtures"
LOW = re.compile(r"[#;] low(?P<offset>[+-]\d+)? (?P<rule>[a-z]+(?:-[a-z]+)+)$")
SHOWN = frozenset({"demo", "output"})  # compared as a whole: test_demo.py, test_output.py
CASES = tuple(
    case for case in run.cases(FIXTURES) if case.relative_to(FIXTURES).parts[0] not in SHOWN
)
QUIET = tuple(case for case in CASES if run.QUIET in case.relative_to(FIXTURES).parts)


def name_of(case: Path) -> str:
    return case.relative_to(FIXTURES).as_posix()


def lines_of(case: Path) -> Iterator[tuple[str, int, str]]:
    """Yield each line of a case, with its path and its number."""
    for file in [case] if case.is_file() else sorted(f for f in case.rglob("*") if f.is_file()):
        text = file.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.split("\n"), start=1):
            yield Path(os.path.relpath(file)).as_posix(), number, line


def low_of(case: Path) -> Counter[tuple[str, int, str]]:
    """Return where a case says `low RULE`: a finding of low confidence is borne there."""
    marks = ((path, number, LOW.search(line)) for path, number, line in lines_of(case))
    return Counter((p, n + int(mark["offset"] or 0), mark["rule"]) for p, n, mark in marks if mark)


def is_low(finding: Finding) -> bool:
    """Tell whether a finding is of low confidence; as advice about pools mostly is."""
    return finding.problem.confidence is Confidence.LOW and finding.category is not Category.POOL


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_fixture_gets_what_it_wants(case: Path) -> None:
    found = run.findings(case)
    complaints = run.complaints(case, found)
    assert not complaints, "\n".join(complaints)
    if case in QUIET:
        places = ((f.problem.at, f.rule) for f in found if is_low(f))
        assert Counter((at.path, at.start.line, rule) for at, rule in places) == low_of(case)


@pytest.mark.parametrize("case", QUIET, ids=name_of)
def test_quiet_fixture_wants_nothing(case: Path) -> None:
    assert run.wanted(case) == ()


@pytest.mark.parametrize("case", sorted(set(CASES) - set(QUIET)), ids=name_of)
def test_fixture_of_a_rule_wants_that_rule(case: Path) -> None:
    category, rule, *_ = case.relative_to(FIXTURES).parts
    assert rule in {want.rule for want in run.wanted(case)} or category == "poollint"


def test_quiet_corpus_is_large_and_hardly_draws_low_confidence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    python = [case for case in QUIET if case.suffix == ".py"]
    low = sum(low_of(case).total() for case in QUIET)
    with capsys.disabled():
        print(f"\nquiet corpus: {len(QUIET)} cases, {low} findings of low confidence")
    assert len(python) >= 40
    assert low <= len(QUIET) // 10
