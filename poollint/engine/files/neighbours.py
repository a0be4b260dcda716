"""The Python files of the project, for what the files given have from others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from poollint.engine.files import intake
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File, Tree, discover, is_within
from poollint.model.source import SourceFile
from poollint.reading.naming.files.glance import Glance

if TYPE_CHECKING:
    from poollint.engine.judge import Seen


def _is_python(path: str) -> bool:
    return path.endswith(".py")


def _is_script(path: str) -> bool:
    return path.endswith(".sql")


class Neighbours:
    """The files given and, where what lies `around` them counts, all of the tree.

    Nothing is looked for, and no file is opened, before it is asked for.
    """

    def __init__(self, given: Iterable[File], tree: Tree, contents: Contents, around: bool) -> None:
        self._given = tuple(given)
        self._contents = contents
        self._tree = replace(tree, claims=_is_python)
        self._around = around
        self._files: dict[str, File] = {}
        self._scripts: dict[str, File] | None = None
        self._looked_for: frozenset[str] | None = None
        self._plain: set[str] = set()  # files whose text is their bytes: asked for many times over

    @property
    def home(self) -> str:
        """The folder from which the paths are told, as the root of the project sees it."""
        return self._tree.home

    def paths(self) -> Iterable[str]:
        """Return the files, as they are shown."""
        if not self._files:
            rest = discover((self._tree.root,), self._tree).files if self._around else ()
            self._files = {file.shown: file for file in (*rest, *self._given)}
        return self._files

    def scripts(self) -> Iterable[str]:
        """Return the files of SQL in the tree, as they are shown."""
        if self._scripts is None:
            found = discover((self._tree.root,), replace(self._tree, claims=_is_script)).files
            self._scripts = {file.shown: file for file in found}
        return self._scripts

    def listed(self) -> Neighbours:
        """Return the same, its files looked for: for other processes, which then need not."""
        self.paths()
        self.scripts()
        return self

    def packed(self, paths: Iterable[str], scripts: Iterable[str]) -> Neighbours:
        """Return the same with the bytes of these files in it; no other is opened then.

        Both are paths as shown: of Python files, and of files of SQL.
        """
        told = {}
        for path in (*paths, *scripts):
            file = self._file(path)
            data = self._contents.load(file) if file else None
            if isinstance(data, bytes):
                told[path] = data
        packed = copy(self)
        packed._contents = Contents(self._contents.root, told, alone=True)
        return packed

    def _file(self, path: str) -> File | None:
        return self._files.get(path) or (self._scripts or {}).get(path)

    def load(self, path: str) -> SourceFile | None:
        """Return the text of the file shown as `path`; None where it cannot be read."""
        file = self._file(path)
        data = self._contents.load(file) if file else None
        if not isinstance(data, bytes):
            return None
        if path in self._plain and data.isascii():
            return SourceFile(path, data.decode("ascii"))
        source = intake.text_of(data, path, not _is_script(path))
        if not isinstance(source, SourceFile):
            return None
        if data.isascii() and source.text.isascii():
            self._plain.add(path)
        return source

    def text(self, path: str) -> str:
        """Return the text of any file of the tree, by its path as shown; "" where it has none."""
        file = self._tree.file(os.path.normpath(os.path.join(self._tree.cwd, path)))
        if not is_within(os.path.realpath(file.full), self._tree.root):
            return ""
        data = self._contents.load(file)
        source = intake.text_of(data, path, False) if isinstance(data, bytes) else None
        return source.text if isinstance(source, SourceFile) else ""

    def tracked(self, path: str) -> str:
        """Return the same of a file that was looked for: git knows it, or does not ignore it."""
        if self._looked_for is None:
            listings = self._tree.disk.listings.values()
            self._looked_for = frozenset(full for listing in listings for full in listing.paths)
        full = os.path.normpath(os.path.join(self._tree.cwd, path))
        known = full in self._looked_for or os.path.realpath(full) in self._looked_for
        return self.text(path) if known else ""

    def remember(self, path: str, look: Callable[[], Glance]) -> Glance:
        """Return what a Python file tells at a glance, from before where it is as it was."""
        file = self._file(path)
        return self._contents.glance(file, look) if file else look()

    def is_fresh(self, file: File) -> bool:
        """Tell whether no earlier run saw this text of a file."""
        return self._contents.is_fresh(file)

    def answer(self, path: str, question: str, look: Callable[[], bool]) -> bool:
        """Return whether the text of a file passes a test, known from before or looked at."""
        file = self._file(path)
        return self._contents.answer(file, question, look) if file else look()

    def shown_by(self, seen: Iterable[Seen]) -> dict[str, SourceFile]:
        """Return the files that the steps of problems lead through."""
        paths = {step.span.path for one in seen for step in one.problem.path}
        loaded = {path: self.load(path) for path in paths}
        return {path: source for path, source in loaded.items() if source}
