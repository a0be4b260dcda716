"""Whether processes that Python starts are forked, where nothing chooses how.

Source: Python 3.14, "multiprocessing", on start methods: `fork` was the one on Linux before 3.14.
"""

from __future__ import annotations

import re
from functools import cached_property
from posixpath import dirname, join, normpath, relpath

from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.surroundings import is_test
from poollint.reading.running.versions import Text, upwards

_FORKSERVER = r"3\.(?:1[4-9]|[2-9]\d)"
_FROM = r"[ \t]*=[ \t]*[\"'][ \t]*(?:>=?|~=|==|\^|~)[ \t]*"
_TOLD = {
    "pyproject.toml": re.compile(rf"^[ \t]*(?:requires-python|python){_FROM}{_FORKSERVER}", re.M),
    ".python-version": re.compile(rf"\A\s*(?:cpython-)?{_FORKSERVER}"),
    "runtime.txt": re.compile(rf"\A\s*python-{_FORKSERVER}"),
    "Dockerfile": re.compile(rf"^[ \t]*FROM[ \t]+(?:\S+/)?python:{_FORKSERVER}", re.M | re.I),
}

_CHOSEN = re.compile(r"\bset_start_method\(\s*(?:method\s*=\s*)?(?![\"']fork[\"'])")
_IS_PROGRAM = re.compile(r"^if\s.*__name__", re.M)
_INIT = "/__init__.py"


class Choosing:
    """Tells which files run in programs that choose how they begin: `set_start_method("spawn")`."""

    def __init__(self, exports: Exports, top: str) -> None:
        self._exports = exports
        self._top = top

    def may_run(self, path: str) -> bool:
        """Tell whether a file may run in a program that chooses.

        It does not for sure where it is a program, or programs import it, and none of all that
        import it has to do with the choice.
        """
        if not self._choosers:
            return False
        programs = self._above({path})
        apart = not programs & self._choosers
        return not (apart and any(self._is_program(one) for one in programs))

    @cached_property
    def _choosers(self) -> frozenset[str]:
        """The files that choose, and those that import one that does."""
        files = self._exports.files
        told = files.passing("chooses how processes start", lambda t: _CHOSEN.search(t) is not None)
        found = {path for path in told if not self._is_test(path)}
        for path in tuple(found):
            if path.endswith(_INIT):  # runs before all that is in its package
                found.update(files.below(path.removesuffix(_INIT) + "/"))
        return self._above(found) if found else frozenset()

    def _above(self, paths: set[str]) -> frozenset[str]:
        """Return files, and those that import from them, without tests."""
        every = self._exports.dependencies.before(paths) | {normpath(path) for path in paths}
        return frozenset(path for path in every if not self._is_test(path))

    def _is_program(self, path: str) -> bool:
        text = self._exports.files.data(path).decode(errors="replace")
        return _IS_PROGRAM.search(text) is not None

    def _is_test(self, path: str) -> bool:
        return is_test(relpath(path, self._top or "."))


def forks(path: str, text: Text, top: str) -> bool:
    """Tell whether no file beside a module, or above it, asks for a Python that forks nothing.

    `text` gives the text of a file, and `top` is the folder in which the project begins.
    """
    return not any(
        told.search(text(normpath(join(folder, name))))
        for folder in upwards(dirname(path), top)
        for name, told in _TOLD.items()
    )
