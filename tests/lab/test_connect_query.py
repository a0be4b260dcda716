"""`connect_query` of a real PgBouncer, against poollint's word on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from poollint.engine import session
from poollint.engine.request import Request
from tests.lab.pool_modes.stage import Stage, pgbouncer, pooled, server

pq: Any = pytest.importorskip("psycopg").pq

# What is asked, and its answer where the query before it has an effect.
STAYS, FIRST, NEVER = "stays", "holds for the first", "`connect_query` does nothing"
ROWS = [
    ("SET jit = off", "SHOW jit", "off"),
    ("BEGIN; SET jit = off; COMMIT", "SHOW jit", "off"),
    ("SET jit = off; RESET ALL", "SHOW jit", "off"),
    ("SELECT set_config('work_mem', '8MB', false)", "SHOW work_mem", "8MB"),
    ("SET search_path = other", "SHOW search_path", "other"),
    ("SET ROLE app", "SELECT current_user", "app"),
    ("SET TimeZone = 'Asia/Tokyo'", "SHOW TimeZone", "Asia/Tokyo"),
    ("SET LOCAL jit = off", "SHOW jit", "off"),
    ("SET TRANSACTION READ ONLY", "SHOW transaction_read_only", "on"),
    ("SELECT set_config('jit', 'off', true)", "SHOW jit", "off"),
]
SETTINGS: list[dict[str, str]] = [
    {"pool_mode": "transaction"},
    {"pool_mode": "session"},
    {"pool_mode": "session", "server_reset_query": "RESET ALL"},
    {"pool_mode": "session", "server_reset_query": "DEALLOCATE ALL"},
    {"pool_mode": "session", "server_reset_query": ""},
    {"pool_mode": "transaction", "server_reset_query_always": "1"},
]


@pytest.fixture(scope="module")
def own(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with server(request.config.getoption("--postgresql"), ("shop",)) as stage:
        yield stage


@pytest.fixture(scope="module")
def command(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return pgbouncer(request.config.getoption("--pooler"))


def _entry(query: str) -> str:
    return "connect_query='" + query.replace("'", "''") + "'"


@contextmanager
def _running(
    command: tuple[str, ...], own: Stage, query: str, size: str = "1", **ini: str
) -> Iterator[Stage]:
    alias = f"dbname=shop pool_size={size} {_entry(query)}"
    with pooled(command, own, {"shop": alias}, {"query_wait_timeout": "2", **ini}) as stage:
        yield stage


def _connect(stage: Stage) -> Any:
    words = f"host=127.0.0.1 port={stage.port} dbname=shop user=postgres connect_timeout=10"
    return pq.PGconn.connect(words.encode())


def _ask(conn: Any, query: str) -> str:
    result = conn.exec_(query.encode())
    if result.ntuples:
        return bytes(result.get_value(0, 0)).decode()
    return bytes(result.error_message).decode()


def _told(tmp_path: Path, query: str, **ini: str) -> list[str]:
    """Return what poollint says of `connect_query`."""
    lines = [f"shop = host=db {_entry(query)}", "[pgbouncer]", "listen_port = 6432"]
    lines += [f"{name} = {value}" for name, value in ini.items()]
    (tmp_path / "pgbouncer.ini").write_text("\n".join(["[databases]", *lines]) + "\n", "utf-8")
    asked = Request(paths=(str(tmp_path),), isolated=True, root=str(tmp_path))
    found = (finding.problem.message for finding in session.run(asked).report.active)
    return [message for message in found if "connect_query" in message]


@pytest.mark.parametrize("ini", SETTINGS, ids=lambda ini: " ".join(ini.values()))
@pytest.mark.parametrize(("query", "probe", "answer"), ROWS)
def test_what_is_set_stays_as_long_as_is_said(
    own: Stage, command: tuple[str, ...], tmp_path: Path, ini: dict[str, str], query: str,
    probe: str, answer: str,
) -> None:  # fmt: skip
    with _running(command, own, query, **ini) as stage:
        seen = []
        for _ in range(2):
            conn = _connect(stage)
            seen.append(_ask(conn, probe) == answer)
            conn.finish()
    measured = NEVER if not seen[0] else STAYS if seen[1] else FIRST
    told = _told(tmp_path, query, **ini)
    if "RESET ALL" in query:  # it says itself that nothing is to stay
        assert (measured, told) == (NEVER, [])
        return
    said = next((word for word in (FIRST, NEVER) if any(word in one for one in told)), STAYS)
    assert said == measured


def test_a_transaction_that_is_left_open_undoes_what_clients_do(
    own: Stage, command: tuple[str, ...], tmp_path: Path
) -> None:
    with _running(command, own, "BEGIN") as stage:
        conn = _connect(stage)
        _ask(conn, "INSERT INTO orders VALUES (1) RETURNING id")
        conn.finish()
        beside = _connect(own)
        assert _ask(beside, "SELECT count(*) FROM orders") == "0"
        beside.finish()
    (told,) = _told(tmp_path, "BEGIN")
    assert "leaves a transaction open" in told


def test_a_lock_is_waited_for_by_the_second_session(
    own: Stage, command: tuple[str, ...], tmp_path: Path
) -> None:
    query = "SET lock_timeout = 0; SELECT pg_advisory_lock(7)"
    with _running(command, own, query, size="2", pool_mode="transaction") as stage:
        first, second = _connect(stage), _connect(stage)
        assert _ask(first, "BEGIN; SELECT 1") == "1"
        assert _ask(second, "SELECT 1") != "1"  # nobody serves it
        beside = _connect(own)
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        assert _ask(beside, waiting) == "1"
        for conn in (first, second, beside):
            conn.finish()
    (told,) = _told(tmp_path, query)
    assert "takes a lock" in told


def test_a_notification_reaches_a_client_that_listens_to_nothing(
    own: Stage, command: tuple[str, ...], tmp_path: Path
) -> None:
    with _running(command, own, "LISTEN orders", pool_mode="transaction") as stage:
        conn, beside = _connect(stage), _connect(own)
        _ask(conn, "SELECT 1")
        _ask(beside, "NOTIFY orders")
        sleep(0.5)
        _ask(conn, "SELECT 1")
        assert conn.notifies() is None  # it came while nobody had the session
        _ask(conn, "BEGIN; SELECT 1")
        _ask(beside, "NOTIFY orders")
        _ask(conn, "SELECT pg_sleep(0.2)")
        _ask(conn, "COMMIT")
        conn.consume_input()
        assert conn.notifies() is not None
        conn.finish()
        beside.finish()
    (told,) = _told(tmp_path, "LISTEN orders")
    assert "listens for nobody" in told


@pytest.mark.parametrize(("more", "seen"), [("", "1"), (" ON COMMIT DELETE ROWS", "0")])
def test_clients_of_a_session_share_its_temporary_table(
    own: Stage, command: tuple[str, ...], tmp_path: Path, more: str, seen: str
) -> None:
    query = f"CREATE TEMP TABLE shared (a int){more}"
    with _running(command, own, query, pool_mode="transaction") as stage:
        first, second = _connect(stage), _connect(stage)
        _ask(first, "INSERT INTO shared VALUES (1) RETURNING a")
        assert _ask(second, "SELECT count(*) FROM shared") == seen
        first.finish()
        second.finish()
    assert len(_told(tmp_path, query)) == int(seen)


def test_what_is_no_sql_is_not_minded(own: Stage, command: tuple[str, ...], tmp_path: Path) -> None:
    with _running(command, own, "SETT jit = off") as stage:
        conn = _connect(stage)
        assert _ask(conn, "SHOW jit") == "on"
        conn.finish()
    (told,) = _told(tmp_path, "SETT jit = off")
    assert "goes on without it" in told


def test_rows_that_nobody_sends_are_waited_for(
    own: Stage, command: tuple[str, ...], tmp_path: Path
) -> None:
    query = "COPY orders FROM STDIN"
    with _running(command, own, query) as stage:
        conn = _connect(stage)
        assert "query_wait_timeout" in bytes(conn.error_message).decode()
        conn.finish()
    (told,) = _told(tmp_path, query)
    assert "no session ever begins" in told
