"""Spring Boot's properties: which pool an application builds, and how large it is.

Source: Spring Boot 3, "Externalized Configuration" (arguments of the command line count before
variables, these before files; files of a profile before those without; of several the last),
"SQL Databases" (HikariCP unless `spring.datasource.type` says otherwise); HikariCP 5,
`HikariConfig` (10 connections, and as many idle ones); r2dbc-pool 1 (10), Tomcat JDBC (100),
Commons DBCP 2 (8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from posixpath import basename
from typing import TYPE_CHECKING

from poollint.facts.infrastructure import Variable
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.deployment.ecosystems.spring_given import Given, given, key
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.deployment.linking.documents import SETTINGS
from poollint.reading.naming.values import dsn
from poollint.syntax import properties, yaml
from poollint.syntax.properties import Property

if TYPE_CHECKING:
    from poollint.reading.deployment.linking.documents import Part

LANGUAGE = "java"
MARK = re.compile(rb"\b(?:spring|datasource|r2dbc)\b")
MAX_STEPS = 8
_RESOURCES = re.compile(r"(?:(?P<home>.*)/)?src/main/resources/(?:config/)?" + SETTINGS.pattern)
_PLACEHOLDER = re.compile(r"\$\{([^${}:]+)(?::([^${}]*))?\}")
_PROFILE = "spring.profiles.active"
_ON = ("spring.config.activate.on-profile", "spring.profiles")
_URL = "spring.datasource.url"


@dataclass(frozen=True, slots=True)
class _Pool:
    """A library's pool: the properties that say its address, its size and what stays open."""

    driver: str
    urls: tuple[str, ...]
    size: str
    default: int
    idle: str = ""
    type: str = ""


_HIKARI = _Pool(
    "HikariCP", ("spring.datasource.hikari.jdbc-url", _URL),
    "spring.datasource.hikari.maximum-pool-size", 10, "spring.datasource.hikari.minimum-idle",
)  # fmt: skip
_TYPED = (
    _Pool("Tomcat JDBC", (_URL,), "spring.datasource.tomcat.max-active", 100,
          type="org.apache.tomcat.jdbc.pool.DataSource"),
    _Pool("Commons DBCP", (_URL,), "spring.datasource.dbcp2.max-total", 8,
          type="org.apache.commons.dbcp2.BasicDataSource"),
    replace(_HIKARI, type="com.zaxxer.hikari.HikariDataSource"),
)  # fmt: skip
_OTHERS = re.compile(r"spring\.datasource\.(?:tomcat|dbcp2|oracleucp)\.")
# A DataSource that code makes itself: its own prefix, HikariCP's names (Spring Boot, "Configure Two
# DataSources").
_OWN = re.compile(r"(?!spring\.)(?P<prefix>.+)\.jdbcurl")
_R2DBC = _Pool("r2dbc-pool", ("spring.r2dbc.url",), "spring.r2dbc.pool.max-size", 10)


def claims(path: str) -> bool:
    """Tell whether this is a file of an application's own properties."""
    return _RESOURCES.fullmatch(path) is not None


def read(source: SourceFile) -> StatedFile | Unreadable | None:
    """Return the documents of a file, each with the profile that its name says."""
    match = _RESOURCES.fullmatch(source.path)
    return of_text(source, basename(source.path), match["home"] or ".") if match else None


def of_text(source: SourceFile, name: str, home: str) -> StatedFile | Unreadable:
    """Return the documents of a text that an application has as a file called `name`."""
    if name.endswith(".properties"):
        documents = properties.read(source)
    else:
        stream = yaml.read(source)
        if stream.unread:
            return replace(stream.unread[0], broken=False)
        documents = tuple(tuple(properties.flat(document)) for document in stream.documents)
    return StatedFile(
        LANGUAGE,
        name,
        source.path,
        home,
        documents=tuple(document for document in documents if document),
    )


# --- What holds for one container --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Document:
    profile: str  # of its name, or that it names: "" for all
    outside: bool  # it lies beside the archive, and not in it
    entries: dict[str, Property]


def pools(
    files: tuple[StatedFile, ...], variables: Mapping[str, Variable], words: tuple[Part, ...],
    complete: bool, outside: tuple[StatedFile, ...] = (),
) -> tuple[StatedPool, ...]:  # fmt: skip
    """Return the pools that an application builds, those of one library as alternatives.

    `words` are those of its command; files `outside` its archive count before those in it. Where
    it is not known which profiles are active, each that is known may be.
    """
    documents = (*_documents(files), *_documents(outside, outside=True))
    told = given(variables, words)
    found: dict[tuple[object, ...], StatedPool] = {}
    for active in _active(documents, variables, told, complete):
        lookup = _Lookup(documents, active, variables, told)
        for pool in _built(lookup):
            found.setdefault((pool.driver, pool.size, pool.address, pool.variables), pool)
    return tuple(found.values())


