# mypy: ignore-errors
"""psycopg 3 and its pool under asyncio."""

import asyncio

import psycopg
from psycopg_pool import AsyncConnectionPool


async def with_closes(dsn: str):
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        await conn.execute("SELECT 1")


async def closed_in_finally(dsn: str):
    conn = await psycopg.AsyncConnection.connect(dsn)
    try:
        await conn.execute("SELECT 1")
    finally:
        await conn.close()


async def closed_at_the_end(dsn: str):
    conn = await psycopg.AsyncConnection.connect(dsn)
    await conn.execute("SELECT 1")
    await conn.close()


async def close_is_not_awaited(dsn: str):
    conn = await psycopg.AsyncConnection.connect(dsn)
    try:
        await conn.execute("SELECT 1")
    finally:
        conn.close()


async def closed_unless_cancelled(dsn: str):
    conn = await psycopg.AsyncConnection.connect(dsn)
    try:
        await conn.execute("SELECT 1")
    except Exception:
        await conn.close()
        raise
    await conn.close()


async def pool_lends(pool: AsyncConnectionPool):
    async with pool.connection() as conn:
        await conn.execute("SELECT 1")


async def pool_get_and_put(pool: AsyncConnectionPool):
    conn = await pool.getconn()
    try:
        await conn.execute("SELECT 1")
        await conn.commit()
    finally:
        await pool.putconn(conn)


async def pool_put_is_not_awaited(pool: AsyncConnectionPool):
    conn = await pool.getconn()
    try:
        await conn.execute("SELECT 1")
    finally:
        pool.putconn(conn)


async def pool_await_before_try(pool: AsyncConnectionPool):
    conn = await pool.getconn()
    await asyncio.sleep(0)
    try:
        await conn.execute("SELECT 1")
    finally:
        await pool.putconn(conn)


async def pool_put_unless_cancelled(pool: AsyncConnectionPool):
    conn = await pool.getconn()
    try:
        await conn.execute("SELECT 1")
    except Exception:
        await pool.putconn(conn)
        raise
    await pool.putconn(conn)
