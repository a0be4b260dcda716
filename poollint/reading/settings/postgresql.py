"""postgresql.conf and postgresql.auto.conf: their settings, and the server they configure.

The version of PostgreSQL is not known here: a name is unknown where no version from 13 to 18
knows it (nor an older one, or a developer's build), a value wrong where all of them refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from poollint.catalog import settings as catalog
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Server, Setting
from poollint.model.figure import Basis, Figure
from poollint.model.secret import MASK
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import names, repeats, secrets, values
from poollint.reading.settings.templates import of_ansible, unrendered
from poollint.syntax import pgconf, units

PROGRAM = "PostgreSQL"
NAME = "postgresql"
MAIN = "postgresql.conf"
AUTO = "postgresql.auto.conf"
_FORK = 3  # so many names that resemble none of ours are those of a fork
_ERRORS = 10  # more say no more
# A word behind the ending tells what such a file is for: `postgresql.conf.prod`; not a template.
_NAMES = re.compile(
    r"(?:(?:[\w-]*[-_.])?(?:my|custom)?[-_]?)postgres[^/]*\.conf"
    r"(?:\.(?!(?:j2|jinja2?|tmpl|template|erb|tpl|in|ctmpl|sample|example|dist|orig|bak|old|md|txt"
    r"|sh|py|ya?ml|gz|rpm\w+|dpkg\w*)$)\w+)?$",
    re.I,
)
_PART = re.compile(r"(?:^|/)[^/]*conf\.d/[^/]*\.conf$", re.I)
_NEAR = re.compile(
    r"(?:^|/)(?:postgres\w*|pgsql|pgdata|pg|db|database)/(?:[^/]+/)?[^/]*\.conf$", re.I
)
_TEMPLATE = re.compile(r"postgres[^/]*\.conf\.(?:j2|jinja2?|tmpl|template|erb|tpl|in|ctmpl)$", re.I)
_LINE = re.compile(rb"^[ \t]*([A-Za-z_]+)(?:[ \t]*=|[ \t]+['\w-])", re.M)
NUMBERS = ("max_connections", "superuser_reserved_connections", "reserved_connections")
_NOT_READ = "PostgreSQL default, where no included file says otherwise"


def _claims(path: str) -> bool:
    return _is_named(path) or bool(_NEAR.search(path))


def _is_named(path: str) -> bool:
    """Tell whether a file is the server's by its name; others are where one includes them."""
    name = PurePosixPath(path).name
    return bool(_NAMES.match(name) or _TEMPLATE.match(name) or _PART.search(path))


def _screen(data: bytes, options: Options) -> bool:
    known = catalog.postgresql().parameters
    return any(m[1].decode("ascii").lower() in known for m in _LINE.finditer(data))


def _read(source: SourceFile, options: Options) -> FileReading:
    path = source.path
    if _TEMPLATE.search(path) or values.is_template(source.text):
        return unrendered(path, NAME, of_ansible(source, PROGRAM))
    document = pgconf.parse(source)
    if not _is_ours(document) or not _is_named(path):
        return FileReading(path, NAME, parts=(document,))
    found = of_document(document)
    unread = (*_refusals(document), *_not_followed(document), *found.unread)
    return replace(found, unread=unread, parts=(document,))


def of_document(document: pgconf.Document) -> FileReading:
    """Return what a file says, or a file with those it includes."""
    path = document.source.path
    settings = names.settled(_settings(document))
    unread: tuple[Unreadable, ...] = ()
    if _is_fork(settings):
        settings = tuple(_without_flaw(setting) for setting in settings)
        reason = "settings of a fork of PostgreSQL: their names and values are not judged"
        unread = (Unreadable(Span.at(path), reason, broken=False),)
    found = server(document)
    told = Configuration(PROGRAM, Span.at(path), settings, complete=not document.includes)
    servers = (found,) if found else ()
    return FileReading(path, NAME, configurations=(told,), servers=servers, unread=unread)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def merge_servers(servers: tuple[Server, ...]) -> tuple[Server, ...]:
    """Join the servers that are one: what files of one configuration say, in order of weight.

    A postgresql.auto.conf wins over the postgresql.conf in its folder (ALTER SYSTEM writes it,
    and the server reads it last). A part in a folder `conf.d` below it fills in what it leaves
    to its includes. The joined server keeps the name and place of postgresql.conf.
    """
    mains = {_folder(server): server for server in servers if _name(server) == MAIN}
    others = []
    for server in sorted(servers, key=lambda server: (_name(server) == AUTO, server.span.path)):
        if _name(server) == MAIN:
            continue
        auto = _name(server) == AUTO
        home = _folder(server) if auto else str(PurePosixPath(_folder(server)).parent)
        main = mains.get(home)
        if main and (auto or _is_part(server.span.path)):
            mains[home] = _joined(main, server, auto)
        else:
            others.append(server if server.port else replace(server, port=_default("port")))
    return (*mains.values(), *others)


def _folder(server: Server) -> str:
    return str(PurePosixPath(server.span.path).parent)


def _name(server: Server) -> str:
    return PurePosixPath(server.span.path).name


def _is_part(path: str) -> bool:
    return _PART.search(path) is not None


