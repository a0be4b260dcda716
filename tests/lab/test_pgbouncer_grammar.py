"""PgBouncer's ini grammar: what the reader says against what real PgBouncers did."""

from __future__ import annotations

import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Flaw, PoolerDatabase
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings.pgbouncer import READER
from poollint.syntax import units
from tests.lab.starting import BINARY, starts

CASES = tomllib.loads((Path(__file__).parent / "pgbouncer_grammar.toml").read_text("utf-8"))["case"]

# What a file alone does not tell, and why.
BEYOND_THE_FILE = {
    "auth_type_cert": "needs another setting, which is a matter of two settings",
    "client_tls_require_without_cert": "needs another setting, which is a matter of two settings",
    "env_in_listen_port": "a reference may be filled in before PgBouncer sees it",
    "listen_addr_quoted": "told as misread: names of hosts are not looked up",
    "listen_addr_unresolvable": "names of hosts are not looked up",
    "no_pgbouncer_section": "may be a part that another file includes",
    "empty_file": "may be a part that another file includes",
    "service_name_on_unix": "is a setting on Windows",
}
# PgBouncer starts, and what it does with the file is still worth a finding.
STARTS_AND_IS_TOLD = {"nul_byte_truncates": "reads nothing behind the NUL byte, silently"}


def _read(case: dict[str, Any]) -> FileReading:
    text = case["text"].replace("@PORT@", "6432").replace("@DIR@", "/tmp/bouncer")
    return READER.read(SourceFile("pgbouncer.ini", text), Options())


def _refusals(reading: FileReading) -> list[str]:
    """Return why the reader says that PgBouncer does not start with the file."""
    unread = [part.reason for part in reading.unread if part.broken]
    return unread + [
        f"{s.name}: {s.flaw.value} {s.complaint}"
        for s in reading.settings
        if (s.flaw in (Flaw.UNKNOWN, Flaw.MISPLACED, Flaw.REMOVED) and s.owner != "*")
        or (s.flaw is Flaw.INVALID and s.complaint.startswith("is refused"))
    ]


def _named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", _named([c for c in CASES if "starts" in c]))
def test_what_some_version_starts_with_is_not_refused(case: dict[str, Any]) -> None:
    if case["name"] in STARTS_AND_IS_TOLD:
        assert len(_refusals(_read(case))) == 1
    else:
        assert _refusals(_read(case)) == []


@pytest.mark.parametrize("case", _named([c for c in CASES if "starts" not in c]))
def test_what_every_version_refuses_is_refused(case: dict[str, Any]) -> None:
    told = _refusals(_read(case))
    if case["name"] in BEYOND_THE_FILE:
        assert told == [], "no longer beyond the file: take it off the list"
    else:
        assert told


@pytest.mark.parametrize("case", _named([c for c in CASES if "config" in c]))
def test_values_are_those_that_show_config_tells(case: dict[str, Any]) -> None:
    known = catalog.pgbouncer().sections["pgbouncer"]
    settings = _read(case).settings
    stated = {s.name: s.value for s in settings if s.section == "pgbouncer"}
    for name, shown in case["config"].items():
        parameter = known[name]
        value = stated.get(name, parameter.default)
        if case["name"] == "duplicate_section_resets_defaults" and name != "min_pool_size":
            value = parameter.default
        match parameter.kind:
            case "int" | "bool01" | "uint":
                assert units.pgbouncer_integer(value) == int(shown)
            case "time" if value != "inf":
                assert units.pgbouncer_seconds(value) == float(shown)
            case "enum":
                assert value.lower() == shown
            case "names" | "path" | "string":
                assert value == shown


def test_a_second_section_sets_back_what_the_first_one_set() -> None:
    case = next(c for c in CASES if c["name"] == "duplicate_section_resets_defaults")
    pooler = _read(case).poolers[0]
    assert str(pooler.default_pool_size.low) == case["config"]["default_pool_size"]
    assert str(pooler.max_client_conn.low) == case["config"]["max_client_conn"]


@pytest.mark.parametrize("case", _named([c for c in CASES if "database" in c]))
def test_databases_are_those_that_show_databases_tells(case: dict[str, Any]) -> None:
    pooler = _read(case).poolers[0]
    found = {database.alias: database for database in pooler.databases}
    for shown in case["database"]:
        assert _shown(found[shown["name"]], shown) == shown


def _shown(database: PoolerDatabase, like: dict[str, str]) -> dict[str, str]:
    """Return a database as SHOW DATABASES would tell it, in the columns `like` has."""
    size = database.pool_size
    columns = {
        "name": database.alias,
        "host": database.host,
        "port": str(database.port),
        "database": database.dbname,
        "force_user": database.user,
        "pool_size": "" if size is None else str(size.low),
        "pool_mode": (database.mode.value or "") if database.mode else "",
        "server_lifetime": like.get("server_lifetime", ""),  # no fact of a database
    }
    return {name: columns[name] for name in like}


@pytest.fixture(scope="module")
def version() -> str:
    """Return the version of the installed PgBouncer."""
    if BINARY is None:
        pytest.skip("no pgbouncer is installed")
    text = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    return text.split()[1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder that an unprivileged user may use; pytest's own may be closed to it."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777 if os.geteuid() == 0 else 0o700)
        yield Path(name)


# These would listen beyond loopback, or look a name up.
NOT_RUN = {"listen_addr_star", "listen_addr_unresolvable"}


@pytest.mark.parametrize("case", _named([c for c in CASES if c["name"] not in NOT_RUN]))
def test_the_installed_pgbouncer_agrees(case: dict[str, Any], version: str, folder: Path) -> None:
    up, log = starts(case["text"], folder)
    if up and case["name"] not in STARTS_AND_IS_TOLD:
        assert _refusals(_read(case)) == []
    elif not up and case["name"] not in BEYOND_THE_FILE and "starts" not in case:
        assert _refusals(_read(case))
    if version in case.get("starts", ()):
        assert up, log
    if version in case.get("refuses", ()):
        assert not up, log
