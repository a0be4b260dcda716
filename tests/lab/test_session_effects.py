"""What statements leave in their session: what the reader says against what a server kept."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from poollint.facts.code import Effect
from poollint.reading.session.sql import read
from tests.lab.server import program, running

# Each probe is a number of things a session holds, or a text that changes with them.
PROBES = {
    Effect.SET: """SELECT md5(string_agg(name || '=' || coalesce(setting, ''), ',' ORDER BY name))
        || current_user || session_user || current_setting('role')
        || coalesce(current_setting('app.tenant', true), '')
        FROM pg_settings WHERE name NOT LIKE 'transaction\\_%'
        AND coalesce(setting, '') <> ''""",
    Effect.ADVISORY_LOCK: """SELECT count(*) FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_backend_pid()""",
    Effect.LISTEN: "SELECT count(*) FROM pg_listening_channels()",
    Effect.PREPARE: "SELECT count(*) FROM pg_prepared_statements",
    Effect.TEMP_TABLE: "SELECT count(*) FROM pg_class WHERE relpersistence = 't'",
    Effect.HOLD_CURSOR: "SELECT count(*) FROM pg_cursors WHERE is_holdable",
}
STATEMENTS = (
    "SET work_mem = '7MB'",
    "SET SESSION work_mem TO '7MB'",
    "SET search_path TO other, public",
    "SET SCHEMA 'other'",
    "SET app.tenant = 'a'",
    "SET ROLE other",
    "SET SESSION ROLE other",
    "SET SESSION AUTHORIZATION other",
    "SET TIME ZONE 'Asia/Tokyo'",
    "SET NAMES 'latin1'",
    "SET XML OPTION DOCUMENT",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SET LOCAL work_mem = '7MB'",
    "SET LOCAL ROLE other",
    "SET LOCAL search_path TO other",
    "SET LOCAL TIME ZONE 'Asia/Tokyo'",
    "SET TRANSACTION READ ONLY",
    "SET SESSION TRANSACTION READ ONLY",
    "SET transaction_isolation = 'serializable'",
    "SET transaction_read_only = on",
    "SET CONSTRAINTS ALL DEFERRED",
    "SELECT set_config('app.tenant', 'a', false)",
    "SELECT set_config('app.tenant', 'a', 'off')",
    "SELECT set_config('app.tenant', 'a', 'no')",
    "SELECT pg_catalog.set_config('work_mem', '7MB', false)",
    "SELECT set_config('work_mem', '7MB', true)",
    "SELECT set_config('transaction_read_only', 'on', false)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_advisory_lock_shared(1)",
    "SELECT pg_try_advisory_lock(1, 2)",
    "SELECT pg_try_advisory_lock_shared(1)",
    "SELECT 1 WHERE pg_try_advisory_lock(1)",
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_try_advisory_xact_lock_shared(1)",
    "SELECT pg_advisory_unlock(1)",
    "SELECT pg_advisory_lock(1); SELECT pg_advisory_unlock(1)",
    "SET work_mem = '7MB'; SELECT 1; RESET work_mem",
    "LISTEN jobs",
    "LISTEN jobs; UNLISTEN jobs",
    "NOTIFY jobs",
    "SELECT pg_notify('jobs', 'x')",
    "PREPARE p AS SELECT 1",
    "CREATE TEMP TABLE t (a int)",
    "CREATE TEMP TABLE t AS SELECT 1 AS a",
    "SELECT 1 AS a INTO TEMP t",
    "CREATE TEMP TABLE t (a int) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
    "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1 AS a",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "DECLARE c CURSOR FOR SELECT 1",
    "ALTER ROLE other SET work_mem = '7MB'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET work_mem = '7MB' AS 'SELECT 1'",
    "SELECT 1",
)
MARK = "-- poollint --"


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    """Yield the folder of the socket of a server of its own, with a role and schema `other`."""
    with running() as home:
        _psql(home, "CREATE ROLE other; CREATE SCHEMA other; GRANT other TO postgres")
        yield home


def _psql(socket: str, script: str) -> str:
    return subprocess.run(
        [
            program("psql"),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            socket,
            "-U",
            "postgres",
        ],
        input=script,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def _kept(socket: str, statement: str) -> set[Effect]:
    """Return what is in the session, after the transaction of `statement`, that was not before."""
    probes = f"RESET client_min_messages; \\echo {MARK}\n" + ";\n".join(PROBES.values()) + ";\n"
    script = f"{probes}BEGIN;\n{statement};\nCOMMIT;\n{probes}"
    _, before, after = _psql(socket, script).split(MARK + "\n")
    # What the statement itself returned stands between.
    first, last = before.splitlines()[: len(PROBES)], after.splitlines()
    return {effect for effect, a, b in zip(PROBES, first, last, strict=True) if a != b}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_reader_and_server_agree_on_what_stays(socket: str, statement: str) -> None:
    said = {effect.effect for effect in read(statement).effects}
    assert said == _kept(socket, statement)
