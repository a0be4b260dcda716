"""PgBouncer in front of a PostgreSQL of its own, in every pool mode at once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.server import program, running

MODES = ("session", "transaction", "statement")
DIRECT = "direct"  # no pooler: what each client would get with a session of its own

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
CREATE TABLE lines AS SELECT generate_series(1, 30) AS id;
CREATE TABLE copied (a int);
CREATE TYPE mood AS ENUM ('happy', 'sad');
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
    "listen_addresses=127.0.0.1",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where clients connect: the folder of a socket, its port; and which PgBouncer that is."""

    socket: str
    port: int


def free_port() -> int:
    """Return a port of loopback that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def server(folder: str, databases: tuple[str, ...]) -> Iterator[Stage]:
    """Yield a PostgreSQL with databases that are alike; `folder` holds another one's programs."""
    port = free_port()
    with running(*SETTINGS, folder=folder, port=port) as home:
        stage = Stage(home, port)
        _prepare(stage, databases)
        yield stage


def _prepare(stage: Stage, databases: tuple[str, ...]) -> None:
    _psql(stage, "postgres", "CREATE ROLE app LOGIN; CREATE DATABASE stage")
    _psql(stage, "stage", _OBJECTS)
    copies = (f'CREATE DATABASE "{name}" TEMPLATE stage;' for name in databases)
    _psql(stage, "postgres", "\n".join(copies))


def _psql(stage: Stage, database: str, script: str) -> None:
    command = [
        program("psql"),
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        stage.socket,
        "-p",
        str(stage.port),
    ]
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


def server_version(folder: str) -> str:
    """Return the major version of the PostgreSQL that `server` starts ("15")."""
    command = [program("postgres", folder), "--version"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return text.split()[2].partition(".")[0]


def alias_of(mode: str) -> str:
    """Return the settings of an alias in a mode: two sessions to share, or enough for everybody."""
    return f"dbname={mode} pool_mode={mode} pool_size={9 if mode == 'session' else 2}"


@contextmanager
def pooled(
    command: tuple[str, ...], server: Stage, aliases: Mapping[str, str], ini: Mapping[str, str]
) -> Iterator[Stage]:
    """Yield a PgBouncer.

    `aliases` tell the settings of each database (`alias_of`), `ini` what is to be set besides.
    """
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        lines = ["[databases]"]
        lines += [
            f"{name} = host={server.socket} port={server.port} {rest}"
            for name, rest in aliases.items()
        ]
        port = free_port()
        given = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(port),
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
            _wait_for(Path(home, f".s.PGSQL.{port}"), process, Path(home, "log"))
            yield Stage(home, port)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PgBouncer did not start: {log.read_text('utf-8', 'replace')}")
        time.sleep(0.02)
