"""What is awaited, entered or run under the name that it is given."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import asyncio, contextvars, time
import httpx, requests
from functools import partial
from shop.models import Order
from sqlalchemy.ext.asyncio import AsyncSession
from minio import Minio
http = httpx.AsyncClient()
store = Minio("store")
def listed():
    return [one.object_name for one in store.list_objects("letters")]
def named():
    found = store.list_objects("letters")
    return found
async def fetch(): return await http.get("")
async def in_thread(f, *args):
    ctx = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(None, partial(ctx.run, f, *args))
async def work(session: AsyncSession):
    await session.get(Order, 1)
"""


def _waits(body: str) -> bool:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    module = read(SourceFile("work.py", HEAD + lines), Options()).module
    assert module is not None
    return any(f.holds for f in module.functions if f.name == "work")


@pytest.mark.parametrize(
    "body",
    [
        "found = http.get('')\nawait found",
        "found = fetch()\nawait found",
        "found = http.stream('GET', '')\nasync with found as answer:\n    pass",
        "work = partial(requests.get, '')\nawait asyncio.to_thread(work)",
        "await in_thread(requests.get, '')",
        "await in_thread(time.sleep, 3)",
        "found = store.list_objects('a')\nfor one in found:\n    print(one)",
        "found = store.list_objects('a')\nreturn [one.object_name for one in found]",
        "listed()",
    ],
)
def test_it_is_waited_for_under_its_name(body: str) -> None:
    assert _waits(body)


@pytest.mark.parametrize(
    "body",
    [
        "found = http.get('')\nreturn found",
        "found = fetch()\nasyncio.create_task(found)",
        "work = partial(requests.get, '')",
        "await in_thread(str, 3)",
        "in_thread(requests.get, '')",
        "found = store.list_objects('a')\nreturn found",
        "found = store.list_objects('a')\nawait session.commit()\nfor one in found:\n    pass",
        "found = store.list_objects('a')\nreturn [one for one in () for _ in found]",
        "named()",
    ],
)
def test_what_is_only_made_is_not(body: str) -> None:
    assert not _waits(body)
