"""Modules of poollint that are loaded when something of them is first asked for.

A module that another takes in as a module (`from poollint.reading.deployment import limits`) is
found at once, and read and run when a name in it is needed: most rooms of `reading` have nothing
to do in a run over a few files. Whoever takes in a name (`from … limits import Limit`) needs it
now, and has it now. `importlib.util.LazyLoader` does much the same, but a module that raises as it
is loaded is half made from then on, and what it raised is told once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_OURS = "poollint."


class Waiting(ModuleType):
    """A module that was not needed yet: of its names it has those that Python gave it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what asks for them asks any module
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]  # its names are looked for there
        try:
            self.__spec__.loader.exec_module(self)  # type: ignore[union-attr]
        except BaseException:
            self.__class__ = Waiting
            raise
        return getattr(self, name)


class _Loader:
    """What makes a module wait, and then leaves it to the loader that Python has for it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Waiting(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__
        module.__spec__.loader = module.__loader__ = self._loader


class _Finder:
    """Finds what Python finds, for modules of poollint that are no packages."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, _: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name.startswith(_OURS) else None
        if spec and spec.loader and spec.submodule_search_locations is None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
        return spec


@contextmanager
def modules_loaded_late() -> Iterator[None]:
    """Let modules of poollint that are imported within this block wait for their use.

    For a process that is ours alone: a fault of one shows where it is used, not where it is named.
    """
    sys.meta_path.insert(0, _Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(_Finder)
