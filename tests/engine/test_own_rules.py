"""What the engine says of the run itself."""

from __future__ import annotations

from poollint.engine.own_rules import (
    LONGEST,
    OWN_RULES,
    UNKNOWN_RULE,
    UNREADABLE_FILE,
    UNUSED_IGNORE,
)
from poollint.engine.suppression import Ignore, Name, Unused
from poollint.model.finding import Category
from poollint.model.fix import Safety
from poollint.model.source import Span, Unreadable

AT = Span.at("a.py", 2, 6, 40)


def ignore(*names: str, misplaced: bool = False) -> Ignore:
    found = tuple(Name(name, Span.at("a.py", 2, 9, len(name)), "") for name in names)
    return Ignore(AT, found, "", 2, 2, misplaced)


def test_every_page_says_what_and_why() -> None:
    for rule in OWN_RULES:
        assert rule.category is Category.POOLLINT
        assert rule.summary.endswith(".")
        assert {"## Why", "## Limits"} <= set(rule.docs.splitlines())


def test_headline_is_no_longer_than_a_line() -> None:
    long = "x" * 200
    problems = [
        *UNREADABLE_FILE.check(Unreadable(AT, long)),
        *UNKNOWN_RULE.check(ignore(long)),
        *UNUSED_IGNORE.check(Unused(ignore(long), ignore(long).names)),
    ]
    assert len(problems) == 3
    assert {len(problem.message) for problem in problems} == {LONGEST}


def test_comment_is_removed_only_as_a_whole() -> None:
    both = ignore("one", "two")
    (whole,) = UNUSED_IGNORE.check(Unused(both, both.names))
    (part,) = UNUSED_IGNORE.check(Unused(both, both.names[1:]))
    assert whole.fix is not None
    assert whole.fix.safety is Safety.SAFE
    assert [(edit.span, edit.text) for edit in whole.fix.edits] == [(AT, "")]
    assert (whole.at, part.at) == (AT, both.names[1].span)
    assert part.fix is None


def test_misplaced_ignore_is_to_be_moved_and_not_removed() -> None:
    late = ignore("one", misplaced=True)
    (problem,) = UNUSED_IGNORE.check(Unused(late, late.names))
    assert "below the head" in problem.message
    assert problem.help.startswith("move it")
    assert problem.fix is None
