"""PgBouncer's ini files: their settings, judged one by one, and the pooler they describe.

The version of PgBouncer is not known here: a name is unknown where no version of the catalog
knows it, a value wrong where every version refuses or misreads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from poollint.catalog import settings as catalog
from poollint.catalog.settings import Parameter
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.secret import MASK
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import connect_query, names, repeats, secrets, values
from poollint.reading.settings.bouncer import pooler
from poollint.reading.settings.repeats import Winner
from poollint.reading.settings.templates import of_ansible, unrendered
from poollint.reading.settings.values import Verdict
from poollint.syntax import ini

PROGRAM = "PgBouncer"
NAME = "pgbouncer"
_MAIN = "pgbouncer"
_PARTS = ("databases", "users", "peers")
_PEERS = 65535
_TEMPLATE = re.compile(r"pgbouncer[^/]*\.ini\.\w+$|[^/]*\.ini\.(?:j2|jinja2?|tmpl|erb)$", re.I)
_NOT_DEPLOYED = re.compile(r"\.(?:example|sample|dist|default|bak|orig|old|md|txt)$", re.I)
# The sections, or entries that may stand in a file that is included.
_SCREEN = re.compile(
    rb"\[[ \t]*(?:pgbouncer|databases?|users|peers)[ \t]*\]"
    rb"|^[^\n=;#]{1,99}=[^\n]*\b(?:host|dbname|pool_size|pool_mode|auth_user|user) *="
    rb"|^[ \t]*(?:pool_mode|default_pool_size|max_client_conn|auth_type|listen_addr)[ \t]*=",
    re.I | re.M,
)
_REFUSED = f"{values.REFUSED} {PROGRAM}"


def _claims(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    if _NOT_DEPLOYED.search(name):
        return False
    return name.endswith(".ini") or bool(_TEMPLATE.search(name))


def _screen(data: bytes, options: Options) -> bool:
    return _SCREEN.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    path = source.path
    named = PurePosixPath(path).name.lower().startswith("pgbouncer")
    if not path.lower().endswith(".ini") or values.is_template(source.text):
        if not named and "[pgbouncer]" not in source.text:
            return FileReading(path, NAME)
        return unrendered(path, NAME, of_ansible(source, PROGRAM))
    document = ini.parse(source)
    if not _is_ours(document):
        return FileReading(path, NAME, parts=(document,))
    read, early = of_document(document)
    unread = (*_refusals(document), *_not_followed(document), *early)
    return replace(read, unread=unread, parts=(document,))


def of_document(document: ini.Document) -> tuple[FileReading, tuple[Unreadable, ...]]:
    """Return what a file says, or a file with those it includes; and what has no section."""
    settings, early = _settings(document)
    path = document.source.path
    found = pooler(document)
    place = found.span if found else Span.at(path)
    told = Configuration(PROGRAM, place, settings, complete=not document.includes)
    poolers = (found,) if found else ()
    return FileReading(path, NAME, configurations=(told,), poolers=poolers), early


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _is_ours(document: ini.Document) -> bool:
    """Tell whether PgBouncer is meant to load the file, and not a program that speaks to it."""
    known = catalog.pgbouncer().sections
    sections = {section.name for section in document.sections}
    plain = {name.strip().lower() for name in sections}
    if not plain & {_MAIN, "databases", "database"}:
        return False
    if PurePosixPath(document.source.path).name.lower().startswith("pgbouncer"):
        return True
    if not sections <= {_MAIN, *_PARTS}:
        return False
    mine = [e for e in document.entries if e.section and e.section.name == _MAIN]
    if any(entry.key in known[_MAIN] for entry in mine):
        return 2 * sum(entry.key in known[_MAIN] for entry in mine) >= len(mine)
    pairs = [
        pair.key
        for entry in document.entries
        if entry.section and entry.section.name == "databases"
        for pair in ini.connection(entry, document.source).pairs
    ]
    return not mine and bool(pairs) and all(key in known["databases"] for key in pairs)


def _settings(document: ini.Document) -> tuple[tuple[Setting, ...], tuple[Unreadable, ...]]:
    """Return every setting of a file, and the entries that stand before any section."""
    settings: list[Setting] = []
    unread = []
    winners = repeats.of_pgbouncer(document)
    for entry in document.entries:
        section = entry.section.name if entry.section else ""
        winner = winners.get(entry.span)
        if section == _MAIN:
            settings.append(_lost(_global(entry), winner))
        elif section in _PARTS and winner:  # without effect, and refused all the same
            settings.append(_lost(_plain(entry, section), winner))
            source = document.source_of(entry)
            settings += [s for s in _of_entry(entry, section, source) if s.flaw]
        elif section in _PARTS:
            settings += _of_entry(entry, section, document.source_of(entry))
        elif not section and not entry.included and not document.includes:
            reason = f"`{entry.key}` stands before the first section: PgBouncer refuses it"
            unread.append(Unreadable(entry.span, reason))
    return names.settled(settings), tuple(unread)


def _lost(setting: Setting, winner: Winner | None) -> Setting:
    """Return the setting; one that is set again has no effect, and is judged all the same."""
    return winner.over(setting) if winner else setting


def _refusals(document: ini.Document) -> Iterator[Unreadable]:
    """Yield where the loader stops, but for what a person or a tool is still to fill in."""
    source, text = document.source, document.source.text
    if text.startswith("\ufeff"):
        reason = "begins with a byte order mark: PgBouncer refuses it"
        yield Unreadable(source.span(0, 1), reason)
    if "\0" in text:
        at = text.index("\0")
        reason = "a NUL byte: PgBouncer reads nothing behind it"
        yield Unreadable(source.span(at, at + 1), reason)
    if "\r" in text.rstrip() and "\n" not in text:
        reason = "its lines end with CR only: PgBouncer takes it for one line"
        yield Unreadable(source.span(0, 0), reason)
    yield from _broken_lines(document)
    for section in document.sections:
        if section.name not in (_MAIN, *_PARTS):
            near = catalog.nearest(section.name.strip(), (_MAIN, *_PARTS))
            instead = f"; it knows `[{near}]`" if near else ""
            reason = f"PgBouncer refuses the section `[{section.name}]`{instead}"
            yield Unreadable(section.span, reason)


def _broken_lines(document: ini.Document) -> Iterator[Unreadable]:
    """Yield the first line that is broken, and the first that may be filled in: it stops there."""
    source = document.source
    found: dict[bool, list[Unreadable]] = {True: [], False: []}
    for error in document.errors:
        line = source.line(error.span.start.line)
        found[not values.is_open(line)].append(error)
    for broken, errors in found.items():
        if errors:
            reason = f"PgBouncer refuses this line: {errors[0].reason}"
            if len(errors) > 1:
                others = "1 other line" if len(errors) == 2 else f"{len(errors) - 1} other lines"
                reason += f"; {others} as well"
            yield Unreadable(errors[0].span, reason, broken)


def _not_followed(document: ini.Document) -> Iterator[Unreadable]:
    for include in document.includes:
        yield Unreadable(include.span, f"`{include.path}` is included, and not read", broken=False)


def _global(entry: ini.Entry) -> Setting:
    parameter = catalog.pgbouncer().sections[_MAIN].get(entry.key)
    if parameter is None:
        return _unknown(entry, _MAIN, "", entry.key, entry.span, entry.value_span)
    verdict = None if values.is_open(entry.value) else values.of_pgbouncer(parameter, entry.value)
    return _setting(_MAIN, "", parameter, entry.value, entry.span, entry.value_span, verdict)


def _of_entry(entry: ini.Entry, section: str, source: SourceFile) -> Iterator[Setting]:
    """Yield the settings of one database, user or peer."""
    read = ini.connection(entry, source)
    winners = repeats.of_connection(read)
    if read.error and entry.key in catalog.pgbouncer().sections[_MAIN] and not entry.included:
        yield names.whole_entry(entry.key).on(_plain(entry, section))
    elif section == "databases" and entry.key == "pgbouncer":
        yield _whole(entry, section, f"{_REFUSED}: the name is its own", "another name")
    elif read.error and not values.is_open(entry.value):
        expected = "`key=value` pairs with spaces between them, and quotes (`'`) around blanks"
        yield _whole(entry, section, f"{_REFUSED}: {read.error.reason}", expected)
    elif section == "peers" and not read.error:
        yield from _of_peer(entry, read)
    others = frozenset(p.value for p in read.pairs if p.key in ("user", "dbname")) | {entry.key}
    for pair in read.pairs:
        parameter = catalog.pgbouncer().sections[section].get(pair.key)
        span = Span(entry.span.path, pair.key_span.start, pair.value_span.end)
        if parameter is None:
            yield _unknown(entry, section, entry.key, pair.key, span, pair.value_span)
            continue
        verdict = None if values.is_open(pair.value) else values.of_pgbouncer(parameter, pair.value)
        stated = _setting(section, entry.key, parameter, pair.value, span, pair.value_span, verdict)
        if stated.secret:
            exposed = secrets.of_pgbouncer(pair.key, pair.value, others)
            stated = replace(stated, exposed=exposed)
        stated = connect_query.judged(stated, pair.value)
        yield _lost(stated, winners.get(pair.value_span))


def _of_peer(entry: ini.Entry, read: ini.Connection) -> Iterator[Setting]:
    """Yield what is wrong with a peer: its number, and the host it must have."""
    if not entry.key.isdecimal() or not 1 <= int(entry.key[:9]) <= _PEERS:
        complaint = f"{_REFUSED}: the id of a peer is a number"
        yield _whole(entry, "peers", complaint, f"a number from 1 to {_PEERS}")
    elif all(pair.key != "host" for pair in read.pairs):
        yield _whole(entry, "peers", f"{_REFUSED}: a peer has a host", "`host=` and its address")


def _whole(entry: ini.Entry, section: str, complaint: str, expected: str) -> Setting:
    """Return an entry that is wrong as a whole."""
    return replace(
        _plain(entry, section), flaw=Flaw.INVALID, complaint=complaint, expected=expected
    )


def _plain(entry: ini.Entry, section: str) -> Setting:
    """Return an entry as a whole. Its value may hold a password."""
    return Setting(
        PROGRAM, section, entry.key, entry.key, MASK, entry.span, entry.value_span, secret=True
    )


def _setting(
    section: str,
    owner: str,
    parameter: Parameter,
    value: str,
    span: Span,
    value_span: Span,
    verdict: Verdict | None,
) -> Setting:
    hidden = parameter.secret and not values.is_open(value)
    return Setting(
        PROGRAM, section, owner, parameter.name, MASK if hidden else value, span, value_span,
        secret=parameter.secret,
        restart=parameter.restart,
        exposed=secrets.of_pgbouncer(parameter.name, value) if parameter.secret else "",
        number=None if values.is_open(value) else values.number_of_pgbouncer(parameter, value),
        open=values.is_open(value),
        flaw=Flaw.INVALID if verdict else None,
        complaint=verdict.complaint if verdict else "",
        expected=verdict.expected if verdict else "",
    )  # fmt: skip


def _unknown(
    entry: ini.Entry, section: str, owner: str, name: str, span: Span, value_span: Span
) -> Setting:
    """Return a setting no version knows; its value may be a password under a misspelt name.

    After an include the entry may stand in another section, so nothing is said of it.
    """
    found = Setting(PROGRAM, section, owner, name, MASK, span, value_span, secret=True)
    if entry.included or values.is_open(name):
        return found
    return names.of_pgbouncer(section, owner, name).on(found)
