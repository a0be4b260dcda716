"""Variables that files give to programs which no container of the tree runs.

`.env` files that the code itself loads, daemons, images, and the scripts that start a program. A
template of such a file (`.env.example`) gives nothing: what is filled in there is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname, normpath

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.reading.deployment.compose.interpolation import Interpolation
from poollint.reading.deployment.images.images import home
from poollint.reading.deployment.linking.documents import (
    DaemonFile,
    EnvironmentFile,
    ImageFile,
    StartingScript,
)
from poollint.reading.deployment.linking.variables import is_secret
from poollint.reading.naming.values.environment_files import loaded, may_load
from poollint.reading.reader import FileReading, Options

# A program of its own: what it loads tells nothing of others.
_ALONE = re.compile(
    r"(?:^|/)(?:scripts?|bin|tools|tests?|testing|examples?|docs?|benchmarks?)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$"
)
_TESTS = re.compile(r"(?:^|[._-])(?:tests?|testing|ci)(?:[._-]|$)", re.I)
# Folders of a program's repository that hold what starts it, and not the program.
_BESIDES = frozenset("bin ci deploy deployment docker infra ops script scripts".split())
# A value that only hands on what another environment holds.
_HANDED_ON = re.compile(r"\s*(?:\$\w+|\$\{\w+[^}:]*\}|%\(ENV_\w+\)s)?\s*")


@dataclass(frozen=True, slots=True)
class Assigned:
    """What one file gives to programs: those in `folder` (POSIX, "" all), or to one file only."""

    path: str
    folder: str
    variables: tuple[Variable, ...]

    def variable(self, name: str) -> Variable | None:
        """Return the variable `name`, None where it is not given, or only handed on."""
        found = None
        for one in self.variables:
            if one.name.upper() == name.upper():
                found = one
        return None if found is None or _HANDED_ON.fullmatch(found.value.value or "") else found


class Assignments:
    """All that files of a tree give to its programs; nothing is searched before it is asked."""

    def __init__(self, readings: Iterable[FileReading], options: Options) -> None:
        self._documents = [d for reading in readings for d in reading.documents]
        self._options = options
        self._known: dict[str, tuple[Assigned, ...]] = {}

    def of(self, path: str) -> tuple[Assigned, ...]:
        """Return what the program that the Python file `path` belongs to is given."""
        path = normpath(path)
        if path not in self._known:
            self._known[path] = tuple(self._of(path))
        return self._known[path]

    def _of(self, path: str) -> Iterator[Assigned]:
        found = [one for one in self._loaded if _holds(one.folder, path)]
        nearest = max((len(one.folder) for one in found), default=0)
        yield from (one for one in found if len(one.folder) == nearest)
        yield from (one for one in self._started if _holds(one.folder, path))
        if path.endswith(".prisma"):
            yield from self._beside(path)

    def _beside(self, path: str) -> Iterator[Assigned]:
        """Yield what Prisma loads by itself: `.env` next to a schema, or to its folder.

        Others next to that one count too: a framework may load them before.
        """
        places = (dirname(path), dirname(dirname(path)))
        found = [
            d
            for d in self._documents
            if isinstance(d, EnvironmentFile) and dirname(normpath(d.path)) in places
        ]
        loaded = {dirname(normpath(d.path)) for d in found if basename(d.path) == ".env"}
        for document in found:
            if dirname(normpath(document.path)) in loaded and not _TESTS.search(
                basename(document.path)
            ):
                yield Assigned(document.path, path, tuple(_bound(document)))

    @cached_property
    def _loaded(self) -> tuple[Assigned, ...]:
        """What programs load themselves: of every file in the folder that they load one from.

        Which of `.env` and `.env.production` counts is decided where the program runs.
        """
        folders: dict[str, list[EnvironmentFile]] = {}
        for document in self._documents:
            if isinstance(document, EnvironmentFile) and not _TESTS.search(basename(document.path)):
                folders.setdefault(dirname(normpath(document.path)), []).append(document)
        if not folders or self._options.exports is None:
            return ()
        files = self._options.exports().files
        places = dict.fromkeys(
            (place.files, path if _ALONE.search(path) else place.program)
            for path in files.passing("loads files of variables", may_load)
            for place in loaded(files, path, folders)
        )
        return tuple(
            Assigned(document.path, program, tuple(_bound(document)))
            for folder, program in places
            for document in folders[folder]
        )

    @cached_property
    def _started(self) -> tuple[Assigned, ...]:
        """What programs are given by whatever starts them."""
        return tuple(found for document in self._documents for found in _starting(document))


def _holds(folder: str, path: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _bound(document: EnvironmentFile) -> Iterator[Variable]:
    known = Interpolation({binding.name: binding for binding in document.bindings})
    for binding in document.bindings:
        yield Variable(binding.name, known.value(binding), is_secret(binding.name))


def _starting(document: object) -> Iterator[Assigned]:
    match document:
        case DaemonFile(source=source, daemons=daemons):
            for daemon in daemons:
                variables = (
                    Variable(name, Word(text.text, Basis.STATED, text.span), is_secret(name))
                    for name, text in daemon.variables
                )
                yield Assigned(source.path, "", tuple(variables))
        case ImageFile(source=source, variables=parts):
            given = (
                Variable(name, Word(part.text, Basis.STATED, part.span), is_secret(name))
                for name, part in parts
            )
            yield Assigned(source.path, _top(home(source.path)), tuple(given))
        case StartingScript(path=path, variables=variables):
            yield from (Assigned(path, _top(dirname(path)), (one,)) for one in variables)


def _top(folder: str) -> str:
    """Return the folder of a program whose scripts, or files of images, lie in `folder`."""
    place = "" if folder == "." else normpath(folder) if folder else ""
    while basename(place).lower() in _BESIDES:
        place = dirname(place)
    return place
