"""Which of the values that are never shown are secrets that stand in the file as they are."""

from __future__ import annotations

import re

from poollint.model.secret import hidden
from poollint.reading.settings import values

PASSWORD = "password"
DUMMY = "dummy"

# They protect nothing, and are found where nothing is to be protected: examples, one's own machine.
_DUMMIES = frozenset(
    "admin changeme change_me change-me dev example foo guest pass password pgbouncer postgres "
    "postgresql root secret test testing user xxx xxxx xxxxx your_password yourpassword "
    "123 1234 12345 123456".split()
)
# "app_password", "supersecretpassword123", "change-me-in-production"
_SPOKEN = re.compile(
    r"pass(?:word|wd)?[\d_!]*$|change|your|_here|if_any|secret\d*$|replace|placeholder|^md5"
)


def of_pgbouncer(name: str, value: str, others: frozenset[str] = frozenset()) -> str:
    """Return what a value of a connection string gives away: "password", "dummy" or "".

    `others` are the names beside it: a password that is the user's name is no secret.
    """
    if name == "password":
        return of_password(value, others)
    return of_postgres(value)


def of_postgres(value: str) -> str:
    """Return the same for a parameter that may hold a connection string or a command."""
    return "" if values.is_open(value) or not hidden(value) else PASSWORD


def of_password(text: str, others: frozenset[str] = frozenset()) -> str:
    """Return what a password stands for; nothing for one that is to be filled in."""
    if not text.strip("*") or values.is_open(text):
        return ""
    word = text.lower()
    dummy = word in _DUMMIES or text in others or _SPOKEN.search(word) is not None
    return DUMMY if dummy else PASSWORD
