"""What a stream can show is decided from what is known of it, and nothing else."""

from __future__ import annotations

import pytest

from poollint.model.finding import Severity
from poollint.model.source import Position
from poollint.report.palette import Palette, Style, place, uri

KITTY = {"KITTY_WINDOW_ID": "1", "TERM": "xterm-kitty"}


@pytest.mark.parametrize(
    ("terminal", "environment", "color", "colour"),
    [
        (True, {}, "auto", True),
        (False, {}, "auto", False),
        (True, {"NO_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": ""}, "auto", True),
        (True, {"TERM": "dumb"}, "auto", False),
        (False, {"FORCE_COLOR": "1"}, "auto", True),
        (False, {"FORCE_COLOR": "0"}, "auto", False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": "1"}, "always", True),
        (False, {}, "always", True),
        (True, {"FORCE_COLOR": "1"}, "never", False),
    ],
)
def test_the_option_counts_before_the_environment_and_that_before_the_stream(
    terminal: bool, environment: dict[str, str], color: str, colour: bool
) -> None:
    assert Palette.of(terminal, environment, color).colour is colour


@pytest.mark.parametrize(
    ("terminal", "environment", "links"),
    [
        (True, KITTY, True),
        (False, {**KITTY, "FORCE_COLOR": "1"}, False),
        (True, {**KITTY, "NO_COLOR": "1"}, False),
        (True, {**KITTY, "CI": "true"}, False),
        (True, {"VTE_VERSION": "7600"}, True),
        (True, {"VTE_VERSION": "4602"}, False),
        (True, {"VTE_VERSION": "new"}, False),
        (True, {"TERM_PROGRAM": "vscode"}, True),
        (True, {"TERM": "xterm-256color"}, False),
    ],
)
def test_links_go_only_to_terminals_known_to_have_them(
    terminal: bool, environment: dict[str, str], links: bool
) -> None:
    assert Palette.of(terminal, environment).links is links


def test_no_line_is_planned_wider_than_a_hundred_columns_or_narrower_than_forty() -> None:
    assert Palette.of(True, {}, columns=250).width == 100
    assert Palette.of(True, {}, columns=80).width == 80
    assert Palette.of(True, {}, columns=0).width == 40
    assert Palette.of(False, {}, columns=80).width == 100


def test_a_stream_without_colour_gets_the_text_alone() -> None:
    plain = Palette()
    assert plain.paint("x", Style.BOLD) == "x"
    assert plain.severe("x", Severity.ERROR) == "x"
    assert plain.place("a.py", Position(1, 2)) == "a.py:1:2"


def test_a_severity_has_its_colour() -> None:
    palette = Palette(colour=True)
    assert palette.severe("x", Severity.ERROR) == "\x1b[31mx\x1b[0m"
    assert palette.severe("x", Severity.WARNING, bold=True) == "\x1b[1;33mx\x1b[0m"


def test_a_path_is_shown_without_what_would_deceive() -> None:
    assert place("a\nb\x1b.py", Position(1, 2), column=False) == r"a\x0ab\x1b.py:1"


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("shop/db.py", "shop/db.py"),
        ("a b/ü#?.py", "a%20b/%C3%BC%23%3F.py"),
        ("C:x.py", "C%3Ax.py"),
        ("caf\udce9.py", "caf%E9.py"),
        ("half\ud800.py", "half%3F.py"),
    ],
)
def test_a_path_is_percent_encoded_in_a_uri(path: str, reference: str) -> None:
    assert uri(path) == reference
