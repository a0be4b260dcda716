"""Generated configurations: the real programs' verdict and values, and poollint's.

A few hundred files with a fixed seed; `POOLLINT_LAB_FILES=5000` asks for as many of each, and
`POOLLINT_LAB_SEED=random` for other ones each time. `--pooler` and `--postgresql` have other
programs than the system's, as in `test_pool_modes`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Flaw, Pooler, Setting
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import pgbouncer, postgresql, versions
from poollint.syntax import units
from tests.lab import configurations
from tests.lab.generated import files
from tests.lab.pool_modes import stage
from tests.lab.starting import console, starts

SERVER = shutil.which("postgres")
# So that a line that is wrong is still one of a file that is PostgreSQL's.
FAMILIAR = "".join(
    f"{name} = on\n" for name in ("fsync", "autovacuum", "full_page_writes", "hot_standby")
)

# What keeps psql from asking the console.
_SILENT = ("disable_pqexec", "max_packet_size", "client_login_timeout")
# Of these the server takes more than is stated (check_autovacuum_work_mem: 1 MB at least).
_RAISED = ("autovacuum_work_mem",)
# Values of enums that are shown as another one that means the same.
_OTHER_WORDS = ("on", "off", "debug")


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the lab: the words that start it, and its version."""

    command: tuple[str, ...]
    version: str


@pytest.fixture(scope="module")
def bouncer(request: pytest.FixtureRequest) -> Program:
    command = stage.pgbouncer(request.config.getoption("--pooler"))
    return Program(command, stage.version(command))


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Program:
    folder = request.config.getoption("--postgresql")
    command = str(Path(folder, "postgres")) if folder else SERVER
    if command is None:
        pytest.skip("no postgres is installed")
    return Program((command,), stage.server_version(str(Path(command).parent)))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Yield a folder that an unprivileged user may use."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777 if os.geteuid() == 0 else 0o700)
        yield Path(name)


def _judged(reading: FileReading, version: str) -> list[Setting]:
    """Return the settings as the program of this version takes them."""
    told = (versions.judged(found, version, "installed") for found in reading.configurations)
    return [setting for found in told for setting in found.settings]


def _refused(reading: FileReading, version: str) -> list[str]:
    """Return why the program of this version is said not to start with the file."""
    unread = [part.reason for part in reading.unread if part.broken]
    return unread + [
        f"{s.name}: {s.flaw.value} {s.complaint}"
        for s in _judged(reading, version)
        if s.flaw and (s.flaw is not Flaw.INVALID or s.complaint.startswith("is refused"))
    ]


@files
@given(text=configurations.pgbouncer())
def test_pgbouncer_takes_what_poollint_says(text: str, bouncer: Program, folder: Path) -> None:
    source = SourceFile("pgbouncer.ini", text.replace("@PORT@", "6432"))
    reading = pgbouncer.READER.read(source, Options())
    told = _refused(reading, bouncer.version)
    shown: dict[str, list[dict[str, str]]] = {}

    def ask(port: int) -> None:
        if shutil.which("psql") and not any(name in text for name in _SILENT):
            shown.update({what: console(port, f"SHOW {what}") for what in ("CONFIG", "DATABASES")})

    up, log = starts(text, folder, ask, bouncer.command)
    assert up is not bool(told), f"{told}\n{log}"
    if shown:
        config = {row["key"]: row["value"] for row in shown["CONFIG"]}
        _same_settings(_judged(reading, bouncer.version), config)
        _same_databases(reading.poolers[0], {r["name"]: r for r in shown["DATABASES"]})


def _same_settings(settings: list[Setting], shown: dict[str, str]) -> None:
    for stated in settings:
        if stated.section != "pgbouncer" or stated.winner or stated.secret or stated.open:
            continue
        if stated.name in ("listen_port", "unix_socket_mode"):
            continue
        mine, theirs = stated.value, shown[stated.name]
        if stated.number is not None:
            assert float(theirs) == pytest.approx(stated.number, rel=1e-5), stated.name
        else:
            assert theirs == mine.lower() or theirs == mine, stated.name


def _same_databases(pooler: Pooler, shown: dict[str, dict[str, str]]) -> None:
    shown.pop("pgbouncer")
    mine = {found.alias: found for found in pooler.databases if found.alias != "*"}
    assert mine.keys() == shown.keys()
    for alias, found in mine.items():
        row = shown[alias]
        size = found.pool_size or pooler.default_pool_size
        assert (found.host, str(found.port)) == (row["host"], row["port"])
        assert (found.dbname, found.user) == (row["database"], row["force_user"])
        assert size.high is None or size.low == int(row["pool_size"])
        mode = found.mode.value if found.mode else ""
        assert mode == row["pool_mode"]
        if found.max_connections:
            assert found.max_connections.low == int(row["max_connections"])


def _ask(conf: str, name: str, folder: Path, server: Program) -> tuple[str | None, str]:
    """Ask the server for one value; None where it refuses the file."""
    (folder / "PG_VERSION").write_text(f"{server.version}\n")
    (folder / "postgresql.conf").write_bytes(conf.encode())
    user = {}
    if os.geteuid() == 0:  # it refuses to run as root
        user = {"user": "nobody"}
        for entry in (folder, *folder.iterdir()):
            shutil.chown(entry, "nobody")
    folder.chmod(0o700)
    command = [*server.command, "-C", name, "-D", str(folder)]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=environment, **user,  # type: ignore[call-overload]
    )  # fmt: skip
    return (None if done.returncode else done.stdout.rstrip("\n")), done.stderr


def _as_shown(setting: Setting, version: str) -> str | None:
    """Return a value as `postgres -C` prints it, None where it prints it in a way of its own."""
    known = catalog.postgresql().parameters[setting.name.lower()]
    parameter = known.at(version)
    match parameter.kind:
        case "integer" if not parameter.name.endswith("_mode") and parameter.name not in _RAISED:
            return str(units.postgres_integer(setting.value, parameter.unit))
        case "bool":
            return "on" if units.postgres_bool(setting.value) else "off"
        case "real":
            return f"{units.postgres_real(setting.value, parameter.unit):g}"
        case "enum" if (word := setting.value.lower()) not in (*parameter.also, *_OTHER_WORDS):
            return word
    return None


@files
@given(data=st.data())
def test_postgres_takes_what_poollint_says(
    data: st.DataObject, server: Program, data_folder: Path
) -> None:
    text = data.draw(configurations.postgresql(server.version)) + FAMILIAR
    reading = postgresql.READER.read(SourceFile("postgresql.conf", text), Options())
    told = _refused(reading, server.version)
    last = {s.name.lower(): s for s in _judged(reading, server.version) if s.winner is None}
    known = catalog.postgresql().parameters
    stated = [s for name, s in last.items() if name in known and not s.secret and not s.flaw]
    value, errors = _ask(text, "port", data_folder, server)
    assert (value is None) is bool(told), f"{told}\n{errors}"
    for asked in stated if value is not None else ():
        shown = _ask(text, asked.name.lower(), data_folder, server)[0]
        assert _as_shown(asked, server.version) in (None, shown), asked.name


@pytest.fixture(scope="module")
def data_folder() -> Iterator[Path]:
    """Yield a folder for the server's files."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
