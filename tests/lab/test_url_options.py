"""Options of other clients in a database URL, and PGOPTIONS: each driver, against the catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from poollint.catalog.session import sessions
from tests.lab.pool_modes.stage import Stage, alias_of, pgbouncer, pooled, server

psycopg: Any = pytest.importorskip("psycopg")
psycopg2: Any = pytest.importorskip("psycopg2")
asyncpg: Any = pytest.importorskip("asyncpg")
sqlalchemy: Any = pytest.importorskip("sqlalchemy")
asyncio_engines: Any = pytest.importorskip("sqlalchemy.ext.asyncio")
databases: Any = pytest.importorskip("databases")

Connect = Callable[[str], None]


@pytest.fixture(scope="module")
def own(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with server(request.config.getoption("--postgresql"), ("session", "transaction")) as stage:
        yield stage


@pytest.fixture(scope="module")
def pooler(request: pytest.FixtureRequest, own: Stage) -> Iterator[Stage]:
    command = pgbouncer(request.config.getoption("--pooler"))
    aliases = {mode: alias_of(mode) for mode in ("session", "transaction")}
    with pooled(command, own, aliases, {}) as stage:
        yield stage


def _of_asyncpg(url: str) -> None:
    async def connect() -> None:
        conn = await asyncpg.connect(url)
        await conn.close()

    asyncio.run(connect())


def _of_engine(dialect: str) -> Connect:
    def connect(url: str) -> None:
        engine = sqlalchemy.create_engine(url.replace("postgresql:", f"postgresql+{dialect}:"))
        engine.connect().close()
        engine.dispose()

    return connect


def _of_async_engine(url: str) -> None:
    async def connect() -> None:
        engine = asyncio_engines.create_async_engine(
            url.replace("postgresql:", "postgresql+asyncpg:")
        )
        async with engine.connect():
            pass
        await engine.dispose()

    asyncio.run(connect())


def _of_databases(url: str) -> None:
    async def connect() -> None:
        async with databases.Database(url):
            pass

    asyncio.run(connect())


# By the package and the driver in the catalog of sessions.
CONNECT: dict[tuple[str, str], Connect] = {
    ("psycopg2", "psycopg2"): lambda url: psycopg2.connect(url).close(),
    ("psycopg", "psycopg"): lambda url: psycopg.connect(url).close(),
    ("asyncpg", "asyncpg"): _of_asyncpg,
    ("sqlalchemy", "psycopg2"): _of_engine("psycopg2"),
    ("sqlalchemy", "psycopg"): _of_engine("psycopg"),
    ("sqlalchemy", "asyncpg"): _of_async_engine,
}
CASES = [
    (package, driver, name)
    for package, driver in CONNECT
    for name in sessions().packages[package].foreign.get(driver)
    or sessions().drivers[driver].foreign
]
KNOWN = ["sslmode=disable", "application_name=x", "connect_timeout=5", "channel_binding=disable"]


def _answer(connect: Connect, url: str) -> str:
    try:
        connect(url)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize(("package", "driver", "name"), CASES)
def test_options_that_a_driver_does_not_know_are_refused(
    own: Stage, package: str, driver: str, name: str
) -> None:
    url = f"postgresql://postgres@127.0.0.1:{own.port}/transaction?{name}=5"
    said = sessions().packages[package].refuses.get(driver) or sessions().drivers[driver].refuses
    answer = _answer(CONNECT[package, driver], url)
    assert answer, "it is taken"
    if (name, package, driver) != ("statement_cache_size", "sqlalchemy", "asyncpg"):
        assert said.format(name) in answer  # of that one: a text is no number


@pytest.mark.parametrize("option", KNOWN)
@pytest.mark.parametrize(("package", "driver"), CONNECT)
def test_what_libpq_knows_is_foreign_to_asyncpg_only(
    own: Stage, package: str, driver: str, option: str
) -> None:
    url = f"postgresql://postgres@127.0.0.1:{own.port}/transaction?{option}"
    known = sessions().packages[package].foreign.get(driver) or sessions().drivers[driver].foreign
    answer = _answer(CONNECT[package, driver], url)
    assert bool(answer) == (option.partition("=")[0] in known), answer


def test_databases_never_minds_what_it_does_not_know(own: Stage) -> None:
    assert sessions().packages["databases"].reads
    url = f"postgresql://postgres@127.0.0.1:{own.port}/transaction?pgbouncer=true"
    assert _answer(_of_databases, url) == ""


@pytest.mark.parametrize("mode", ["session", "transaction"])
@pytest.mark.parametrize(("package", "driver"), CONNECT)
def test_only_libpq_looks_at_pgoptions(
    own: Stage, pooler: Stage, monkeypatch: pytest.MonkeyPatch, package: str, driver: str, mode: str
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c jit=off")
    connect = CONNECT[package, driver]
    assert _answer(connect, f"postgresql://postgres@127.0.0.1:{own.port}/{mode}") == ""
    answer = _answer(connect, f"postgresql://postgres@127.0.0.1:{pooler.port}/{mode}")
    assert ("unsupported startup parameter" in answer) == (driver != "asyncpg")
