"""Who may log in: pg_hba.conf of PostgreSQL, and the file of that form that PgBouncer reads."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from poollint.facts.configuration import Access, Configuration
from poollint.model.source import SourceFile, Span
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import values
from poollint.reading.settings.templates import unrendered
from poollint.syntax import hba

NAME = "hba"
_NAMES = re.compile(r"^(?:pg_hba[^/]*|[^/]*[._-]?hba)\.conf$", re.I)
_KINDS = ("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc")
_SCREEN = re.compile(rb"^[ \t]*(?:local|host)", re.M)
_INCLUDES = ("include", "include_if_exists", "include_dir")


def _claims(path: str) -> bool:
    return _NAMES.match(PurePosixPath(path).name) is not None


def _screen(data: bytes, options: Options) -> bool:
    return _SCREEN.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    if values.is_template(source.text):
        return unrendered(source.path, NAME)
    lines = hba.parse(source)
    accesses = tuple(found for line in lines if (found := _access(line)))
    if not accesses:
        return FileReading(source.path, NAME)
    complete = all(line.fields[0][0] not in _INCLUDES for line in lines)
    program = "PgBouncer" if "bouncer" in source.path.lower() else "PostgreSQL"
    told = Configuration(program, Span.at(source.path), (), accesses, complete)
    return FileReading(source.path, NAME, configurations=(told,))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _access(line: hba.Line) -> Access | None:
    """Return what a line says, None for one that says nothing that is known here."""
    kind, *rest = line.fields
    if kind[0] not in _KINDS or len(rest) < 3:
        return None
    databases, users, *rest = rest
    address = ""
    if kind[0] != "local":
        address = rest.pop(0)[0]
        if rest and re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*", rest[0][0]):
            address += f"/{rest.pop(0)[0]}"  # a mask in a field of its own
    if not rest:
        return None
    options = tuple(word for field in rest[1:] for word in field)
    return Access(kind[0], databases, users, address, rest[0][0], options, line.span)
