"""Text that others wrote, made fit for Markdown and HTML: nothing in it means anything."""

from __future__ import annotations

import re
from html import escape

from poollint.report.characters import said

# What Markdown, its tables, its extensions (mathematics, autolinks) or HTML take for structure. A
# numeric reference never is (CommonMark 0.31, 2.5).
_SPECIAL = re.compile(
    r"[\\`*\[\]<>#|&~$]|:(?=//)|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])", re.IGNORECASE
)
_QUOTED = re.compile(r"`([^`]*)`")


def inert(text: str) -> str:
    """Return one line of Markdown that shows `text`, which holds no secret, as it is."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)


def code(text: str) -> str:
    """Return `text` as code in Markdown: names, which are no mentions and no issue's number."""
    return f"<code>{inert(said(text))}</code>"


def sentence(text: str) -> str:
    """Return a sentence in Markdown, what is in backticks as code."""
    parts = _QUOTED.split(said(text))
    return "".join(_plain(t) if n % 2 == 0 else code(t) for n, t in enumerate(parts))


def html(text: str) -> str:
    """Return `text` for an element, or an attribute in quotes, of HTML."""
    return escape(said(text), quote=True)


def _plain(text: str) -> str:
    """Return text in which no `@name` calls anybody and no `#1` leads to an issue."""
    pieces = re.split(r"([@#])", text)
    return "".join(f"<code>{inert(p) if p != '@' else '&#64;'}</code>" if p in ("@", "#") else
                   inert(p) for p in pieces)  # fmt: skip
