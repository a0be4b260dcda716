"""What fixes make of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.engine.fixing import encoded, fixed
from poollint.model.finding import Category, Finding, Problem, Severity
from poollint.model.fix import Edit, Fix, Safety
from poollint.model.source import SourceFile

NAME = "a.ini"


def _finding(
    source: SourceFile, *edits: tuple[int, int, str], safety: Safety = Safety.SAFE,
    suppressed: str | None = None,
) -> Finding:  # fmt: skip
    made = tuple(Edit(source.span(start, end), text) for start, end, text in edits)
    problem = Problem("x", at=made[0].span, fix=Fix("x", made, safety))
    return Finding("x", Category.SETTING, Severity.NOTE, problem, "", suppressed)


def _after(text: str, *edits: tuple[int, int, str]) -> str:
    source = SourceFile(NAME, text)
    return fixed([_finding(source, *edits)], {NAME: source}).texts[NAME]


@pytest.mark.parametrize(
    ("text", "gone", "after"),
    [
        ("a = 1\nb = 2\nc = 3\n", "b = 2", "a = 1\nc = 3\n"),
        ("a = 1\r\n  b = 2 \r\nc = 3\r\n", "b = 2", "a = 1\r\nc = 3\r\n"),
        ("a = 1\nb = 2", "b = 2", "a = 1\n"),
        ("a = 1\nb = 2  # why\n", "b = 2", "a = 1\n  # why\n"),
        ("a = 1  # why\nb\n", "# why", "a = 1\nb\n"),
        ("a = 1 b = 2 c = 3\n", "b = 2 ", "a = 1 c = 3\n"),
    ],
)
def test_what_is_removed_takes_its_line_only_where_nothing_else_stands(
    text: str, gone: str, after: str
) -> None:
    start = text.index(gone)
    assert _after(text, (start, start + len(gone), "")) == after


def test_edits_of_one_fix_are_made_together() -> None:
    assert _after("one two\n", (4, 7, "2"), (0, 3, "1")) == "1 2\n"


def test_of_two_fixes_of_one_place_the_first_is_made_and_the_other_waits() -> None:
    source = SourceFile(NAME, "one two\n")
    first, second = _finding(source, (0, 3, "1")), _finding(source, (2, 5, "x"), (6, 7, "y"))
    made = fixed([first, second], {NAME: source})
    assert made.texts == {NAME: "1 two\n"}
    assert (made.applied, made.waiting) == ((first,), (second,))


def test_unsafe_fixes_are_made_only_if_asked_for_and_ignored_findings_never() -> None:
    source = SourceFile(NAME, "one\n")
    unsafe = _finding(source, (0, 3, "1"), safety=Safety.UNSAFE)
    assert fixed([unsafe], {NAME: source}).texts == {}
    assert fixed([unsafe], {NAME: source}, unsafe=True).texts == {NAME: "1\n"}
    ignored = _finding(source, (0, 3, "1"), suppressed="")
    assert fixed([ignored], {NAME: source}).texts == {}


def test_a_fix_of_a_file_whose_text_is_not_known_is_left() -> None:
    source = SourceFile(NAME, "one\n")
    assert fixed([_finding(source, (0, 3, "1"))], {}).applied == ()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_file_keeps_its_encoding_and_its_mark(codec: str) -> None:
    before = "# é\r\na = 1\r\n"
    data = before.encode(codec)
    assert encoded(data, SourceFile(NAME, before), "# é\r\na = 2\r\n") == data.replace(b"1", b"2")


def test_a_declared_encoding_is_kept() -> None:
    before = "# -*- coding: cp1252 -*-\nx = '\u20ac'\n"
    data = before.encode("cp1252")
    assert encoded(data, SourceFile("a.py", before), before) == data


def test_a_file_that_has_changed_meanwhile_is_left() -> None:
    assert encoded(b"b = 1\n", SourceFile(NAME, "a = 1\n"), "a = 2\n") is None


@given(st.text("ab \n\r#", max_size=30), st.data())
def test_nothing_but_the_removed_text_and_blanks_goes(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    kept = text[:start] + text[end:]
    assert _after(text, (start, end, "")).split() == kept.split() or start == end
