"""Frames: what is underlined stands under what it underlines, whatever the line holds."""

from __future__ import annotations

from poollint.model.finding import Problem, Severity, Step
from poollint.model.source import Position, SourceFile, Span
from poollint.report.frame import frame
from poollint.report.palette import Palette


def drawn(
    text: str, at: Span, label: str = "here", path: tuple[Step, ...] = (), width: int = 100
) -> list[str]:
    """Return the frame of a problem in a file with this text, without its arrow line."""
    source = SourceFile(at.path, text)
    problem = Problem("x", at, label, path)
    lines = list(frame(problem, Severity.ERROR, lambda _: source, Palette(width=width)))
    assert all(line == line.rstrip() for line in lines)
    return lines[2:-1]


def spot(line: int, start: int, end: int, path: str = "a.ini") -> Span:
    return Span(path, Position(line, start), Position(line, end))


def test_tabs_become_spaces_and_the_mark_follows() -> None:
    assert drawn("\tab\tcd = 1\n", spot(1, 5, 7)) == [
        " 1 |     ab  cd = 1",
        "   |         ^^ here",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert drawn('"数据" = pool', spot(1, 8, 12)) == [
        ' 1 | "数据" = pool',
        "   |          ^^^^ here",
    ]


def test_combining_marks_take_no_column() -> None:
    assert drawn("e\u0301 = 1", spot(1, 6, 7)) == [" 1 | e\u0301 = 1", "   |     ^ here"]


def test_characters_that_deceive_are_escaped() -> None:
    text = "a\x1b[31m = \u202eb\u2066 c\x00"
    assert drawn(text, spot(1, 14, 15)) == [
        r" 1 | a\x1b[31m = \u202eb\u2066 c\x00",
        "   |" + " " * 27 + "^ here",
    ]


def test_a_line_that_ends_with_crlf_is_shown_without_it() -> None:
    assert drawn("a = 1\r\nb = 2\r\n", spot(2, 1, 2)) == [" 2 | b = 2", "   | ^ here"]


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x" * 300 + "NEEDLE" + "y" * 300
    line, mark = drawn(text, spot(1, 301, 307), width=60)
    assert len(line) <= 60
    assert line.startswith(" 1 | …x")
    assert line.endswith("y…")
    assert line[mark.index("^") : mark.rindex("^") + 1] == "NEEDLE"


def test_a_place_longer_than_the_width_is_cut_as_well() -> None:
    lines = drawn("a = " + "b" * 300, spot(1, 5, 305), width=60)
    assert all(len(line) <= 60 for line in lines)
    assert lines[0].startswith(" 1 | a = bbb")
    assert lines[1].startswith("   |     ^^^^")
    assert lines[2] == "   |     here"


def test_each_place_in_a_long_line_has_a_cut_of_its_own() -> None:
    text = "A" + "x" * 300 + "B"
    steps = (Step(spot(1, 1, 2), "first"), Step(spot(1, 302, 303), "second"))
    first, mark, second, other, label = drawn(text, spot(1, 1, 2), path=steps, width=60)
    assert first[mark.index("^")] == "A"
    assert second[other.index("-")] == "B"
    assert mark.endswith("(1) first")
    assert label.endswith("(2) second")
    assert max(map(len, (first, mark, second, other, label))) <= 60


def test_a_label_that_does_not_fit_stands_below_its_mark() -> None:
    label = "a label of many words that takes much room"
    assert drawn("name = value", spot(1, 8, 13), label, width=56) == [
        " 1 | name = value",
        "   |        ^^^^^",
        f"   |        {label}",
    ]


def test_a_place_over_several_lines_is_marked_on_the_first_and_the_last() -> None:
    text = "db = create_engine(\n    dsn,\n    echo=True,\n    pool_size=5,\n)\n"
    at = Span("a.py", Position(1, 6), Position(5, 2))
    assert drawn(text, at) == [
        " 1 | db = create_engine(",
        "   |      ^^^^^^^^^^^^^^ here",
        "   :",
        " 5 | )",
        "   | ^",
    ]


def test_a_place_that_ends_at_the_start_of_a_line_does_not_reach_into_it() -> None:
    at = Span("a.py", Position(1, 1), Position(2, 1))
    assert drawn("one\ntwo\n", at) == [" 1 | one", "   | ^^^ here"]


def test_one_line_between_two_is_shown_and_more_are_a_gap() -> None:
    steps = tuple(Step(spot(n, 1, 2), f"l{n}") for n in (1, 3, 6))
    assert drawn("a\nb\nc\nd\ne\nf\n", spot(1, 1, 2), path=steps) == [
        " 1 | a",
        "   | ^ (1) l1",
        " 2 | b",
        " 3 | c",
        "   | - (2) l3",
        "   :",
        " 6 | f",
        "   | - (3) l6",
    ]


def test_two_steps_on_one_line_have_a_mark_each() -> None:
    steps = (Step(spot(1, 5, 6), "taken"), Step(spot(1, 1, 2), "given another"))
    assert drawn("a = b", spot(1, 5, 6), path=steps) == [
        " 1 | a = b",
        "   |     ^ (1) taken",
        "   | - (2) given another",
    ]


def test_a_place_beyond_the_line_or_the_file_has_one_mark_behind_the_text() -> None:
    assert drawn("ab", spot(1, 3, 3)) == [" 1 | ab", "   |   ^ here"]
    assert drawn("ab", spot(1, 90, 99)) == [" 1 | ab", "   |   ^ here"]
    assert drawn("ab", spot(7, 3, 9)) == [" 7 |", "   | ^ here"]


def test_the_own_place_is_shown_where_no_step_is_there() -> None:
    steps = (Step(spot(1, 1, 2), "called"),)
    assert drawn("a\nb\n", spot(2, 1, 2), "built", path=steps) == [
        " 1 | a",
        "   | - called",
        " 2 | b",
        "   | ^ built",
    ]


def test_a_secret_is_hidden_and_the_marks_move_with_the_text() -> None:
    text = 'connect("postgres://app:hunter2hunter2@db/shop", sslmode=mode)'
    line, mark = drawn(text, spot(1, 50, 62, "a.py"))
    assert line == ' 1 | connect("postgres://app:***@db/shop", sslmode=mode)'
    assert line[mark.index("^") : mark.rindex("^") + 1] == "sslmode=mode"


def test_a_place_within_a_secret_has_one_mark_and_shows_nothing_of_it() -> None:
    line, mark = drawn("password = hunter2", spot(1, 14, 16))
    assert line == " 1 | password = ***"
    assert mark == "   |               ^ here"


def test_a_secret_over_several_lines_is_hidden_on_each() -> None:
    text = "password: |\n  one\n  two\nuser: app\n"
    at = Span("a.yaml", Position(2, 3), Position(3, 6))
    assert drawn(text, at) == [" 2 | ***", "   |    ^ here", " 3 | ***", "   |    ^"]


def test_without_the_text_the_steps_are_told_by_line() -> None:
    steps = (Step(spot(3, 1, 2), "taken here"), Step(spot(120, 1, 2), "may raise"))
    problem = Problem("x", spot(3, 1, 2), path=steps)
    assert list(frame(problem, Severity.ERROR, lambda _: None, Palette())) == [
        "   --> a.ini:3:1",
        "    |",
        "  3 | (1) taken here",
        "120 | (2) may raise",
        "    |",
    ]


def test_without_text_and_words_only_the_place_is_told() -> None:
    problem = Problem("x", spot(3, 1, 2))
    assert list(frame(problem, Severity.ERROR, lambda _: None, Palette())) == ["  --> a.ini:3:1"]
