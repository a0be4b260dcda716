"""What the facts of a Python file can depend on: what it can reach by its imports.

A package that is imported as such counts with all that is in it, since chains of names may lead
anywhere below. A digest of the files that were looked at for the facts of one (`looked`) covers
their bytes, and what each of them imports from: as long as it is the same, whoever looks sees the
same, and looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from posixpath import normpath
from typing import Protocol

from poollint.model.digests import blake2b
from poollint.reading.naming.files.glance import Glance
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.given.interfaces import PLACES

_SIZE = 16  # bytes of a digest
_INIT = "__init__.py"


class Links(Protocol):
    """What is remembered of which files import from which.

    It holds for one `layout`: the digest of all paths, and of what files set for others. What a
    file imports from is told by that and its own bytes alone. Files go by their places in
    `PythonFiles.paths`, from 0.
    """

    def known(self, layout: bytes) -> Mapping[int, tuple[str, tuple[int, ...]]]:
        """Return the digests of files, with the files that they import from."""

    def keep(self, layout: bytes, found: Mapping[int, tuple[str, tuple[int, ...]]]) -> None:
        """Remember what was found besides."""


class Forgetful:
    """Links that are found anew each time."""

    def known(self, layout: bytes) -> Mapping[int, tuple[str, tuple[int, ...]]]:
        return {}

    def keep(self, layout: bytes, found: Mapping[int, tuple[str, tuple[int, ...]]]) -> None:
        pass


class Dependencies:
    """Which files of a project import from which, and digests of them."""

    def __init__(self, files: PythonFiles, links: Links | None = None) -> None:
        self._files = files
        self._links = links or Forgetful()
        self._found: dict[int, tuple[str, tuple[int, ...]]] = {}
        self._reached: dict[str, tuple[str, ...]] = {}
        self._own: dict[str, bytes] = {}
        self._ties: dict[str, bytes] = {}

    def digest(self, paths: Iterable[str], told: bytes = b"") -> bytes:
        """Return the digest of files as they are, of what each imports from, and of `told`."""
        whole = blake2b(told, digest_size=_SIZE)
        for path in paths:
            whole.update(self._tied(normpath(path)))
        return whole.digest()

    def behind(self, paths: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return what the facts of files depend on: Python files, these among them, and SQL."""
        found: set[str] = set()
        todo = [normpath(path) for path in paths]
        while todo:
            path = todo.pop()
            if path not in found:
                found.add(path)
                todo += self._next(path)
        glances = (self._files.glance(path) for path in sorted(found))
        scripts = (name for one in glances for name in self._files.scripts_named(one.scripts))
        return frozenset(found), frozenset(scripts)

    def before(self, paths: Iterable[str]) -> frozenset[str]:
        """Return the files that import from files, or from others that do."""
        found: set[str] = set()
        todo = [normpath(path) for path in paths]
        while todo:
            further = set(self._importing.get(todo.pop(), ())) - found
            found |= further
            todo += further
        return frozenset(found)

    @cached_property
    def _importing(self) -> Mapping[str, Sequence[str]]:
        """The files that import from each file."""
        found: dict[str, list[str]] = {}
        for path in self._files.paths:
            for imported in self._next(path):
                found.setdefault(imported, []).append(path)
        return found

    def project(self) -> bytes:
        """Return the digest of all files of the project, their names included."""
        whole = blake2b(digest_size=_SIZE)
        for path in self._files.paths:
            whole.update(self._of(path))
        return whole.digest()

    def _next(self, path: str) -> tuple[str, ...]:
        """Return the files that a file imports from."""
        if path not in self._reached:
            self._reached[path] = self._remembered(path)
        return self._reached[path]

    def _tied(self, path: str) -> bytes:
        """Return the digest of a file with which others it imports from, not of these."""
        if path not in self._ties:
            following = "\0".join(self._next(path)).encode("utf-8", "surrogatepass")
            self._ties[path] = blake2b(self._of(path) + following, digest_size=_SIZE).digest()
        return self._ties[path]

    def _of(self, path: str) -> bytes:
        """Return the digest of a file by itself: where it is, what it holds and who does that."""
        if path not in self._own:
            seen = self._files.glance(path)
            place = f"{path}\0{seen.digest}".encode("utf-8", "surrogatepass")
            whole = blake2b(place, digest_size=_SIZE)
            for script in self._files.scripts_named(seen.scripts):
                text = f"\0{script}\0{self._files.script(script)}"
                whole.update(text.encode("utf-8", "surrogatepass"))
            for kept in seen.reads:  # with a second file that implements it, there is none
                if kept.startswith(PLACES):
                    text = f"\0{kept}\0{self._files.setting(kept)}"
                    whole.update(text.encode("utf-8", "surrogatepass"))
            self._own[path] = whole.digest()
        return self._own[path]

    def _remembered(self, path: str) -> tuple[str, ...]:
        """Return the files that a file imports from, as they were found before or now."""
        seen = self._files.glance(path)
        number = self._places.get(path, -1)
        digest, reached = self._known.get(number, ("", ()))
        if digest and digest == seen.digest:
            return tuple([self._files.paths[at] for at in reached])
        found = self._imported(path, seen)
        if number >= 0:
            self._found[number] = (seen.digest, tuple(self._places[at] for at in found))
        return found

    def _imported(self, path: str, seen: Glance) -> tuple[str, ...]:
        found = set()
        for name in seen.imports:
            there = self._files.find(path, name)
            if there is None:
                continue
            found.add(there[0])
            if not there[1] and there[0].endswith(_INIT):
                found.update(self._files.below(there[0].removesuffix(_INIT)))
        for kept in seen.reads:
            found.update(self._files.setting(kept))
        return tuple(sorted(found - {path}))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self._files.paths)}

    @cached_property
    def _layout(self) -> bytes:
        """The digest of what tells, besides a file's own bytes, which files it imports from."""
        told = repr((self._files.paths, sorted(self._files.places_set())))
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()

    @cached_property
    def _known(self) -> Mapping[int, tuple[str, tuple[int, ...]]]:
        return self._links.known(self._layout)

    def keep(self) -> None:
        """Remember which files import from which, where much of it was found now."""
        if self._found:
            self._links.keep(self._layout, self._found)
