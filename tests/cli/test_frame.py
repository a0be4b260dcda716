"""An error of usage is shown with its line, fit for a terminal and without secrets."""

from poollint.cli.frame import shown
from poollint.model.source import Span
from poollint.model.usage import UsageError


def test_without_a_place_the_hint_stands_below() -> None:
    assert shown(UsageError("no such path `a`", "there is `b`")) == (
        "error: no such path `a`\n  = there is `b`\n"
    )


def test_the_marks_stand_below_what_is_wrong() -> None:
    error = UsageError(
        "unknown key `selct`", "write `select`", Span.at("p.toml", 12, 1, 5), "selct = 1"
    )
    assert shown(error).splitlines() == [
        "error: unknown key `selct`",
        "  --> p.toml:12:1",
        "   |",
        "12 | selct = 1",
        "   | ^^^^^ write `select`",
    ]


def test_what_would_move_the_cursor_is_written_out_and_the_marks_follow() -> None:
    error = UsageError("unknown \x1b[2J", "", Span.at("a\nb", 1, 3, 2), "\x07\tab")
    assert shown(error).splitlines() == [
        "error: unknown \\x1b[2J",
        " --> a\\x0ab:1:3",
        "  |",
        "1 | \\x07 ab",
        "  |      ^^",
    ]


def test_a_secret_in_the_line_stays_unseen() -> None:
    line = 'assume = "postgresql://me:hush@db/x"'
    error = UsageError("not a number", "", Span.at("p.toml", 1, 1, 6), line)
    assert "hush" not in shown(error)
