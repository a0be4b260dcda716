"""Which pools a function has built for it by another, and leaves open."""

from __future__ import annotations

from textwrap import indent

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import sqlalchemy
from somewhere import keep
class Shop:
    def work(self):
        engine = make("dbname=shop")
        with engine.connect() as conn:
            conn.execute(q)
"""


def _unclosed(maker: str) -> list[tuple[int, str]]:
    text = HEAD + "def make(url):\n" + indent(maker, "    ")
    reading = read(SourceFile("shop/work.py", text), Options())
    assert reading.module is not None
    found = [pool for function in reading.module.functions for pool in function.unclosed]
    assert {pool.function for pool in found} <= {"Shop.work"}
    return [(pool.span.start.line, pool.call) for pool in found]


@pytest.mark.parametrize(
    "maker",
    [
        "return sqlalchemy.create_engine(url)",
        "engine = sqlalchemy.create_engine(url)\nreturn engine",
        "engine = sqlalchemy.create_engine(url)\nengine.echo = True\nreturn engine",
        "if not url:\n    raise ValueError\nreturn sqlalchemy.create_engine(url)",
    ],
)
def test_what_another_function_builds_and_returns_is_left_open(maker: str) -> None:
    assert _unclosed(maker) == [(6, "create_engine")]


@pytest.mark.parametrize(
    "maker",
    [
        "engine = sqlalchemy.create_engine(url)\nkeep(engine)\nreturn engine",
        "engine = sqlalchemy.create_engine(url)\nkept.engine = engine\nreturn engine",
        "global engine\nengine = sqlalchemy.create_engine(url)\nreturn engine",
        "engine = engines.get(url)\nengine = sqlalchemy.create_engine(url)\nreturn engine",
        "engine = sqlalchemy.create_engine(url)\n"
        "def later():\n    return engine\nkeep(later)\nreturn engine",
        "engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)\nreturn engine",
        "if url in engines:\n    return engines[url]\nreturn sqlalchemy.create_engine(url)",
        "return sqlalchemy.create_engine('sqlite://')",
        "yield sqlalchemy.create_engine(url)",
    ],
)
def test_what_may_be_kept_elsewhere_is_not(maker: str) -> None:
    assert not _unclosed(maker)
