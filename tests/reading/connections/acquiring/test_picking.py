"""What is left of a connection where one thing is picked of what a function hands over."""

import pytest

from poollint.facts.connections import Escape
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 2)
def get():
    conn = pool.getconn()
    return conn, conn.cursor()
def f(which):
"""


def lost(body: str) -> Escape | None:
    text = HEAD + "".join(f"    {line}\n" for line in body.split("\n"))
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    taken = [a for fn in module.functions if fn.name == "f" for a in fn.acquisitions]
    return taken[0].leak.escape if taken and taken[0].leak else None


@pytest.mark.parametrize(
    "body",
    [
        "c = get()[1]\nc.execute('x')",
        "c = get()[-1]\nc.fetchone()",
        "c: object = get()[1]\nc.execute('x')",
        "get()[1].execute('x')",
        "c = get()[0]\nc.commit()",
    ],
)
def test_it_is_lost_where_only_that_is_used(body: str) -> None:
    assert lost(body) is Escape.NEVER


@pytest.mark.parametrize(
    "body",
    [
        "c = get()[1]\npool.putconn(c.connection)",
        "c = get()[0]\npool.putconn(c)",
        "c = get()[1]\nreturn c",
        "return get()[1]",
        "c = get()[which]\nc.execute('x')",
        "c = get()[2]\nc.execute('x')",
        "c = get()[0:1]\nc.index('x')",
    ],
)
def test_it_is_not_where_it_is_given_back_handed_on_or_unknown(body: str) -> None:
    assert lost(body) is None
