"""Whether processes that Python starts are forked, where nothing chooses how.

Source: Python 3.14, "multiprocessing", on start methods: `fork` was the one on Linux before 3.14.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath, relpath

from poollint.reading.naming.files.python_files import PythonFiles
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


def chosen(files: PythonFiles, top: str) -> bool:
    """Tell whether any file chooses how processes start: `set_start_method("spawn")`, say."""
    told = files.passing("chooses how processes start", lambda t: _CHOSEN.search(t) is not None)
    return any(not is_test(relpath(path, top or ".")) for path in told)


def forks(path: str, text: Text, top: str) -> bool:
    """Tell whether no file beside a module, or above it, asks for a Python that forks nothing.

    `text` gives the text of a file, and `top` is the folder in which the project begins.
    """
    return not any(
        told.search(text(normpath(join(folder, name))))
        for folder in upwards(dirname(path), top)
        for name, told in _TOLD.items()
    )
