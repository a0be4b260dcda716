"""Which files of the tree a container has: those its Dockerfile copies, or it is given at start.

Only what is certain is said: where another image, or a step of the build, may bring files,
nothing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit

# What a step before the build makes of code that lies elsewhere.
_BUILT = re.compile(
    r"\.(?:whl|zip|gz|tgz|tar|pex|pyz|egg)$|(?:^|/)(?:dist|build|out|wheels?)(?:/|$)"
)

_ENDINGS = (".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".go", ".rs", ".java", ".ex")
# Files without an ending that are no folders.
_PLAIN = re.compile(r"(?:Pip|Gem|Proc|Make|Caddy|Docker|Rake)file|.*entrypoint.*|LICENSE|\W*", re.I)


class Contents:
    """The files of one container."""

    def __init__(self, unit: Unit, placed: Placed) -> None:
        self._known = _is_known(unit)
        self._mounts = tuple(normpath(m) for m in placed.mounts if isinstance(m, str))
        self._copied = tuple(_copied(unit)) if self._known else ()

    @property
    def are_known(self) -> bool:
        """Tell whether anything can be left out."""
        return self._known and "." not in self._copied and "." not in self._mounts

    def hold(self, path: str) -> bool:
        """Tell whether a file of the tree may be in the container."""
        if not self.are_known:
            return True
        path = normpath(path)
        return any(_covers(part, path) for part in (*self._copied, *self._mounts))

    def hold_of(self, folder: str) -> bool:
        """Tell whether something of a folder may be in it, such as what is built there."""
        if not self.are_known or self.hold(folder):
            return True
        parts = (*self._copied, *self._mounts)
        return any(_covers(normpath(folder), part) for part in parts)


def _is_known(unit: Unit) -> bool:
    """Tell whether all that an image has of the tree stands in its last stage."""
    file = unit.file
    if file is None or not file.copies or file.staged:
        return False
    sources = [source for source, _ in file.copies]
    if any(_BUILT.search(source) for source in sources) or not any(map(_is_code, sources)):
        return False
    name = reference(file.base)[1].lower()
    plain = name in platforms().distributions
    return plain or any(name in language.images for language in platforms().languages)


def _is_code(source: str) -> bool:
    """Tell whether what is copied is code, or a folder: else that comes in another way."""
    name = basename(source.rstrip("/"))
    folder = "." not in name.lstrip(".") and not _PLAIN.fullmatch(name)
    return folder or name.endswith(_ENDINGS)


def _copied(unit: Unit) -> Iterator[str]:
    """Yield what is copied, as each folder gives it that the image may be built from."""
    folders = set(_around(normpath(unit.container.build or ".")))
    if unit.file:
        folders |= set(_around(normpath(dirname(unit.file.source.path) or ".")))
    own = normpath(unit.container.build or ".")
    for source, _ in unit.file.copies if unit.file else ():
        plain = source.partition("*")[0].partition("$")[0].partition("?")[0].partition("[")[0]
        part = source if plain == source else dirname(plain) or "."
        for folder in folders if normpath(part) != "." else {own}:
            yield normpath(join(folder, part.lstrip("/") or "."))


def _around(folder: str) -> Iterator[str]:
    """Yield a folder and those that it lies in."""
    yield folder
    while folder and folder != ".":
        folder = dirname(folder) or "."
        yield folder


def _covers(part: str, path: str) -> bool:
    return part == "." or path == part or path.startswith(f"{part}/")
