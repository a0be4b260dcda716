"""A rule is declared by its function."""

from collections.abc import Iterator

import pytest

from poollint import Category, Function, Problem, Rule, Severity, rule


def test_the_subject_is_the_annotation_and_the_page_the_docstring() -> None:
    @rule("some-rule", Category.LEAK, Severity.NOTE, since="0.1.0", aliases=("old-name",))
    def some_rule(function: Function) -> Iterator[Problem]:
        yield from ()

    assert isinstance(some_rule, Rule)
    assert some_rule.subject is Function
    assert some_rule.docs == __doc__
    assert some_rule.summary == "A rule is declared by its function."
    assert some_rule.aliases == ("old-name",)
    assert some_rule.default


def test_a_check_without_a_fact_is_refused() -> None:
    with pytest.raises(TypeError, match="takes no fact"):

        @rule("no-fact", Category.LEAK, Severity.NOTE, since="0.1.0")
        def no_fact() -> Iterator[Problem]:
            yield from ()

    with pytest.raises(TypeError, match="annotated with no fact"):

        @rule("no-type", Category.LEAK, Severity.NOTE, since="0.1.0")
        def no_type(function) -> Iterator[Problem]:  # type: ignore[no-untyped-def]
            yield from ()
