"""What each file told when it was last looked at, as long as it is as it was.

A file is as it was if the system notes the same of it: when its content and its inode changed,
its size, and which inode it is. The inode's own time changes with whatever is done to a file and
cannot be set back. Times have a resolution, though: what changed just before it was looked at may
have changed again since without a trace, and is not kept (git calls that racy).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from poollint.engine.files.disk import SETTLED, Disk, Signature
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.codec import NotThis, decoder, encoded
from poollint.model.digests import blake2b
from poollint.reading.naming.files.glance import Glance

_SIZE = 20  # bytes of a key
_WORTH = 32  # files that are looked at again before it pays to write all down anew

_MATTERS = (bool, type(None))


@dataclass(slots=True)
class Row:
    """What is known of a file.

    matters  whether its reader has to read it, None where nobody looked
    glance   what a Python file tells at a glance, None where nobody looked
    answers  what else was asked of its text, by the question
    fresh    nothing was known of it when the run began: it is new, or changed
    """

    signature: Signature
    matters: bool | None = None
    glance: Glance | None = None
    answers: dict[str, bool] = field(default_factory=dict)
    fresh: bool = False


class Index:
    """The rows of a project's files, by their full paths.

    Without a `cache` nothing is known. `stamp` is what a glance depends on besides the file;
    `learned` counts what was not known, and was looked at.
    """

    def __init__(
        self,
        cache: Cache | None = None,
        root: str = "",
        stamp: bytes = b"",
        disk: Disk | None = None,
    ) -> None:
        self._cache = cache
        self._disk = disk or Disk()
        told = f"index\0{root}".encode("utf-8", "surrogatepass")
        self._key = blake2b(told + b"\0" + stamp, digest_size=_SIZE).digest()
        self._known: dict[str, Any] = self._load() if cache else {}  # as written down
        self._seen: dict[str, Row | None] = {}
        self.learned = 0

    def __reduce__(self) -> tuple[type[Index], tuple[()]]:
        """Leave what is known to the process that keeps it."""
        return Index, ()

    def row(self, full: str) -> Row | None:
        """Return the row of a file, a new one where it changed; None for what is no file."""
        if self._cache is None:
            return None
        if full not in self._seen:
            self._seen[full] = self._row(full)
        return self._seen[full]

    def worth_keeping(self) -> None:
        """Note that something was found out which takes long to find out: it is written down."""
        self.learned += _WORTH

    def _row(self, full: str) -> Row | None:
        state = self._disk.state(full)
        if state is None or not state.is_file:
            return None
        known = self._remembered(full, state.signature)
        if known is not None:
            return known
        self.learned += 1
        return Row(state.signature, fresh=True)

    def _remembered(self, full: str, signature: Signature) -> Row | None:
        """Return what was written down of a file, None where that is of another or nothing."""
        try:
            row = _row(self._known[full])
        except (KeyError, NotThis, ValueError, TypeError):
            return None
        return row if row.signature == signature else None

    def keep(self, now: int) -> None:
        """Write down what is known, if that is much more than before.

        `now` is the time when the run began, in nanoseconds; 0 where it is not told.
        """
        if self._cache is None or not now or self.learned < min(_WORTH, len(self._known) + 1):
            return
        rows = {full: row for full, row in self._seen.items() if row}
        # Where a part of the project was looked at, the rest stays known.
        content = {} if len(rows) >= len(self._known) / 2 else dict(self._known)
        content |= {
            full: [*row.signature, row.matters, encoded(row.glance), row.answers]
            for full, row in rows.items()
            if max(row.signature[:2]) < now - SETTLED
        }
        self._cache.put({self._key: json.dumps(content, separators=(",", ":")).encode()}, ())

    def _load(self) -> dict[str, Any]:
        assert self._cache is not None
        value = self._cache.get([self._key]).get(self._key)
        try:
            content = json.loads(value or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def _row(written: Any) -> Row:
    """Return a row as it was written down; `NotThis`, or what unpacking raises, for other data."""
    changed, altered, size, inode, matters, glance, answers = written
    signature = (changed, altered, size, inode)
    if not all(type(one) is int for one in signature) or type(matters) not in _MATTERS:
        raise NotThis("no row")
    if type(answers) is not dict or not all(type(one) is bool for one in answers.values()):
        raise NotThis("no answers")
    return Row(signature, matters, decoder(Glance | None)(glance), answers)
