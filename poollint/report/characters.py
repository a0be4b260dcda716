"""What a terminal makes of characters: how wide they are, and which would deceive."""

from __future__ import annotations

import unicodedata

from poollint.model.secret import mask

TAB = 4
# Control, format (bidirectional overrides, zero-width), surrogates, line and paragraph separators.
_DECEIVING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def visible(char: str) -> str:
    """Return `char`, or its escape if it would move the cursor, reorder text or be invisible."""
    if char.isascii() and char.isprintable():
        return char
    if unicodedata.category(char) not in _DECEIVING:
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Return how many columns `text` takes; it holds visible characters only."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def said(text: str) -> str:
    """Return `text` fit for one line of output: no secret, no line end, nothing deceiving."""
    shown = mask(text)
    return named(shown if shown.isprintable() else " ".join(shown.split()))


def in_short(text: str) -> str:
    """Return a text that ends with the places it is told of, with the first of them only."""
    start = text.rfind(" (in ")
    if start < 0 or not text.endswith(")") or ", " not in text[start:]:
        return text
    first, *rest = text[start + 5 : -1].split(", ")
    return f"{text[:start]} (in {first} and {len(rest)} more)"


def named(text: str) -> str:
    """Return text without secrets, such as a path, fit for output; its spaces are its own."""
    return "".join(map(visible, text))
