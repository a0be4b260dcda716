"""pgcat.toml: its settings, judged one by one, and the pooler it describes.

Source: src/config.rs of postgresml/pgcat at 5b03881: the structures that serde fills, which pass
over names they do not know, and their `validate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from poollint.catalog.settings import Parameter
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import names, others, values
from poollint.reading.settings.others import Program, Stated
from poollint.reading.settings.pgcat_pools import Table, pooler, table, tables, text
from poollint.reading.settings.templates import unrendered
from poollint.reading.settings.values import Verdict
from poollint.syntax import toml
from poollint.syntax.toml import Node

NAME = "pgcat"
PROGRAM = Program("pgcat", "PgCat passes over it without a word")
_CLAIMED = re.compile(r"(?:^|/)(?:[^/]*pgcat[^/]*|pgcat/[^/]+)\.toml$", re.I)
_SCREEN = re.compile(rb"^[ \t]*\[[ \t]*(?:pools\b|general\b)", re.M)
_SHARD = re.compile(r"shard_[0-9]+|random|random_healthy")
_UNITS = {"ms": 1 / 1000, "s": 1.0}


def _claims(path: str) -> bool:
    return _CLAIMED.search(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    return _SCREEN.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    root = toml.parse(source)
    if isinstance(root, Unreadable):
        if values.is_template(source.text):
            return unrendered(source.path, NAME)
        return FileReading(source.path, NAME, unread=(root,))
    if not tables(root, "pools") and "admin_username" not in table(root, "general"):
        return FileReading(source.path, NAME)
    settings = (*names.settled(_settings(root)), *_missing(root))
    general = _items(root).get("general")
    place = general.span if general else Span.at(source.path)
    told = Configuration(PROGRAM.title, place, settings)
    found = pooler(root, settings, place, PurePosixPath(source.path).stem)
    return FileReading(source.path, NAME, configurations=(told,), poolers=(found,))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _items(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}


def _settings(root: Node) -> Iterator[Setting]:
    yield from _of_table("general", "", table(root, "general"))
    yield from _of_table("plugins", "", table(root, "plugins"))
    for name, pool in tables(root, "pools").items():
        yield from _of_pool(name, pool)


def _of_pool(name: str, pool: Table) -> Iterator[Setting]:
    yield from _contradicting(tuple(_of_table("pools", name, pool)))
    for user, given in tables(pool, "users").items():
        yield from _within_pool(tuple(_of_table("users", f"{name}.users.{user}", given)))
    for shard, given in tables(pool, "shards").items():
        owner = f"{name}.shards.{shard}"
        yield from _of_table("shards", owner, given)
        for place, server in _servers(given):
            yield from _of_table("servers", f"{owner}.servers.{place}", server)


def _servers(shard: Table) -> Iterator[tuple[int, Table]]:
    """Yield the servers of a shard: lists of host, port and role, or tables."""
    found = shard.get("servers")
    for index, server in enumerate(found.value if found and isinstance(found.value, tuple) else ()):
        if isinstance(server.value, tuple):
            yield index, dict(zip(("host", "port", "role"), server.value, strict=False))
        else:
            yield index, _items(server)


def _of_table(section: str, owner: str, given: Table) -> Iterator[Setting]:
    logins = ("username", "server_username", "admin_username", "auth_query_user")
    beside = frozenset(text(given[name]) for name in logins if name in given)
    for name, node in given.items():
        parameter = PROGRAM.parameter(section, name)
        span = Span(node.span.path, min(node.key.start, node.span.start), node.span.end)
        stated = Stated(section, owner, name, text(node), span, node.span, beside)
        if parameter is None:
            yield others.unknown(PROGRAM, replace(stated, span=_short(stated, node)))
        elif parameter.removed:
            yield others.gone(
                PROGRAM, others.setting(PROGRAM, stated, None, None), parameter.removed
            )
        elif parameter.kind != "table" and parameter.kind != "list":
            yield others.setting(
                PROGRAM, stated, _verdict(parameter, node), _number(parameter, node)
            )


def _short(stated: Stated, node: Node) -> Span:
    """Return where an unknown name stands; a table goes on for lines that are not its name."""
    return node.key if isinstance(node.value, Mapping) else stated.span


def _verdict(parameter: Parameter, node: Node) -> Verdict | None:
    """Return what is wrong with a value: TOML knows its type, and serde converts none."""
    value = node.value
    match parameter.kind:
        case "boolean":
            fits, expected = isinstance(value, bool), "`true` or `false`, without quotes"
        case "integer":
            low, high = parameter.low or 0, parameter.high or 0
            whole = isinstance(value, int) and not isinstance(value, bool)
            fits = whole and isinstance(value, int) and low <= value <= high
            expected = "a whole number, without quotes"
            if whole:
                expected = f"a number from {low:.0f} to {high:.0f}"
        case "enum":
            fits = value in (*parameter.allowed, *parameter.also)
            expected = values.one_of(tuple(f'"{word}"' for word in parameter.allowed))
        case "shard":
            fits = isinstance(value, str) and _SHARD.fullmatch(value) is not None
            expected = '`"shard_0"`, `"random"` or `"random_healthy"`'
        case _:
            fits, expected = isinstance(value, str), "a text in quotes"
    return None if fits else others.refused(PROGRAM, expected)


def _number(parameter: Parameter, node: Node) -> float | None:
    """Return a number, a time in seconds."""
    value = node.value
    if not isinstance(value, int):
        return None
    return value * _UNITS[parameter.unit] if parameter.unit else value


def _within_pool(found: tuple[Setting, ...]) -> Iterator[Setting]:
    """Yield the settings of a user; its least pool must not be above its most."""
    size = next((s for s in found if s.name == "pool_size" and s.number is not None), None)
    for one in found:
        least = one.number if one.name == "min_pool_size" else None
        if size is not None and least is not None and least > (size.number or 0):
            one = _refused(one, f"`pool_size` or less, which is {size.value} here")
        yield one


def _contradicting(found: tuple[Setting, ...]) -> Iterator[Setting]:
    """Yield the settings of a pool; some need its parser of queries."""
    parses = any(s.name == "query_parser_enabled" and s.number for s in found)
    for one in found:
        if one.name == "query_parser_read_write_splitting" and one.number and not parses:
            one = _refused(one, "`query_parser_enabled = true` beside it")
        yield one


def _refused(found: Setting, expected: str) -> Setting:
    verdict = others.refused(PROGRAM, expected)
    return replace(found, flaw=Flaw.INVALID, complaint=verdict.complaint, expected=expected)


def _missing(root: Node) -> Iterator[Setting]:
    """Yield what the file does not say and PgCat does not start without."""
    general = _items(root).get("general")
    yield from _lacks("general", "", table(root, "general"), general.key if general else root.span)
    for name, node in table(root, "pools").items():
        pool = _items(node)
        yield from _lacks("pools", name, pool, node.key)
        for user, given in table(pool, "users").items():
            own = f"{name}.users.{user}"
            yield from _lacks("users", own, _items(given), given.key)
            if "password" not in _items(given) and not _asks(pool, table(root, "general")):
                yield others.missing(PROGRAM, _nothing("users", own, "password", given.key))
        for shard, given in table(pool, "shards").items():
            yield from _lacks("shards", f"{name}.shards.{shard}", _items(given), given.key)


def _lacks(section: str, owner: str, given: Table, place: Span) -> Iterator[Setting]:
    for name, parameter in PROGRAM.known.sections[section].items():
        if parameter.needed and name not in given:
            yield others.missing(PROGRAM, _nothing(section, owner, name, place))


def _nothing(section: str, owner: str, name: str, place: Span) -> Stated:
    return Stated(section, owner, name, "", place, place)


def _asks(pool: Table, general: Table) -> bool:
    """Tell whether the server is asked for passwords; what a pool lacks it has from `[general]`."""
    return all(n in pool or n in general for n in ("auth_query", "auth_query_user"))
