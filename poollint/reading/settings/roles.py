"""Files of SQL: what they set of PostgreSQL for the server, a role or a database, and limits.

`ALTER SYSTEM SET`, `ALTER ROLE | DATABASE … SET`, `CONNECTION LIMIT`. What stands in the body of a
function or of a `DO` is not looked at: whether it runs is not told.

Source: PostgreSQL, src/backend/commands/{user,dbcommands}.c, src/backend/utils/misc/guc.c
(validate_option_array_item, set_config_option: a parameter that is not a session's is refused).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from poollint.catalog import settings as catalog
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, RoleLimit, Setting
from poollint.model.figure import Figure
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.servers import first_start
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import single, values
from poollint.syntax import scripts, sql

NAME = "roles"
SECTION = "sql"
SYSTEM = ""  # the owner of what `ALTER SYSTEM` sets
EVERYONE = "ALL"
_LIMIT = rb"connection[ \t\r\n]+limit"
_SCREEN = re.compile(rb"\balter[ \t\r\n]+(?:system|role|user|database)\b|" + _LIMIT, re.I)
_MEANT = re.compile(
    r"alter\s+system\s+set\b|alter\s+(?:role|user|database)\b.*\b(?:set|limit)\b"
    r"|create\s+(?:role|user|group|database)\b.*\bconnection\s+limit\b",
    re.I | re.S,
)
_LONGEST = 10_000  # characters; no such statement is longer
_STOPS = "PostgreSQL refuses the statement, and a script that stops at errors ends with it"
# Nobody runs these to set up a server: tests of PostgreSQL and of drivers, texts about it.
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|regress|spec|fixtures?|examples?|docs?|testdata)(?:/|$)", re.I
)


def _claims(path: str) -> bool:
    return path.lower().endswith(".sql") and not _ASIDE.search(str(PurePosixPath(path).parent))


def _screen(data: bytes, options: Options) -> bool:
    return _SCREEN.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    settings: list[Setting] = []
    limits: list[RoleLimit] = []
    for start, end in scripts.statements(source.text):
        text = source.text[start:end]
        if end - start > _LONGEST or not _MEANT.match(text):
            continue
        for statement in sql.parse(text) or ():
            span = source.span(start, end)
            settings += _settings(statement.kind, statement.body, span)
            limits += _limits(statement.kind, statement.body, span)
    if not settings and not limits:
        return FileReading(source.path, NAME)
    script = first_start.script(source, source.path.lower(), Span.at(source.path))
    if not any(setting.flaw is None and not setting.secret for setting in settings):
        settings = [_unsure(setting) for setting in settings]
    told = Configuration(single.POSTGRES, Span.at(source.path), tuple(settings), complete=False)
    return FileReading(
        source.path,
        NAME,
        configurations=(told,) if settings else (),
        limits=tuple(limits),
        documents=(script,) if script else (),
    )


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _unsure(setting: Setting) -> Setting:
    """Return a setting as it is where nothing else tells that the file is for PostgreSQL.

    Oracle has `ALTER SYSTEM SET`, and Snowflake `ALTER USER … SET`, with names of their own.
    """
    if setting.flaw not in (Flaw.UNKNOWN, Flaw.REMOVED):
        return setting
    return replace(setting, flaw=None, complaint="", expected="", nearest="", removed="")


def _settings(kind: str, body: Mapping[str, Any], span: Span) -> Iterator[Setting]:
    """Yield what a statement sets, judged as PostgreSQL would judge it there."""
    owner = _owner(kind, body)
    given = body.get("setstmt", {})
    if owner is None or given.get("kind") != "VAR_SET_VALUE":
        return
    name, value = str(given.get("name", "")), _value(given.get("args", ()))
    if not name or value is None:
        return
    found = single.of_postgres(name, value, span)
    if found.flaw:
        complaint = found.complaint
        if not complaint.startswith(values.REFUSED):
            complaint = _STOPS
        found = replace(found, complaint=complaint)
    elif kind != "AlterSystemStmt" and _is_file_only(name.lower()):
        found = replace(
            found, flaw=Flaw.MISPLACED, complaint=_STOPS,
            expected=f"`ALTER SYSTEM SET {name}`, or `{name}` in postgresql.conf",
        )  # fmt: skip
    yield replace(found, section=SECTION, owner=owner)


def _is_file_only(name: str) -> bool:
    known = catalog.postgresql()
    return name in known.restart or name in known.reload


def _owner(kind: str, body: Mapping[str, Any]) -> str | None:
    """Return for whom a statement sets something, None where it is none of these."""
    match kind:
        case "AlterSystemStmt":
            return SYSTEM
        case "AlterRoleSetStmt":
            role = body.get("role")
            name = EVERYONE if role is None else str(role.get("rolename", ""))
            database = body.get("database")
            return (f"{name} in {database}" if database else name) if name else None
        case "AlterDatabaseSetStmt":
            return f"database {body.get('dbname', '')}"
    return None


def _value(arguments: Any) -> str | None:
    """Return the value as a text; None where it is a list, or none that can be told."""
    if len(arguments) != 1:
        return None
    constant = arguments[0].get("A_Const", {})
    number = constant.get("fval", {}).get("fval")
    found = number if number is not None else sql.constant(arguments[0])
    if found is None:
        return None
    if isinstance(found, bool):
        return "on" if found else "off"
    return str(found)


def _limits(kind: str, body: Mapping[str, Any], span: Span) -> Iterator[RoleLimit]:
    """Yield how many connections a role or a database may have; a negative number is no limit."""
    role, database = "", ""
    match kind:
        case "CreateRoleStmt":
            role = str(body.get("role", ""))
        case "AlterRoleStmt":
            role = str(body.get("role", {}).get("rolename", ""))
        case "CreatedbStmt" | "AlterDatabaseStmt":
            database = str(body.get("dbname", ""))
    for option in body.get("options", ()) if role or database else ():
        element = option.get("DefElem", {})
        number = element.get("arg", {}).get("Integer")
        if element.get("defname") in ("connectionlimit", "connection_limit") and number is not None:
            most = int(number.get("ival", 0))
            figure = Figure.stated(most, "CONNECTION LIMIT", span) if most >= 0 else None
            yield RoleLimit(role, database, span, figure)
