"""Functions of Terraform that ask what is in a text, or in a list.

Of patterns only those are followed that hold no repetition: what a pattern of a stranger costs
is not known otherwise.
Source: hashicorp/terraform, docs/language/functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from poollint.model.source import Span
from poollint.reading.deployment.terraform.scalars import is_endless, is_unknown
from poollint.syntax.yaml import Node, Scalar, Sequence

Function = Callable[[list[Node], Span], Node | None]

# Letters, signs without a meaning, any one character, and the two ends.
_PLAIN = re.compile(r"\^?(?:[\w.\-/: ]|\\[.\-/])*\$?", re.A)


def _texts(arguments: list[Node], count: int) -> list[str] | None:
    """Return the texts of so many arguments, None where one of them is not known."""
    if any(is_unknown(argument) for argument in arguments):
        return None
    known = [a.text for a in arguments if isinstance(a, Scalar) and not a.is_null]
    return known if len(known) == len(arguments) == count else None


def _asked(test: Callable[[str, str], bool]) -> Function:
    def function(arguments: list[Node], span: Span) -> Node | None:
        texts = _texts(arguments, 2)
        return _told(test(*texts), span) if texts else None

    return function


def _told(known: bool, span: Span) -> Node:
    return Scalar("true" if known else "false", "", "", span)


def _matches(arguments: list[Node], span: Span) -> list[Node] | None:
    texts = _texts(arguments, 2)
    if texts is None or not _PLAIN.fullmatch(texts[0]):
        return None
    pattern = re.sub(r"\$\Z", r"\\Z", texts[0])
    return [Scalar(found[0], '"', "", span) for found in re.finditer(pattern, texts[1])]


def _every(arguments: list[Node], span: Span) -> Node | None:
    found = _matches(arguments, span)
    return None if found is None else Sequence(tuple(found), "", span)


def _first(arguments: list[Node], span: Span) -> Node | None:
    found = _matches(arguments, span)
    return found[0] if found else None  # without a match Terraform refuses it


def _contains(arguments: list[Node], span: Span) -> Node | None:
    """Tell whether a list holds a value; what of the list is not known may be that."""
    if len(arguments) != 2 or not isinstance(arguments[0], Sequence):
        return None
    held, sought = arguments
    if not isinstance(sought, Scalar) or is_unknown(sought) or not isinstance(held, Sequence):
        return None
    texts = [i.text for i in held.items if isinstance(i, Scalar) and not is_unknown(i)]
    if sought.text in texts:
        return _told(True, span)
    return None if is_endless(held) or len(texts) < len(held.items) else _told(False, span)


FUNCTIONS: dict[str, Function] = {
    "contains": _contains,
    "endswith": _asked(lambda text, end: text.endswith(end)),
    "regex": _first,
    "regexall": _every,
    "startswith": _asked(lambda text, start: text.startswith(start)),
    "strcontains": _asked(lambda text, part: part in text),
}
