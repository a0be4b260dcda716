"""What the names that one file imports from another file of the project stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import normpath
from typing import TYPE_CHECKING

from poollint.catalog.lending import QUERIES, idle, makers, strays
from poollint.catalog.load import Catalog
from poollint.reading import screen
from poollint.reading.naming.files import touching
from poollint.reading.naming.files.looked import HOLDS, KEEPS, REACHES, Behind, Looked
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.given.interfaces import is_structural
from poollint.reading.naming.objects import by_method, by_use
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape
from poollint.syntax.python import PythonTree

if TYPE_CHECKING:
    from poollint.reading.naming.files.dependencies import Dependencies, Links

_HOPS = 8  # imports that only hand a name on
_STARS = 2  # packages that hand on all of a module
_TELLING = frozenset("connect pool engine session session-factory".split())


class Exports:
    """What the files of a project offer each other."""

    def __init__(self, files: PythonFiles, catalog: Catalog, links: Links | None = None) -> None:
        self.files = files
        self.looked = Looked()
        self._links = links
        self._catalog = catalog
        self._names: dict[str, Names | None] = {}
        self._found: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._beyond: dict[tuple[str, str], str] = {}
        self._starring: dict[str, bool] = {}
        self._reaching: dict[str, frozenset[str]] = {}

    def imports_besides(self, drivers: frozenset[str]) -> bool:
        """Tell whether a file of the project imports a driver other than these, by their ids."""

        def imports(text: str) -> bool:
            found = screen.uses_driver(text.encode("utf-8", "surrogatepass"), self._catalog)
            return not drivers.issuperset(found)

        question = f"imports a driver besides {sorted(drivers)}"
        return next(self.files.passing(question, imports), None) is not None

    def foresee(self) -> bool:
        """Look at every file now, before processes that are forked each do so by themselves."""
        self.files.foresee()
        for words in (makers(self._catalog), QUERIES):
            self.files.holds(words)
        return self.lends

    @cached_property
    def lends(self) -> bool:
        """Whether any file of the project imports what hands out connections, or may name it."""
        quiet = idle(self._catalog)
        words = (by_use.LIBRARY, *(word.encode() for word in strays(self._catalog)))

        def lends(text: str) -> bool:
            data = text.encode("utf-8", "surrogatepass")
            if by_method.may_tell(data) or any(word in data for word in words):
                return True
            return not quiet.issuperset(screen.uses_driver(data, self._catalog))

        question = f"imports a driver besides {sorted(quiet)}, holds {words}, or has told methods"
        return next(self.files.passing(question, lends), None) is not None

    def uses(self, path: str, names: Iterable[str], offers: Mapping[str, tuple[str, ...]]) -> bool:
        """Tell whether a file imports what others offer, by the files that offer it.

        `names` are those that it imports, qualified as in the file. A module that is imported
        itself, or in a list that goes on in the next line, counts.
        """
        return any(
            self._is_offered(found, offers, _STARS)
            for name in names
            if (found := self.files.find(path, name)) is not None
        )

    def _is_offered(
        self, found: tuple[str, str], offers: Mapping[str, tuple[str, ...]], stars: int
    ) -> bool:
        """Tell whether a file offers a name, or takes it by a star from one that does."""
        path, first = found[0], found[1].partition(".")[0]
        offered = offers.get(path)
        if offered is not None and (not first or first in offered):
            return True
        if not stars or not self._hands_on_all(path):
            return False
        names = (f"{name}.{first}" if first else name for name in self.files.glance(path).imports)
        inner = (self.files.find(path, name) for name in names)
        return any(one is not None and self._is_offered(one, offers, stars - 1) for one in inner)

    def handed_driver(self, path: str, names: Iterable[str]) -> bool:
        """Tell whether a file imports a driver, or what connects, from one that hands it on.

        `names` are those that it imports, qualified as in the file.
        """
        for name in names:
            if (
                name.rpartition(".")[2] in self._handed
                and self.beyond(path, name) in (self._handed[name.rpartition(".")[2]])
            ):
                return True
        return False

    @cached_property
    def _handed(self) -> Mapping[str, frozenset[str]]:
        """The names of drivers, and of what connects, by their last parts."""
        functions = self._catalog.functions.items()
        whole = {name for name, api in functions if api.kind in _TELLING}
        whole |= {root for driver in self._catalog.drivers.values() for root in driver.imports}
        found: dict[str, frozenset[str]] = {}
        for name in whole:
            last = name.rpartition(".")[2]
            found[last] = found.get(last, frozenset()) | {name}
        return found

    def touches(self, path: str) -> bool:
        """Tell whether a file imports from one that uses a driver, or hands such imports on."""
        return touching.touches(path, self.files, self._catalog)

    def reaches(self, path: str, word: str) -> bool:
        """Tell whether a file, or one that it reaches by its imports, holds `word` in its text."""
        if word not in self._reaching:
            holding = frozenset(self.files.with_word(word))
            before = self.dependencies.before(holding) if holding else holding
            self._reaching[word] = holding | before
        return normpath(path) in self._reaching[word]

    def digest(self, behind: Behind) -> bytes:
        """Return what stands for all that facts came from, as it is now."""
        answers = [(question, self._answered(*question)) for question in behind.asked]
        told = repr((answers, self.lends)).encode()
        return self.dependencies.digest(behind.files, told)

    def _answered(self, kind: str, *words: str) -> bool:
        """Return the answer to a question of `Looked`; what is none has the answer no."""
        if kind == HOLDS:
            return self.files.holds(words)
        if kind == KEEPS:
            return self.files.keeps(words)
        return kind == REACHES and len(words) == 2 and self.reaches(*words)

    @cached_property
    def dependencies(self) -> Dependencies:
        """What the facts of each file depend on."""
        from poollint.reading.naming.files.dependencies import Dependencies  # of few runs

        return Dependencies(self.files, self._links)

    def _hands_on_all(self, path: str) -> bool:
        """Tell whether a file may take all that others have, and so offer it, too."""
        if path not in self._starring:
            self._starring[path] = b"import *" in self.files.data(path)
        return self._starring[path]

    def seen_from(self, path: str) -> View:
        """Return what the file at `path` imports from the others."""
        return View(path, self)

    def find(self, importer: str, name: str) -> tuple[Names, Shape] | None:
        """Return the names of the file in which `name` gets its value, and its shape there."""
        found = self.origin(importer, name)
        names = self.names(found[0]) if found else None
        return (names, _chain(found[1])) if found and names else None

    def origin(self, importer: str, name: str) -> tuple[str, str] | None:
        """Return the file in which `name` gets its value, and what it is called there.

        `name` is qualified as in the file at `importer`. A package that only hands it on is
        looked through. None where it is of no file of the project, or a module itself.
        """
        key = (importer, name)
        if key not in self._found:
            self._found[key] = None  # a name that leads to itself is nothing
            self._found[key] = self._search(importer, name)
        return self._found[key]

    def _search(self, importer: str, name: str) -> tuple[str, str] | None:
        for _ in range(_HOPS):
            found = self.files.find(importer, name)
            if found is None or not found[1]:
                return None
            path, rest = found
            self.looked.at(importer, path)
            names = self.names(path)
            if names is None:
                return None
            first, _, more = rest.partition(".")
            bound = names.scope("").bound.get(first, [])
            if any(b.how != "import" for b in bound) and not _hands_on(names, first):
                return path, rest
            name = names.import_in(first, "") if bound else self._starred(path, names, first)
            if not name:
                return None
            importer, name = path, f"{name}.{more}" if more else name
        return None

    def beyond(self, importer: str, name: str) -> str:
        """Return what an imported name is called where no file of the project defines it.

        `from .connecting import asyncpg` is `asyncpg`, where that file imports it; "" where the
        project defines it itself, or it is imported from no file of the project to begin with.
        """
        key = (importer, name)
        if key not in self._beyond:
            self._beyond[key] = ""  # a name that leads to itself is nothing
            self._beyond[key] = self._followed(importer, name)
        return self._beyond[key]

    def _followed(self, importer: str, name: str) -> str:
        for hop in range(_HOPS):
            found = self.files.find(importer, name)
            if found is None:
                return "" if not hop or name.startswith(".") else name
            path, rest = found
            self.looked.at(importer, path)
            first, _, more = rest.partition(".")
            imported = (one.rpartition(".")[2] for one in self.files.glance(path).imports)
            if not first or first not in imported:  # to parse a file takes long
                return ""
            names = self.names(path)
            if names is None or not _hands_on(names, first):
                return ""
            name = names.import_in(first, "")
            importer, name = path, f"{name}.{more}" if more else name
        return ""

    def _starred(self, path: str, names: Names, name: str) -> str:
        """Return what `from module import *` makes of a name, "" where it is not sure."""
        for package in names.stars:
            found = self.files.find(path, package + name)
            if found is None or found[1] != name:
                continue
            self.looked.at(path, found[0])
            inner = self.names(found[0])
            if inner is not None and name in inner.scope("").bound:
                return package + name
        return ""

    def names(self, path: str) -> Names | None:
        """Return what names mean in the file at `path`; None where it cannot be read."""
        if path not in self._names:
            self._names[path] = None  # while it is read it says nothing
            tree = self.files.tree(path)
            if tree is not None:
                self._names[path] = Names(tree.module, self._catalog, self.seen_from(path))
        return self._names[path]


@dataclass(frozen=True, slots=True)
class View:
    """What one file imports from the others of its project; names qualified as in that file."""

    path: str
    exports: Exports

    def holds(self, words: tuple[str, ...]) -> bool:
        """Tell whether any file of the project holds one of `words` in its text."""
        self.exports.looked.ask(self.path, (HOLDS, *words))
        return self.exports.files.holds(words)

    def lends(self) -> bool:
        """Tell whether any file of the project imports what hands out connections.

        What a stub imports is not known: it is none of these files.
        """
        return not self.path.endswith(".py") or self.exports.lends

    def reaches(self, word: str) -> bool:
        """Tell whether the file, or one that it reaches by its imports, holds a word."""
        self.exports.looked.ask(self.path, (REACHES, normpath(self.path), word))
        return self.exports.reaches(self.path, word)

    def find(self, name: str) -> tuple[Names, Shape] | None:
        """Return the names of the file in which a name gets its value, and its shape there.

        What a file imports from itself is nothing that is there, but for what it defines: a
        package that tries a module that is not installed, and gives its name a value of its own
        where that fails.
        """
        origin = self.exports.origin(self.path, name)
        found = self.exports.find(self.path, name)
        if origin is None or origin[0] != self.path or found is None:
            return found
        bound = found[0].scope("").bound.get(origin[1].partition(".")[0], ())
        return found if all(one.how == "def" for one in bound) else None

    def beyond(self, name: str) -> str:
        """Return what a name is called that a file of the project only hands on."""
        return self.exports.beyond(self.path, name)

    def keeps(self, kinds: tuple[str, ...]) -> bool:
        """Tell whether any file of the project may set a place of one of these kinds."""
        self.exports.looked.ask(self.path, (KEEPS, *kinds))
        return self.exports.files.keeps(kinds)

    def keeping(self, place: str) -> Iterable[Names]:
        """Return the names of the other files that set what an application keeps."""
        setting = self.exports.files.setting(place)
        for path in setting:
            self.exports.looked.at(self.path, path)
        for path in setting:
            names = self.exports.names(path) if path != normpath(self.path) else None
            if names is not None and (place in names.state or is_structural(place)):
                yield names

    def script(self, path: str) -> str | None:
        """Return the text of a file of SQL in the project, None where there is none."""
        return self.exports.files.script(path)

    def file(self, path: str) -> tuple[Names, PythonTree] | None:
        """Return the names and the tree of another file that its imports lead to."""
        self.exports.looked.at(self.path, path)
        names, tree = self.exports.names(path), self.exports.files.tree(path)
        return (names, tree) if names is not None and tree is not None else None


def _hands_on(names: Names, name: str) -> bool:
    """Tell whether a module imports a name, and gives it no other value but `None`."""
    bound = names.scope("").bound.get(name, [])
    others = (b for b in bound if b.how != "import")
    return any(b.how == "import" for b in bound) and all(
        b.how == "=" and is_none(b.value) for b in others
    )


def _chain(text: str) -> Shape:
    first, *rest = text.split(".")
    shape: Shape = Name(first)
    for part in rest:
        shape = Attribute(shape, part)
    return shape
