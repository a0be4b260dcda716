"""Which Python files of a project import from which, as it was found before.

Finding that anew takes longer than all else where one file of thousands changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from poollint.engine.memory.cache import Cache
from poollint.model.digests import blake2b

_SIZE = 20  # bytes of a key
_WORTH = 32  # files that are looked at again before it pays to write all down anew

Found = Mapping[int, tuple[str, tuple[int, ...]]]


class CachedLinks:
    """The links of files, in a cache; `stamp` is what they depend on besides the files."""

    def __init__(self, cache: Cache, stamp: bytes) -> None:
        self._cache = cache
        self._stamp = stamp
        self._known: Found = {}

    def known(self, layout: bytes) -> Found:
        """Return the digests of files, with the files that they import from."""
        key = self._key(layout)
        try:
            written = json.loads(self._cache.get([key]).get(key, b"[]"))
            self._known = {number: _link(of) for number, of in enumerate(written) if of}
        except (ValueError, TypeError):
            self._known = {}
        return self._known

    def keep(self, layout: bytes, found: Found) -> None:
        """Remember what was found besides, where that is much."""
        if len(found) < _WORTH:
            return
        whole = {**self._known, **found}
        rows: list[Any] = [whole.get(number, 0) for number in range(max(whole) + 1)]
        value = json.dumps(rows, separators=(",", ":")).encode()
        self._cache.put({self._key(layout): value}, ())

    def _key(self, layout: bytes) -> bytes:
        whole = blake2b(b"links\0" + self._stamp, digest_size=_SIZE)
        whole.update(layout)
        return whole.digest()


def _link(written: Any) -> tuple[str, tuple[int, ...]]:
    """Return a link as it was written down; `TypeError` or `ValueError` for other data."""
    digest, reached = written
    if type(digest) is not str or not {type(one) for one in reached} <= {int}:
        raise TypeError("no link")
    return digest, tuple(reached)
