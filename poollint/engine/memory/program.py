"""What stands for the program: whatever changes in it may change what it says."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from functools import cache

import poollint
from poollint.engine.files.disk import digest, state_of

_COMPILED = "__pycache__"
_ENDINGS = (".py", ".toml")


@cache
def program() -> bytes:
    """Return a digest of Python, libcst and poollint's own files, by what the system notes.

    It is that of the program which runs: files that change meanwhile are of another.
    """
    told = [(path, state_of(path)) for path in _files()]
    return digest(f"{sys.version}\0{told!r}".encode("utf-8", "surrogatepass"))


def _files() -> Iterator[str]:
    spec = importlib.util.find_spec("libcst")
    if spec and spec.origin:
        yield spec.origin
    for place, folders, names in os.walk(os.path.dirname(poollint.__file__)):
        folders[:] = sorted(name for name in folders if name != _COMPILED)
        for name in sorted(names):
            if name.endswith(_ENDINGS):
                yield os.path.join(place, name)
