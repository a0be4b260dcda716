"""Prisma's schema: which database its client connects to.

Source: Prisma's documentation of version 6, "Connection pool": two connections for each
physical core and one more, unless the URL says `connection_limit`. From version 7 on the size
is the driver adapter's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems.node import LANGUAGE
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.reading.naming.values import dsn

MARK = re.compile(rb"\bdatasource\s")
_DATASOURCE = re.compile(r"^[ \t]*datasource[ \t]+\w+[ \t]*\{(?P<body>[^}]{0,4000})\}", re.M)
_PROVIDER = re.compile(r"^\s*provider\s*=\s*\"(\w+)\"", re.M)
_URL = re.compile(r"^\s*url\s*=\s*(?:env\(\s*\"(?P<name>\w+)\"\s*\)|\"(?P<url>[^\"]*)\")", re.M)
OPTION = "connection_limit"


def claims(path: str) -> bool:
    """Tell whether this may be a schema."""
    return path.endswith(".prisma")


@dataclass(frozen=True, slots=True)
class Datasource:
    """Where a schema's client connects to: a `url` as it is written, or the `variable` with it.

    `span` is the line that says so. The URL may hold a password.
    """

    span: Span
    url: str
    variable: str


def datasource(source: SourceFile) -> Datasource | None:
    """Return the address in a schema; None where its database is another, or not said here."""
    block = _DATASOURCE.search(source.text)
    provider = _PROVIDER.search(block["body"]) if block else None
    url = _URL.search(block["body"]) if block else None
    if not block or not provider or provider[1] not in ("postgresql", "postgres") or not url:
        return None
    start = block.start("body") + url.start() + len(url[0]) - len(url[0].lstrip())
    span = source.span(start, block.start("body") + url.end())
    return Datasource(span, url["url"] or "", url["name"] or "")


def read(source: SourceFile) -> StatedFile | None:
    """Return the pool of the client; None where its database is another, or not said here."""
    found = datasource(source)
    if found is None:
        return None
    literal = dsn.address(found.url) if found.url else None
    pool = StatedPool(
        "Prisma",
        OPTION,
        found.span,
        None,
        None,
        "",
        address=literal.url if literal else "",
        variables=(found.variable,) if found.variable else (),
        option=OPTION,
    )
    return StatedFile(LANGUAGE, "prisma", source.path, "", (pool,))
