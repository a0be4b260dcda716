"""Where a database URL or conninfo string leads: its host, port and database, no more.

Passwords are left out here, so that no fact carries them; a user only tells one pool of a pooler
from another, and is no part of what is shown.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from poollint.reading.session import sql

DEFAULT_PORT = 5432  # libpq, asyncpg, pg8000

# Java puts a word before it ("jdbc:postgresql://"); a name may hold blanks.
_URL = re.compile(r"(?:(?:jdbc|r2dbc(?::pool)?):)?(?P<scheme>[A-Za-z][\w+.-]*)://(?P<rest>[^\n]*)")
_SCHEMES = frozenset(
    {"postgres", "postgresql", "postgis", "psql", "pgsql", "timescale", "pgbouncer"}
    | {"asyncpg", "psycopg"}  # as Tortoise names its drivers
    | {"ecto"}  # as Ecto writes it, whose default is PostgreSQL
)
_CONNINFO = re.compile(r"\b(host|hostaddr|port|dbname|user)\s*=\s*('[^']*'|[^\s'&]+)")


class Address(NamedTuple):
    """Where a connection goes. `host` "" is a Unix socket or unknown, `port` 0 unknown."""

    host: str
    port: int
    dbname: str
    user: str = ""

    @property
    def url(self) -> str:
        """Return the address as a URL without user and password."""
        port = f":{self.port}" if self.port else ""
        return f"postgresql://{self.host}{port}/{self.dbname}"


def scheme(text: str) -> str:
    """Return the database a URL is for ("postgresql", "sqlite"), "" where it is no URL."""
    found = _URL.match(text.strip())
    return found["scheme"].lower().partition("+")[0] if found else ""


def is_postgresql(text: str) -> bool:
    """Tell whether a text is, or may be, an address of a PostgreSQL server."""
    found = scheme(text)
    return not found or found in _SCHEMES


def options(text: str) -> tuple[str, ...]:
    """Return the names of the options behind the `?` of a URL, none where it is no URL."""
    query = text.partition("?")[2] if _URL.match(text.strip()) else ""
    names = (item.partition("=")[0] for item in query.split("&") if "=" in item)
    return tuple(name for name in names if name.isidentifier())


def address(text: str) -> Address | None:
    """Return where a URL or conninfo string leads, None where it does not tell.

    What is unknown (`HOLE`) in a host or a port makes the whole address unknown.
    """
    found = _URL.match(text.strip())
    if found:
        if found["scheme"].lower().partition("+")[0] not in _SCHEMES:
            return None
        return _of_url(found["rest"])
    parts = {key: value.strip("'") for key, value in _CONNINFO.findall(text)}
    host = parts.get("hostaddr") or parts.get("host", "")
    if not host:
        return None
    return _checked(host, parts.get("port", ""), parts.get("dbname", ""), parts.get("user", ""))


def _of_url(rest: str) -> Address | None:
    rest, _, query = rest.partition("?")
    options = dict(item.split("=", 1) for item in query.split("&") if "=" in item)
    # A password may hold a slash: the authority ends at the first one behind the last `@`.
    before, _, behind = rest.rpartition("@")
    authority, _, dbname = behind.partition("/")
    host, _, port = authority.rpartition(":") if ":" in authority else (authority, "", "")
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port.lstrip(":")
    user = before.partition(":")[0]
    return _checked(host or options.get("host", ""), port or options.get("port", ""), dbname, user)


def _checked(host: str, port: str, dbname: str, user: str) -> Address | None:
    if (
        sql.HOLE in host
        or sql.HOLE in port
        or "," in host
        or "%" in host
        or "$" in host
        or not host
    ):
        return None
    if port and not port.isdecimal():
        return None
    known = "" if sql.HOLE in dbname else dbname
    role = "" if sql.HOLE in user or "$" in user or "%" in user else user
    return Address(host.lower(), int(port[:5]) if port else 0, known, role)
