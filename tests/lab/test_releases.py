"""What pools do with a connection that is given back twice, to another pool, or closed first.

Against PostgreSQL, and held against the catalog's word.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from poollint.catalog.load import Api, drivers
from tests.lab.server import running

BACKENDS = "SELECT pg_backend_pid()"


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    """Yield the folder of the socket of a server."""
    with running() as home:
        yield home


def library(name: str) -> Any:
    return pytest.importorskip(name)


def acquiring(receiver: str, method: str) -> Api:
    return drivers().methods[receiver, method]


def of(work: Callable[[], object]) -> str:
    """Return the name of what a call raises, "" where it returns."""
    try:
        work()
    except Exception as error:
        return type(error).__name__
    return ""


async def awaiting(work: Callable[[], Awaitable[object]]) -> str:
    try:
        await work()
    except Exception as error:
        return type(error).__name__
    return ""


def psycopg2_pools(socket: str) -> tuple[Any, Any]:
    pool = library("psycopg2.pool").ThreadedConnectionPool
    one, other = (pool(1, 2, host=socket, user="postgres", dbname="postgres") for _ in "ab")
    return one, other


def test_psycopg2_refuses_a_second_release_and_that_of_another_pool(socket: str) -> None:
    one, other = psycopg2_pools(socket)
    conn = one.getconn()
    assert of(lambda: other.putconn(conn)) == "PoolError"
    assert len(one._used) == 1  # and its place is still taken
    one.putconn(conn)
    assert of(lambda: one.putconn(conn)) == acquiring("psycopg2.pool", "getconn").twice
    one.closeall()
    other.closeall()


def test_the_second_release_of_psycopg2_takes_the_connection_from_whoever_has_it_by_then(
    socket: str,
) -> None:
    one, other = psycopg2_pools(socket)
    conn = one.getconn()
    one.putconn(conn)
    assert one.getconn() is conn  # somebody else
    assert of(lambda: one.putconn(conn)) == ""
    assert one.getconn() is conn  # and a third: two of them use one connection
    other.closeall()


def test_psycopg_pool_refuses_a_second_release_and_that_of_another_pool(socket: str) -> None:
    make = library("psycopg_pool").ConnectionPool
    where = f"host={socket} user=postgres dbname=postgres"
    with make(where, min_size=1) as one, make(where, min_size=1) as other:
        conn = one.getconn()
        assert of(lambda: other.putconn(conn)) == "ValueError"
        one.putconn(conn)
        one.wait()
        assert of(lambda: one.putconn(conn)) == acquiring("psycopg_pool.pool", "getconn").twice


def test_async_psycopg_pool_refuses_a_second_release_and_that_of_another_pool(socket: str) -> None:
    make = library("psycopg_pool").AsyncConnectionPool
    where = f"host={socket} user=postgres dbname=postgres"

    async def run() -> list[str]:
        async with make(where, min_size=1) as one, make(where, min_size=1) as other:
            conn = await one.getconn()
            found = [await awaiting(lambda: other.putconn(conn))]
            await one.putconn(conn)
            return [*found, await awaiting(lambda: one.putconn(conn))]

    twice = acquiring("psycopg_pool.async_pool", "getconn").twice
    assert asyncio.run(run()) == ["ValueError", twice]


def test_asyncpg_refuses_the_release_of_another_pool_and_does_nothing_the_second_time(
    socket: str,
) -> None:
    asyncpg = library("asyncpg")

    async def run() -> tuple[list[str], int]:
        where = {"host": socket, "user": "postgres", "database": "postgres", "min_size": 1}
        async with asyncpg.create_pool(**where) as one, asyncpg.create_pool(**where) as other:
            conn = await one.acquire()
            found = [await awaiting(lambda: other.release(conn))]
            idle = one.get_idle_size()
            await one.release(conn)
            return [*found, await awaiting(lambda: one.release(conn))], idle

    found, idle = asyncio.run(run())
    assert found == ["InterfaceError", acquiring("asyncpg.pool", "acquire").twice]
    assert idle == 0  # after the first, its place was still taken


def test_aiopg_refuses_a_second_release_and_that_of_another_pool(socket: str) -> None:
    aiopg = library("aiopg")

    async def run() -> list[str]:
        where = f"host={socket} user=postgres dbname=postgres"
        async with aiopg.create_pool(where) as one, aiopg.create_pool(where) as other:
            conn = await one.acquire()
            found = [of(lambda: other.release(conn))]
            await one.release(conn)
            return [*found, of(lambda: one.release(conn))]

    assert asyncio.run(run()) == ["AssertionError", acquiring("aiopg.pool", "acquire").twice]


def test_sqlalchemy_does_nothing_when_a_connection_is_closed_twice(socket: str) -> None:
    alchemy = library("sqlalchemy")
    library("psycopg2")
    engine = alchemy.create_engine(f"postgresql+psycopg2://postgres@/postgres?host={socket}")
    for take in (engine.connect, engine.raw_connection):
        conn = take()
        conn.close()
        assert of(conn.close) == acquiring("sqlalchemy.engine", take.__name__).twice == ""
        assert engine.pool.checkedout() == 0
    engine.dispose()


def test_a_raw_connection_that_is_invalidated_goes_back_to_its_pool(socket: str) -> None:
    alchemy = library("sqlalchemy")
    library("psycopg2")
    engine = alchemy.create_engine(f"postgresql+psycopg2://postgres@/postgres?host={socket}")
    raw = engine.raw_connection()
    raw.invalidate()
    assert engine.pool.checkedout() == 0
    conn = engine.connect()
    conn.invalidate()
    assert engine.pool.checkedout() == 0
    for take in (engine.raw_connection, engine.connect):
        detached = take()
        detached.detach()
        assert engine.pool.checkedout() == 0  # the session is the code's own from here on
        detached.close()
    for method in ("connect", "raw_connection"):
        assert "invalidate" in acquiring("sqlalchemy.engine", method).released_by
    engine.dispose()


def test_what_is_closed_in_the_block_of_a_pool_is_opened_anew_each_time(socket: str) -> None:
    asyncpg, psycopg_pool = library("asyncpg"), library("psycopg_pool")
    importlib.import_module("psycopg")

    async def of_asyncpg() -> set[int]:
        pids = set()
        async with asyncpg.create_pool(
            host=socket, user="postgres", database="postgres", min_size=1, max_size=1
        ) as pool:
            for _ in range(3):
                async with pool.acquire() as conn:
                    pids.add(await conn.fetchval(BACKENDS))
                    await conn.close()
        return pids

    def of_psycopg() -> set[int]:
        pids = set()
        where = f"host={socket} user=postgres dbname=postgres"
        with psycopg_pool.ConnectionPool(where, min_size=1, max_size=1) as pool:
            for _ in range(3):
                with pool.connection() as conn:
                    pids.add(conn.execute(BACKENDS).fetchone()[0])
                    conn.close()
        return pids

    def of_psycopg2() -> set[int]:
        pids = set()
        pool, _ = psycopg2_pools(socket)
        for _ in range(3):
            conn = pool.getconn()
            with conn.cursor() as cur:
                cur.execute(BACKENDS)
                pids.add(cur.fetchone()[0])
            pool.putconn(conn, close=True)
        return pids

    assert len(asyncio.run(of_asyncpg())) == len(of_psycopg()) == len(of_psycopg2()) == 3
