"""Programs in Rust: the most connections that a pool of sqlx may open.

Source: launchbadge/sqlx, `sqlx-core/src/pool/options.rs` (`PoolOptions::new`: 10 connections at the
most, none at the least; `PgPool::connect` takes them as they are).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import numbers
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.syntax.tokens import Words

LANGUAGE = "rust"
MARK = re.compile(rb"\bPgPoolOptions\b|\bPoolOptions\b|\bPgPool\s*::\s*connect")
POOL = 10
_ASIDE = re.compile(r"(?:^|/)(?:tests?|benches|examples?|target|vendor|migrations?)/", re.I)
_LIFETIME = re.compile(r"'(?=[a-z_]\w*(?!\w*'))")
_URL = re.compile(r"env::var\(\s*\"(?P<name>\w*(?:URL|URI|DSN)\w*)\"")
_MOST = "max_connections"
_CONNECTS = frozenset(("connect", "connect_with", "connect_lazy", "connect_lazy_with"))
_TESTS = re.compile(r"^[ \t]*#\[cfg\(test\)\]", re.M)


def claims(path: str) -> bool:
    """Tell whether a file may set up a pool in a deployed process."""
    return path.endswith(".rs") and not _ASIDE.search(path)


def read(source: SourceFile) -> StatedFile | None:
    """Return the pools that a file makes, None where it makes none."""
    tests = _TESTS.search(source.text)
    text = source.text[: tests.start()] if tests else source.text
    words = Words(_LIFETIME.sub(" ", text), "//")
    variables = tuple(dict.fromkeys(_URL.findall(text)))
    found = tuple(_pools(words, source, variables))
    return StatedFile(LANGUAGE, "program", source.path, "", found) if found else None


def _pools(words: Words, source: SourceFile, variables: tuple[str, ...]) -> Iterator[StatedPool]:
    for at in range(len(words.tokens)):
        if words.name(at, "PgPoolOptions", "PoolOptions") and words.sign(at + 1, "::"):
            end = words.until(at, numbers.GOING_ON)
            called = _called(words, at, end)
            if _CONNECTS.isdisjoint(called) or not _is_postgres(words, at):
                continue
            yield _pool(words, at, called.get(_MOST), source, variables)
        elif words.name(at, "PgPool") and words.name(at + 2, *_CONNECTS):
            yield _pool(words, at, None, source, variables)


def _is_postgres(words: Words, at: int) -> bool:
    """Tell whether options are PostgreSQL's (`PoolOptions::<Postgres>::new()`)."""
    return words.name(at, "PgPoolOptions") or words.name(at + 3, "Postgres")


def _called(words: Words, at: int, end: int) -> dict[str, int]:
    """Return the methods of a chain of calls, each with where its brackets open."""
    found: dict[str, int] = {}
    while at < end:
        if words.sign(at, "(") or words.sign(at, "{"):
            at = words.closing(at) or end
        elif words.sign(at, ".") and words.sign(at + 2, "("):
            found[words.tokens[at + 1].text] = at + 2
            at += 1
        at += 1
    return found


def _pool(
    words: Words, at: int, opening: int | None, source: SourceFile, variables: tuple[str, ...]
) -> StatedPool:
    token = words.tokens[at]
    closing = words.closing(opening) if opening else None
    size: Told | None = None
    if opening:
        size = numbers.told(words, opening + 1, closing or opening, source)
        size = Told(size.span) if size.variables or size.number == 0 else size
    span = source.span(token.start, token.end)
    return StatedPool(
        "sqlx", _MOST, span, size, POOL, "sqlx default", variables=variables, sure=True
    )
