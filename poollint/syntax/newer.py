"""Syntax of a later Python, written so that an older one reads it: each character by one other.

Lines and columns stay. What is replaced, and since when it is Python: type parameters and `type`
statements (3.12, PEP 695), quotes of the same sort within an f-string (3.12, PEP 701), several
exceptions without parentheses (3.14, PEP 758). The text serves to find what is worth reading;
libcst, which knows all of it, is given what is written.
"""

from __future__ import annotations

import ast
import re
import warnings

_TOKEN = re.compile(
    r"""\#[^\n]*|(?<!\w)(?P<prefix>[rbufRBUF]{0,2})(?P<quote>\"{3}|'{3}|"|')|\w+|[^\w"'\#]"""
)
_PARAMETERS = re.compile(r"[ \t]+\w+[ \t]*(\[[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*\])[ \t]*[(:]")
# What follows a word, the part that is replaced as its group; and what takes its place.
_FORMS = {
    "def": _PARAMETERS,
    "class": _PARAMETERS,
    "type": re.compile(r"([ \t]+)[^\W\d]\w*[ \t]*(?:\[[^\n=]*(?:=[^\n=]*)?\])?[ \t]*=[^=]"),
    "except": re.compile(r"\*?[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:"),
}
_OTHER = {'"': "'", "'": '"'}
_NESTED = 8  # f-strings within f-strings


def older(text: str) -> str:
    """Return `text` as an older Python reads it; as it is where nothing can be done."""
    return "".join(_Rewriting(text).done())


def expression(text: str) -> ast.expr | None:
    """Parse an expression, newer syntax included; None where that cannot be done."""
    for version in (str, older):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(f"({version(text).strip()})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


class _Rewriting:
    """One pass over a text; `_out` are its characters, some of them replaced."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._out = list(text)

    def done(self) -> list[str]:
        at = 0
        while at < len(self._text):
            at = self._token(at, 0)
        return self._out

    def _token(self, at: int, level: int) -> int:
        """Go past what begins at `at`, a string as a whole; return where that ends."""
        found = _TOKEN.match(self._text, at)
        if found is None:
            return at + 1
        if found["quote"]:
            return self._string(found.end(), found["quote"], found["prefix"].lower(), level)
        word = found[0]
        form = _FORMS.get(word)
        after = form.match(self._text, found.end()) if form else None
        if after and (form is _PARAMETERS or self._begins_line(at)):
            self._put(after.start(1), _instead(word, after[1]))
        return found.end()

    def _begins_line(self, at: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, at) + 1 : at].strip()

    def _put(self, at: int, text: str) -> None:
        """Replace as many characters, unless that changes columns: these count bytes."""
        before = self._text[at : at + len(text)]
        if len(before.encode("utf-8", "replace")) == len(text.encode("utf-8", "replace")):
            self._out[at : at + len(text)] = text

    def _string(self, at: int, quote: str, prefix: str, level: int) -> int:
        text = self._text
        while at < len(text):
            if text.startswith(quote, at):
                return at + len(quote)
            if text[at] == "\n" and len(quote) == 1:
                return at
            doubled = text[at : at + 2] == "{{"
            if "f" in prefix and text[at] == "{" and not doubled and level < _NESTED:
                at = self._field(at + 1, quote, level + 1)
            else:
                at += 2 if doubled or text[at] == "\\" else 1
        return at

    def _field(self, start: int, quote: str, level: int) -> int:
        """Go past a replacement field, and rewrite it where it holds what was not allowed."""
        at, depth = start, 0
        while at < len(self._text) and (depth or self._text[at] != "}"):
            if self._text[at] == "\n" and len(quote) == 1:
                return at
            depth += (self._text[at] in "([{") - (self._text[at] in ")]}")
            at = self._token(at, level)
        inside = self._text[start:at]
        if quote[0] in inside or "\\" in inside:
            self._put(start, _plain(inside, quote))
        return at + 1


def _instead(word: str, text: str) -> str:
    """Return what stands after a word instead of `text`."""
    if word == "except":
        return text.replace(",", "|")
    return ("_" if word == "type" else " ") * len(text)


def _plain(inside: str, quote: str) -> str:
    """Return a field with other quotes; where these do not help, a constant as long."""
    swapped = inside.replace(quote[0], _OTHER[quote[0]])
    for text in (inside, swapped):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(f"f{quote}{{{text}}}{quote}")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return text
    return re.sub(r"[^\n]", " ", inside).replace(" ", "0", 1)
