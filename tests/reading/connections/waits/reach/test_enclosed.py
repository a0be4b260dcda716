"""Nested functions that are run by a circuit breaker, and what they know of what is around."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import requests, httpx
from shop.breakers import breaker, queue
from shop.models import Order
from sqlalchemy.ext.asyncio import AsyncSession
class Client:
    async def get(self):
        async with httpx.AsyncClient() as http:
            await http.get("")
class Memory:
    async def get(self): return 1
async def guarded(client, other=None):
    async def fetch(): return await client.get()
    return await breaker.call(fetch)
async def plain(client):
    async def fetch(): return await client.get()
    return await fetch()
async def shadowed(client):
    async def fetch(client): return await client.get()
    return await fetch(Memory())
async def queued(client):
    async def fetch(): return await client.get()
    return await queue.call(fetch)
async def work(session: AsyncSession):
    await session.get(Order, 1)
"""


def _waits(body: str) -> bool:
    module = read(SourceFile("work.py", f"{HEAD}    {body}\n"), Options()).module
    assert module is not None
    return any(f.holds for f in module.functions if f.name == "work")


@pytest.mark.parametrize(
    "body",
    [
        "await guarded(Client())",
        "await plain(Client())",
        "breaker.call(requests.get, '')",
        "breaker.call(lambda: requests.get(''))",
        "await breaker.call_async(Client().get)",
    ],
)
def test_it_waits_for_what_it_is_given(body: str) -> None:
    assert _waits(body)


@pytest.mark.parametrize(
    "body",
    [
        "await guarded(Memory())",
        "await plain(Memory())",
        "await shadowed(Client())",
        "await queued(Client())",
        "breaker.call(Client().get)",
        "breaker.add(requests.get)",
        "queue.call(requests.get)",
    ],
)
def test_of_others_nothing_is_known(body: str) -> None:
    assert not _waits(body)
