"""Syntax of a later Python, written so that an older one reads it: each character by one other.

Lines and columns stay. What is replaced, and since when it is Python: type parameters and `type`
statements (3.12, PEP 695), quotes of the same sort and new lines in the fields of an f-string
(3.12, PEP 701), several exceptions without parentheses (3.14, PEP 758). The text serves to find
what is worth reading; libcst, which knows all of it, is given what is written.
"""

from __future__ import annotations

import ast
import re
import warnings

_TOKEN = re.compile(
    r"""\#[^\n]*|(?<!\w)(?P<prefix>[rbufRBUF]{0,2})(?P<quote>\"{3}|'{3}|"|')|\w+|[^\w"'\#]"""
)
_PARAMETERS = re.compile(r"[ \t]+\w+[ \t]*(\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\])[ \t]*[(:]")
# What follows a word, the part that is replaced as its group; and what takes its place.
_FORMS = {
    "def": _PARAMETERS,
    "class": _PARAMETERS,
    "type": re.compile(r"[ \t]+[^\W\d]\w*[ \t]*((?:\[[^\n=]*(?:=[^\n=]*)?\])?)[ \t]*=[^=]"),
    "except": re.compile(r"\*?[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:"),
}
_OTHER = {'"': "'", "'": '"'}
_LITERAL = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'""")
_ADJACENT = re.compile(r"""(?:\s|\\\n|\#[^\n]*\n)*[rbufRBUF]{0,2}["']""")
_SPECIFIED = re.compile(r"=?\s*(?:![rsa]\s*)?(?::|\Z)")
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


def statements(text: str) -> list[ast.stmt]:
    """Parse statements, newer syntax included; none where that cannot be done."""
    for version in (str, older):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(version(text)).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return []


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
            return self._string(found, level)
        word = found[0]
        form = _FORMS.get(word)
        after = form.match(self._text, found.end()) if form else None
        if after and (form is _PARAMETERS or self._begins_line(at)):
            if word == "type":  # a statement before it, so that no column changes
                self._put(at, "None;")
            self._put(after.start(1), _instead(word, after[1]))
        return found.end()

    def _begins_line(self, at: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, at) + 1 : at].strip()

    def _put(self, at: int, text: str) -> None:
        """Replace as many characters, unless that changes columns: these count bytes."""
        before = self._text[at : at + len(text)]
        if len(before.encode("utf-8", "replace")) == len(text.encode("utf-8", "replace")):
            self._out[at : at + len(text)] = text

    def _string(self, found: re.Match[str], level: int) -> int:
        text, at = self._text, found.end()
        quote, prefix = found["quote"], found["prefix"].lower()
        fields: list[tuple[int, int]] = []
        while at < len(text):
            if text.startswith(quote, at):
                if len(quote) == 1 and any("\n" in text[start:end] for start, end in fields):
                    self._as_values(found.start(), at + 1, fields)
                return at + len(quote)
            if text[at] == "\n" and len(quote) == 1:
                return at
            doubled = text[at : at + 2] == "{{"
            if "f" in prefix and text[at] == "{" and not doubled and level < _NESTED:
                end = self._field(at + 1, quote, level + 1)
                fields.append((at, end - 1))
                at = end
            else:
                at += 2 if doubled or text[at] == "\\" else 1
        return at

    def _field(self, start: int, quote: str, level: int) -> int:
        """Go past a replacement field, and rewrite it where it holds what was not allowed."""
        at, depth, line = start, 0, 0
        while at < len(self._text) and (depth or self._text[at] != "}"):
            if self._text[at] == "\n" and len(quote) == 1:
                line = line or at
            depth += (self._text[at] in "([{") - (self._text[at] in ")]}")
            at = self._token(at, level)
        if line:
            return at + 1 if at < len(self._text) else line  # nothing closes it
        inside = self._text[start:at]
        if quote[0] in inside or "\\" in inside:
            plain = _plain(inside, quote)
            if plain:
                self._put(start, plain)
            else:
                self._blank(start, at)
                self._out[start] = "0" + self._out[start][1:]
        return at + 1

    def _blank(self, start: int, end: int) -> None:
        """Replace what stands there by as many bytes."""
        for at in range(start, min(end, len(self._text))):
            if self._text[at] != "\n":
                self._out[at] = " " * len(self._text[at].encode("utf-8", "replace"))

    def _as_values(self, start: int, end: int, fields: list[tuple[int, int]]) -> None:
        """Make a string with fields of several lines the values of these, in parentheses."""
        kept = {at for opened, closed in fields for at in range(opened + 1, closed)}
        for opened, closed in fields:
            kept -= set(range(opened + 1 + _value(self._text[opened + 1 : closed]), closed))
        for at in range(start, end):
            if at not in kept:
                self._blank(at, at + 1)
        for opened, _ in fields[1:]:
            self._out[opened] = ","
        self._out[start], self._out[end - 1] = "(", ")"
        if _ADJACENT.match(self._text, end):  # a string that goes on in the next one
            self._out[end - 2 : end] = ")+"


def _value(inside: str) -> int:
    """Return how long the value of a field is, without `=`, `!r` and what follows a colon."""
    at = depth = 0
    while at < len(inside):
        if not depth and _SPECIFIED.match(inside, at):
            return at
        found = _LITERAL.match(inside, at)
        depth += (inside[at] in "([{") - (inside[at] in ")]}")
        at = found.end() if found else at + 1
    return at


def _instead(word: str, text: str) -> str:
    """Return what stands after a word instead of `text`."""
    if word == "except":
        return text.replace(",", "|")
    *lines, last = text.split("\n")
    if not all(lines):
        return text
    return "".join(f"{' ' * (len(line) - 1)}\\\n" for line in lines) + " " * len(last)


def _plain(inside: str, quote: str) -> str:
    """Return a field with other quotes, "" where these do not help."""
    swapped = inside.replace(quote[0], _OTHER[quote[0]])
    for text in (inside, swapped):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(f"f{quote}{{{text}}}{quote}")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return text
    return ""
