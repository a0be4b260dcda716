"""Which of the pools of a tree's applications for Node.js the program of a container takes in.

What it imports is its own, of other packages too. What it does not import is nobody's, where all
is known that it imports and some of that makes a pool; else any file may be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from posixpath import isabs, normpath

from poollint.reading.deployment.ecosystems import manifests, node, node_programs
from poollint.reading.deployment.ecosystems.driven import within
from poollint.reading.deployment.ecosystems.home import Home
from poollint.reading.deployment.ecosystems.node_imports import Imports, Program
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.linking.deployed import Unit

_SCHEMA = "prisma"


class TakenIn:
    """What programs take in; `used` are the files of pools that some program does."""

    def __init__(
        self, homes: Iterable[Home], files: Iterable[StatedFile], text: Callable[[str], str]
    ) -> None:
        """Take the applications, and all files that are known to state something."""
        every = tuple(files)
        self._homes = tuple(home for home in homes if home.language == node.LANGUAGE)
        self._manifests = tuple(
            dict.fromkeys(
                normpath(f.home)
                for f in every
                if f.kind == manifests.KIND and f.language == node.LANGUAGE
            )
        )
        self._stating = [file for home in self._homes for file in home.files if file.pools]
        self._imports = Imports(every, text)
        self._left: dict[str, StatedFile] = {}
        self.used: set[str] = set()

    def seen(self, home: Home | None, unit: Unit) -> Home | None:
        """Return an application with the files that its program takes in, as far as known.

        Without one, that which the program takes in of other packages, None where it does of none.
        """
        own = home.files if home else ()
        alone = len(self._stating) == 1 and self._stating[0] in own  # which it is in any case
        program = None if alone or not self._stating else self._program(home, unit)
        if program is None:
            self.used |= {file.path for file in own if file.pools}
            return home
        taken = tuple(
            file for h in self._homes for file in h.files if self._is_in(file, h, program)
        )
        if program.whole and any(file.pools for file in taken):
            left = [f for f in own if f.pools and f not in taken and f.path.endswith(node.ENDINGS)]
            own = tuple(file for file in own if file not in left)
            self._left |= {file.path: file for file in left}
        found = (*own, *(file for file in taken if file not in own))
        self.used |= {file.path for file in found if file.pools}
        if home:
            return replace(home, files=found)
        return Home(node.LANGUAGE, self._folder(unit), found) if found else None

    def may_be(self, home: Home, unit: Unit) -> bool:
        """Tell whether a container may run an application: no other package that is named."""
        if home.language != node.LANGUAGE:
            return True
        named = self._named(node_programs.file_of(unit.argv or ()))
        package = max(named, key=len, default="") or self._folder(unit)
        build = normpath(unit.container.build) if unit.container.build else ""
        if package in ("", build):
            return True
        return within(home.folder, package) or within(package, home.folder)

    def unused(self) -> Iterator[StatedFile]:
        """Yield the files with pools of applications that run, and that no program takes in."""
        yield from (file for path, file in self._left.items() if path not in self.used)

    def packages(self) -> frozenset[str]:
        """Return the folders of the applications of which programs take in a pool."""
        files = ((home.folder, file.path) for home in self._homes for file in home.files)
        return frozenset(folder for folder, path in files if path in self.used)

    def _is_in(self, file: StatedFile, home: Home, program: Program) -> bool:
        """Tell whether a program takes in a file, or the package that a schema of Prisma is of."""
        if file.path in program.files:
            return True
        return (
            file.kind == _SCHEMA
            and home.folder != "."
            and any(within(path, home.folder) for path in program.files)
        )

    def _program(self, home: Home | None, unit: Unit) -> Program | None:
        started = node_programs.file_of(unit.argv or ())
        if not started:
            return None
        named = self._named(started)
        folders = dict.fromkeys((self._folder(unit), *((home.folder,) if home else ())))
        places = [(folder, started) for folder in folders if folder]
        places += [(at, node_programs.stem(started[len(at) + 1 :])) for at in named]
        found = (self._imports.of(folder, file) for folder, file in places)
        return next((program for program in found if program), None)

    def _named(self, started: str) -> list[str]:
        """Return the folders of packages that the file which is started lies in."""
        return [home for home in self._manifests if started.startswith(f"{home}/")]

    def _folder(self, unit: Unit) -> str:
        """Return the folder of the package that a container starts in, as far as that is told."""
        build = normpath(unit.container.build) if unit.container.build else ""
        folder = normpath(unit.folder) if unit.folder else ""
        if not build or not isabs(folder):
            return build
        inside = [
            home for home in self._manifests
            if home != build and within(home, build)
            and folder.endswith("/" + (home if build == "." else home[len(build) + 1 :]))
        ]  # fmt: skip
        return max(inside, key=len, default=build)
