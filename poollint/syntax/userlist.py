"""userlist.txt, as PgBouncer reads it (src/loader.c, load_auth_file; 1.16 to 1.26).

`"name" "password"`, a pair a line; a comment is a line that begins with `;`. At the first thing it
cannot read PgBouncer stops, without a word to its clients: who stands below does not exist for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.source import Comment, SourceFile, Span, Unreadable

_BLANK = re.compile(r"\s*")
_FIELD = re.compile(r'"((?:[^"]|"")*+)"')
_BETWEEN = re.compile(r'[^"]*')


@dataclass(frozen=True, slots=True)
class User:
    """A user and the password, both without their quotes."""

    name: str
    password: str
    span: Span
    password_span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """The users that are loaded, the comments, and where the reading stops."""

    users: tuple[User, ...]
    comments: tuple[Comment, ...]
    error: Unreadable | None = None


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments: lines that begin with `;`."""
    return parse(source).comments


def parse(source: SourceFile) -> Document:
    """Read a whole file. Never fails: where PgBouncer stops is in `error`."""
    text, at = source.text, 0
    users: list[User] = []
    found: list[Comment] = []
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at == len(text):
            return Document(tuple(users), tuple(found))
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if text[at] == ";":
            line = text[at:end].rstrip("\r")
            found.append(Comment(source.span(at, at + len(line)), line, own_line=True))
            at = end
            continue
        name = _FIELD.match(text, at)
        between = _BETWEEN.match(text, name.end()) if name else None
        password = _FIELD.match(text, between.end()) if between else None
        if name is None or password is None:
            span = source.span(at, at)
            return Document(tuple(users), tuple(found), Unreadable(span, _reason(text, at)))
        users.append(
            User(
                name[1].replace('""', '"'),
                password[1].replace('""', '"'),
                source.span(at, password.end()),
                source.span(password.start(), password.end()),
            )
        )
        at = text.find("\n", password.end())
        at = len(text) if at < 0 else at


def _reason(text: str, at: int) -> str:
    if text[at] == "#":
        return "`#` begins no comment here, only `;` does"
    return "a user is a name and a password, each in double quotes"
