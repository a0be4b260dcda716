"""Packages that are loaded when something of them is first used, not when they are imported.

libcst takes longer to load than most files take to be judged, and most need no tree of it. The
standard library's `LazyLoader` loads at the second `import` already, in Python 3.11.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType


class _Later(ModuleType):
    """A package that is not loaded yet: whoever asks for something of it loads it."""

    def __getattr__(self, name: str) -> object:
        self.__class__ = ModuleType  # type: ignore[assignment]  # what it is, once it is loaded
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def load_later(package: str) -> None:
    """Let `import package` load nothing until an attribute of the package is asked for.

    To be called before the first import of it; where it is loaded already, nothing changes.
    """
    spec = None if package in sys.modules else importlib.util.find_spec(package)
    if spec is not None:
        module = importlib.util.module_from_spec(spec)
        module.__class__ = _Later
        sys.modules[package] = module
