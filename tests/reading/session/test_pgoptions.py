"""`PGOPTIONS`, put into the environment by a program."""

from __future__ import annotations

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Effect
from poollint.model.source import SourceFile
from poollint.reading.naming.names import Names
from poollint.reading.session.pgoptions import parameters, told
from poollint.syntax.python import PythonTree, parse


def _told(text: str) -> list[tuple[str, str | None]]:
    head = "import os\nimport asyncpg, psycopg, psycopg2\nfrom os import environ\n"
    tree = parse(SourceFile("m.py", head + text))
    assert isinstance(tree, PythonTree)
    found = list(told(tree, Names(tree.module, drivers())))
    assert all(s.effect is Effect.STARTUP and s.text == "PGOPTIONS" for s in found)
    return [(s.subject, s.url.value if s.url else None) for s in found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("-c search_path=a", ("search_path",)),
        ("-csearch_path=a --statement-timeout=5s", ("search_path", "statement_timeout")),
        ("-c jit=off -c jit=on", ("jit",)),
        ("project=a", ()),
    ],
)
def test_options_name_parameters(text: str, names: tuple[str, ...]) -> None:
    assert parameters(text) == names


@pytest.mark.parametrize(
    "line",
    [
        'os.environ["PGOPTIONS"] = "-c jit=off"',
        'environ["PGOPTIONS"] = "-c jit=" + setting',
        'os.environ.setdefault("PGOPTIONS", "-c jit=off")',
        'os.environ.update(PGOPTIONS="-c jit=off")',
        'os.putenv("PGOPTIONS", "-c jit=off")',
    ],
)
def test_what_is_put_into_the_environment_is_asked_for(line: str) -> None:
    assert _told(line) == [("jit", None)]


@pytest.mark.parametrize(
    "line",
    [
        'os.environ["PGOPTIONS"]',
        'os.environ["PGOPTIONS"] = options',
        'settings["PGOPTIONS"] = "-c jit=off"',
        'print("PGOPTIONS")',
    ],
)
def test_what_is_read_or_unknown_is_not(line: str) -> None:
    assert _told(line) == []


def test_it_goes_where_all_connections_of_libpq_lead() -> None:
    line = 'os.environ["PGOPTIONS"] = "-c jit=off"\n'
    one = 'psycopg2.connect("postgresql://a:6432/b")\nasyncpg.connect("postgresql://c/d")\n'
    assert _told(line + one) == [("jit", "postgresql://a:6432/b")]
    assert _told(line + one + 'psycopg.connect("postgresql://c/d")\n') == [("jit", None)]
