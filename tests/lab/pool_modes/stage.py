"""PgBouncer in front of a PostgreSQL of its own, in every pool mode at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.server import program

MODES = ("session", "transaction", "statement")
DIRECT = "direct"  # no pooler: what each client would get with a session of its own
PORT = 6432  # of a socket in a folder of the lab's own

# What the rows find in each database.
_OBJECTS = """
CREATE SCHEMA other;
CREATE EXTENSION dblink;
CREATE TABLE orders (id int);
CREATE TABLE notes (id serial, text text);
CREATE TABLE docs (tenant text);
INSERT INTO docs VALUES ('a'), ('b'), ('b');
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON docs USING (tenant = current_setting('app.tenant', true));
GRANT SELECT ON docs TO app;
CREATE SEQUENCE numbers;
CREATE SEQUENCE counted;

-- Advisory locks of this session, and of any session of this database.
CREATE FUNCTION held(key int) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = key AND pid = pg_backend_pid() $$;
CREATE FUNCTION locked(key int) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database
    WHERE locktype = 'advisory' AND objid = key AND datname = current_database() $$;
-- A session that ends takes a moment.
CREATE FUNCTION gone(key int) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        FOR i IN 1..25 LOOP
            IF public.locked(key) = 0 THEN RETURN true; END IF;
            PERFORM pg_sleep(0.02);
        END LOOP;
        RETURN false;
    END $$;

-- Waits until another session lets go of the lock (1, 1).
CREATE FUNCTION hold() RETURNS int LANGUAGE sql SET lock_timeout = '60s' AS $$
    SELECT 1 FROM pg_advisory_xact_lock_shared(1, 1) $$;
CREATE FUNCTION holding() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database
    WHERE locktype = 'advisory' AND classid = 1 AND NOT granted
    AND datname = current_database() $$;
"""
SETTINGS = (
    "max_connections=400",
    "max_prepared_transactions=10",
    "lock_timeout=1s",  # what waits for a lock longer is stuck
    "max_wal_size=64MB",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where clients connect: the folder of a socket, its port; and which PgBouncer that is."""

    socket: str
    port: int = 5432


def prepare(socket: str, databases: tuple[str, ...]) -> None:
    """Make databases that are alike, and the role `app`, on the server of `socket`."""
    _psql(socket, "postgres", "CREATE ROLE app LOGIN; CREATE DATABASE stage")
    _psql(socket, "stage", _OBJECTS)
    copies = (f'CREATE DATABASE "{name}" TEMPLATE stage;' for name in databases)
    _psql(socket, "postgres", "\n".join(copies))


def _psql(socket: str, database: str, script: str) -> None:
    command = [program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", socket]
    subprocess.run(
        [*command, "-U", "postgres", "-d", database],
        input=script, text=True, check=True, timeout=60, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def pgbouncer(chosen: str = "") -> tuple[str, ...]:
    """Return the command that starts PgBouncer; skip where it is not installed.

    `chosen` is another one than that of the system, with the words that start it.
    """
    if chosen:
        return tuple(chosen.split())
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("PgBouncer is not installed")
    return (found,)


def version(command: tuple[str, ...]) -> str:
    """Return the version of a PgBouncer ("1.18.0")."""
    text = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    return text.stdout.split()[1]


@contextmanager
def pooled(
    command: tuple[str, ...], server: str, aliases: Mapping[str, str], ini: Mapping[str, str]
) -> Iterator[Stage]:
    """Yield a PgBouncer with two server connections for each alias.

    `aliases` tell the settings of each database ("dbname=x pool_mode=statement"), `ini` what
    is to be set besides.
    """
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        lines = ["[databases]"]
        lines += [f"{name} = host={server} {rest} pool_size=2" for name, rest in aliases.items()]
        given = {
            "listen_port": str(PORT),
            "unix_socket_dir": home,
            "auth_type": "trust",
            "auth_file": f"{home}/users",
            "max_client_conn": "500",
            "query_wait_timeout": "5",
        }
        lines += ["[pgbouncer]", *(f"{n} = {v}" for n, v in {**given, **ini}.items())]
        Path(home, "p.ini").write_text("\n".join(lines) + "\n", "utf-8")
        Path(home, "users").write_text('"postgres" ""\n"app" ""\n', "utf-8")
        if user:
            shutil.chown(home, user)
        with Path(home, "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, f"{home}/p.ini"], cwd=home, stdout=log, stderr=log, user=user
            )
        try:
            _wait_for(Path(home, f".s.PGSQL.{PORT}"), process, Path(home, "log"))
            yield Stage(home, PORT)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PgBouncer did not start: {log.read_text('utf-8', 'replace')}")
        time.sleep(0.02)
