"""The Python files of a project by their names alone: each is looked at when it counts.

Where one file of thousands is asked what it imports, a few others count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property

from poollint.engine.files import intake
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File, Tree, is_within, printable
from poollint.engine.memory.index import Index
from poollint.model.source import SourceFile
from poollint.reading.naming.files.glance import Glance


class Listed:
    """The files given and all Python files of the tree, as `discover` finds them.

    `index` gives what is known of the files: it takes long to open, and most runs ask for nothing.
    """

    def __init__(
        self, given: Iterable[File], tree: Tree, contents: Contents, index: Callable[[], Index]
    ) -> None:
        self._contents = contents
        self._index = index
        self._tree = tree
        top = printable(tree.root, tree.root)
        exempt = frozenset(glob for glob in tree.exclude if glob.covers(top))
        self._full = {
            printable(full, tree.cwd): full
            for full in tree.disk.listing(tree.root).paths
            if full.endswith(".py")
            and not (tree.exclude and tree.excluded(printable(full, tree.root), exempt))
        }
        self._files: dict[str, File | None] = {file.shown: file for file in given}

    @property
    def paths(self) -> list[str]:
        """The files, as they are shown; some may be in git's index alone."""
        return [*dict.fromkeys((*self._full, *self._files))]

    def is_there(self, path: str) -> bool:
        """Tell whether a file is there."""
        return self._file(path) is not None

    def load(self, path: str) -> SourceFile | None:
        """Return the text of the file shown as `path`; None where it cannot be read."""
        file = self._file(path)
        data = self._contents.load(file) if file else None
        source = intake.text_of(data, path, True) if isinstance(data, bytes) else None
        return source if isinstance(source, SourceFile) else None

    @cached_property
    def _known(self) -> Contents:
        return replace(self._contents, index=self._index())

    def answer(self, path: str, question: str, look: Callable[[], bool]) -> bool:
        """Return whether the text of a file passes a test, known from before or looked at."""
        file = self._file(path)
        return self._known.answer(file, question, look) if file else look()

    def remember(self, path: str, look: Callable[[], Glance]) -> Glance:
        """Return what a file tells at a glance; from before where the index is open."""
        file = self._file(path) if "_known" in self.__dict__ else None
        return self._known.glance(file, look) if file else look()

    def keep(self, now: int) -> None:
        """Write down what was found out, where that is much; `now` is when the run began."""
        if "_known" in self.__dict__:
            self._known.index.keep(now)

    def _file(self, path: str) -> File | None:
        if path not in self._files:
            full = self._full.get(path)
            self._files[path] = self._found(full) if full else None
        return self._files[path]

    def _found(self, full: str) -> File | None:
        """Return a file; of links those that lead to another file of the tree, told once."""
        state = self._tree.disk.state(full)
        if state is None or state.is_file:
            return self._tree.file(full) if state else None
        real = os.path.realpath(full) if state.is_link else ""
        if not is_within(real, self._tree.root) or self._is_listed(real):
            return None
        there = self._tree.disk.state(real)
        return self._tree.file(full, opened=real) if there and there.is_file else None

    def _is_listed(self, full: str) -> bool:
        """Tell whether a file of the tree is among these by its own name."""
        state = self._tree.disk.state(full)
        listed = self._full.get(printable(full, self._tree.cwd)) == full
        return listed and state is not None and state.is_file
