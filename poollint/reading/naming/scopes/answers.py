"""What is asked of a module again and again, and is worked out once.

Some questions lead back to themselves: a function that returns what it is given by itself, a name
that is bound to itself. Asked again before it is answered, such a question is answered with what
stands for "unknown", and whatever was worked out from that holds only within that question.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
_NONE = object()
_ASKED = object()


class Answers(Generic[T]):
    """Answers by their questions; `unknown` is that of a question that leads back to itself."""

    _cut = 0  # how often, in any module, a question was answered so

    def __init__(self, unknown: T) -> None:
        self._unknown = unknown
        self._known: dict[Hashable, object] = {}

    def once(self, question: Hashable, find: Callable[[], T]) -> T:
        """Return the answer to a question that may lead back to itself."""
        known = self._known.get(question, _NONE)
        if known is _ASKED:
            Answers._cut += 1
            return self._unknown
        if known is _NONE:
            self._known[question] = _ASKED
            known = self._known[question] = find()
        return known  # type: ignore[return-value]  # what `find` gave

    def same(self, question: Hashable, find: Callable[[], T]) -> T:
        """Return the answer to a question; it is kept where nothing in it was cut short."""
        known = self._known.get(question, _NONE)
        if known is _NONE:
            before = Answers._cut
            known = find()
            if Answers._cut == before:
                self._known[question] = known
        return known  # type: ignore[return-value]  # what `find` gave


def agreed(kinds: Iterable[str]) -> str:
    """Return the answer that all give, "" where one is unknown or two of them differ."""
    one = ""
    for kind in kinds:
        if not kind or (one and kind != one):
            return ""  # nothing further is asked for
        one = kind
    return one
