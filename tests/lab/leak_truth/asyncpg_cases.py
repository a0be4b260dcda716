# mypy: ignore-errors
"""asyncpg, with and without its pool."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import asyncpg


async def work(value=None):
    await asyncio.sleep(0)
    return value


async def closed_in_finally(dsn: str):
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval("SELECT 1")
    finally:
        await conn.close()


async def closed_at_the_end(dsn: str):
    conn = await asyncpg.connect(dsn)
    value = await conn.fetchval("SELECT 1")
    await conn.close()
    return value


async def transaction_does_not_close(dsn: str):
    conn = await asyncpg.connect(dsn)
    async with conn.transaction():
        await conn.execute("SELECT 1")


async def close_is_not_awaited(dsn: str):
    conn = await asyncpg.connect(dsn)
    try:
        await conn.fetchval("SELECT 1")
    finally:
        conn.close()


async def terminated(dsn: str):
    conn = await asyncpg.connect(dsn)
    try:
        await conn.fetchval("SELECT 1")
    finally:
        conn.terminate()


async def pool_lends(pool: asyncpg.Pool):
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT 1")


async def pool_asked_itself(pool: asyncpg.Pool):
    return await pool.fetchval("SELECT 1")


async def released_in_finally(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    finally:
        await pool.release(conn)


async def released_at_the_end(pool: asyncpg.Pool):
    conn = await pool.acquire()
    await conn.execute("SELECT 1")
    await pool.release(conn)


async def never_released(pool: asyncpg.Pool):
    conn = await pool.acquire()
    return await conn.fetchval("SELECT 1")


async def release_is_not_awaited(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    finally:
        pool.release(conn)


async def await_before_try(pool: asyncpg.Pool):
    conn = await pool.acquire()
    await work()
    try:
        await conn.execute("SELECT 1")
    finally:
        await pool.release(conn)


async def released_unless_cancelled(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    except Exception:
        await pool.release(conn)
        raise
    await pool.release(conn)


async def released_when_cancelled_too(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    except BaseException:
        await pool.release(conn)
        raise
    await pool.release(conn)


async def cancelled_is_caught_first(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await work()
    except asyncio.CancelledError:
        raise
    except Exception:
        await pool.release(conn)
        raise
    else:
        await pool.release(conn)


async def work_before_release(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    finally:
        await work()
        await pool.release(conn)


async def released_within_shield(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    finally:
        await asyncio.shield(pool.release(conn))


async def taken_within_wait_for(pool: asyncpg.Pool):
    conn = await asyncio.wait_for(pool.acquire(), 5)
    try:
        await conn.execute("SELECT 1")
    finally:
        await pool.release(conn)


async def closed_goes_back_too(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        await conn.execute("SELECT 1")
    finally:
        await conn.close()


async def stack_releases(pool: asyncpg.Pool):
    async with contextlib.AsyncExitStack() as stack:
        conn = await stack.enter_async_context(pool.acquire())
        await conn.execute("SELECT 1")


async def stack_callback_releases(pool: asyncpg.Pool):
    async with contextlib.AsyncExitStack() as stack:
        conn = await pool.acquire()
        stack.push_async_callback(pool.release, conn)
        await conn.execute("SELECT 1")


async def left_by_continue(pool: asyncpg.Pool):
    for number in (1, 2):
        conn = await pool.acquire()
        if number == 1:
            continue
        await pool.release(conn)


async def early_return_before_release(pool: asyncpg.Pool, flag: bool):
    conn = await pool.acquire()
    try:
        if flag:
            return None
        await conn.execute("SELECT 1")
    except asyncpg.PostgresError:
        await pool.release(conn)
        raise
    await pool.release(conn)
    return True


async def within_a_timeout(pool: asyncpg.Pool):
    async with asyncio.timeout(5):
        conn = await pool.acquire()
        try:
            await conn.execute("SELECT 1")
        finally:
            await pool.release(conn)


@asynccontextmanager
async def lent_safely(pool: asyncpg.Pool):
    conn = await pool.acquire()
    try:
        yield conn
    finally:
        await pool.release(conn)


@asynccontextmanager
async def lent_unsafely(pool: asyncpg.Pool):
    conn = await pool.acquire()
    yield conn
    await pool.release(conn)
