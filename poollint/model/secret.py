"""Passwords, tokens and DSNs never leave poollint: every text it shows goes through here."""

from __future__ import annotations

import re

MASK = "***"

_USERINFO = re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s:/?#@'\"]*:)[^\s/?#@'\"]+(?=@)", re.I)
_ASSIGNED = re.compile(
    r"""(?P<keep>\b[\w.-]*(?:passw(?:or)?d|passwd|pwd|secret|token|api_?key|private_?key)[\w.-]*
        ["']?\]?\s*(?::=|=>|[:=])\s*)
        (?P<value>"[^"\n]*"|'[^'\n]*'|[^\s,;)\]}&"']+)""",
    re.I | re.X,
)
_REFERENCE = re.compile(
    r"""["']?(?:\$|\{|os\.|env|None\b|null\b|True\b|False\b|self\.|settings\.|config)"""
)


def mask(text: str) -> str:
    """Return `text` with what may be a secret replaced by `***`.

    Covers the password of a URL and the value of anything named like a password, token or
    key. A reference to a variable is no secret and stays.
    """
    text = _USERINFO.sub(lambda m: m["keep"] + MASK, text)
    return _ASSIGNED.sub(_hide, text)


def _hide(match: re.Match[str]) -> str:
    value = match["value"]
    if _REFERENCE.match(value):
        return match[0]
    quote = value[0] if value[0] in "'\"" else ""
    return f"{match['keep']}{quote}{MASK}{quote}"
