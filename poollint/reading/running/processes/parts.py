"""Files of a folder `conf.d`, which several programs have: supervisord's, or else PostgreSQL's.

What stands in them tells whose they are.
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.running.processes import launching
from poollint.reading.settings import pointed_at, postgresql

_PART = re.compile(r"(?:^|/)conf\.d/[^/]*\.conf$", re.I)
_PROGRAM = re.compile(rb"^\[program:", re.M)


def _claims(path: str) -> bool:
    return _PART.search(path) is not None


def _of(path: str, data: bytes) -> Reader:
    if _PROGRAM.search(data):
        return launching.READER
    return next(r for r in (postgresql.READER, pointed_at.READER) if r.claims(path))


def _screen(data: bytes, options: Options) -> bool:
    readers = (launching.READER,) if _PROGRAM.search(data) else (postgresql.READER,)
    return any(reader.screen(data, options) for reader in readers)


def _read(source: SourceFile, options: Options) -> FileReading:
    return _of(source.path, source.text.encode(errors="replace")).read(source, options)


READER = Reader("part", python=False, claims=_claims, screen=_screen, read=_read)
