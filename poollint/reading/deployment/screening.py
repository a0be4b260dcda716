"""Which documents of a YAML file can say anything, told from their bytes.

What a document is, its root tells: the kind of an object, the keys of a Compose project, those of
a platform's file. The keys of a root that begins at the left margin begin there too, each on a
line of its own; so a glance at the beginnings of lines tells which there are. What could be
written in another way (a flow mapping, an alias, a tag, an escape) is read if it holds the words
at all: a document that is left out says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_DOCUMENT = re.compile(r"\n(?=(?:---|\.\.\.)(?:\s|\Z))")
_BYTES = re.compile(rb"\n(?=(?:---|\.\.\.)(?:\s|\Z))")
_SIGNS = (b"\n---", b"\n...")
# What stands before the first content of a document: its sign, blank lines and comments.
_HEAD = re.compile(rb"(?:---|\.\.\.)?(?:[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z))*")
_PLAIN = re.compile(rb"[^\s,\[\]{}#&*!|>%@`?:-]")
_ELEMENT = re.compile(rb"-(?=\s)")
_OPERATION = re.compile(rb"\bop\b")
# Where lines end for libyaml, and not for these expressions: U+0085, U+2028, U+2029; and a byte
# order mark, which may begin a document.
_BREAKS = (b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xef\xbb\xbf")
_ESCAPE = re.compile(rb"\\[xuU/\r\n]")
_ODD = rb"[?!&*<{\[%|>]|\"[^\"\n]*\\"
_KIND = rb"[\"']?kind[\"']?[ \t]*:(?P<kind>[^\n]*)"
_NAME = re.compile(rb"[ \t]+([\"']?)([A-Za-z0-9]+)\1(?:[ \t]+(?:#.*)?)?\r?")


def _anywhere(path: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Root:
    """What a reader takes a document by.

    keys    of which the root has at least one, where any are named
    marks   of which the document holds one, where any are named
    claims  tells of a path whether such a file may lie there
    """

    keys: tuple[str, ...] = ()
    marks: tuple[bytes, ...] = ()
    claims: Callable[[str], bool] = _anywhere

    def is_marked(self, data: bytes) -> bool:
        """Tell whether a document holds what such a one holds."""
        return not self.marks or any(mark in data for mark in self.marks)

    def is_named(self, data: bytes) -> bool:
        """Tell whether the words of such a document are in one, however it is written."""
        keys = not self.keys or any(key.encode() in data for key in self.keys)
        return keys and self.is_marked(data)


class Screen:
    """Which documents a reader of one of `roots` may take, or may be objects of `kinds`.

    A document that says of itself that it is of another kind is none of them; a list is one.
    """

    def __init__(self, roots: Iterable[Root], kinds: Iterable[str]) -> None:
        self._roots = tuple(roots)
        self._nameless = tuple(root for root in self._roots if not root.keys)
        self._kinds = frozenset(kind.encode() for kind in kinds)
        kinds_ = b"|".join(re.escape(kind) for kind in sorted(self._kinds, reverse=True)) or b"(?!)"
        self._usual = re.compile(rb"(?:apiVersion:[^\n]*\n)?kind: (?:" + kinds_ + rb")\r?\n")
        keys = {key.encode() for root in self._roots for key in root.keys}
        named = b"|".join(re.escape(key) for key in sorted(keys, reverse=True)) or b"(?!)"
        self._line = re.compile(
            rb"\n(?:(?P<odd>" + _ODD + rb")|" + _KIND + rb"|[\"']?(?P<key>" + named
            + rb")[\"']?[ \t]*(?::|\r?(?=\n|\Z)))"
        )  # fmt: skip

    def takes(self, data: bytes) -> bool:
        """Tell whether a document of a file may be taken, wherever the file lies."""
        if not any(sign in data for sign in _SIGNS):
            return self.document(data)
        return any(self.document(part) for part in _BYTES.split(data))

    def document(self, data: bytes, path: str | None = None) -> bool:
        """Tell whether a document may be taken; without a path, wherever it lies."""
        if self._usual.match(data):  # most objects begin so, and hold their kind in any case
            return True
        if _has_odd_breaks(data):
            return self._holds(data)
        at = _begin(data)
        if at >= len(data):
            return False
        if at and data[at - 1] != ord("\n"):
            return self._holds(data)
        if _ELEMENT.match(data, at):
            return _may_be_operations(data)
        if not _PLAIN.match(data, at):
            return self._holds(data)
        declared, odd = self._root(data, at, path)
        return declared or self._is_marked(data, path) or (odd and self._holds(data))

    def only(self, text: str, path: str) -> str:
        """Return the text with what may not be taken as empty lines, so that no place moves."""
        if "\n---" not in text and "\n..." not in text:  # one document: all of it, or nothing
            taken = self.document(text.encode(errors="replace"), path)
            return text if taken else text[: 3 * text.startswith("---")] + "\n" * text.count("\n")
        parts = _DOCUMENT.split(text)
        ends: tuple[str, ...] = ("---",)  # signs that are kept: a document before them ends there
        for at, part in enumerate(parts):
            if self.document(part.encode(errors="replace"), path):
                ends = ("---", "...")
            else:
                parts[at] = part[: 3 * part.startswith(ends)] + "\n" * part.count("\n")
                ends = ("---",)
        return "\n".join(parts)

    def declares(self, text: str, path: str) -> bool:
        """Tell whether a file says at its left margin that a document of it is to be taken."""
        return any(
            self._root(part, _begin(part), path)[0]
            for part in _BYTES.split(text.encode(errors="replace"))
        )

    def _root(self, data: bytes, at: int, path: str | None) -> tuple[bool, bool]:
        """Tell whether a root says that it is to be taken; and whether it may, not saying so."""
        found, odd, other = set(), False, False
        for match in self._line.finditer(b"\n" + data[at:]):
            if match["odd"]:
                odd = True
            elif match["key"]:
                found.add(match["key"].decode())
            else:
                name = _NAME.fullmatch(match["kind"])
                if name and (name[2] in self._kinds or name[2].endswith(b"List")):
                    return True, odd
                odd, other = odd or name is None, other or name is not None
        if other or not found:  # what says of which other kind it is, is nothing else
            return False, odd
        escaped = _ESCAPE.search(data) is not None
        named = (r for r in self._roots if not found.isdisjoint(r.keys))
        return any(
            (path is None or root.claims(path)) and (escaped or root.is_marked(data))
            for root in named
        ), odd

    def _is_marked(self, data: bytes, path: str | None) -> bool:
        """Tell whether a document holds what those hold that have no key in common."""
        roots = self._nameless
        return any((path is None or r.claims(path)) and r.is_marked(data) for r in roots)

    def _holds(self, data: bytes) -> bool:
        """Tell whether the words by which a document is taken are in it, however it is written."""
        if _ESCAPE.search(data) or any(root.is_named(data) for root in self._roots):
            return True
        if b"kind" in data and any(kind in data for kind in self._kinds):
            return True
        return _may_be_operations(data)


def _begin(data: bytes) -> int:
    """Return where the first content of a document begins."""
    head = _HEAD.match(data)
    return head.end() if head else 0


def _has_odd_breaks(data: bytes) -> bool:
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return True
    return not data.isascii() and any(sign in data for sign in _BREAKS)


def _may_be_operations(data: bytes) -> bool:
    """Tell whether a document may be a list of changes (RFC 6902), which is a sequence."""
    if _ESCAPE.search(data):
        return True
    return b"path" in data and _OPERATION.search(data) is not None
