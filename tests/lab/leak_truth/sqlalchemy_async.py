# mypy: ignore-errors
"""SQLAlchemy under asyncio."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


async def with_connect(engine: AsyncEngine):
    async with engine.connect() as conn:
        await conn.execute(text("SELECT 1"))


async def with_begin(engine: AsyncEngine):
    async with engine.begin() as conn:
        await conn.execute(text("SELECT 1"))


async def closed_in_finally(engine: AsyncEngine):
    conn = await engine.connect()
    try:
        await conn.execute(text("SELECT 1"))
    finally:
        await conn.close()


async def closed_at_the_end(engine: AsyncEngine):
    conn = await engine.connect()
    await conn.execute(text("SELECT 1"))
    await conn.close()


async def await_before_try(engine: AsyncEngine):
    conn = await engine.connect()
    await asyncio.sleep(0)
    try:
        await conn.execute(text("SELECT 1"))
    finally:
        await conn.close()


async def session_with(factory: async_sessionmaker[AsyncSession]):
    async with factory() as session:
        return await session.scalar(text("SELECT 1"))


async def session_begin(factory: async_sessionmaker[AsyncSession]):
    async with factory.begin() as session:
        await session.execute(text("SELECT 1"))


async def session_closed_in_finally(factory: async_sessionmaker[AsyncSession]):
    session = factory()
    try:
        await session.execute(text("SELECT 1"))
        await session.commit()
    finally:
        await session.close()


async def session_never_closed(factory: async_sessionmaker[AsyncSession]):
    session = factory()
    return await session.scalar(text("SELECT 1"))


async def session_closed_at_the_end(factory: async_sessionmaker[AsyncSession]):
    session = factory()
    await session.execute(text("SELECT 1"))
    await session.close()


async def session_close_is_not_awaited(factory: async_sessionmaker[AsyncSession]):
    session = factory()
    try:
        await session.execute(text("SELECT 1"))
    finally:
        session.close()


async def session_closed_unless_cancelled(factory: async_sessionmaker[AsyncSession]):
    session = factory()
    try:
        await session.execute(text("SELECT 1"))
    except Exception:
        await session.close()
        raise
    await session.close()
