"""Files of other languages' frameworks that state a connection pool, or how much runs at once."""

from __future__ import annotations

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.ecosystems import ecto, golang, node, prisma, rails, spring
from poollint.reading.reader import FileReading, Options, Reader

NAME = "stated"
_SORTS = (spring, rails, ecto, prisma, golang, node)
_MARKS = tuple(dict.fromkeys(mark for sort in _SORTS for mark in sort.MARKS))


def _claims(path: str) -> bool:
    return any(sort.claims(path) for sort in _SORTS)


def _screen(data: bytes, options: Options) -> bool:
    return any(mark in data for mark in _MARKS)


def _read(source: SourceFile, options: Options) -> FileReading:
    sort = next(sort for sort in _SORTS if sort.claims(source.path))
    if not any(mark in source.text.encode(errors="replace") for mark in sort.MARKS):
        return FileReading(source.path, NAME)
    found = sort.read(source)
    if isinstance(found, Unreadable):
        return FileReading(source.path, NAME, unread=(found,))
    return FileReading(source.path, NAME, documents=(found,) if found else ())


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
