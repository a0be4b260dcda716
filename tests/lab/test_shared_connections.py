"""What comes of using one connection from several tasks or threads, against the catalog's word.

Each driver does it on a server of its own; what happens is held against `shared` of its types.
"""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from poollint.catalog.load import drivers
from tests.lab.server import running

SLOW, QUICK = "SELECT 1 FROM pg_sleep(0.2)", "SELECT 2"
PATIENCE = 20  # seconds for a thread that may hang


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    """Yield the folder of the socket of a server with an empty table `notes`."""
    with running() as home:
        yield home


def library(name: str) -> Any:
    return pytest.importorskip(name)


def shared(type_id: str) -> str:
    return drivers().types[type_id].shared


async def together(*started: Awaitable[object]) -> list[object]:
    return await asyncio.gather(*started, return_exceptions=True)


def in_threads(*bodies: Callable[[], object]) -> list[object]:
    """Return what the bodies return or raise, each run in a thread of its own."""
    found: list[object] = [None] * len(bodies)

    def run(at: int) -> None:
        try:
            found[at] = bodies[at]()
        except Exception as error:
            found[at] = error

    threads = [threading.Thread(target=run, args=(at,), daemon=True) for at in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return found


def test_asyncpg_refuses_a_second_operation(socket: str) -> None:
    asyncpg = library("asyncpg")

    async def run() -> list[object]:
        conn = await asyncpg.connect(host=socket, user="postgres", database="postgres")
        found = await together(conn.fetchval(SLOW), conn.fetchval(QUICK))
        await conn.close()
        return found

    first, second = asyncio.run(run())
    assert first == 1
    assert isinstance(second, asyncpg.InterfaceError)
    assert "another operation is in progress" in str(second)
    assert shared("asyncpg.connection") == "refused"


def test_aiopg_refuses_a_second_operation(socket: str) -> None:
    aiopg = library("aiopg")

    async def run() -> list[object]:
        async with aiopg.connect(f"host={socket} user=postgres dbname=postgres") as conn:

            async def one(query: str) -> object:
                async with conn.cursor() as cur:
                    await cur.execute(query)
                    return await cur.fetchone()

            return await together(one(SLOW), one(QUICK))

    assert any(isinstance(found, RuntimeError) for found in asyncio.run(run()))
    assert shared("aiopg.connection") == "refused"


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_threads_of_psycopg_share_a_transaction(socket: str, driver: str) -> None:
    conn = library(driver).connect(f"host={socket} user=postgres dbname=postgres")
    conn.cursor().execute("CREATE TEMP TABLE notes (a int)")
    conn.commit()
    written, undone = threading.Event(), threading.Event()

    def write() -> str:
        conn.cursor().execute("INSERT INTO notes VALUES (1)")
        written.set()
        undone.wait(PATIENCE)
        conn.commit()
        return "committed"

    def undo() -> None:
        written.wait(PATIENCE)
        conn.rollback()
        undone.set()

    assert in_threads(write, undo) == ["committed", None]
    cur = conn.cursor()
    cur.execute("SELECT count(*) FROM notes")
    assert cur.fetchone() == (0,), "what was committed is lost"
    conn.close()
    assert shared(f"{driver}.connection") == "queued"


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_what_fails_in_one_thread_of_psycopg_fails_in_all(socket: str, driver: str) -> None:
    module = library(driver)
    conn = module.connect(f"host={socket} user=postgres dbname=postgres")
    failed = threading.Event()

    def wrong() -> None:
        try:
            conn.cursor().execute("SELECT nothing_of_that_name")
        finally:
            failed.set()

    def right() -> None:
        failed.wait(PATIENCE)
        conn.cursor().execute("SELECT 1")

    _, innocent = in_threads(wrong, right)
    assert isinstance(innocent, module.errors.InFailedSqlTransaction)
    conn.close()


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_threads_with_cursors_of_their_own_wait_for_each_other(socket: str, driver: str) -> None:
    conn = library(driver).connect(f"host={socket} user=postgres dbname=postgres")

    def body(number: int) -> Callable[[], object]:
        def run() -> object:
            cur = conn.cursor()
            cur.execute("SELECT %s::int FROM pg_sleep(0.05)", (number,))
            return cur.fetchone()

        return run

    assert in_threads(*(body(n) for n in range(5))) == [(n,) for n in range(5)]
    conn.close()


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_one_cursor_gives_a_thread_the_rows_of_another(socket: str, driver: str) -> None:
    conn = library(driver).connect(f"host={socket} user=postgres dbname=postgres")
    cur = conn.cursor()
    asked, replaced = threading.Event(), threading.Event()

    def first() -> object:
        cur.execute("SELECT 1")
        asked.set()
        replaced.wait(PATIENCE)
        return cur.fetchone()

    def second() -> None:
        asked.wait(PATIENCE)
        cur.execute("SELECT 2")
        replaced.set()

    assert in_threads(first, second)[0] == (2,)
    conn.close()
    assert shared(f"{driver}.cursor") == "cursor"


def test_tasks_on_one_psycopg_connection_cannot_each_have_a_transaction(socket: str) -> None:
    psycopg = library("psycopg")

    async def run() -> list[object]:
        conn = await psycopg.AsyncConnection.connect(f"host={socket} user=postgres dbname=postgres")

        async def one() -> None:
            async with conn.transaction():
                await conn.execute(SLOW)

        plain = await together(conn.execute(SLOW), conn.execute(QUICK))
        assert not any(isinstance(found, Exception) for found in plain)
        await conn.rollback()
        found = await together(one(), one())
        await conn.close()
        return found

    assert any(isinstance(found, psycopg.ProgrammingError) for found in asyncio.run(run()))
    assert shared("psycopg.async_connection") == "queued"


def test_a_session_of_sqlalchemy_refuses_statements_at_the_same_time(socket: str) -> None:
    sqlalchemy = library("sqlalchemy")
    library("asyncpg")
    library("greenlet")
    asyncio_ = importlib.import_module("sqlalchemy.ext.asyncio")

    async def run() -> list[object]:
        url = f"postgresql+asyncpg://postgres@/postgres?host={socket}"
        engine = asyncio_.create_async_engine(url)
        async with asyncio_.AsyncSession(engine) as session:
            slow, quick = sqlalchemy.text(SLOW), sqlalchemy.text(QUICK)
            found = await together(session.execute(slow), session.execute(quick))
        await engine.dispose()
        return found

    refused = [found for found in asyncio.run(run()) if isinstance(found, Exception)]
    assert "concurrent operations are not permitted" in str(refused[0])
    assert shared("sqlalchemy.async_session") == shared("sqlalchemy.session") == "session"


def test_threads_on_one_session_of_sqlalchemy_share_a_transaction(socket: str) -> None:
    sqlalchemy = library("sqlalchemy")
    library("psycopg2")
    orm = importlib.import_module("sqlalchemy.orm")
    engine = sqlalchemy.create_engine(f"postgresql+psycopg2://postgres@/postgres?host={socket}")
    session = orm.Session(engine)
    session.execute(sqlalchemy.text("CREATE TABLE shared_notes (a int)"))
    session.commit()
    written, undone = threading.Event(), threading.Event()

    def write() -> None:
        session.execute(sqlalchemy.text("INSERT INTO shared_notes VALUES (1)"))
        written.set()
        undone.wait(PATIENCE)
        session.commit()

    def undo() -> None:
        written.wait(PATIENCE)
        session.rollback()
        undone.set()

    assert in_threads(write, undo) == [None, None]
    assert session.scalar(sqlalchemy.text("SELECT count(*) FROM shared_notes")) == 0
    session.close()
    engine.dispose()


def test_pg8000_mixes_up_the_answers(socket: str) -> None:
    native = importlib.import_module("pg8000.native") if library("pg8000") else None
    assert native is not None
    unix = f"{socket}/.s.PGSQL.5432"
    conn = native.Connection("postgres", unix_sock=unix, database="postgres")

    def body(number: int) -> Callable[[], object]:
        query = f"SELECT {number} FROM pg_sleep(0.01)"
        return lambda: {conn.run(query)[0][0] for _ in range(30)}

    assert in_threads(body(1), body(2)) != [{1}, {2}]
    assert shared("pg8000.connection") == "mixed"


PYGRESQL = """
import sys, threading
import pg
db = pg.DB(host=sys.argv[1], user="postgres", dbname="postgres")
found = {}
def body(n):
    query = f"SELECT {n} FROM pg_sleep(0.01)"
    found[n] = {db.query(query).getresult()[0][0] for _ in range(30)}
threads = [threading.Thread(target=body, args=(n,)) for n in (1, 2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("right" if found == {1: {1}, 2: {2}} else found)
"""


def test_pygresql_mixes_up_the_answers_or_hangs(socket: str) -> None:
    library("pg")
    try:
        said = subprocess.run(
            [sys.executable, "-c", PYGRESQL, socket],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        ).stdout
    except subprocess.TimeoutExpired:
        said = "it hangs"
    assert "right" not in said
    assert shared("pygresql.db") == "mixed"