def _documents(files: tuple[StatedFile, ...], *, outside: bool = False) -> Iterator[_Document]:
    """Yield the documents, those of YAML before those of `.properties`, which count more."""
    for file in sorted(files, key=lambda file: (file.path.endswith(".properties"), file.path)):
        match = SETTINGS.fullmatch(file.kind)
        named = match["profile"] if match else ""
        for entries in file.documents:
            keyed = {key(entry.key): entry for entry in entries}
            on = next((keyed[key(name)].value for name in _ON if key(name) in keyed), "")
            yield _Document(named or on, outside, keyed)


def _active(
    documents: tuple[_Document, ...], variables: Mapping[str, Variable], told: Given,
    complete: bool,
) -> tuple[tuple[str, ...], ...]:  # fmt: skip
    """Return the profiles that are active, one tuple for each possibility."""
    lookup = _Lookup(documents, (), variables, told)
    text, _ = lookup.value(_PROFILE)
    if text is not None:
        return (tuple(name.strip() for name in text.split(",") if name.strip()),)
    if complete and not lookup.has(_PROFILE):
        return ((),)
    named = (name for d in documents for name in re.findall(r"[\w.-]+", d.profile))
    return ((), *((name,) for name in dict.fromkeys(named)))


class _Lookup:
    """The value of a property in one container, with the profiles that are active."""

    def __init__(
        self, documents: tuple[_Document, ...], active: tuple[str, ...],
        variables: Mapping[str, Variable], told: Given,
    ) -> None:  # fmt: skip
        ranked = ((d, _rank(d.profile, active) if d.profile else -1) for d in documents)
        layers = [(d.outside, bool(d.profile), rank if active else 0, i, d)
                  for i, (d, rank) in enumerate(ranked) if rank is not None]  # fmt: skip
        self._layers = [layer[-1] for layer in sorted(layers, key=lambda layer: layer[:-1])]
        self._variables = variables
        self.told = told

    def has(self, name: str) -> bool:
        """Tell whether anything says something of it."""
        return self._found(name) is not None

    def _found(self, name: str) -> tuple[str | None, Span | None] | None:
        if key(name) in self.told.values:
            return self.told.values[key(name)]
        for form in _forms(name):
            variable = self._variables.get(form)
            if variable:
                origin = variable.value.origin
                return variable.value.value, origin if isinstance(origin, Span) else None
        for document in reversed(self._layers):
            entry = document.entries.get(key(name))
            if entry:
                return entry.value, entry.span
        return None

    def value(self, name: str) -> tuple[str | None, Span | None]:
        """Return the text of a property, None where it is not known; and where that stands."""
        found = self._found(name)
        if found is None or found[0] is None:
            return None, found[1] if found else None
        return self._filled(found[0]), found[1]

    def _filled(self, text: str) -> str | None:
        for _ in range(MAX_STEPS):
            match = _PLACEHOLDER.search(text)
            if match is None:
                return None if "${" in text or re.search(r"(?<!\w)@\w[\w.-]*@", text) else text
            name, default = match[1].strip(), match[2]
            variable = self._variables.get(name)
            found = (variable.value.value, None) if variable else self._found(name)
            put = found[0] if found else default
            if put is None:
                return None
            text = text[: match.start()] + put + text[match.end() :]
        return None

    def placeholders(self, name: str) -> tuple[str, ...]:
        """Return the variables that the text of a property names, by other properties too."""
        found = self._found(name)
        names = [n.strip() for n, _ in _PLACEHOLDER.findall(found[0] or "")] if found else []
        return tuple(dict.fromkeys(self._variable(name) for name in names))

    def _variable(self, name: str) -> str:
        """Return the variable that a property is taken from, its own name where it is of none."""
        given = (form for form in (name, *_forms(name)) if form in self._variables)
        return next(given, name)

    def names(self) -> Iterator[str]:
        """Yield the names of all properties, in their one form."""
        for document in self._layers:
            yield from document.entries


@cache  # the names are few, and asked for of each container
def _forms(name: str) -> tuple[str, str]:
    """Return the variables that set a property (relaxed binding), the usual one first."""
    return (
        re.sub(r"\W", "_", name.replace("-", "")).upper(),
        re.sub(r"\W", "_", name).upper(),
    )


