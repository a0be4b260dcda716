"""userlist.txt of PgBouncer: whose password stands in it, never which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Setting
from poollint.model.secret import MASK
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import secrets, values
from poollint.reading.settings.templates import unrendered
from poollint.syntax import userlist

PROGRAM = "PgBouncer"
NAME = "userlist"
SECTION = "userlist"
_HASHES = ("md5", "SCRAM-SHA-256$")
_USER = re.compile(rb'^[ \t]*"[^"\n]*"[^"\n]*"', re.M)
_MD5 = 35  # "md5" and 32 digits


def _claims(path: str) -> bool:
    return PurePosixPath(path).name.lower() in ("userlist.txt", "userlist")


def _screen(data: bytes, options: Options) -> bool:
    return _USER.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    document = userlist.parse(source)
    if not document.users and document.error is None:
        return FileReading(source.path, NAME)
    if values.is_template(source.text):
        return unrendered(source.path, NAME)
    unread = (_stopped(document.error),) if document.error else ()
    settings = tuple(_setting(user) for user in document.users)
    told = Configuration(PROGRAM, Span.at(source.path), settings)
    return FileReading(source.path, NAME, configurations=(told,), unread=unread)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def listed(reading: FileReading) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the users that each list lets in, with the path of the file that it is, or is in."""
    for one in reading.configurations:
        users = frozenset(s.owner for s in one.settings if s.section == SECTION)
        if users:
            yield reading.path, users


def _stopped(error: Unreadable) -> Unreadable:
    reason = f"PgBouncer stops reading here, and knows no user below: {error.reason}"
    return Unreadable(error.span, reason)


def _setting(user: userlist.User) -> Setting:
    """Return a user; a hash is no password in plain text."""
    text = user.password
    hashed = text.startswith(_HASHES[1]) or (text.startswith(_HASHES[0]) and len(text) == _MD5)
    return Setting(
        PROGRAM, SECTION, user.name, "password", MASK, user.span, user.password_span, secret=True,
        exposed="" if hashed else secrets.of_password(text, frozenset({user.name})),
    )  # fmt: skip
