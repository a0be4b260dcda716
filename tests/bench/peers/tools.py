"""The tools: how each is run over a folder, and which of its findings are about closing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEMGREP_RULES = Path(__file__).with_name("semgrep.yaml")
# What leakguard-ast calls its resources: the last name of what makes one.
RESOURCES = dict.fromkeys(
    "connect Session SessionLocal ScopedSession get_db get_db_session db_session".split(),
    "connection",
) | {"cursor": "cursor", "create_engine": "engine", "sessionmaker": "engine"}
ELSEWHERE = frozenset({"requests", "sqlite3", "pymysql", "mariadb", "mysql.connector", "cx_Oracle"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: its file, relative to the folder that was read, its line, its rule."""

    path: str
    line: int
    rule: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    package    whose version is told
    command    its program and arguments, run in the folder it reads
    rules      the rules that are about a connection not closed or given back
    requests   the rules that are about something made for each request, or a pool not closed
    read       turns what it prints into rows: path, line, rule
    """

    name: str
    package: str
    command: tuple[str, ...]
    rules: frozenset[str]
    requests: frozenset[str]
    read: Callable[[str], Iterator[tuple[str, int, str]]]


def _ruff(printed: str) -> Iterator[tuple[str, int, str]]:
    for row in json.loads(printed):
        yield row["filename"], row["location"]["row"], row["code"] or "syntax"


def _pylint(printed: str) -> Iterator[tuple[str, int, str]]:
    for row in json.loads(printed)["messages"]:
        yield row["path"], row["line"], row["symbol"]


def _flake8(printed: str) -> Iterator[tuple[str, int, str]]:
    for row in printed.splitlines():
        path, line, _, rest = row.split(":", 3)
        yield path, int(line), rest.split()[0]


def _mypy(printed: str) -> Iterator[tuple[str, int, str]]:
    for row in map(json.loads, printed.splitlines()):
        yield row["file"], row["line"], row["code"] or ""


def _semgrep(printed: str) -> Iterator[tuple[str, int, str]]:
    for row in json.loads(printed)["results"]:
        yield row["path"], row["start"]["line"], row["check_id"].rpartition(".")[2]


def _leakguard(printed: str) -> Iterator[tuple[str, int, str]]:
    """Its rule is one for all resources: it is the resource that says what a finding is about."""
    for row in json.loads(printed[printed.index("{\n") :])["findings"]:
        module, _, name = row["resource_type"].rpartition(".")
        sort = "" if module in ELSEWHERE else RESOURCES.get(name, "")
        yield row["file_path"], row["location"]["start"]["line"], sort


def _pythaw(printed: str) -> Iterator[tuple[str, int, str]]:
    found = printed.startswith("[")  # else it says, not in JSON, that there is nothing
    for row in json.loads(printed if found else "[]"):
        yield row["file"], row["line"], row["code"]


def _poollint(printed: str) -> Iterator[tuple[str, int, str]]:
    for row in json.loads(printed)["findings"]:
        yield row["path"], row["line"], row["rule"]


POOLLINT = (
    *(sys.executable, "-m", "poollint", "check", "."),
    *("--isolated", "--no-cache", "--format", "json"),
)
LEAKS = frozenset({"connection-leak"})
REQUESTS = frozenset({"connection-per-request", "pool-per-request", "pool-never-closed"})
NONE = frozenset[str]()


def _peer(
    name: str, command: str, rules: str, read: Callable[[str], Iterator[tuple[str, int, str]]],
    *, package: str = "", requests: str = "", more: tuple[str, ...] = (),
) -> Tool:  # fmt: skip
    words = (*command.split(), *more)
    of = frozenset(rules.split()), frozenset(requests.split())
    return Tool(name, package or name, words, *of, read)


TOOLS = (
    Tool("poollint", "poollint", POOLLINT, LEAKS, REQUESTS, _poollint),
    Tool("poollint --pedantic", "poollint", (*POOLLINT, "--pedantic"), LEAKS, REQUESTS, _poollint),
    _peer(
        "Semgrep, our rules",
        "semgrep scan --metrics=off --disable-version-check --no-git-ignore --timeout 60 --quiet "
        "--json",
        "release-connection release-connection-of-psycopg2 release-connection-async "
        "put-connection-back release-that-is-none release-unnamed-connection",
        _semgrep,
        package="semgrep",
        requests="request-connection",
        more=("--config", str(SEMGREP_RULES), "."),
    ),
    _peer(
        "leakguard-ast",
        "leakguard scan . --format json --fail-on none --quiet",
        "connection cursor",
        _leakguard,
        requests="engine",
    ),
    _peer(
        "mypy",
        "mypy --no-incremental --check-untyped-defs --namespace-packages --explicit-package-bases "
        "--enable-error-code unused-awaitable --output json .",
        "unused-coroutine unused-awaitable",
        _mypy,
    ),
    _peer(
        "flake8-async",
        "flake8 --isolated --select ASYNC .",
        "ASYNC101 ASYNC102 ASYNC119 ASYNC120",
        _flake8,
    ),
    _peer(
        "Ruff",
        "ruff check --isolated --no-cache --preview --output-format json .",
        "SIM115 RUF075 ASYNC119",
        _ruff,
        package="ruff",
        more=("--select", "SIM115,RUF075,ASYNC"),
    ),
    _peer(
        "Pylint",
        "pylint --rcfile= --persistent=n --recursive=y --output-format=json2 --disable=all .",
        "consider-using-with contextmanager-generator-missing-cleanup",
        _pylint,
        package="pylint",
        more=("--enable=consider-using-with,contextmanager-generator-missing-cleanup",),
    ),
    _peer("pythaw", "pythaw check --format json .", "", _pythaw, requests="PW005"),
)


def run(tool: Tool, folder: Path, programs: Path) -> tuple[Finding, ...]:
    """Return what a tool finds in a folder by the rules that are asked for.

    `programs` is where the programs of the peers are. Raises `RuntimeError` when the tool fails.
    """
    printed = output(tool, folder, programs)
    rows = (Finding(_relative(path, folder), line, rule) for path, line, rule in tool.read(printed))
    return tuple(
        sorted((row for row in rows if row.rule in tool.rules | tool.requests), key=_place)
    )


def output(tool: Tool, folder: Path, programs: Path) -> str:
    """Run a tool over a folder and return what it prints; exit codes up to 1 are answers."""
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    plain = {"PATH": path, "NO_COLOR": "1", "COLUMNS": "200", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    done = subprocess.run(
        tool.command, cwd=folder, env={**os.environ, **plain}, capture_output=True, text=True
    )
    # Pylint's code is a sum of what it found; 32 is wrong usage
    if done.returncode > 1 and not (tool.package == "pylint" and done.returncode < 32):
        raise RuntimeError(f"{tool.name} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _relative(path: str, folder: Path) -> str:
    return Path(os.path.relpath(folder / path, folder)).as_posix()


def _place(finding: Finding) -> tuple[str, int, str]:
    return finding.path, finding.line, finding.rule


def versions(python: Path) -> dict[str, str]:
    """Return the version of each package that is installed for an interpreter."""
    command = [str(python), "-m", "pip", "list", "--format", "json"]
    listed: list[dict[str, Any]] = json.loads(subprocess.check_output(command, text=True))
    return {row["name"].lower(): row["version"] for row in listed}
