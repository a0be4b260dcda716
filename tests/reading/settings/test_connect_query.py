"""What the SQL of `connect_query` does to a session, as its setting tells."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.secret import MASK
from poollint.model.source import SourceFile
from poollint.reading.reader import Options
from poollint.reading.settings.pgbouncer import READER


def _setting(query: str) -> Setting:
    value = query.replace("'", "''")
    text = f"[databases]\nshop = host=db connect_query='{value}'\n[pgbouncer]\nlisten_port = 6432\n"
    reading = READER.read(SourceFile("pgbouncer.ini", text), Options())
    (found,) = [s for s in reading.settings if s.name == "connect_query"]
    assert found.value in (MASK, "${QUERY}")
    return found


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        ("SET jit = off", ("SET jit",)),
        ("BEGIN; SET jit = off; COMMIT", ("SET jit",)),
        ("SET ROLE app; SELECT 1", ("SET ROLE",)),
        ("SELECT set_config('work_mem', '8MB', false)", ("set_config('work_mem', …, false)",)),
        ("SET TimeZone = 'UTC'; SET client_encoding = 'LATIN1'", ()),  # PgBouncer tells it anew
        ("SET jit = off; RESET ALL", ()),
        ("SELECT prepare_all()", ()),
        ("DISCARD ALL", ()),
    ],
)
def test_what_is_set_stays(query: str, keeps: tuple[str, ...]) -> None:
    found = _setting(query)
    assert (found.flaw, found.keeps, found.passes) == (None, keeps, ())


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("SET LOCAL jit = off", ("SET LOCAL jit",)),
        ("SELECT pg_advisory_xact_lock(7)", ("pg_advisory_xact_lock",)),
        ("SET LOCAL lock_timeout = '1s'; SELECT prepare_all()", ()),  # it did its part
        ("SELECT 1", ()),
    ],
)
def test_what_is_over_with_its_transaction_passes(query: str, passes: tuple[str, ...]) -> None:
    assert _setting(query).passes == passes


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("BEGIN", "leaves a transaction open"),
        ("START TRANSACTION READ ONLY; SET jit = off", "leaves a transaction open"),
        ("SELECT pg_advisory_lock(7)", "takes a lock"),
        ("SET jit = off; LISTEN orders", "listens for nobody"),
        ("CREATE TEMP TABLE seen (id int)", "makes a temporary table"),
        ("CREATE TEMP TABLE seen AS SELECT 1", "makes a temporary table"),
        ("SETT jit = off", "is no SQL"),
        ("COPY orders FROM STDIN", "waits for rows"),
    ],
)
def test_what_harms_every_session_is_wrong(query: str, complaint: str) -> None:
    found = _setting(query)
    assert found.flaw is Flaw.INVALID
    assert found.complaint.startswith(complaint)
    assert found.expected


@pytest.mark.parametrize(
    "query",
    [
        "LISTEN orders; UNLISTEN *",
        "SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7)",
        "SELECT pg_try_advisory_lock(7)",
        "CREATE TEMP TABLE seen (id int) ON COMMIT DELETE ROWS",
        "CREATE TEMP TABLE seen ON COMMIT DELETE ROWS AS SELECT 1",
        "CREATE TEMP TABLE seen (id int) ON COMMIT DROP",
        "COPY orders FROM '/srv/orders'",
        "SAVEPOINT a",  # refused, and nothing else
        "${QUERY}",
    ],
)
def test_what_is_taken_back_or_filled_in_later_is_not(query: str) -> None:
    assert _setting(query).flaw is None
