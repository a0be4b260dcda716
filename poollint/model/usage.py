"""What a user asked for and cannot have: the only exception meant for people."""

from __future__ import annotations

from collections.abc import Iterable

from poollint.model.source import Span


class UsageError(Exception):
    """Bad settings, an unknown rule or format, no such path: the run stops with exit code 2.

    message  what is wrong, names in backticks, no full stop
    hint     what would be right ("there is a rule `connection-leak`"), "" where unknown
    span     the place in a settings file, None for what stands on the command line
    line     the text of the line `span` starts on, for the frame
    """

    def __init__(
        self, message: str, hint: str = "", span: Span | None = None, line: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.span = span
        self.line = line


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name closest to `name`, "" where none is near."""
    import difflib  # only for what is misspelt

    found = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else ""
