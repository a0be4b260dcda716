"""What a module knows of the other files of its project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from poollint.catalog.load import Catalog
from poollint.reading.naming.scopes.shapes import Shape

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names
    from poollint.syntax.python import PythonTree


class Outside(Protocol):
    """What the module at `path` imports from other files of its project, by qualified name."""

    @property
    def path(self) -> str:
        """Return where the module stands, "" where that is not known."""

    def holds(self, words: tuple[str, ...]) -> bool:
        """Tell whether any file of the project holds one of `words` in its text."""

    def lends(self) -> bool:
        """Tell whether any file of the project imports what hands out connections."""

    def reaches(self, word: str) -> bool:
        """Tell whether the file, or one that it reaches by its imports, holds a word."""

    def find(self, name: str) -> tuple[Names, Shape] | None:
        """Return the names of the file in which a name gets its value, and its shape there."""

    def beyond(self, name: str) -> str:
        """Return what a name is called that a file of the project only hands on, "" for others."""

    def keeping(self, place: str) -> Iterable[Names]:
        """Return the names of the other files that set what an application keeps."""

    def keeps(self, kinds: tuple[str, ...]) -> bool:
        """Tell whether any file may set a place of one of these kinds ("g.")."""

    def script(self, path: str) -> str | None:
        """Return the text of a file of SQL in the project, None where there is none."""

    def file(self, path: str) -> tuple[Names, PythonTree] | None:
        """Return the names and the tree of another file that its imports lead to."""


class Alone:
    """The outside of a module that is read by itself: nothing is known of it."""

    path = ""

    def holds(self, words: tuple[str, ...]) -> bool:
        return True  # so far as is known

    def lends(self) -> bool:
        return True  # so far as is known

    def reaches(self, word: str) -> bool:
        return False

    def find(self, name: str) -> None:
        return None

    def beyond(self, name: str) -> str:
        return ""

    def keeping(self, place: str) -> Iterable[Names]:
        return ()

    def keeps(self, kinds: tuple[str, ...]) -> bool:
        return True  # so far as is known

    def script(self, path: str) -> None:
        return None

    def file(self, path: str) -> None:
        return None


class Under:
    """The outside of a module, with what its names mean looked up in another catalog."""

    def __init__(self, outside: Outside, catalog: Catalog) -> None:
        self.path = outside.path
        self._outside = outside
        self._catalog = catalog

    def holds(self, words: tuple[str, ...]) -> bool:
        """Tell whether any file of the project holds one of `words` in its text."""
        return self._outside.holds(words)

    def lends(self) -> bool:
        """Tell whether any file of the project imports what hands out connections."""
        return self._outside.lends()

    def reaches(self, word: str) -> bool:
        """Tell whether the file, or one that it reaches by its imports, holds a word."""
        return self._outside.reaches(word)

    def find(self, name: str) -> tuple[Names, Shape] | None:
        """Return the names of the file in which a name gets its value, and its shape there."""
        found = self._outside.find(name)
        return (found[0].under(self._catalog), found[1]) if found else None

    def beyond(self, name: str) -> str:
        """Return what a name is called that a file of the project only hands on, "" for others."""
        return self._outside.beyond(name)

    def keeping(self, place: str) -> Iterable[Names]:
        """Return the names of the other files that set what an application keeps."""
        return (names.under(self._catalog) for names in self._outside.keeping(place))

    def keeps(self, kinds: tuple[str, ...]) -> bool:
        """Tell whether any file may set a place of one of these kinds ("g.")."""
        return self._outside.keeps(kinds)

    def script(self, path: str) -> str | None:
        """Return the text of a file of SQL in the project, None where there is none."""
        return self._outside.script(path)

    def file(self, path: str) -> tuple[Names, PythonTree] | None:
        """Return the names and the tree of another file that its imports lead to."""
        found = self._outside.file(path)
        return (found[0].under(self._catalog), found[1]) if found else None
