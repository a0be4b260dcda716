"""Where a connection is held is told path by path: between its taking and its giving back."""

import pytest

from poollint.facts.code import Function
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import asyncio, time
import requests
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker
pool = ThreadedConnectionPool(1, 10, "dbname=shop")
engine = create_engine("postgresql://db/shop")
sessions = sessionmaker(engine)
def f(a, b):
"""


def function(body: str) -> Function:
    text = HEAD + "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next(f for f in module.functions if f.name == "f")


def held(body: str) -> list[int]:
    """Return the lines of the body, from 1, at which a hold is found."""
    first = HEAD.count("\n")
    return [hold.span.start.line - first for hold in function(body).holds]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("conn = pool.getconn()\ntry:\n    time.sleep(1)\nfinally:\n    pool.putconn(conn)", [3]),
        ("time.sleep(1)\nwith engine.connect() as conn:\n    pass\ntime.sleep(1)", []),
        ("with engine.connect():\n    time.sleep(1)", [2]),
        ("with engine.connect() as conn:\n    if a:\n        time.sleep(1)\n    conn.close()", [3]),
        ("with engine.connect() as conn:\n    conn.close()\n    time.sleep(1)", []),
        ("if a:\n    conn = pool.getconn()\n    pool.putconn(conn)\nelse:\n    time.sleep(1)", []),
        ("with engine.connect():\n    def later():\n        time.sleep(1)\n    a(later)", []),
        ("conn = engine.connect()\ntime.sleep(1)\nreturn conn", []),
    ],
)
def test_a_connection_is_held_from_its_taking_to_its_giving_back(
    body: str, lines: list[int]
) -> None:
    assert held(body) == lines


@pytest.mark.parametrize(
    ("statements", "lines"),
    [
        ("s.execute(a)\ntime.sleep(1)", [3]),
        ("time.sleep(1)\ns.execute(a)", []),
        ("s.add(a)\ntime.sleep(1)", []),
        ("s.query(a).filter(b)\ntime.sleep(1)", []),
        ("s.query(a).filter(b).all()\ntime.sleep(1)", [3]),
        ("s.execute(a)\ns.commit()\ntime.sleep(1)", []),
        ("s.execute(a)\ns.rollback()\ntime.sleep(1)", []),
        ("s.execute(a)\ns.commit()\ns.refresh(b)\ntime.sleep(1)", [5]),
        ("s.execute(a)\nunknown(s)\ntime.sleep(1)", []),
        ("with s.begin():\n    s.execute(a)\ntime.sleep(1)", []),
        ("with s.begin():\n    s.execute(a)\n    time.sleep(1)", [4]),
        ("if b:\n    s.execute(a)\ntime.sleep(1)", [4]),
        ("if b:\n    s.execute(a)\n    s.commit()\ntime.sleep(1)", []),
        ("try:\n    s.execute(a)\nfinally:\n    s.close()\ntime.sleep(1)", []),
    ],
)
def test_a_session_holds_a_connection_from_a_statement_to_the_end_of_its_transaction(
    statements: str, lines: list[int]
) -> None:
    body = "with sessions() as s:\n" + "\n".join(f"    {line}" for line in statements.split("\n"))
    assert held(body) == lines


def test_the_first_wait_is_told_and_the_others_counted() -> None:
    (hold,) = function(
        "with engine.begin():\n    time.sleep(1)\n    requests.get(a)\n    time.sleep(2)\n"
    ).holds
    assert (hold.call, len(hold.others), hold.transaction) == ("time.sleep", 2, True)


def test_a_path_goes_from_the_taking_past_the_wait_to_the_end_of_the_block() -> None:
    (hold,) = function("with engine.connect() as conn:\n    time.sleep(1)\n    a(b)\n").holds
    assert [step.label for step in hold.steps] == [
        "taken here",
        "sleeps",
        "given back only after this",
    ]


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ("c(b)", 6),  # and then the rest of the block
        ("return c(b)", 5),
        ("c(b)\n        return", 6),
        ("continue", None),
        ("if d:\n            return\n        c(d)", 8),
    ],
)
def test_the_last_step_is_the_last_that_is_come_to_after_the_wait(
    rest: str, line: int | None
) -> None:
    block = f"    if b:\n        time.sleep(1)\n        {rest}\n    c(d)"
    lines = f"with engine.connect() as conn:\n{block}".replace("\n", "\n    ")
    (hold,) = function(f"while a:\n    {lines}").holds
    first = HEAD.count("\n")
    told = [step.span.start.line - first for step in hold.steps if "only after" in step.label]
    assert told == ([line] if line else [])


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("with engine.connect():\n    with engine.connect():\n        pass", [2]),
        ("with engine.connect(), engine.connect():\n    pass", [1]),
        ("with engine.connect():\n    pass\nwith engine.connect():\n    pass", []),
        ("with engine.connect():\n    conn = pool.getconn()\n    pool.putconn(conn)", []),
        ("conn = pool.getconn()\nother = pool.getconn()\npool.putconn(other)\npool.putconn(conn)",
         [2]),
        ("with sessions() as s:\n    with sessions() as t:\n        t.execute(a)", []),
        ("with sessions() as s:\n    s.execute(a)\n    with sessions() as t:\n        t.execute(b)",
         [4]),
        ("for x in a:\n    with engine.connect() as conn:\n        conn.execute(x)", []),
    ],
)  # fmt: skip
def test_a_second_connection_counts_while_one_of_the_same_pool_is_held(
    body: str, lines: list[int]
) -> None:
    first = HEAD.count("\n")
    assert [one.span.start.line - first for one in function(body).nested] == lines


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if s.in_transaction():\n        s.commit()", []),
        ("if s.in_transaction() and a:\n        s.commit()", [5]),
        ("if not s.in_transaction():\n        s.commit()", [5]),
        ("if b.in_transaction():\n        s.commit()", [5]),
        ("with unknown(s):\n        s.execute(b)", []),
        ("with unknown(a):\n        s.execute(b)", [5]),
        ("with s.no_autoflush:\n        s.execute(b)", [5]),
    ],
)
def test_a_session_holds_nothing_where_its_transaction_may_have_ended(
    body: str, lines: list[int]
) -> None:
    assert held(f"with sessions() as s:\n    s.execute(a)\n    {body}\n    time.sleep(1)") == lines


@pytest.mark.parametrize(("how", "lines"), [("a(later)", []), ("later()", [5])])
def test_a_function_that_is_only_defined_does_nothing(how: str, lines: list[int]) -> None:
    body = "with sessions() as s:\n    def later():\n        return s.scalar(b)\n"
    assert held(f"{body}    {how}\n    time.sleep(1)") == lines


MANAGED = """\
from contextlib import asynccontextmanager
import requests
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
maker = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/shop"))

@asynccontextmanager
async def managed():
    session = maker()
    try:
        yield session
    finally:
        await session.close()

async def asks(session):
    await session.execute(text("SELECT 1"))
    requests.get("https://prices.example")

async def f():
    async with managed() as session:
        await session.execute(text("SELECT 2"))
        await asks(session)
"""


def test_a_session_of_a_manager_is_taken_once_and_given_back_as_its_driver_does() -> None:
    module = read(SourceFile("shop.py", MANAGED), Options()).module
    assert module is not None
    (hold,) = next(f for f in module.functions if f.name == "f").holds
    assert hold.held.release == "await session.close()"
    labels = [step.label for step in hold.steps]
    assert labels.count("its first statement takes a connection") == 1
    assert labels[:2] == ["a session begins", "its first statement takes a connection"]
