"""What `$NAME` in a command or a value stands for, with the place that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking import arithmetic
from poollint.reading.deployment.linking.documents import Part

MAX_NUMBER = 10_000_000
_NAME = r"[A-Za-z_]\w*"
_REFERENCE = re.compile(
    rf"\$\{{(?P<braced>{_NAME})(?:(?P<sign>:?[-+=?])(?P<word>(?:[^{{}}]|\{{[^{{}}]*\}})*))?\}}"
    rf"|\$(?P<bare>{_NAME})|\$\((?P<pod>{_NAME})\)"
)
_NUMBER = re.compile(r"[+-]?\d{1,8}")
_SECRET = re.compile(r"passw|secret|token|api_?key|private|credential|(?:^|_)UR[LI]$|DSN", re.I)

Variables = Mapping[str, Variable]


def is_secret(name: str) -> bool:
    """Tell whether the value of a variable of this name is never to be shown."""
    return bool(_SECRET.search(name))


def environment(variables: tuple[Variable, ...]) -> dict[str, Variable]:
    """Return the variables by name, the last one of a name."""
    return {variable.name: variable for variable in variables}


MAX_TEXT = 10_000
"""Characters of a value: one that is put together of itself grows without end."""


def expand(part: Part, variables: Variables) -> Word:
    """Return `part` with what a shell, or Kubernetes (`$(NAME)`), puts in for variables.

    The value is None where it cannot be known. Where the whole word is one reference to a
    variable, its place is where the variable is set.
    """
    text = part.text
    if not part.expands or ("$" not in text and "`" not in text):
        return Word(text, Basis.STATED, part.span)
    found = _worked_out(part, variables)
    if found:
        return found
    whole = _REFERENCE.fullmatch(text)
    if whole:
        return _value(whole, part, variables)
    known = True

    def put_in(match: re.Match[str]) -> str:
        nonlocal known
        value = _value(match, part, variables).value
        known = known and value is not None
        return value or ""

    text = _REFERENCE.sub(put_in, text)
    if not known or "$(" in text or "`" in text or len(text) > MAX_TEXT:
        return Word(None, Basis.STATED, part.span)
    return Word(text, Basis.STATED, part.span)


def _value(match: re.Match[str], part: Part, variables: Variables) -> Word:
    variable = variables.get(match["braced"] or match["bare"] or match["pod"])
    sign, word = match["sign"] or "", match["word"] or ""
    value = variable.value if variable else None
    if sign.endswith("+"):
        return Word(word if value else "", Basis.STATED, part.span)
    if value and (value.value or (value.value is None) or not sign.startswith(":")):
        return value
    if sign.endswith(("-", "=")):
        return expand(replace(part, text=word), variables)
    return Word(None, Basis.STATED, part.span)


def _worked_out(part: Part, variables: Variables) -> Word | None:
    """Return what a shell works out of numbers; None where that is not known, or no such thing."""
    if arithmetic.is_cores(part.text):
        return Word("1", Basis.UNKNOWN, part.span)
    if not part.text.startswith("$(("):
        return None
    inner = replace(part, expands=True)
    return arithmetic.result(
        part.text, part.span, lambda name: expand(replace(inner, text=name), variables)
    )


def substitute(text: str, value_of: Callable[[str], str | None], reference: re.Pattern[str]) -> str:
    """Return `text` with the references whose value is known put in; the others stay."""

    def put_in(match: re.Match[str]) -> str:
        value = value_of(match[1])
        return match[0] if value is None else value

    return reference.sub(put_in, text)


def number(word: Word, name: str, hint: str = "") -> Figure | None:
    """Return the number that `word` holds, None where it holds none that is known."""
    text = (word.value or "").strip()
    if not _NUMBER.fullmatch(text) or abs(int(text)) > MAX_NUMBER:
        return None
    return Figure(int(text), int(text), name, word.basis, word.origin, hint)


def unknown(name: str, origin: Span | str, hint: str = "") -> Figure:
    """Return the stand-in 1 for a number that no file states."""
    return Figure(1, 1, name, Basis.UNKNOWN, origin, hint)


def settled(figure: Figure, assume: tuple[tuple[str, int, int], ...], name: str) -> Figure:
    """Return `figure`, or what the user's settings say about `name` ("web.workers")."""
    for known, low, high in reversed(assume):
        if known == name:
            origin = f"assumed in the settings: {name}"
            return replace(figure, low=low, high=high, basis=Basis.ASSUMED, origin=origin)
    return figure
