"""Passwords, tokens and DSNs never leave poollint: every text it shows goes through here."""

from __future__ import annotations

MASK = "***"


def mask(text: str, *, code: bool = False) -> str:
    """Return `text` with each secret in it replaced by `***`; `code` as for `hidden`."""
    parts: list[str] = []
    at = 0
    for start, end in hidden(text, code=code):
        parts += (text[at:start], MASK)
        at = end
    return "".join((*parts, text[at:]))


def hidden(text: str, *, code: bool = False) -> tuple[tuple[int, int], ...]:
    """Return the offsets (start, end exclusive) of all secrets in `text`, in order, disjoint.

    `code` tells that a bare word is an expression and not a text, as in Python: there,
    `password=given` names a variable, while in an ini file it states the password.
    """
    if not text:
        return ()
    from poollint.model.secret_search import found  # its patterns take long to compile

    merged: list[tuple[int, int]] = []
    for start, end in sorted(r for r in found(text, code, hidden) if r[0] < r[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
