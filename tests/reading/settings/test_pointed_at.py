"""Files of settings of any name say nothing until a server is told to read them."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.project import reader_of
from poollint.reading.reader import Options
from poollint.reading.settings import pointed_at


@pytest.mark.parametrize(
    ("path", "text", "taken"),
    [
        ("first.conf", "max_connections = 60\n", True),
        ("nginx.conf", "worker_connections 60;\n", False),
        ("first.cnf", "max_connections = 60\n", False),
    ],
)
def test_what_states_connections_is_taken(path: str, text: str, taken: bool) -> None:
    reader = reader_of(path)
    assert (reader is not None and reader.screen(text.encode(), Options())) is taken


def test_it_sets_up_a_server_and_says_nothing_else() -> None:
    reading = pointed_at.READER.read(SourceFile("a.conf", "max_connections = 60\n"), Options())
    assert not reading.says_something
    found = pointed_at.server(reading)
    assert found
    assert found.max_connections.low == 60


@pytest.mark.parametrize("text", ["max_connections = {{ limit }}\n", "port = 5433\n", "\0{%\n"])
def test_templates_and_files_without_a_limit_set_up_none(text: str) -> None:
    reading = pointed_at.READER.read(SourceFile("a.conf", text), Options())
    assert pointed_at.server(reading) is None
