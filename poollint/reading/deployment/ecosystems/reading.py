"""Files of other languages' frameworks that state a connection pool, or how much runs at once."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import cache
from typing import Protocol

from poollint.facts.code import Module
from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.reader import FileReading, Options, Reader

NAME = "stated"
# By their endings, so that a run over files of one language imports nothing for others.
_SORTS = (
    (re.compile(r"\.(?:ya?ml|properties)$"), ("spring", "rails", "php")),
    (re.compile(r"\.php$"), ("php",)),
    (re.compile(r"\.conf$", re.I), ("fpm",)),
    (re.compile(r"\.rb$"), ("rails", "records")),
    (re.compile(r"\.exs?$"), ("ecto", "drivers")),
    (re.compile(r"\.prisma$"), ("prisma",)),
    (re.compile(r"\.rs$"), ("rust",)),
    (re.compile(r"appsettings[^/]*\.json$|\.(?:cs|fs|vb)$", re.I), ("dotnet",)),
    (re.compile(r"\.go$"), ("golang",)),
    (re.compile(r"\.[cm]?[jt]s$"), ("node",)),
    (re.compile(r"(?:^|/)tsconfig[^/]*\.json$"), ("tsconfig",)),
    (re.compile(r"(?:package|composer)\.json$|go\.mod$|Cargo\.toml$|\.csproj$"), ("manifests",)),
    (re.compile(r"(?:^|/)(?:Gemfile|pom\.xml|build\.gradle(?:\.kts)?)$"), ("drivers",)),
)


class _Sort(Protocol):
    """A module that knows one sort of file."""

    MARK: re.Pattern[bytes]
    claims: Callable[[str], bool]
    read: Callable[[SourceFile], StatedFile | Unreadable | None]


@cache
def _sort(name: str) -> _Sort:
    module: _Sort = importlib.import_module(f"poollint.reading.deployment.ecosystems.{name}")
    return module


def _of(path: str) -> _Sort | None:
    names = next((names for ending, names in _SORTS if ending.search(path)), ())
    return next((sort for name in names if (sort := _sort(name)).claims(path)), None)


def _claims(path: str) -> bool:
    return _of(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    every = dict.fromkeys(name for _, names in _SORTS for name in names)
    return any(_sort(name).MARK.search(data) for name in every)


def _read(source: SourceFile, options: Options) -> FileReading:
    sort = _of(source.path)
    if sort is None or not sort.MARK.search(source.text.encode(errors="replace")):
        return FileReading(source.path, NAME)
    found = sort.read(source)
    if isinstance(found, Unreadable):
        return FileReading(source.path, NAME, unread=(found,))
    return FileReading(source.path, NAME, _module(source), documents=(found,) if found else ())


def _module(source: SourceFile) -> Module | None:
    """Return what the file says of sessions: a schema of Prisma does."""
    if not source.path.endswith(".prisma"):
        return None
    found: Module | None = importlib.import_module("poollint.reading.session.prisma").module(source)
    return found


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
