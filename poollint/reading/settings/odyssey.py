"""odyssey.conf: its settings, judged one by one, and the pooler it describes.

The version of Odyssey is not known here: a name is unknown where no version of the catalog knows
it. Source: sources/config_reader.c and sources/rules.c (od_rules_validate) of yandex/odyssey at
v1.5.2-rc1, sources/cfg at 89c48ea2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from poollint.catalog.settings import Parameter
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Setting
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import names, others, values
from poollint.reading.settings.odyssey_routes import Route, pooler, routes, title
from poollint.reading.settings.others import Program, Stated
from poollint.reading.settings.repeats import Winner
from poollint.reading.settings.templates import unrendered
from poollint.reading.settings.values import Verdict
from poollint.syntax import odyssey
from poollint.syntax.odyssey import Document, Item, Value

NAME = "odyssey"
PROGRAM = Program("odyssey", "Odyssey does not start with it, and a reload changes nothing")
REFUSED = "Odyssey stops reading here"
_NAMED = re.compile(r"(?:^|/)[^/]*odyssey[^/]*\.conf$", re.I)
# Beside it, or in a folder there: other files that it may include.
_NEAR = re.compile(r"(?:^|/)[^/]*odyssey[^/]*/(?:[^/]+/)?(?!postgres)[^/]*\.conf$", re.I)
# Other programs have blocks, and files of this name, too.
_OURS = re.compile(r'^[ \t]*(?:storage[ \t]+"|database[ \t]+(?:"|default\b))', re.M | re.I)
_LINE = re.compile(rb"^[ \t]*([A-Za-z_]+)[ \t]*[^\s=]", re.M)
_UNITS = {"ms": 1 / 1000, "s": 1.0}
_PROVING = ("md5", "scram-sha-256")  # by a password that Odyssey must know
# Blocks, and the section of the catalog for what stands in them.
_WITHIN = {
    "listen": "listen", "storage": "storage", "database": "database", "user": "route",
    "group": "route", "shared_pool": "shared_pool", "soft_oom": "soft_oom", "drop": "drop",
    "conn_drop_options": "conn_drop", "online_restart_drop_options": "conn_drop",
    "ldap_endpoint": "ldap_endpoint", "balancing": "balancing", "method": "method",
    "ldap_storage_credentials": "credentials", "query_parsing": "query_parsing",
    "watchdog": "route",
}  # fmt: skip
# What stands several times in one block, and counts each time (docs/configuration/listen.md:
# the further ones are tried where the first one is down).
_SEVERAL = frozenset({("listen", "storage")})


def _claims(path: str) -> bool:
    return bool(_NAMED.search(path) or _NEAR.search(path))


def _screen(data: bytes, options: Options) -> bool:
    known = PROGRAM.known.sections["global"]
    found = (match[1].decode("ascii").lower() for match in _LINE.finditer(data))
    return any(name in known or name == "include" for name in found)


def _read(source: SourceFile, options: Options) -> FileReading:
    if values.is_template(source.text):
        return unrendered(source.path, NAME)
    document = odyssey.parse(source)
    found = of_document(document)
    unread = (*_stopped(document), *_included(document)) if found.configurations else ()
    return replace(found, unread=unread, parts=(document,))


def of_document(document: Document) -> FileReading:
    """Return what a file says, or a file with those it includes: nothing if it is not ours."""
    path = document.source.path
    if not _NAMED.search(path) or not _is_ours(document):
        return FileReading(path, NAME)
    complete = not document.includes
    stated = _settings(document.items, "global", "")
    whole = complete and document.error is None
    settings = (*names.settled(stated), *(_missing(document) if whole else ()))
    place = Span.at(path)
    told = Configuration(PROGRAM.title, place, settings, complete=complete)
    found = pooler(document, place, PurePosixPath(path).stem, complete=complete)
    poolers = (found,) if any(routes(document)) else ()
    return FileReading(path, NAME, configurations=(told,), poolers=poolers)


def _is_ours(document: Document) -> bool:
    """Tell whether a file, with those it includes, is for Odyssey to start with."""
    if _OURS.search(document.source.text):
        return True
    return any(i.name.lower() in ("storage", "database") and i.items for i in document.items)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _stopped(document: Document) -> Iterator[Unreadable]:
    error = document.error
    if error:
        broken = not values.is_open(document.source.line(error.span.start.line))
        yield Unreadable(error.span, f"{REFUSED}: {error.reason}", broken=broken)


def _included(document: Document) -> Iterator[Unreadable]:
    for include in document.includes:
        yield Unreadable(include.span, f"`{include.path}` is included, and not read", broken=False)


def _settings(items: tuple[Item, ...], section: str, owner: str) -> Iterator[Setting]:
    """Yield the settings of a block and of those within it; of several the last counts."""
    last = {item.name.lower(): item for item in items if item.items is None}
    for item in items:
        name = item.name.lower()
        if item.items is not None:
            yield from _of_block(item, section, owner)
        elif name not in ("include", "load_module"):
            found = _setting(_Place(item, section, owner))
            winner = last[name]
            counts = winner is item or (section, name) in _SEVERAL
            if not counts and not found.flaw:
                repeats = _said(winner) == _said(item)
                found = Winner(winner.span, again=True, repeats=repeats).over(found)
            yield found


def _said(item: Item) -> list[tuple[str, str]]:
    return [(value.kind, value.text) for value in item.values]


def _of_block(item: Item, section: str, owner: str) -> Iterator[Setting]:
    name = item.name.lower()
    parameter = PROGRAM.parameter(section, name)
    inner = _WITHIN.get(name)
    if parameter is None:
        span = item.name_span
        yield others.unknown(PROGRAM, Stated(section, owner, item.name, "", span, span))
    if inner is not None and item.items:
        named = ".".join(part for part in (owner, title(item)) if part) + _limit(item)
        yield from _settings(item.items, inner, named)


def _limit(item: Item) -> str:
    """Return for whom alone a rule is, " from 10.0.0.0/8"; "" for everyone."""
    if item.name.lower() not in ("user", "group"):
        return ""
    words = [v.text for v in item.values[1:] if v.kind == "string" or v.text.lower() == "local"]
    return f" from {' '.join(words)}" if words else ""


@dataclass(frozen=True, slots=True)
class _Place:
    item: Item
    section: str
    owner: str


def _setting(at: _Place) -> Setting:
    item, value = at.item, at.item.values[0]
    name = item.name.lower()
    parameter = PROGRAM.parameter(at.section, name)
    user = at.owner.partition(" from ")[0].rpartition(".")[2]
    stated = Stated(
        at.section, at.owner, name, value.text, item.span, value.span, frozenset({user})
    )
    if parameter is None or (parameter.kind == "block"):
        return others.unknown(PROGRAM, replace(stated, name=item.name))
    found = others.setting(PROGRAM, stated, _verdict(parameter, value), _number(parameter, value))
    return replace(found, name=name)


def _verdict(parameter: Parameter, value: Value) -> Verdict | None:
    """Return what is wrong with a value: a word, a number and a string are three things."""
    word = value.text.lower()
    match parameter.kind:
        case "yes_no":
            fits, expected = value.kind == "word" and word in ("yes", "no"), "`yes` or `no`"
        case "number":
            number, low = value.number, parameter.low
            fits, expected = number is not None, "a whole number, without quotes"
            if number is not None and low is not None and number < low:
                fits, expected = False, f"a number from {low:.0f}"
        case "workers":
            fits = (value.number or 0) > 0 or (value.kind == "string" and value.text == "auto")
            expected = 'a number from 1, or `"auto"`'
        case "enum":
            fits = value.kind == "string" and value.text in parameter.allowed
            expected = values.one_of(tuple(f'"{allowed}"' for allowed in parameter.allowed))
        case "word":
            fits, expected = word in parameter.allowed, values.one_of(parameter.allowed)
        case "name":
            fits = value.kind == "string" or word == "default"
            expected = "a name in double quotes, or `default`"
        case _:
            fits, expected = value.kind == "string", "a text in double quotes"
    return None if fits else others.refused(PROGRAM, expected)


def _number(parameter: Parameter, value: Value) -> float | None:
    """Return a number, a time in seconds; `yes` is 1 and `no` is 0."""
    if parameter.kind == "yes_no":
        return {"yes": 1, "no": 0}.get(value.text.lower())
    number = value.number
    if number is None or not parameter.unit:
        return number
    return number * _UNITS[parameter.unit]


def _missing(document: Document) -> Iterator[Setting]:
    """Yield what the file does not say, or says wrongly, and Odyssey does not start without."""
    storages = {title(i) for i in document.items if i.items is not None and i.name == "storage"}
    for item in document.items:
        if item.items is not None and item.name.lower() == "storage":
            yield from _lacks("storage", title(item), item)
    for route in routes(document):
        owner = f"{route.alias}.{title(route.user)}".strip(".")
        yield from _lacks("route", owner, route.user)
        yield from _unproven(route, owner)
        leads = route.own.get("storage")
        if leads is None or leads.text in storages or values.is_open(leads.text):
            continue
        stated = Stated("route", owner, "storage", leads.text, leads.span, leads.span)
        verdict = others.refused(PROGRAM, "the name of a `storage` of the file")
        yield others.setting(PROGRAM, stated, verdict, None)


def _unproven(route: Route, owner: str) -> Iterator[Setting]:
    """Yield what the way in which clients prove who they are needs besides."""
    own = route.own
    how = own.get("authentication")
    lacking = []
    if how is not None and how.text in _PROVING and "auth_query" not in own:
        lacking.append("password")
    if "auth_query" in own:
        lacking += ["auth_query_user", "auth_query_db"]
    place = route.user.name_span
    for name in lacking:
        if name not in own:
            yield others.missing(PROGRAM, Stated("route", owner, name, "", place, place))


def _lacks(section: str, owner: str, block: Item) -> Iterator[Setting]:
    own = {item.name.lower() for item in block.items or ()}
    for name, parameter in PROGRAM.known.sections[section].items():
        if parameter.needed and name not in own:
            place = block.name_span
            yield others.missing(PROGRAM, Stated(section, owner, name, "", place, place))
