"""pgpool.conf, as Pgpool-II 4.3.5 and 4.7.3 read it (`pgpool -f FILE stop` was asked)."""

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import pgpool


def _entries(text: str) -> list[tuple[str, str]]:
    found = pgpool.parse(SourceFile("pgpool.conf", text))
    return [(entry.name, entry.value) for entry in found.entries]


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("max_pool = 4\n", [("max_pool", "4")]),
        ("max_pool 4\n", [("max_pool", "4")]),
        ("max_pool = 4 port = 1\n", [("max_pool", "4"), ("port", "1")]),
        ("log_line_prefix = 'a # b' # c\n", [("log_line_prefix", "a # b")]),
        ("wd_authkey = 'a\\'b'\n", [("wd_authkey", "a\\'b")]),
        ("listen_addresses = *\n", [("listen_addresses", "*")]),
        ("max_pool =\nport = 1\n", [("max_pool", "\n"), ("port", "1")]),
        ("child_life_time = 5min\r\n", [("child_life_time", "5min")]),
    ],
)
def test_names_have_the_next_token_for_their_value(
    text: str, entries: list[tuple[str, str]]
) -> None:
    assert _entries(text) == entries


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("max_pool = 4\n; a comment\n", 2),
        ("max_pool = 4\n# a comment", 2),
        ("[pgpool]\n", 1),
        ("backend_hostname0 = 10.0.0.1\n", 1),
        ("wd_authkey = 'it''s'\n", 1),
        ("max_pool == 4\n", 1),
    ],
)
def test_the_place_where_the_reading_stops_is_told(text: str, line: int) -> None:
    error = pgpool.parse(SourceFile("pgpool.conf", text)).error
    assert error is not None
    assert error.span.start.line == line


def test_an_error_never_shows_what_stands_there() -> None:
    error = pgpool.parse(SourceFile("pgpool.conf", "sr_check_password = 'a' 'b'\n")).error
    assert error is not None
    assert "'b'" not in error.reason
