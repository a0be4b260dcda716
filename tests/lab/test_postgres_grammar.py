"""postgresql.conf's grammar: what the reader says against what real servers said."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Setting
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings.postgresql import READER
from poollint.syntax import units
from tests.lab.configurations import OF_NEWEST

CASES = tomllib.loads((Path(__file__).parent / "postgres_grammar.toml").read_text("utf-8"))["case"]
BINARY = shutil.which("postgres")
VERSIONS = ("13", "15", "18")

# What one file alone does not tell, and why.
BEYOND_THE_FILE = {
    "auto_conf_bad_name": "the other file is at fault",
    "include_missing": "includes are not followed",
    "include_dir_missing": "includes are not followed",
    "include_empty_name": "includes are not followed",
    "include_recursive": "includes are not followed",
}
# Its value comes from somewhere else than the file.
FROM_ELSEWHERE = ("auto_conf", "files", "args")

# So that a line that is wrong is still one of a file that is PostgreSQL's.
FAMILIAR = "".join(f"{name} = on\n" for name in ("fsync", "autovacuum", "full_page_writes"))


def _results(case: dict[str, Any]) -> dict[str, str]:
    result = case["result"]
    return result if isinstance(result, dict) else dict.fromkeys(VERSIONS, result)


def _is_refused(result: str) -> bool:
    return result.startswith("LOG:")


def _read(conf: str) -> FileReading:
    return READER.read(SourceFile("postgresql.conf", conf + "\n" + FAMILIAR), Options())


def _refusals(reading: FileReading) -> list[str]:
    """Return why the reader says that no server starts with the file."""
    unread = [part.reason for part in reading.unread if part.broken]
    return unread + [f"{s.name}: {s.complaint}" for s in reading.settings if s.flaw]


def _named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


TAKEN = [c for c in CASES if not all(_is_refused(r) for r in _results(c).values())]
REFUSED = [c for c in CASES if c not in TAKEN]


@pytest.mark.parametrize("case", _named(TAKEN))
def test_what_some_version_takes_is_not_refused(case: dict[str, Any]) -> None:
    assert _refusals(_read(case["conf"])) == []


@pytest.mark.parametrize("case", _named(REFUSED))
def test_what_every_version_refuses_is_refused(case: dict[str, Any]) -> None:
    told = _refusals(_read(case["conf"]))
    if case["name"] in BEYOND_THE_FILE:
        assert told == [], "no longer beyond the file: take it off the list"
    else:
        assert told


@pytest.mark.parametrize(
    "case", _named([c for c in TAKEN if not any(key in c for key in FROM_ELSEWHERE)])
)
def test_values_are_those_that_the_server_tells(case: dict[str, Any]) -> None:
    last = {s.name.lower(): s for s in _read(case["conf"]).settings}
    for result in _results(case).values():
        if _is_refused(result):
            continue
        for told in result.partition(" ; ")[0].split("; "):
            name, _, value = told.partition("=")
            if name in last and not last[name].secret:
                assert _as_the_server(last[name]) == value


def _as_the_server(setting: Setting) -> str:
    """Return the value of a setting as `postgres -C` prints it."""
    parameter = catalog.postgresql().parameters[setting.name.lower()]
    match parameter.kind:
        case "integer":
            return str(units.postgres_integer(setting.value, parameter.unit))
        case "bool":
            return "on" if units.postgres_bool(setting.value) else "off"
        case "enum":
            old = {"on": "md5"} if parameter.name == "password_encryption" else {}
            return old.get(setting.value, setting.value.lower())
    return setting.value


@pytest.fixture(scope="module")
def version() -> str:
    """Return the major version of the installed server."""
    if BINARY is None:
        pytest.skip("no postgres is installed")
    command = [BINARY, "--version"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return text.split()[2].partition(".")[0]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder that an unprivileged user may use; pytest's own may be closed to it."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _asked(case: dict[str, Any], names: list[str], folder: Path, version: str) -> list[str] | None:
    """Return what the installed server makes of the names, None where it refuses the file."""
    told = []
    for name in names:
        value, errors = _run(case, name, folder, version)
        if value is None:
            assert "FATAL" in errors or "LOG" in errors, errors
            return None
        told.append(value)
    return told


def _run(case: dict[str, Any], name: str, folder: Path, version: str) -> tuple[str | None, str]:
    """Ask the installed server for one name; return the value, or None, and what it said."""
    files = {
        "PG_VERSION": f"{version}\n",
        "postgresql.conf": case["conf"] + "\n",
        "postgresql.auto.conf": case.get("auto_conf", "") + "\n",
        **case.get("files", {}),
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    user = {}
    if os.geteuid() == 0:  # it refuses to run as root
        user = {"user": "nobody"}
        for entry in (folder, *folder.rglob("*")):
            shutil.chown(entry, "nobody")
    os.chmod(folder, 0o700)
    command = [str(BINARY), "-C", name, "-D", str(folder), *case.get("args", ())]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment, **user)  # type: ignore[call-overload]
    return (None if done.returncode else done.stdout.rstrip("\n")), done.stderr


@pytest.mark.parametrize("case", _named(CASES))
def test_the_installed_server_agrees(case: dict[str, Any], version: str, folder: Path) -> None:
    reading = _read(case["conf"])
    numbers = [
        s
        for s in reading.settings
        if s.name.lower() in ("work_mem", "max_connections", "statement_timeout", "port")
    ]
    last = {s.name.lower(): s for s in numbers}
    told = _asked(case, list(last) or ["max_connections"], folder, version)
    if told is None:
        if case in REFUSED and case["name"] not in BEYOND_THE_FILE:
            assert _refusals(reading)
        return
    assert _refusals(reading) == []
    if not any(key in case for key in FROM_ELSEWHERE):
        assert [_as_the_server(setting) for setting in last.values()] == told[: len(last)]


def _of_version(version: str) -> list[catalog.Parameter]:
    known = catalog.postgresql()
    if version not in known.versions:
        pytest.skip(f"the catalog does not know PostgreSQL {version}")
    return [
        parameter
        for parameter in known.parameters.values()
        if int(parameter.since or 0) <= int(version) <= int(parameter.until or 99)
    ]


def test_the_installed_server_knows_every_name_of_its_version(version: str, folder: Path) -> None:
    unknown = []
    for parameter in _of_version(version):
        case = {"conf": "", "args": ["-c", f"{parameter.name}=0"]}
        _, errors = _run(case, "work_mem", folder, version)
        if "unrecognized configuration parameter" in errors:
            unknown.append(parameter.name)
    assert [name for name in unknown if name not in OF_NEWEST] == []


def test_the_installed_server_refuses_what_lies_outside_a_range(version: str, folder: Path) -> None:
    numbers = [p for p in _of_version(version) if p.kind == "integer"]
    assert len(numbers) > 100
    for parameter in numbers:
        assert parameter.low is not None
        assert parameter.high is not None
        for value in (parameter.low - 1, parameter.high + 1):
            conf = f"{parameter.name} = {value:.0f}"
            assert _asked({"conf": conf}, ["work_mem"], folder, version) is None, conf
            assert _refusals(_read(conf)), conf
