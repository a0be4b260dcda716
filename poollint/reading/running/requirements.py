"""Which database drivers a project requires, as its lists of requirements say.

Only what a project needs to run counts as named: what it is tested with may be SQLite's. That
PostgreSQL is spoken of counts wherever it is, in what lies beside the lists too: a driver may be
put into an image, and a URL into a file of the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser, Error
from posixpath import dirname, join, normpath
from typing import Any

from poollint.reading.running.versions import (
    DEPTH,
    FURTHER,
    LISTS,
    LOCKS,
    Text,
    json_of,
    table_of,
    toml_of,
    upwards,
)

_SETUP = "setup.cfg"
_ASKED = (*LISTS, _SETUP)
_OTHERS = frozenset(
    """pymysql mysqlclient mysql-connector-python aiomysql asyncmy mariadb aiosqlite oracledb
    cx-oracle pyodbc aioodbc pymssql""".split()
)
"""Distributions that connect to other databases, by their normalized names."""
_LIBRARIES = frozenset(
    """sqlalchemy sqlmodel flask-sqlalchemy fastapi-sqlalchemy sqlalchemy-helpers advanced-alchemy
    databases ormar tortoise-orm""".split()
)
"""Distributions of several databases, each by a driver of its own."""

POSTGRESQL = re.compile(
    r"postgres|psycopg|asyncpg|pg8000|aiopg|psqlpy|pygresql|\bpg_?(?:host|user|database|url|dsn)\b"
    r"|pgvector|pgbouncer|pgcat|cockroach|timescale|redshift|supabase|\bpsql\b",
    re.I,
)
"""What says that a text is about PostgreSQL, or one that speaks its protocol."""

_VARIANTS = ("dev", "test", "tests", "local", "prod", "production", "docker", "all", "db")
_PAGE = "README.md"
_BESIDE = (
    *_ASKED, "setup.py", "environment.yml", "environment.yaml", "constraints.txt",
    *(f"requirements{sign}{name}.txt" for sign in "-_/" for name in _VARIANTS),
    "Dockerfile", "docker/Dockerfile", "alembic.ini", _PAGE,
    *(f"{name}.{end}" for name in ("docker-compose", "compose") for end in ("yml", "yaml")),
    *(f".env{end}" for end in ("", ".example", ".sample", ".template", ".dist")),
)  # fmt: skip
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?")
_LOCKED = re.compile(r'(?m)^name = "([^"\n]+)"')
# What is required from a folder may bring any driver; the project itself lies in its own.
_LOCAL = re.compile(
    r"^\s*(?:-e|--editable)[\s=]+(?!\.(?:\[|\s|$))|\bfile:[./]|\bpath\s*=|\bworkspace\s*=|^\s*\.{0,2}/",
    re.M,
)


def on_another(folder: str, text: Text, top: str) -> str | None:
    """Return the folder whose lists name drivers of other databases, and nothing PostgreSQL's.

    It is the nearest above `folder` that has a list. None where that names no driver, where a
    list is not read in whole, or where a file beside it or above speaks of PostgreSQL.
    """
    above = tuple(dict.fromkeys(upwards(folder, top)))
    home = next((at for at in above if any(text(normpath(join(at, n))) for n in _ASKED)), None)
    if home is None or _OTHERS.isdisjoint(_required(home, text)):
        return None
    return None if any(_speaks(at, text) for at in above) else home


def without_driver(folder: str, text: Text, top: str) -> tuple[str, bool] | None:
    """Return the folder of a project whose lists bring no driver of PostgreSQL, None for others.

    With it, whether the lists name a library that needs a driver: then what a page of the project
    speaks of does not make up for it. Where no list lies above `folder`, the project begins at
    `top`.
    """
    above = tuple(dict.fromkeys(upwards(folder, top)))
    home = next((at for at in above if any(text(normpath(join(at, n))) for n in _ASKED)), top)
    needs = not _LIBRARIES.isdisjoint(_required(home, text))
    beside = tuple(name for name in _BESIDE if not (needs and name == _PAGE))
    return None if any(_speaks(at, text, beside) for at in above) else (home, needs)


def _required(folder: str, text: Text) -> Iterator[str]:
    """Yield the names of what a project needs to run, and of their extras, as the lists say."""
    for name in _ASKED:
        path = normpath(join(folder, name))
        if name.endswith(".toml"):
            yield from _of_project(toml_of(text(path)))
        elif name == "Pipfile":
            yield from _of_table(toml_of(text(path)).get("packages"))
        elif name == _SETUP:
            yield from _of_setup(text(path))
        else:
            yield from (one for listed in _listed(path, text, DEPTH) for one in _of_lines(listed))


def _of_project(data: dict[str, Any]) -> Iterator[str]:
    lines = table_of(data.get("project")).get("dependencies")
    yield from _of_lines("\n".join(map(str, lines)) if isinstance(lines, list) else "")
    poetry = table_of(table_of(data.get("tool")).get("poetry"))
    yield from _of_table(poetry.get("dependencies"))


def _of_table(listed: object) -> Iterator[str]:
    """Yield what Poetry's or Pipenv's table names: `aiomysql = "^0.2"`, `{extras = […]}`."""
    for name, said in table_of(listed).items():
        if table_of(said).get("optional"):
            continue
        yield _normalized(name)
        extras = table_of(said).get("extras")
        yield from map(_normalized, map(str, extras if isinstance(extras, list) else ()))


def _of_setup(listed: str) -> Iterator[str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(listed)
    except Error:
        return
    yield from _of_lines(parser.get("options", "install_requires", fallback=""))


def _of_lines(listed: str) -> Iterator[str]:
    for line in listed.splitlines():
        found = _NAME.match(line)
        if found:
            names = (found[1], *(found[2] or "").split(","))
            yield from (_normalized(name) for name in names)


def _listed(path: str, text: Text, depth: int) -> Iterator[str]:
    """Yield a list of lines, and those that it names."""
    yield text(path)
    for other in FURTHER.findall(text(path)) if depth else ():
        yield from _listed(normpath(join(dirname(path), other)), text, depth - 1)


def _speaks(folder: str, text: Text, beside: tuple[str, ...] = _BESIDE) -> bool:
    """Tell whether a file beside the lists speaks of PostgreSQL, or a list brings what is unseen.

    A lock says of many a package what it may be installed with: only those that it locks count.
    """
    for name in beside:
        for said in _listed(normpath(join(folder, name)), text, DEPTH):
            if POSTGRESQL.search(said) or (name in _ASKED and _LOCAL.search(said)):
                return True
    locks = (text(normpath(join(folder, name))) for name in LOCKS)
    return any(POSTGRESQL.search(" ".join(_locked(lock))) for lock in locks if lock)


def _locked(lock: str) -> tuple[str, ...]:
    if lock.lstrip().startswith("{"):
        return tuple(table_of(json_of(lock).get("default")))
    return tuple(_LOCKED.findall(lock))


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
