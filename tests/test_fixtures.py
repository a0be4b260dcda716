"""What poollint finds in the fixtures is what they want, no more and no less."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from poollint.model.finding import Category, Confidence
from poollint.testing import run

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHOWN = frozenset({"demo", "output"})  # compared as a whole: test_demo.py, test_output.py
CASES = tuple(
    case for case in run.cases(FIXTURES) if case.relative_to(FIXTURES).parts[0] not in SHOWN
)
QUIET = tuple(case for case in CASES if run.QUIET in case.relative_to(FIXTURES).parts)


def name_of(case: Path) -> str:
    return case.relative_to(FIXTURES).as_posix()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_fixture_gets_what_it_wants(case: Path) -> None:
    complaints = run.complaints(case)
    assert not complaints, "\n".join(complaints)


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
    # Advice about settings of pools is of low confidence where they are the drivers' own.
    python = [case for case in QUIET if case.suffix == ".py"]
    low = Counter(
        finding.rule
        for case in QUIET
        for finding in run.findings(case)
        if finding.problem.confidence is Confidence.LOW and finding.category is not Category.POOL
    )
    with capsys.disabled():
        print(f"\nquiet corpus: {len(QUIET)} cases, {low.total()} findings of low confidence")
    assert len(python) >= 40
    assert low.total() <= len(QUIET) // 10, low
