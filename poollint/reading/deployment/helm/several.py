"""Functions of Helm's templates on lists and mappings, whose elements keep their places.

Source: masterminds.github.io/sprig (lists, dicts, defaults) and its code at v3.2.3.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from poollint.reading.deployment.helm.worth import Marks, Worth, text_of


def _items(worth: Worth) -> list[Worth]:
    return worth if isinstance(worth, list) else []


def _entries(worth: Worth) -> dict[str, Worth]:
    return worth if isinstance(worth, dict) else {}


def _merged(into: dict[str, Worth], other: dict[str, Worth], *, over: bool) -> dict[str, Worth]:
    """Merge one mapping into another, which is changed: what is there stays, or is replaced."""
    for key, value in other.items():
        mine = into.get(key)
        if isinstance(mine, dict) and isinstance(value, dict):
            into[key] = _merged(dict(mine), value, over=over)
        elif over or key not in into:
            into[key] = value
    return into


class Collections:
    """The functions, by name."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self.known: dict[str, Callable[..., Any]] = {
            "list": lambda *values: list(values),
            "tuple": lambda *values: list(values),
            "dict": self._dict,
            "get": lambda d, key: _entries(d).get(self._key(key), ""),
            "set": self._set,
            "unset": self._unset,
            "hasKey": lambda d, key: self._key(key) in _entries(d),
            "dig": self._dig,
            "keys": lambda *ds: [key for d in ds for key in sorted(_entries(d))],
            "values": lambda d: [_entries(d)[key] for key in sorted(_entries(d))],
            "pick": lambda d, *keys: self._picked(d, keys, keep=True),
            "omit": lambda d, *keys: self._picked(d, keys, keep=False),
            "merge": lambda into, *others: self._merge(into, others, over=False),
            "mergeOverwrite": lambda into, *others: self._merge(into, others, over=True),
            "mustMerge": lambda into, *others: self._merge(into, others, over=False),
            "mustMergeOverwrite": lambda into, *others: self._merge(into, others, over=True),
            "deepCopy": _copied,
            "mustDeepCopy": _copied,
            "first": lambda several: (_items(several) or [None])[0],
            "last": lambda several: (_items(several) or [None])[-1],
            "rest": lambda several: _items(several)[1:],
            "initial": lambda several: _items(several)[:-1],
            "append": lambda several, one: [*_items(several), one],
            "prepend": lambda several, one: [one, *_items(several)],
            "concat": lambda *several: [item for one in several for item in _items(one)],
            "reverse": lambda several: _items(several)[::-1],
            "compact": lambda several: [i for i in _items(several) if marks.truth(i)],
            "has": lambda one, several: self._plain(one) in map(self._plain, _items(several)),
            "uniq": self._unique,
            "without": lambda several, *gone: [
                i for i in _items(several) if self._plain(i) not in map(self._plain, gone)
            ],
            "join": lambda sign, several: self._key(sign).join(
                marks.resolved(text_of(self._plain(i))) for i in _items(several)
            ),
            "sortAlpha": lambda several: sorted(text_of(self._plain(i)) for i in _items(several)),
            "toStrings": lambda several: [text_of(self._plain(i)) for i in _items(several)],
            "toJson": lambda worth: json.dumps(self._open(worth)),
            "toRawJson": lambda worth: json.dumps(self._open(worth)),
            "len": self._length,
            "index": self._index,
        }

    def _plain(self, worth: Worth) -> Any:
        return self._marks.bare(worth)

    def _open(self, worth: Worth) -> Any:
        """Return a value with all that is in it without its place."""
        known = self._plain(worth)
        if isinstance(known, dict):
            return {key: self._open(value) for key, value in known.items()}
        return [self._open(item) for item in known] if isinstance(known, list) else known

    def _key(self, worth: Worth) -> str:
        return text_of(self._plain(worth))

    def _length(self, worth: Worth) -> int:
        known = self._plain(worth)
        return len(known) if isinstance(known, (str, list, dict)) else 0

    def _dict(self, *pairs: Worth) -> dict[str, Worth]:
        return {self._key(k): v for k, v in zip(pairs[::2], pairs[1::2], strict=False)}

    def _set(self, mapping: Worth, key: Worth, value: Worth) -> Worth:
        if isinstance(mapping, dict):
            mapping[self._key(key)] = value
        return mapping

    def _unset(self, mapping: Worth, key: Worth) -> Worth:
        if isinstance(mapping, dict):
            mapping.pop(self._key(key), None)
        return mapping

    def _dig(self, *path: Worth) -> Worth:
        *names, default, found = path
        for name in names:
            inner = _entries(found)
            if self._key(name) not in inner:
                return default
            found = inner[self._key(name)]
        return found

    def _picked(self, mapping: Worth, keys: tuple[Worth, ...], *, keep: bool) -> dict[str, Worth]:
        names = {self._key(key) for key in keys}
        return {k: v for k, v in _entries(mapping).items() if (k in names) is keep}

    def _merge(self, into: Worth, others: tuple[Worth, ...], *, over: bool) -> Worth:
        whole = into if isinstance(into, dict) else {}
        for other in others:
            _merged(whole, _entries(other), over=over)
        return whole

    def _unique(self, several: Worth) -> list[Worth]:
        found: list[Worth] = []
        for item in _items(several):
            if self._plain(item) not in map(self._plain, found):
                found.append(item)
        return found

    def _index(self, whole: Worth, *path: Worth) -> Worth:
        for step in path:
            key = self._plain(step)
            if isinstance(whole, list):
                whole = whole[key] if isinstance(key, int) and 0 <= key < len(whole) else None
            else:
                whole = _entries(whole).get(text_of(key))
        return whole


def _copied(worth: Worth) -> Worth:
    if isinstance(worth, dict):
        return {key: _copied(value) for key, value in worth.items()}
    return [_copied(item) for item in worth] if isinstance(worth, list) else worth
