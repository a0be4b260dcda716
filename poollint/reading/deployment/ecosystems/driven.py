"""Which container runs an application that needs a library of PostgreSQL, and which none runs.

No file may say where such an application connects, or how often: that it does is told still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from poollint.reading.deployment.ecosystems import drivers, manifests
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Unit


class Driven:
    """The applications that begin with a file that names what they need, by their folders."""

    def __init__(self, files: Iterable[StatedFile], builds: frozenset[str]) -> None:
        """Take the files that say what applications need; `builds` are folders of images."""
        every = [file for file in files if file.kind in (manifests.KIND, drivers.KIND)]
        taken = {normpath(file.path): file for file in every}
        taken |= {file.title: file for file in every if file.title}
        every = [_with_driver(file, taken) for file in every if not file.is_library]
        self._builds = builds
        self._folders = dict.fromkeys((file.language, normpath(file.home)) for file in every)
        self._needing = {
            (file.language, normpath(file.home)): file for file in reversed(every) if file.driver
        }
        self._run: set[tuple[str, str]] = set()
        self._below: dict[str, list[tuple[str, str]]] = {}

    def runs(self, unit: Unit, language: str) -> bool:
        """Tell whether a container runs one; `language` is that of its command, "" for any."""
        folder = self._of(unit, language)
        if folder not in self._needing:
            return False
        self._run.add(folder)
        return True

    def driver(self, unit: Unit, language: str) -> str:
        """Return the driver that the application of a container needs, "" where none is known."""
        file = self._needing.get(self._of(unit, language))
        return file.driver if file else ""

    def needs(self, language: str, folder: str) -> bool:
        """Tell whether the application of a folder needs such a library."""
        return (language, folder) in self._needing

    def told(self, known: frozenset[str], is_aside: Callable[[str], bool]) -> Iterator[str]:
        """Yield in words the applications that no container runs, but those of folders `known`."""
        for key, file in self._needing.items():
            if key not in self._run and key[1] not in known and not is_aside(file.path):
                yield f"what the application of {file.path} opens with `{file.driver}`"

    def _of(self, unit: Unit, language: str) -> tuple[str, str]:
        folders = [key for key in self._folders if language in ("", key[0])]
        build = normpath(unit.container.build) if unit.container.build else ""
        if not build:
            return _namesake(folders, unit)
        inside = [key for key in self._inside(build) if language in ("", key[0])]
        if not inside:
            around = [key for key in folders if within(build, key[1])]
            return max(around, key=lambda key: len(key[1]), default=("", ""))
        homes = list(dict.fromkeys(key[1] for key in inside))
        meant = homes[0] if len(homes) == 1 else meant_of(homes, unit, build)
        found = [key for key in inside if key[1] == meant]
        return next((key for key in found if key in self._needing), ("", ""))

    def _inside(self, build: str) -> list[tuple[str, str]]:
        """Return the folders below one that no folder below it builds for itself."""
        if build not in self._below:
            deeper = [b for b in self._builds if b != build and within(b, build)]
            self._below[build] = [
                key
                for key in self._folders
                if within(key[1], build) and not any(within(key[1], b) for b in deeper)
            ]
        return self._below[build]


def _with_driver(file: StatedFile, every: Mapping[str, StatedFile]) -> StatedFile:
    """Return a program's manifest with the library that it, or what it takes in, names."""
    seen, waiting = {normpath(file.path)}, [file]
    while waiting:
        one = waiting.pop(0)
        if one.driver:
            return replace(file, driver=one.driver)
        more = [path for path in one.takes if path in every and path not in seen]
        seen.update(more)
        waiting += (every[path] for path in more)
    return file


def meant_of(folders: list[str], unit: Unit, build: str) -> str | None:
    """Return which of several folders below `build` a container runs, by what names it."""
    docker = dirname(unit.file.source.path) if unit.file else ""
    copied = [normpath(join(build, source)) for source, _ in unit.file.copies] if unit.file else []
    words = [part.text for part in unit.argv or ()]
    names = (unit.container.name, reference(unit.container.image)[1])

    def named(folder: str) -> bool:
        inside = folder[len(build) :].strip("/") if build != "." else folder
        return inside not in ("", ".") and any(f"{inside}/" in f"{word}/" for word in words)

    tests: tuple[Callable[[str], bool], ...] = (
        lambda folder: bool(docker) and normpath(docker) == folder,
        named,
        lambda folder: any(within(folder, c) for c in copied if c != build),
        lambda folder: basename(folder) in names,
        lambda folder: folder == build,
    )
    for test in tests:
        found = [folder for folder in folders if test(folder)]
        if len(found) == 1:
            return found[0]
    return None


def within(path: str, folder: str) -> bool:
    """Tell whether a path is a folder's, or lies in it."""
    if folder == ".":
        return not path.startswith("../")
    return path == folder or path.startswith(f"{folder}/")


def _namesake(folders: list[tuple[str, str]], unit: Unit) -> tuple[str, str]:
    """Return the application after whose folder an image of the project's own is called."""
    image = reference(unit.container.image)[1]
    found = [
        key
        for key in folders
        if key[1] != "." and (image == basename(key[1]) or image.endswith(f"-{basename(key[1])}"))
    ]
    return found[0] if len({key[1] for key in found}) == 1 else ("", "")
