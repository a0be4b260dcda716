"""The database that Alembic migrates."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Database
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.reader import Options
from poollint.reading.session.alembic import ALEMBIC_INI, READER, environment
from poollint.syntax.python import PythonTree, parse

_HEAD = """
import os
from alembic import context
from sqlalchemy import create_engine, engine_from_config
config = context.config
"""


def _databases(text: str) -> list[tuple[str | None, str]]:
    tree = parse(SourceFile("env.py", _HEAD + dedent(text)))
    assert isinstance(tree, PythonTree)
    found = environment(tree, Names(tree.module, drivers()))
    return [(one.url.value if one.url else None, one.variable) for one in found]


@pytest.mark.parametrize(
    ("text", "databases"),
    [
        (
            'config.set_main_option("sqlalchemy.url", os.environ["URL"].replace("%", "%%"))',
            [(None, "URL")],
        ),
        (
            'told = config.get_section("alembic")\ntold["sqlalchemy.url"] = "postgresql://db/shop"',
            [("postgresql://db/shop", "")],
        ),
        (
            """
            engine = create_engine("postgresql://db:6432/shop")
            with engine.connect() as connection:
                context.configure(connection=connection)
            """,
            [("postgresql://db:6432/shop", "")],
        ),
        ("from shop import engine\ncontext.configure(connection=engine.connect())", [(None, "")]),
        ("context.configure(connection=engine_from_config(told).connect())", []),
        ('context.configure(url=config.get_main_option("sqlalchemy.url"))', []),
    ],
)
def test_an_environment_tells_where_it_connects(
    text: str, databases: list[tuple[str | None, str]]
) -> None:
    assert _databases(text) == databases


def _of_ini(text: str) -> tuple[Database, ...]:
    reading = READER.read(SourceFile("alembic.ini", text), Options())
    return reading.module.databases if reading.module else ()


def test_the_settings_tell_it_without_a_password() -> None:
    (found,) = _of_ini("[alembic]\nsqlalchemy.url = postgresql+psycopg://a:secret@db:6432/shop\n")
    assert found.alias == ALEMBIC_INI
    assert found.url is not None
    assert found.url.value == "postgresql://db:6432/shop"
    assert found.span.start.line == 2
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "sqlalchemy.url = driver://user:pass@localhost/dbname",
        "sqlalchemy.url = postgresql://%(user)s@%(host)s/shop",
        "sqlalchemy.url =",
        "# sqlalchemy.url = postgresql://db/shop",
    ],
)
def test_what_is_filled_in_elsewhere_is_not_known(line: str) -> None:
    assert _of_ini(f"[alembic]\n{line}\n") == ()


def test_only_settings_of_alembic_are_taken() -> None:
    assert READER.claims("deploy/alembic.ini")
    assert READER.claims("alembic.prod.ini")
    assert not READER.claims("pgbouncer.ini")
