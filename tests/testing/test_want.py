"""Wants are read as written, and compared with findings strictly both ways."""

from __future__ import annotations

import pytest

from poollint.model.finding import Category, Finding, Problem, Severity, Step
from poollint.model.source import Span
from poollint.testing.want import Want, WantError, compare, wants


def finding(
    line: int, message: str = "it is lost", rule: str = "a-rule", steps: tuple[Step, ...] = ()
) -> Finding:
    problem = Problem(message, Span.at("a.py", line), path=steps)
    return Finding(rule, Category.LEAK, Severity.ERROR, problem, "0" * 16)


def step(line: int, label: str = "taken here", path: str = "a.py") -> Step:
    return Step(Span.at(path, line), label)


def test_want_stands_for_its_own_line() -> None:
    assert wants("a.py", "\nx = 1  # want a-rule\n") == (Want("a.py", 2, "a-rule"),)


@pytest.mark.parametrize(
    ("comment", "line"), [("# want+2 a-rule", 3), ("; want-1 a-rule", 0), ("#want a-rule", 1)]
)
def test_want_may_stand_for_another_line_and_after_either_sign(comment: str, line: int) -> None:
    assert wants("a.py", comment) == (Want("a.py", line, "a-rule"),)


def test_one_comment_may_want_several_rules_each_with_a_text() -> None:
    text = 'x  # want one "may end" two three-words-long "\\"quoted\\""'
    assert wants("a.py", text) == (
        Want("a.py", 1, "one", "may end"),
        Want("a.py", 1, "two"),
        Want("a.py", 1, "three-words-long", '"quoted"'),
    )


def test_want_may_be_about_a_step_and_its_label() -> None:
    (want,) = wants("a.py", 'x  # want a-rule step 2 "may raise"')
    assert (want.step, want.text) == (2, "may raise")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_end_as_in_source_files(end: str) -> None:
    assert wants("a.py", f"a\fb{end}x  # want a-rule")[0].line == 2


@pytest.mark.parametrize(
    "word", ["# wanted a-rule", "# unwant a-rule", "want a-rule", "# I want it"]
)
def test_other_words_are_no_want(word: str) -> None:
    assert wants("a.py", word) == ()


@pytest.mark.parametrize("rest", ["", " ", ' "text"', " a-rule step", " Rule", ' a-rule "open'])
def test_want_that_cannot_be_read_is_an_error_with_its_place(rest: str) -> None:
    with pytest.raises(WantError, match=r"^a\.py:2: ") as caught:
        wants("a.py", f"\n# want{rest}")
    assert isinstance(caught.value, ValueError)


def test_nothing_is_said_when_both_sides_agree() -> None:
    assert compare([Want("a.py", 3, "a-rule", "lost")], [finding(3)]) == ()


@pytest.mark.parametrize(
    "want",
    [
        Want("a.py", 4, "a-rule"),
        Want("b.py", 3, "a-rule"),
        Want("a.py", 3, "b-rule"),
        Want("a.py", 3, "a-rule", "found"),
    ],
)
def test_another_line_file_rule_or_text_is_a_complaint_from_each_side(want: Want) -> None:
    assert len(compare([want], [finding(3)])) == 2


def test_complaints_are_sorted_by_place_and_quote_the_message() -> None:
    complaints = compare([Want("a.py", 9, "a-rule", "x")], [finding(12), finding(3)])
    assert complaints == (
        'a.py:3: a-rule "it is lost" was found and is not wanted',
        'a.py:9: a-rule "x" is wanted and was not found',
        'a.py:12: a-rule "it is lost" was found and is not wanted',
    )


def test_each_finding_needs_a_want_of_its_own() -> None:
    want = Want("a.py", 3, "a-rule")
    assert len(compare([want], [finding(3), finding(3)])) == 1
    assert compare([want, want], [finding(3), finding(3)]) == ()
    assert len(compare([want, want], [finding(3)])) == 1


def test_want_without_text_leaves_the_finding_that_another_names() -> None:
    vague, exact = Want("a.py", 3, "a-rule"), Want("a.py", 3, "a-rule", "second")
    assert compare([vague, exact], [finding(3, "the second"), finding(3, "the first")]) == ()


def test_step_is_met_by_its_number_place_and_label_only() -> None:
    found = finding(3, steps=(step(3), step(5, "may raise")))
    base = Want("a.py", 3, "a-rule")
    assert compare([base, Want("a.py", 5, "a-rule", "may", 2)], [found]) == ()
    for wrong in (
        Want("a.py", 5, "a-rule", "may", 1),
        Want("a.py", 4, "a-rule", "may", 2),
        Want("a.py", 5, "a-rule", "taken", 2),
        Want("a.py", 5, "a-rule", "", 3),
        Want("a.py", 5, "b-rule", "", 2),
        Want("b.py", 5, "a-rule", "", 2),
    ):
        assert compare([base, wrong], [found]) == (f"{wrong} is wanted and was not found",)


def test_step_alone_does_not_want_the_finding() -> None:
    found = finding(3, steps=(step(3),))
    assert len(compare([Want("a.py", 3, "a-rule", "", 1)], [found])) == 1
