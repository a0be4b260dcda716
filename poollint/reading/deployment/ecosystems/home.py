"""An application in another language than Python."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.reading.deployment.ecosystems.stating import StatedFile


@dataclass(frozen=True, slots=True)
class Home:
    """An application: its language, its folder, and the files that state something of it.

    `programs` are the files of Node.js that any container or script of the tree starts.
    """

    language: str
    folder: str
    files: tuple[StatedFile, ...]
    programs: frozenset[str] = frozenset()

    def file(self, kind: str) -> StatedFile | None:
        """Return its file of this sort, None where it has none."""
        return next((file for file in self.files if file.kind == kind), None)