def _rank(profile: str, active: tuple[str, ...]) -> int | None:
    """Return how late a document counts among those of active profiles, None where it does not."""
    ranks = [_rank_of(part, active) for part in re.split(r"[,|]", profile)]
    known = [rank for rank in ranks if rank is not None]
    return max(known, default=None)


def _rank_of(part: str, active: tuple[str, ...]) -> int | None:
    rank = -1
    for name in (name.strip(" ()") for name in part.split("&")):
        if name.startswith("!"):
            if name[1:].strip() in active:
                return None
        elif name not in active:
            return None
        else:
            rank = max(rank, active.index(name))
    return rank


def _built(lookup: _Lookup) -> Iterator[StatedPool]:
    yield from _usual(lookup)
    for name in dict.fromkeys(lookup.names()):
        own = _OWN.fullmatch(name)
        if own:
            size, idle = (f"{own['prefix']}.{what}" for what in ("maximumpoolsize", "minimumidle"))
            pool = _Pool("HikariCP", (name,), size, 10, idle)
            yield from (replace(p, setting="maximum-pool-size", title=own["prefix"])
                        for p in _pool(pool, lookup))  # fmt: skip


def _usual(lookup: _Lookup) -> Iterator[StatedPool]:
    """Yield what Spring Boot itself builds."""
    if lookup.has(_R2DBC.urls[0]):
        yield from _pool(_R2DBC, lookup)
    typed, _ = lookup.value("spring.datasource.type")
    if lookup.has("spring.datasource.type"):
        known = next((pool for pool in _TYPED if pool.type == typed), None)
        yield from _pool(known, lookup) if known else _unclear(lookup, "spring.datasource.type")
    elif any(lookup.has(url) for url in _HIKARI.urls):
        names = tuple(lookup.names())
        others = [name for name in names if _OTHERS.match(name)]
        if others and not any(name.startswith("spring.datasource.hikari.") for name in names):
            yield from _unclear(lookup, others[0])  # which is used, the libraries beside it decide
        else:
            yield from _pool(_HIKARI, lookup)
    else:
        own = re.compile(r"spring\.datasource\.(\w+)\.(?:hikari\.)?(?:jdbc)?url")
        named = [name for name in lookup.names() if own.fullmatch(name)]
        for name in named[:1]:
            yield from _unclear(lookup, name)


def _unclear(lookup: _Lookup, name: str) -> Iterator[StatedPool]:
    """Yield a pool that code of the application sets up by its own rules."""
    text, span = lookup.value(name)
    if span and (text is None or "postgres" in text or "jdbc" not in text):
        yield StatedPool("Spring", name, span, Told(span), None, "")


def _pool(pool: _Pool, lookup: _Lookup) -> Iterator[StatedPool]:
    name = next((url for url in pool.urls if lookup.has(url)), pool.urls[-1])
    url, span = lookup.value(name)
    if url is not None and "postgres" not in url.partition("//")[0]:
        return
    size, at = _number(lookup, pool.size)
    idle, _ = _number(lookup, pool.idle) if pool.idle else (None, None)
    literal = dsn.address(url) if url else None
    variables = lookup.placeholders(name)
    place = at or span
    if place is None:  # said by variables or arguments that stand in no file
        return
    yield StatedPool(
        pool.driver,
        pool.size.rpartition(".")[2],
        place,
        size,
        pool.default,
        f"{pool.driver} default",
        least=idle,
        eager=bool(pool.idle),
        address=literal.url if literal else "",
        variables=() if literal else variables,
        sure=literal is not None or _says_postgres(lookup),
    )


def _says_postgres(lookup: _Lookup) -> bool:
    names = (
        "spring.datasource.driver-class-name",
        "spring.jpa.database-platform",
        "spring.jpa.properties.hibernate.dialect",
        "spring.jpa.database",
    )
    texts = (lookup.value(name)[0] for name in names)
    return any("postgres" in text.lower() for text in texts if text)


def _number(lookup: _Lookup, name: str) -> tuple[Told | None, Span | None]:
    unread = lookup.told.unread
    if unread and key(name) not in lookup.told.values:
        return Told(unread), unread
    if not lookup.has(name):
        return None, None
    text, span = lookup.value(name)
    place = span or next((lookup.value(u)[1] for u in _HIKARI.urls if lookup.has(u)), None)
    if place is None:
        return None, None
    number = int(text) if text and text.isdecimal() and len(text) < 7 else None
    return Told(place, (), number), span
