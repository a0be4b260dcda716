"""Generated configurations: the real programs' verdict and values, and poollint's.

A few hundred files with a fixed seed; `POOLLINT_LAB_FILES=5000` asks for as many of each, and
`POOLLINT_LAB_SEED=random` for other ones each time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import pgbouncer, postgresql, versions
from poollint.syntax import units
from tests.lab import configurations
from tests.lab.starting import BINARY, starts

SERVER = shutil.which("postgres")
FILES = int(os.environ.get("POOLLINT_LAB_FILES", "120"))
RANDOM = os.environ.get("POOLLINT_LAB_SEED") == "random"
# So that a line that is wrong is still one of a file that is PostgreSQL's.
FAMILIAR = "".join(
    f"{name} = on\n" for name in ("fsync", "autovacuum", "full_page_writes", "hot_standby")
)

Test = Callable[..., None]


def files(test: Test) -> Test:
    """Run a test for so many files, the same ones each time unless told otherwise."""
    found: Test = settings(
        max_examples=FILES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )(test)
    return found if RANDOM else seed(20)(found)


def _version(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def bouncer() -> str:
    if BINARY is None:
        pytest.skip("no pgbouncer is installed")
    return _version([BINARY, "--version"]).split()[1]


@pytest.fixture(scope="module")
def server() -> str:
    if SERVER is None:
        pytest.skip("no postgres is installed")
    version = _version([SERVER, "--version"]).split()[2].partition(".")[0]
    if version != "15":
        pytest.skip("files are generated for PostgreSQL 15")
    return version


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
def test_pgbouncer_starts_where_poollint_says_so(text: str, bouncer: str, folder: Path) -> None:
    source = SourceFile("pgbouncer.ini", text.replace("@PORT@", "6432"))
    told = _refused(pgbouncer.READER.read(source, Options()), bouncer)
    up, log = starts(text, folder)
    assert up is not bool(told), f"{told}\n{log}"


def _ask(conf: str, name: str, folder: Path, version: str) -> tuple[str | None, str]:
    """Ask the server for one value; None where it refuses the file."""
    (folder / "PG_VERSION").write_text(f"{version}\n")
    (folder / "postgresql.conf").write_bytes(conf.encode())
    user = {}
    if os.geteuid() == 0:  # it refuses to run as root
        user = {"user": "nobody"}
        for entry in (folder, *folder.iterdir()):
            shutil.chown(entry, "nobody")
    folder.chmod(0o700)
    command = [str(SERVER), "-C", name, "-D", str(folder)]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=environment, **user,  # type: ignore[call-overload]
    )  # fmt: skip
    return (None if done.returncode else done.stdout.rstrip("\n")), done.stderr


def _as_shown(setting: Setting) -> str | None:
    """Return a value as `postgres -C` prints it, None where it prints it in a way of its own."""
    parameter = catalog.postgresql().parameters[setting.name.lower()]
    match parameter.kind:
        case "integer" if not parameter.name.endswith("_mode"):
            return str(units.postgres_integer(setting.value, parameter.unit))
        case "bool":
            return "on" if units.postgres_bool(setting.value) else "off"
    return None


@files
@given(text=configurations.postgresql())
def test_postgres_takes_what_poollint_says(text: str, server: str, data_folder: Path) -> None:
    reading = postgresql.READER.read(SourceFile("postgresql.conf", text + FAMILIAR), Options())
    told = _refused(reading, server)
    last = {s.name.lower(): s for s in _judged(reading, server) if s.winner is None}
    known = catalog.postgresql().parameters
    stated = [s for name, s in last.items() if name in known and not s.secret and not s.flaw]
    asked = stated[0] if stated else None
    name = asked.name.lower() if asked else "fsync"
    value, errors = _ask(text + FAMILIAR, name, data_folder, server)
    assert (value is None) is bool(told), f"{told}\n{errors}"
    if value is not None and asked is not None:
        assert _as_shown(asked) in (None, value)


@pytest.fixture(scope="module")
def data_folder() -> Iterator[Path]:
    """Yield a folder for the server's files."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
