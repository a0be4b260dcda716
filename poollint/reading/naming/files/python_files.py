"""The Python files of a project, found by the names under which they are imported."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from posixpath import dirname, join, normpath, relpath

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.naming.files.glance import Glance, glance
from poollint.reading.naming.given.interfaces import FEW, PLACES, is_structural, may_fit
from poollint.syntax.python import PythonTree, parse

Load = Callable[[str], SourceFile | None]
Remember = Callable[[str, Callable[[], Glance]], Glance]
Answer = Callable[[str, str, Callable[[], bool]], bool]
_PACKAGE = "/__init__.py"
_WORD = re.compile(r"\w+")
_PROTOCOLS = 40  # of a project; with more it is one of frameworks
_DEPTH = 8  # parts of a module's name
_TEST = re.compile(r"(?:^|/)(?:tests?/|test_|conftest\.)")  # whose classes stand for others
_ADDED_TO = (b"extend_path", b"declare_namespace")  # what says so of a package
_PUT_TOGETHER = ".sql"  # what is told of a name that is: f"{name}.sql"
# Folders that an image or a deployment makes of whatever folder a repository keeps its code in;
# no distribution installs a package that is called so.
_ROOTS = frozenset({"app", "backend", "server", "src"})


class PythonFiles:
    """The Python files of a project; each is read when it is first asked for.

    `paths` are those of all files (POSIX, relative to one folder); `load` gives the text of one,
    None where it cannot be read. `scripts` gives the files of SQL that programs may read.
    `remember` may know what a file tells at a glance without looking, `answer` what else was
    asked of its text. `is_there` tells of a path whether there is such a file, where some may not
    be. `home` is that one folder, as the project's root sees it ("shop", "" the root itself): what
    is imported is named from folders above it, too.
    """

    def __init__(
        self,
        paths: Iterable[str],
        load: Load,
        scripts: Callable[[], Iterable[str]] = tuple,
        remember: Remember = lambda path, look: look(),
        answer: Answer = lambda path, question, look: look(),
        is_there: Callable[[str], bool] = lambda path: True,
        home: str = "",
    ) -> None:
        self._home = home
        self._answer = answer
        self._is_there = is_there
        self._load = load
        self._remember = remember
        self._glances: dict[str, Glance] = {}
        self._list_scripts = scripts
        self._by_name: dict[str, list[str]] = {}
        short = ((normpath(path), path) for path in paths if path.endswith(".py"))
        self._paths = {path if path == one else one: path for one, path in short}
        # Each by its path, and by the one that the root sees: names are looked for in the latter.
        self._whole = {path: self._from_root(path) for path in self._paths}
        self._shown = {whole: path for path, whole in self._whole.items()} if home else self._whole
        for whole in self._shown:
            name = whole.removesuffix(_PACKAGE) if whole.endswith(_PACKAGE) else whole[:-3]
            self._by_name.setdefault(name.rpartition("/")[2], []).append(whole)
        self._trees: dict[str, PythonTree | None] = {}
        self._folders: dict[str, bool] = {}
        self._meant: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._held: dict[tuple[str, ...], bool] = {}

    @cached_property
    def paths(self) -> list[str]:
        """The files, each path in its shortest form, in order."""
        return sorted(path for path in self._paths if self._has(path))

    def _short(self, path: str) -> str:
        """Return a path in its shortest form, in which those of the files are already."""
        return path if path in self._paths else normpath(path)

    def _from_root(self, path: str) -> str:
        """Return a path as the root of the project sees it."""
        return normpath(join(self._home, path)) if self._home else path

    def below(self, folder: str) -> list[str]:
        """Return the files in `folder` ("shop/", "" the top) and in the folders within."""
        start = bisect_left(self.paths, folder)
        end = bisect_left(self.paths, f"{folder}\U0010ffff") if folder else len(self.paths)
        return self.paths[start:end]

    def tree(self, path: str) -> PythonTree | None:
        """Return a file as `ast` sees it; None where it is none of these or cannot be read."""
        path = self._short(path)
        if path not in self._trees:
            self._trees[path] = self._read(path)
        return self._trees[path]

    def parsed(self, source: SourceFile) -> PythonTree | Unreadable:
        """Return a file as `ast` sees it: the same tree where others have asked for it before."""
        known = self._trees.get(normpath(source.path))
        return known if known is not None and known.source == source else parse(source)

    def _read(self, path: str) -> PythonTree | None:
        source = self._load(self._paths[path]) if path in self._paths else None
        tree = parse(source) if source is not None else None
        return tree if isinstance(tree, PythonTree) else None

    def data(self, path: str) -> bytes:
        """Return the text of a file as UTF-8; nothing where it is none of these."""
        path = self._short(path)
        source = self._load(self._paths[path]) if path in self._paths else None
        return source.text.encode("utf-8", "surrogatepass") if source else b""

    def glance(self, path: str) -> Glance:
        """Return what a file tells at a glance; nothing where it is none of these."""
        path = self._short(path)
        if path not in self._paths:
            return glance(b"")
        if path not in self._glances:
            self._glances[path] = self._remember(self._paths[path], lambda: glance(self.data(path)))
        return self._glances[path]

    @cached_property
    def _scripts(self) -> dict[str, str]:
        return {normpath(path): path for path in self._list_scripts()}

    def script(self, path: str) -> str | None:
        """Return the text of a file of SQL; None where there is none, or it cannot be read."""
        source = self._load(self._scripts[path]) if path in self._scripts else None
        return source.text if source else None

    def scripts_named(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the files of SQL with these last names; all, where one of them is made up."""
        for path in sorted(self._scripts) if names else ():
            if _PUT_TOGETHER in names or path.rpartition("/")[2] in names:
                yield path

    @cached_property
    def _keeping(self) -> dict[str, list[str]]:
        """The files that set what an application, a request or a worker keeps, by the places."""
        found: dict[str, list[str]] = {}
        for path in self._telling("keeps something", _keeps):
            for place in filter(_is_kept, self.glance(path).sets):
                found.setdefault(place, []).append(path)
        return found

    @cached_property
    def _implementing(self) -> dict[str, list[str]]:
        """The one file that implements an interface which another declares, by the places.

        Those few that have the methods of a protocol, where it is the place of these.
        """
        declared: dict[str, set[str]] = {}
        for path in self._telling("declares interfaces", _declares):
            for place in self.glance(path).reads:
                if not _is_kept(place):
                    declared.setdefault(place, set()).add(path)
        found: dict[str, list[str]] = {}
        for path in self._telling("may implement interfaces", _implements) if declared else ():
            for place in declared.keys() & self.glance(path).sets:
                if path not in declared[place] and not _TEST.search(path):
                    found.setdefault(place, []).append(path)
        # with several, who uses one would depend on all of them
        told = {place: paths for place, paths in found.items() if len(paths) == 1}
        return told | self._fitting({p: d for p, d in declared.items() if is_structural(p)})

    def _fitting(self, declared: dict[str, set[str]]) -> dict[str, list[str]]:
        """The first files with a class that has all methods of a protocol which others declare."""
        places = sorted(declared)
        if not 0 < len(places) <= _PROTOCOLS:
            return {}
        found: dict[str, list[str]] = {}

        def fitted(text: str) -> list[str]:
            return may_fit(text.encode("utf-8", "surrogatepass"), places)

        for path in self.passing(f"may fit {places}", lambda text: bool(fitted(text))):
            source = self._load(self._paths[path]) if not _TEST.search(path) else None
            for place in fitted(source.text) if source is not None else ():
                if path not in declared[place]:
                    found.setdefault(place, []).append(path)
        return {place: paths[:FEW] for place, paths in found.items()}

    def _telling(self, question: str, test: Callable[[Glance], bool]) -> Iterator[str]:
        """Yield the files that pass a test of what they tell at a glance: of few it is decoded."""

        def look() -> bool:
            return test(self.glance(path))

        for path in self.paths:
            if self._answer(self._paths[path], question, look):
                yield path

    def foresee(self) -> None:
        """Glance at every file now, before processes that are forked each do so by themselves."""
        for path in self.paths:
            self.glance(path)
        self.places_set()

    def setting(self, place: str) -> Sequence[str]:
        """Return the files that may set what an application keeps ("state.pool")."""
        kept = self._keeping if _is_kept(place) else self._implementing
        return kept.get(place, ())

    def places_set(self) -> Iterable[tuple[str, list[str]]]:
        """Return the places of applications, each with the files that may set it."""
        return (self._keeping | self._implementing).items()

    def keeps(self, kinds: tuple[str, ...]) -> bool:
        """Tell whether any file may set a place of one of these kinds ("g.")."""
        return any(place.startswith(kinds) for place in self._keeping)

    def naming(self, names: Mapping[str, Iterable[str]]) -> Iterator[str]:
        """Yield the files that may use what others have, in the order of their paths.

        `names` are those of what is used, by the file that has it. A file that imports it
        names the module too, or the package around it, which may hand it on.
        """
        homes: dict[str, set[str]] = {}
        for path, words in names.items():
            for word in words:
                homes.setdefault(word, set()).update(_homes(path))
        for path in self.paths:
            source = self._load(self._paths[path])
            if source is not None and (
                path in names
                or any(
                    home in source.text
                    for word in homes.keys() & _WORD.findall(source.text)
                    for home in homes[word]
                )
            ):
                yield path

    def find(self, importer: str, name: str) -> tuple[str, str] | None:
        """Return the file that `name` is imported from, and what of it is meant ("" all of it).

        `name` is qualified as in the file at `importer`: relative with its dots. None where no
        file of the project is meant, or more than one may be.
        """
        importer = self._short(importer)
        key = (dirname(importer), name)  # all files of a folder mean the same
        if key not in self._meant:
            self._meant[key] = self._find(importer, name)
        return self._meant[key]

    def _find(self, importer: str, name: str) -> tuple[str, str] | None:
        importer = self._from_root(importer)
        if name.startswith("."):
            return self._relative(importer, name)
        parts = name.split(".")
        for length in range(min(len(parts), _DEPTH), 0, -1):
            found = self._absolute(importer, "/".join(parts[:length]))
            if found:
                return self._shown[found], ".".join(parts[length:])
        return self._renamed(parts)

    def _renamed(self, parts: list[str]) -> tuple[str, str] | None:
        """Return the one file that "src.shop.db" can be where the tree has no folder `src`."""
        if parts[0] not in _ROOTS or self._has_folder(parts[0]):
            return None
        for length in range(min(len(parts), _DEPTH), 2, -1):  # a package and a module at least
            found = self.modules(".".join(parts[1:length]))
            if found:
                rest = ".".join(parts[length:])
                return (next(iter(found.values())), rest) if len(found) == 1 else None
        return None

    def _has(self, path: str) -> bool:
        """Tell whether one of the paths is that of a file."""
        return self._is_there(self._paths[path])

    def _stands(self, whole: str) -> bool:
        """Tell the same of a path that the root sees."""
        return whole in self._shown and self._has(self._shown[whole])

    def _has_folder(self, name: str) -> bool:
        if name not in self._folders:
            self._folders[name] = any(
                f"/{name}/" in f"/{whole}" and self._stands(whole) for whole in self._shown
            )
        return self._folders[name]

    def with_word(self, word: str) -> Iterator[str]:
        """Yield the files whose text holds `word`, in the order of their paths."""
        return self.passing(f"holds {word}", lambda text: word in text)

    def passing(self, question: str, test: Callable[[str], bool]) -> Iterator[str]:
        """Yield the files whose text passes a test, in the order of their paths.

        `question` says what the test is: of the same question and the same text it says the same.
        """

        def look() -> bool:
            source = self._load(self._paths[path])
            return source is not None and test(source.text)

        for path in self.paths:
            if self._answer(self._paths[path], question, look):
                yield path

    def holds(self, words: tuple[str, ...]) -> bool:
        """Tell whether any of the files holds one of `words` in its text."""
        if words not in self._held:
            found = self.passing(f"holds {words}", lambda text: any(word in text for word in words))
            self._held[words] = next(found, None) is not None
        return self._held[words]

    def ending(self, tail: str) -> tuple[str, ...]:
        """Return the files whose paths end with `tail` ("shop/api.py"), in the order given."""
        name = tail.removesuffix(_PACKAGE).removesuffix(".py").rpartition("/")[2]
        return tuple(
            self._shown[whole]
            for whole in self._by_name.get(name, ())
            if (whole == tail or whole.endswith(f"/{tail}")) and self._stands(whole)
        )

    def modules(self, name: str) -> dict[str, str]:
        """Return the files that a module ("shop.api") can be, each by the folder it is below."""
        inside = name.replace(".", "/")
        return {
            self._folder(self._whole[path][: -len(tail)].rstrip("/")): path
            for tail in (f"{inside}.py", f"{inside}{_PACKAGE}")
            for path in self.ending(tail)
        }

    def _folder(self, whole: str) -> str:
        """Return a folder that the root sees as the paths of files tell it."""
        return relpath(whole or ".", self._home) if self._home else whole

    def _relative(self, importer: str, name: str) -> tuple[str, str] | None:
        rest = name.lstrip(".")
        folder = dirname(importer)
        for _ in range(len(name) - len(rest) - 1):
            if not folder:
                return None
            folder = dirname(folder)
        parts = rest.split(".") if rest else []
        for length in range(len(parts), -1, -1):
            module = "/".join(filter(None, [folder, *parts[:length]]))
            for path in (f"{module}.py", f"{module}{_PACKAGE}" if module else _PACKAGE[1:]):
                if self._stands(path):
                    return self._shown[path], ".".join(parts[length:])
        return None

    def _absolute(self, importer: str, module: str) -> str | None:
        """Return the one file that `module` ("shop/db") can be, seen from `importer`.

        A name can be imported from any folder that Python was told of. Of several files the
        one is meant whose folder is nearest above the importer; one elsewhere only where no
        package of that name is above it, as `tests/shop/db.py` is no part of `shop`.
        """
        roots: dict[str, str] = {}
        for path in self._by_name.get(module.rpartition("/")[2], ()):
            for ending in (f"{module}.py", f"{module}{_PACKAGE}"):
                if (path == ending or path.endswith(f"/{ending}")) and self._stands(path):
                    roots[path[: -len(ending)]] = path
        above = [root for root in roots if importer.startswith(root)]
        if above:
            return roots[max(above, key=len)]
        first, _, rest = module.partition("/")
        if len(roots) != 1 or not rest or self._has_above(importer, first):
            return None
        return next(iter(roots.values()))

    def _has_above(self, importer: str, package: str) -> bool:
        """Tell whether a package stands above `importer`, all of it: none that others add to."""
        ending = f"{package}{_PACKAGE}"
        return any(
            path.endswith(ending)
            and importer.startswith(path[: -len(ending)])
            and f"/{path}".endswith(f"/{ending}")
            and self._stands(path)
            and not any(word in self.data(self._shown[path]) for word in _ADDED_TO)
            for path in self._by_name.get(package, ())
        )


def _is_kept(place: str) -> bool:
    """Tell whether a place is one that something keeps, and not that of an interface."""
    return not place.startswith(PLACES)


def _keeps(seen: Glance) -> bool:
    return any(map(_is_kept, seen.sets))


def _declares(seen: Glance) -> bool:
    return not all(map(_is_kept, seen.reads))


def _implements(seen: Glance) -> bool:
    return not all(map(_is_kept, seen.sets))


def _homes(path: str) -> tuple[str, ...]:
    """Return the last names of the module at `path` and of the package it is in."""
    parts = path.removesuffix(_PACKAGE).removesuffix(".py").split("/")
    return tuple(parts[-2:])
