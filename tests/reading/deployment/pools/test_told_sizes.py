"""Pools whose sizes are what callers of a function, or of a class, say."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: uvicorn shop.api:app
        environment: {DATABASE_URL: "postgresql://shop@db/orders", POOL: "9"}
    """
FUNCTION = """
    import asyncpg

    pool = None

    async def open_pool(dsn, min_size=2, *, max_size=12):
        global pool
        pool = await asyncpg.create_pool(dsn, min_size=min_size, max_size=max_size)
    """
CLASS = """
    import asyncpg

    class Database:
        def __init__(self, dsn, max_size: int = 12) -> None:
            self.dsn = dsn
            self.max_size = max_size

        async def open_pool(self):
            self.pool = await asyncpg.create_pool(self.dsn, max_size=self.max_size)
    """
START = """
    import os
    from contextlib import asynccontextmanager
    from fastapi import FastAPI
    from shop import db
    from shop.db import *

    MOST = 5

    @asynccontextmanager
    async def lifespan(app):
        CALL
        yield

    app = FastAPI(lifespan=lifespan)
    """
URL = 'os.environ["DATABASE_URL"]'


Sizes = Callable[..., list[int | None]]


@pytest.fixture
def sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sizes:
    """Return what reads a project: the most that each line of its budget holds in a process."""
    monkeypatch.chdir(tmp_path)

    def read(code: str, call: str, **more: str) -> list[int | None]:
        start = START.replace("CALL", call.replace("URL", URL))
        texts = {"compose.yaml": COMPOSE, "Dockerfile": "FROM python\n"}
        texts |= {"shop/db.py": code, "shop/api.py": start}
        texts |= {f"{name.replace('__', '/')}.py": text for name, text in more.items()}
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
        return [entry.factors[-1].high for entry in budget.ledger.demand]

    return read


@pytest.mark.parametrize(
    ("given", "size"),
    [("", 12), (", max_size=7", 7), (", 1, max_size=MOST", 5),
     (', max_size=int(os.environ.get("POOL", "3"))', 9)],
)  # fmt: skip
def test_a_function_builds_what_its_caller_says(given: str, size: int, sizes: Sizes) -> None:
    assert sizes(FUNCTION, f"await db.open_pool(URL{given})") == [size]


@pytest.mark.parametrize(("given", "size"), [("", 12), (", 7", 7), (", max_size=MOST", 5)])
def test_an_object_builds_what_it_was_made_with(given: str, size: int, sizes: Sizes) -> None:
    assert sizes(CLASS, f"await db.Database(URL{given}).open_pool()") == [size]


def test_of_several_callers_the_largest_counts(sizes: Sizes) -> None:
    job = "from shop.db import open_pool\n\nasync def run(url):\n    await open_pool(url, SIZE)\n"
    more = job.replace("SIZE", "max_size=40")
    assert sizes(FUNCTION, "await db.open_pool(URL)", tests__test_db=more) == [12]
    assert sizes(FUNCTION, "await db.open_pool(URL)", shop__job=more) == [40]


@pytest.mark.parametrize(
    ("code", "call"),
    [
        (FUNCTION, "await db.open_pool(URL, max_size=most())"),
        (FUNCTION, "await db.open_pool(URL, **settings)"),
        (FUNCTION, "await db.open_pool(*settings)"),
        (FUNCTION, "await start(db.open_pool)"),
        (FUNCTION.replace("global pool", "global pool; max_size = adapted()"),
         "await db.open_pool(URL)"),
        (CLASS.replace("= max_size\n", "= max_size\n\n        def grow(self):\n"
                       "            self.max_size += 1\n"),
         "await db.Database(URL).open_pool()"),
        (CLASS + "\n    class Larger(Database):\n        pass\n",
         "await db.Database(URL).open_pool()"),
    ],
)  # fmt: skip
def test_what_is_not_understood_leaves_the_size_open(code: str, call: str, sizes: Sizes) -> None:
    assert sizes(code, call) == []
