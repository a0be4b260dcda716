"""Which pools a function keeps for itself and leaves open."""

from __future__ import annotations

from textwrap import indent

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import asyncpg, pandas
from contextlib import closing
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

def work(self, url):
"""


def _left_open(body: str) -> bool:
    reading = read(SourceFile("shop/work.py", HEAD + indent(body, "    ")), Options())
    assert reading.module is not None
    (pool,) = reading.module.pools
    return pool.left_open


MADE = "engine = create_engine(url)\n"


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "return pandas.read_sql('SELECT 1', con=engine)",
        "frame.to_sql('orders', engine)",
        "Base.metadata.create_all(engine)",
        "with engine.begin() as conn:\n    conn.execute(q)\n    log(conn)",
        "conn = engine.connect()\nrows = conn.execute(q).all()\nconn.close()\nreturn rows",
        "with Session(engine) as session:\n    session.add(x)",
        "s = sessionmaker(engine)()\ns.add(x)\ns.close()",
        "if engine is not None:\n    print(engine)",
    ],
)
def test_a_pool_that_only_its_function_uses_is_left_open(body: str) -> None:
    assert _left_open(MADE + body)


@pytest.mark.parametrize(
    "body",
    [
        "engine.dispose()",
        "return engine",
        "yield engine",
        "self.engine = engine",
        "engines['a'] = engine",
        "register(engine)",
        "return engine.connect()",
        "return Session(engine)",
        "self.session = Session(engine)",
        "conn = engine.connect()\nreturn conn",
        "with engine.connect() as conn:\n    return conn",
        "return pandas.read_sql(q, engine, chunksize=10)",
        "stop = engine.dispose\nself.stop = stop",
        "def later():\n    engine.connect()\nreturn later",
        "return [engine, 1]",
        "engine = wrapped(engine)",
        "with closing(engine):\n    pass",
    ],
)
def test_what_is_closed_or_may_be_somebody_else_s_is_not(body: str) -> None:
    assert not _left_open(MADE + body)


def test_a_global_and_an_attribute_outlive_the_function() -> None:
    assert not _left_open("global engine\n" + MADE)
    assert not _left_open("self.engine = create_engine(url)\n")
    assert not _left_open("return create_engine(url)\n")
