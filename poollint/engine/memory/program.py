"""What stands for the program: whatever changes in it may change what it says."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator

import poollint
from poollint.engine.files.disk import digest, state_of

_ENDINGS = (".py", ".toml")


def program() -> bytes:
    """Return a digest of Python, libcst and poollint's own files, by what the system notes."""
    told = [(path, state_of(path)) for path in _files()]
    return digest(f"{sys.version}\0{told!r}".encode("utf-8", "surrogatepass"))


def _files() -> Iterator[str]:
    spec = importlib.util.find_spec("libcst")
    if spec and spec.origin:
        yield spec.origin
    for place, _, names in sorted(os.walk(os.path.dirname(poollint.__file__))):
        for name in sorted(names):
            if name.endswith(_ENDINGS):
                yield os.path.join(place, name)
