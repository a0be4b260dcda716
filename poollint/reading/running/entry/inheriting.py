"""Functions of the project, and the classes that inherit them: `class Saving(Task)` is made."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from poollint.reading.naming.objects.instances import Instance, method
from poollint.reading.naming.scopes.names import Names

MADE = frozenset({"__init__", "__enter__", "__aenter__", "__call__"})
"""Methods that run where an object is made, entered or called."""


class Key(NamedTuple):
    """A function of the project."""

    path: str
    function: str

    @property
    def words(self) -> frozenset[str]:
        """Return the names by which it may be called: its own, or that of its class."""
        of, _, name = self.function.rpartition(".")
        return frozenset({of.rpartition(".")[2] if name in MADE else name})


def inheriting(keys: Collection[Key], names: Names, path: str) -> Iterator[tuple[Key, Key]]:
    """Yield the classes of a file that inherit one of `keys`, each as if it were their own.

    Only of what runs where an object is made, entered or called: the name of the class tells.
    """
    made = [key for key in sorted(keys) if _runs_when_made(key)]
    for cls, node in names.classes.items() if made else ():
        for key in made if node.bases else ():
            name = key.function.rpartition(".")[2]
            member = method(Instance(names, cls), name)
            own = member is not None and member.names is names and member.name == f"{cls}.{name}"
            if member and not own and Key(member.names.outside.path, member.name) == key:
                yield key, Key(path, f"{cls}.{name}")


def _runs_when_made(key: Key) -> bool:
    of, _, name = key.function.rpartition(".")
    return bool(of) and name in MADE
