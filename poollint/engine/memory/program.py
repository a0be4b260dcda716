"""What stands for the program: whatever changes in it may change what it says."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from functools import cache

import poollint
from poollint.engine.files.disk import State, digest, state_of

_COMPILED = "__pycache__"
_ENDINGS = (".py", ".toml")


@cache
def program() -> bytes:
    """Return a digest of Python, libcst and poollint's own files, by what the system notes.

    It is that of the program which runs: files that change meanwhile are of another.
    """
    told = f"{sys.version}\0{sorted(_files())!r}"
    return digest(told.encode("utf-8", "surrogatepass"))


def _files() -> Iterator[tuple[str, State | None]]:
    spec = importlib.util.find_spec("libcst")
    if spec and spec.origin:
        yield spec.origin, state_of(spec.origin)
    folders = [os.path.dirname(poollint.__file__)]
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDINGS):
                    yield entry.path, state_of(entry.path)
                elif entry.name != _COMPILED and entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
