"""The files that servers load their applications from, and are configured by.

What may be several files is none of them, and a configuration that is not in the tree is unknown.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import NamedTuple

from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.processes import gunicorn
from poollint.reading.running.processes.launching import Launch

_APPLICATION = re.compile(r"(?P<module>[A-Za-z_][\w.]*)(?::(?P<name>\w+)(?P<called>\()?.*)?", re.S)
UNTOLD = gunicorn.Settings()


class Application(NamedTuple):
    """What a server loads: a file, the folder its name counts from, the function it calls then.

    `factory` is "" where the application is there once the file is loaded.
    """

    path: str
    root: str
    factory: str = ""


class Applications:
    """Finds them among the files of a project."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def of(self, launch: Launch, told: gunicorn.Settings = UNTOLD) -> Application | None:
        """Return what a server loads, None where no file, or more than one, may be meant.

        `told` is what its configuration says of that.
        """
        application = launch.process.application or told.application
        match = _APPLICATION.fullmatch(_dotted(application))
        folder = normpath(join(launch.folder, launch.process.folder or told.folder or "."))
        found = self._module(match["module"], folder, launch.folder) if match else None
        if match is None or found is None:
            return None
        root, path = found
        return Application(path, root, (match["name"] or "") if match["called"] else "")

    def settings(self, launch: Launch) -> gunicorn.Settings | None:
        """Return gunicorn's settings; None where its file is not in the tree."""
        named = launch.process.config
        path = self._named(named, launch.folder) if named else normpath(
            join(launch.folder, gunicorn.DEFAULT)
        )  # fmt: skip
        tree = self._exports.files.tree(path) if path else None
        if tree is None:
            return None if named else UNTOLD
        return gunicorn.settings(tree)

    def _named(self, name: str, folder: str) -> str:
        """Return the file that an option names, "" where it is not known."""
        if name.startswith("python:"):
            name = f"{name.removeprefix('python:').replace('.', '/')}.py"
        parts = [part for part in normpath(name).split("/") if part not in ("", ".", "..")]
        for start in range(len(parts)):
            files = self._exports.files.ending("/".join(parts[start:]))
            found = _nearest({dirname(path): path for path in files}, folder)
            if found:
                return found[1]
        return ""

    def _module(self, name: str, *folders: str) -> tuple[str, str] | None:
        roots = self._exports.files.modules(name)
        return next(filter(None, (_nearest(roots, folder) for folder in folders)), None)


def _nearest(roots: dict[str, str], folder: str) -> tuple[str, str] | None:
    """Return the file at the folder itself, else the one there is in it, or anywhere.

    Each with its folder.
    """
    folder = "" if normpath(folder or ".") == "." else normpath(folder)
    if folder in roots:
        return folder, roots[folder]
    inside = [(root, path) for root, path in roots.items() if root.startswith(f"{folder}/")]
    found = inside if folder and inside else list(roots.items())
    return found[0] if len(found) == 1 else None


def _dotted(application: str) -> str:
    """Return what is loaded as a module is named, where it is a path ("shop/web.py")."""
    if not application.endswith(".py"):
        return application
    return normpath(application).removesuffix(".py").lstrip("./").replace("/", ".")
