"""Where Compose ends a command that is one text: no shell runs it, and it has one program.

Source: compose-go, `ShellCommand`, and mattn/go-shellwords, whose parser stops at the first of
these signs that no quote holds; what a digit names before `>` goes with it.
"""

from __future__ import annotations

import re

_SIGNS = ";&|<>"
_QUOTES = frozenset("\"'`")
_NUMBERED = re.compile(r"(?:(?<=\s)|^)\d\S*$")


def ended(text: str) -> str:
    """Return a command up to where Compose stops reading it: whole, as most are."""
    quote, skipped = "", False
    for at, sign in enumerate(text):
        if skipped:
            skipped = False
        elif sign == "\\" and quote != "'":
            skipped = True
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in _QUOTES:
            quote = sign
        elif sign == "(" and text[at - 1 : at] == "$":
            quote = ")"
        elif sign in _SIGNS:
            return _NUMBERED.sub("", text[:at]) if sign == ">" else text[:at]
    return text
