"""What becomes of a connection that nothing refers to any more, on which confidence rests."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.lab.server import running


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running() as folder:
        yield folder


@pytest.fixture(autouse=True)
def _uncollected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_plain_connection_is_closed_with_its_last_reference(driver: str, server: str) -> None:
    module = pytest.importorskip(driver, reason=f"{driver} is not installed")

    def use(query: str) -> None:
        conn = module.connect(host=server, user="postgres", application_name="dropped")
        conn.cursor().execute(query)

    _call(use, "SELECT 1")
    assert _sessions(module, server) == 0
    _call(use, "SELECT 1 / 0")
    assert _sessions(module, server) == 0


@pytest.mark.parametrize("query", ["SELECT 1", "SELECT 1 / 0"])
@pytest.mark.parametrize("of", ["session", "connection"])
def test_what_sqlalchemy_took_waits_for_the_garbage_collector(
    of: str, query: str, server: str
) -> None:
    alchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
    orm = pytest.importorskip("sqlalchemy.orm", reason="SQLAlchemy is not installed")
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    engine = alchemy.create_engine(f"postgresql+psycopg2://postgres@/postgres?host={server}")

    def use(query: str) -> None:
        taken = orm.Session(engine) if of == "session" else engine.connect()
        taken.execute(alchemy.text(query))

    _call(use, query)
    assert engine.pool.checkedout() == 1
    gc.collect()
    assert engine.pool.checkedout() == 0
    engine.dispose()


def test_a_session_whose_commit_fails_keeps_its_connection(server: str) -> None:
    alchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
    orm = pytest.importorskip("sqlalchemy.orm", reason="SQLAlchemy is not installed")
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    engine = alchemy.create_engine(f"postgresql+psycopg2://postgres@/postgres?host={server}")
    known = orm.registry()
    number = alchemy.Column("id", alchemy.Integer, primary_key=True)
    known.map_imperatively(_Guest, alchemy.Table("guest", known.metadata, number))
    known.metadata.create_all(engine)
    first, second = orm.Session(engine), orm.Session(engine)
    first.add(_Guest())
    first.commit()
    assert engine.pool.checkedout() == 0
    second.add(_Guest())
    with pytest.raises(alchemy.exc.IntegrityError):
        second.commit()
    assert engine.pool.checkedout() == 1
    second.rollback()
    assert engine.pool.checkedout() == 0
    engine.dispose()


class _Guest:
    def __init__(self) -> None:
        self.id = 1


def _call(use: Callable[[str], None], query: str) -> None:
    """Call a function and forget what it raises."""
    with suppress(Exception):
        use(query)


def _sessions(module: Any, server: str) -> int:
    """Return how many sessions the server has of those that were dropped."""
    monitor = module.connect(host=server, user="postgres", dbname="postgres")
    monitor.autocommit = True
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dropped'"
    end = time.monotonic() + 2
    count = 1
    while count and time.monotonic() < end:
        cursor = monitor.cursor()
        cursor.execute(query)
        (count,) = cursor.fetchone()
    monitor.close()
    return count
