"""Patterns over paths, as in a `.gitignore`, in time linear in the path."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern over paths relative to the project's root.

    `*` and `?` stay within a name, `**` crosses folders. A pattern without a slash (other than
    at its end) matches at any depth, one with a slash from the root. What matches a folder
    covers everything below it.
    """

    pattern: str

    def covers(self, path: str) -> bool:
        """Tell whether `path` (POSIX, relative) or a folder it lies in matches."""
        names = self.pattern.strip("/").split("/")
        if not names[-1]:
            return False
        if "/" not in self.pattern.rstrip("/"):
            names = ["**", *names]
        return _covers(names, [part for part in path.split("/") if part not in ("", ".")])


def _covers(names: list[str], parts: list[str]) -> bool:
    """Walk the path once with the set of places in the pattern it may have come to."""
    end = len(names)
    at = _skip(names, {0}) - {end}
    for part in parts:
        step = {n for n in at if names[n] == "**"}
        step |= {n + 1 for n in at if names[n] != "**" and fnmatchcase(part, names[n])}
        at = _skip(names, step)
        if end in at:  # the path itself, or a folder on the way
            return True
    return False


def _skip(names: list[str], at: set[int]) -> set[int]:
    """Add the places reached by letting `**` match no folder at all."""
    for n, name in enumerate(names):
        if name == "**" and n in at:
            at.add(n + 1)
    return at
