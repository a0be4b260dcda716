"""What a function under test is given: a database, a pool, an engine; and how many are taken."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Supply:
    """One resource, made anew for one run.

    given  the argument of the function
    taken  how many connections are out, `kept` being all that its calls returned
    close  gives back everything, so that the next run starts from nothing
    """

    given: Any
    taken: Callable[[list[Any]], int]
    close: Callable[[list[Any]], Awaitable[None]]
    direct: bool = field(default=False)  # each connection taken is a session of the server


def is_open(value: Any) -> bool:
    """Tell whether a connection of psycopg2, psycopg or asyncpg is open."""
    asked = getattr(value, "is_closed", None)
    return not asked() if asked is not None else not value.closed


def connections(kept: list[Any]) -> list[Any]:
    """Return the connections among what was kept, each once."""
    known = {"psycopg2.extensions", "psycopg", "asyncpg.connection"}
    found = {id(v): v for v in kept if type(v).__module__ in known and hasattr(v, "cursor")}
    return list(found.values())


async def _shut(kept: list[Any]) -> None:
    for value in connections(kept):
        if is_open(value):
            closing = value.terminate() if hasattr(value, "terminate") else value.close()
            if closing is not None:
                await closing


def _direct(url: str) -> Supply:
    return Supply(url, lambda kept: sum(map(is_open, connections(kept))), _shut, direct=True)


def _psycopg2_pool(url: str) -> Supply:
    pool = importlib.import_module("psycopg2.pool").ThreadedConnectionPool(0, 5, url)

    async def close(kept: list[Any]) -> None:
        pool.closeall()

    return Supply(pool, lambda _: len(pool._used), close)


def _psycopg3_pool(url: str) -> Supply:
    pool = importlib.import_module("psycopg_pool").ConnectionPool(
        url, min_size=1, max_size=5, open=True, timeout=5, num_workers=1
    )
    pool.wait(5)

    async def close(kept: list[Any]) -> None:
        pool.close(0)
        await _shut(kept)

    return Supply(pool, lambda _: _out(pool), close)


async def _psycopg3_async_pool(url: str) -> Supply:
    module = importlib.import_module("psycopg_pool")
    pool = module.AsyncConnectionPool(url, min_size=1, max_size=5, open=False, num_workers=1)
    await pool.open(wait=True)

    async def close(kept: list[Any]) -> None:
        await pool.close(0)
        await _shut(kept)

    return Supply(pool, lambda _: _out(pool), close)


def _out(pool: Any) -> int:
    figures = pool.get_stats()
    out: int = figures["pool_size"] - figures["pool_available"]
    return out


async def _asyncpg_pool(url: str) -> Supply:
    pool = await importlib.import_module("asyncpg").create_pool(url, min_size=0, max_size=5)

    async def close(kept: list[Any]) -> None:
        pool.terminate()

    return Supply(pool, lambda _: pool.get_size() - pool.get_idle_size(), close)


def _engine(url: str) -> Supply:
    alchemy = importlib.import_module("sqlalchemy")
    engine = alchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))

    async def close(kept: list[Any]) -> None:
        for value in kept:
            if hasattr(value, "in_transaction") and hasattr(value, "close"):
                value.close()
        engine.dispose()

    return Supply(engine, lambda _: engine.pool.checkedout(), close)


def _factory(url: str) -> Supply:
    supply = _engine(url)
    supply.given = importlib.import_module("sqlalchemy.orm").sessionmaker(supply.given)
    return supply


async def _async_engine(url: str) -> Supply:
    alchemy = importlib.import_module("sqlalchemy.ext.asyncio")
    engine = alchemy.create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect():
        pass  # it is not in connecting that a task is to be cancelled

    async def close(kept: list[Any]) -> None:
        for value in kept:
            if hasattr(value, "in_transaction") and hasattr(value, "close"):
                with suppress(Exception):
                    await value.close()
        await engine.dispose()

    return Supply(engine, lambda _: engine.pool.checkedout(), close)


async def _async_factory(url: str) -> Supply:
    supply = await _async_engine(url)
    alchemy = importlib.import_module("sqlalchemy.ext.asyncio")
    supply.given = alchemy.async_sessionmaker(supply.given)
    return supply


_BY_ANNOTATION: dict[str, Callable[[str], Any]] = {
    "str": _direct,
    "ThreadedConnectionPool": _psycopg2_pool,
    "ConnectionPool": _psycopg3_pool,
    "AsyncConnectionPool": _psycopg3_async_pool,
    "asyncpg.Pool": _asyncpg_pool,
    "Engine": _engine,
    "AsyncEngine": _async_engine,
    "sessionmaker[Session]": _factory,
    "async_sessionmaker[AsyncSession]": _async_factory,
}


async def supply(annotation: str, socket: str) -> Supply:
    """Return the resource that a parameter of that annotation is given."""
    made = _BY_ANNOTATION[annotation](f"postgresql://postgres@/postgres?host={socket}")
    if asyncio.iscoroutine(made):
        made = await made
    assert isinstance(made, Supply)
    return made