def _joined(main: Server, part: Server, auto: bool) -> Server:
    def pick(mine: Figure, theirs: Figure) -> Figure:
        at = mine.origin
        left = mine.basis is Basis.UNKNOWN or (isinstance(at, Span) and at.path != main.span.path)
        return theirs if (auto or left) and isinstance(theirs.origin, Span) else mine

    return replace(
        main,
        max_connections=pick(main.max_connections, part.max_connections),
        superuser_reserved=pick(main.superuser_reserved, part.superuser_reserved),
        reserved=pick(main.reserved, part.reserved),
        port=(auto and part.port) or main.port,
    )


def _is_ours(document: pgconf.Document) -> bool:
    """Tell whether the server is meant to read the file: many programs have a *.conf."""
    known = catalog.postgresql()
    own = {entry.name.lower() for entry in document.entries if "." not in entry.name}
    ours = sum(n in known.parameters or n in known.others or n in known.former for n in own)
    if _is_part(document.source.path) and document.errors:
        return False
    return 2 * ours > len(own) + len(document.errors)


def _settings(document: pgconf.Document) -> Iterator[Setting]:
    """Yield every setting. Of several of one name the last counts, in whatever case.

    The server does not look at a line that another one of just this spelling follows.
    """
    winners = repeats.of_postgres(document)
    last = {entry.name: entry for entry in document.entries}
    for entry in document.entries:
        winner = winners.get(entry.span)
        found = _setting(entry, judged=last[entry.name] is entry)
        yield winner.over(found) if winner else found


def _setting(entry: pgconf.Entry, *, judged: bool) -> Setting:
    known = catalog.postgresql()
    name = entry.name.lower()
    parameter = known.parameters.get(name)
    found = Setting(
        PROGRAM, "", "", entry.name, entry.value, entry.span, entry.value_span,
        open=values.is_open(entry.value), restart=name in known.restart,
    )  # fmt: skip
    if "." in name:  # a custom parameter: any is taken, and none is ours to judge
        return replace(found, value=MASK, secret=True)
    if parameter is None:
        hidden = replace(found, value=MASK, secret=True)
        if not judged or name in known.others or values.is_open(entry.name):
            return hidden
        return names.of_postgres(name).on(hidden)
    if parameter.secret:
        exposed = secrets.of_postgres(entry.value) if judged else ""
        return replace(found, value=MASK, secret=True, exposed=exposed)
    if found.open:
        return found
    verdict = values.of_postgres(parameter, entry.value) if judged else None
    if verdict is None:
        return replace(found, number=values.number_of_postgres(parameter, entry.value))
    return replace(found, flaw=Flaw.INVALID, complaint=verdict.complaint, expected=verdict.expected)


def _is_fork(settings: tuple[Setting, ...]) -> bool:
    strange = [s for s in settings if s.flaw is Flaw.UNKNOWN and not s.nearest]
    return len(strange) >= _FORK


def _without_flaw(setting: Setting) -> Setting:
    return replace(
        setting, flaw=None, complaint="", expected="", nearest="", sole=False, removed=""
    )


def _refusals(document: pgconf.Document) -> Iterator[Unreadable]:
    text = document.source.text
    if text.startswith("\ufeff"):
        reason = "begins with a byte order mark: PostgreSQL takes it for part of the first name"
        yield Unreadable(document.source.span(0, 1), reason)
    for error in document.errors[:_ERRORS]:
        line = document.source.line(error.span.start.line)
        reason = f"PostgreSQL refuses this line: {error.reason}"
        yield Unreadable(error.span, reason, broken=not values.is_open(line))


def _not_followed(document: pgconf.Document) -> Iterator[Unreadable]:
    for include in document.includes:
        yield Unreadable(include.span, f"`{include.path}` is included, and not read", broken=False)


def server(document: pgconf.Document) -> Server | None:
    """Return the server; another file than postgresql.conf is one only if it sets connections."""
    path = PurePosixPath(document.source.path)
    last = {entry.name.lower(): entry for entry in document.entries}
    if path.name != MAIN and not any(name in last for name in NUMBERS):
        return None
    stated = last.get("max_connections")
    port = units.postgres_integer(last["port"].value) if "port" in last else None
    return Server(
        name=str(path),
        span=stated.span if stated else Span.at(document.source.path),
        hosts=(),
        port=port or (0 if path.name == AUTO else _default("port")),
        max_connections=_figure("max_connections", last, document),
        superuser_reserved=_figure("superuser_reserved_connections", last, document),
        reserved=_figure("reserved_connections", last, document),
    )


def _default(name: str) -> int:
    return int(catalog.postgresql().parameters[name].default)


def _figure(name: str, last: dict[str, pgconf.Entry], document: pgconf.Document) -> Figure:
    known = catalog.postgresql()
    parameter = known.parameters[name]
    default = _default(name)
    entry = last.get(name)
    if entry is None:
        if document.includes:
            return Figure(default, default, name, Basis.UNKNOWN, _NOT_READ)
        first = parameter.since or known.versions[0]
        source = f"PostgreSQL default, {first} to {known.versions[-1]}"
        return Figure.defaulted(default, name, source)
    number = units.postgres_integer(entry.value)
    if number is None or values.of_postgres(parameter, entry.value):
        return Figure(default, default, name, Basis.UNKNOWN, entry.value_span)
    return Figure.stated(number, name, entry.value_span)
