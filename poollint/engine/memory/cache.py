"""What was derived before, by the digest of all that it depends on.

The store lies in a folder of the user's own, never in the repository: facts that come with the
code they are about would be the word of whoever wrote it. It is one SQLite file, so two runs at
once, a crash and a full disk are its business. Whatever is wrong with it costs only time.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_NAME = "facts.sqlite"
_FORMAT = 1  # of the table below
_LIMIT = 256_000_000  # bytes; beyond, what was not used for longest goes
_WAIT = 1.0  # seconds for another run that is writing
_AT_ONCE = 500  # SQLite's limit on parameters is at least 999
_TABLE = """
CREATE TABLE facts (key BLOB PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL)
"""


def _prepare(store: sqlite3.Connection) -> None:
    """Make the table where there is none of this format.

    Another run may be making it: what was seen without the lock is looked at again with it, or
    the slower one would drop what the faster one has kept in between.
    """
    if _version(store) == _FORMAT:
        return
    store.execute("PRAGMA auto_vacuum = FULL")  # has no effect inside a transaction
    with store:
        store.execute("BEGIN IMMEDIATE")
        if _version(store) != _FORMAT:
            store.execute("DROP TABLE IF EXISTS facts")
            store.execute(_TABLE)
            store.execute(f"PRAGMA user_version = {_FORMAT}")


def _version(store: sqlite3.Connection) -> int:
    (version,) = store.execute("PRAGMA user_version").fetchone()
    return int(version)


class Cache:
    """Values by key, in `folder`; keys and values are bytes."""

    def __init__(self, folder: str, limit: int = _LIMIT) -> None:
        self._folder = folder
        self._limit = limit

    @property
    def path(self) -> str:
        """Return the file that holds the values."""
        return os.path.join(self._folder, _NAME)

    def get(self, keys: Iterable[bytes]) -> Mapping[bytes, bytes]:
        """Return the values that are there."""
        wanted = list(keys)
        found: dict[bytes, bytes] = {}

        def read(store: sqlite3.Connection) -> None:
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                rows = store.execute(f"SELECT key, value FROM facts WHERE key IN ({marks})", part)
                found.update((bytes(key), bytes(value)) for key, value in rows)

        if wanted and os.path.exists(self.path):
            self._open(read)
        return found

    def put(self, values: Mapping[bytes, bytes], used: Iterable[bytes]) -> None:
        """Keep `values`, and note that those of `used` were used."""

        def write(store: sqlite3.Connection) -> None:
            with store:
                (now,) = store.execute("SELECT coalesce(max(used), 0) + 1 FROM facts").fetchone()
                store.executemany(
                    "INSERT OR REPLACE INTO facts (key, used, value) VALUES (?, ?, ?)",
                    [(key, now, value) for key, value in values.items()],
                )
                store.executemany(
                    "UPDATE facts SET used = ? WHERE key = ?", [(now, key) for key in used]
                )
                self._shrink(store)

        if values:
            with contextlib.suppress(OSError):
                os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self._open(write)

    def clear(self) -> bool:
        """Remove everything; tell whether there was anything."""
        there = os.path.exists(self.path)
        for ending in ("", "-journal"):
            with contextlib.suppress(OSError):
                os.remove(self.path + ending)
        return there

    def _open(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do `work` with the store; what fails with it is as if it held nothing."""
        import sqlite3

        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=_WAIT)) as store:
                _prepare(store)
                work(store)
        except sqlite3.OperationalError:
            return  # locked for long, read-only, a full disk
        except sqlite3.DatabaseError:
            self.clear()  # no SQLite file, or a broken one: the next run makes a new one

    def _shrink(self, store: sqlite3.Connection) -> None:
        (held,) = store.execute("SELECT total(length(value)) FROM facts").fetchone()
        if held <= self._limit:
            return
        over = held - self._limit / 2
        old = []
        for key, size in store.execute("SELECT key, length(value) FROM facts ORDER BY used"):
            old.append((key,))
            over -= size
            if over <= 0:
                break
        store.executemany("DELETE FROM facts WHERE key = ?", old)
