"""Pools that the catalog calls strict refuse a least size above the largest; others do not."""

import asyncio
from typing import Any

import pytest

from poollint.catalog import load

CATALOG = load.drivers()
STRICT = sorted(name for name, api in CATALOG.functions.items() if api.strict)


def build(name: str, **sizes: int) -> None:
    module, _, last = name.rpartition(".")
    make = getattr(pytest.importorskip(module), last)
    more = {"open": False} if name.startswith("psycopg_pool") else {}

    async def run() -> None:
        found: Any = make("", **sizes, **more)
        if name.startswith("aiopg"):
            await found

    asyncio.run(run())


def sizes(name: str, least: int, most: int) -> dict[str, int]:
    names = {param.role: param.name for param in CATALOG.params[name]}
    return {names["min_size"]: least, names["max_size"]: most}


@pytest.mark.parametrize("name", STRICT)
def test_a_strict_pool_raises(name: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)min_?size"):
        build(name, **sizes(name, 3, 2))


@pytest.mark.parametrize(
    ("name", "most"), [("asyncpg.create_pool", 5), ("psycopg_pool.ConnectionPool", 2)]
)
def test_the_default_least_size_is_enough(name: str, most: int) -> None:
    with pytest.raises(ValueError, match="min_size"):
        build(name, max_size=most)
    build(name, min_size=most, max_size=most)


def test_aiopg_takes_a_largest_size_of_0_for_none() -> None:
    aiopg = pytest.importorskip("aiopg")
    psycopg2 = pytest.importorskip("psycopg2")
    nobody = "host=127.0.0.1 port=1"
    with pytest.raises(psycopg2.OperationalError):
        asyncio.run(aiopg.create_pool(nobody, minsize=5, maxsize=0)._coro)
