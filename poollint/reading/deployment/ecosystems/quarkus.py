"""Quarkus' data sources: where each leads, and how large its pool is where something says so.

A variable counts before a file; what `%prod.` says, or a file of that profile, before what holds
for all profiles.

Source: quarkus.io/guides/datasource and config-reference ("Configuration Reference": the profile
of a started application is `prod`; names of variables). The size that Agroal has by itself was 20,
and became 50 with quarkusio/quarkus pull request 51169: without a stated size it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from poollint.facts.infrastructure import Variable
from poollint.model.source import Span
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.naming.values import dsn

_PROFILE = "QUARKUS_PROFILE"
_USUAL = "prod"
_DRIVERS = {"jdbc": "Agroal", "reactive": "Vert.x"}
_KEY = re.compile(
    r"(?:%(?P<profile>[\w,-]+)\.)?quarkus\.datasource\.(?:\"?(?P<name>[\w-]+)\"?\.)?"
    r"(?:(?P<sort>jdbc|reactive)\.(?P<what>url|max-size)|(?P<kind>db-kind))"
)
_VARIABLE = re.compile(
    r"QUARKUS_DATASOURCE_(?:_?(?P<name>\w+?)_?_)?"
    r"(?:(?P<sort>JDBC|REACTIVE)_(?P<what>URL|MAX_SIZE)|(?P<kind>DB_KIND))"
)
_FILE = re.compile(r"application(?:-(?P<profile>[\w-]+))?\.(?:ya?ml|properties)")
_PLACEHOLDER = re.compile(r"\$\{([\w.-]+)(?::([^${}]*))?\}")
_DIGITS = re.compile(r"\d{1,6}")


@dataclass(frozen=True, slots=True)
class _Said:
    """A value, None where it is not known; `variables` are those it is put together from."""

    text: str | None
    span: Span
    variables: tuple[str, ...] = ()


@dataclass(slots=True)
class _Source:
    """What is said of one data source: of its database, and of each of its pools."""

    kind: _Said | None = None
    pools: dict[str, dict[str, _Said]] = field(default_factory=dict)


def pools(
    files: tuple[StatedFile, ...], variables: Mapping[str, Variable]
) -> tuple[StatedPool, ...]:
    """Return the pools of an application in one container, one for each data source and sort."""
    sources: dict[str, _Source] = {}
    told = variables[_PROFILE].value.value if _PROFILE in variables else _USUAL
    for match, said in (*_stated(files, told or _USUAL, variables), *_given(variables)):
        name = re.sub(r"\W", "_", match["name"] or "").lower()
        source = sources.setdefault(name, _Source())
        if match["kind"]:
            source.kind = said
        else:
            what = "url" if match["what"].lower() == "url" else "size"
            source.pools.setdefault(match["sort"].lower(), {})[what] = said
    return tuple(
        pool
        for name, source in sources.items()
        for sort, said in source.pools.items()
        if (pool := _pool(name, sort, said, source.kind))
    )


def _stated(
    files: tuple[StatedFile, ...], profile: str, variables: Mapping[str, Variable]
) -> Iterator[tuple[re.Match[str], _Said]]:
    """Yield what files say, what counts more behind what counts less."""
    found: list[tuple[bool, re.Match[str], _Said]] = []
    for file in files:
        named = _FILE.fullmatch(file.kind)
        for entry in (entry for entries in file.documents for entry in entries):
            match = _KEY.fullmatch(entry.key)
            if match is None:
                continue
            own = match["profile"] or (named["profile"] if named else None)
            if own is None or profile in own.split(","):
                found.append((own is not None, match, _filled(entry.value, entry.span, variables)))
    yield from ((match, said) for _, match, said in sorted(found, key=lambda one: one[0]))


def _given(variables: Mapping[str, Variable]) -> Iterator[tuple[re.Match[str], _Said]]:
    for name, variable in variables.items():
        match, origin = _VARIABLE.fullmatch(name), variable.value.origin
        if match and isinstance(origin, Span):
            yield match, _Said(variable.value.value, origin, (name,))


def _filled(text: str, span: Span, variables: Mapping[str, Variable]) -> _Said:
    """Return a value with the variables that it names put in, as far as they are known."""
    names = tuple(dict.fromkeys(name for name, _ in _PLACEHOLDER.findall(text)))
    unknown = False

    def put(match: re.Match[str]) -> str:
        nonlocal unknown
        variable = variables.get(match[1])
        value = variable.value.value if variable else match[2]
        unknown = unknown or value is None
        return value or ""

    filled = _PLACEHOLDER.sub(put, text)
    return _Said(None if unknown or "${" in filled else filled, span, names)


def _pool(name: str, sort: str, said: dict[str, _Said], kind: _Said | None) -> StatedPool | None:
    """Return one pool; None of one that is another database's, or of which nothing tells whose."""
    url, most = said.get("url"), said.get("size")
    text = url.text.removeprefix("vertx-reactive:") if url and url.text else None
    postgresql = kind is not None and kind.text in ("postgresql", "pgsql", "pg")
    if text is not None and "postgres" not in text.partition("//")[0]:
        return None
    place = most or url
    if place is None or not (text or postgresql):
        return None
    literal = dsn.address(text) if text else None
    return StatedPool(
        _DRIVERS[sort],
        f"{sort}.max-size",
        place.span,
        _size(most),
        None,
        "",
        address=literal.url if literal else "",
        variables=() if literal or not url else url.variables,
        sure=True,
        title=name,
    )


def _size(most: _Said | None) -> Told | None:
    if most is None:
        return None
    known = most.text is not None and _DIGITS.fullmatch(most.text)
    return Told(most.span, (), int(most.text or "")) if known else Told(most.span)
