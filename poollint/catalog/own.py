"""What users and plugins add to the catalog: packages of their own, and what calls functions.

Plain values, equal where they say the same; `poollint.catalog.load.drivers` and
`poollint.catalog.frameworks.frameworks` merge them into what is built in.
"""

from __future__ import annotations

from dataclasses import dataclass

# What a name of a package can be, in the words of the catalog. `guard` is an `acquire` that only
# a `with` takes, and `release` the other end of all of them.
TAKING = ("connect", "acquire", "session")
BUILDING = ("pool", "engine")
KINDS = (*TAKING, "guard", "release", *BUILDING, "execute")
# The settings of a pool that rules look at, by the role that is also the argument's name.
ROLES = (
    "min_size", "max_size", "overflow", "acquire_timeout", "max_lifetime", "max_idle",
    "health_check",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Package:
    """What is said of one package, by its import root ("acme.db").

    like      the library whose names it offers too, or the class of what it hands out
              ("psycopg2", "asyncpg.Connection"); "" where it is like none
    same      a name of the package, and the name of the catalog that means the same
    names     a kind, and the qualified names that are of it. One of `release` without a dot is
              a method of what was taken
    defaults  a role of a pool's settings, and its default
    """

    root: str
    like: str = ""
    same: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    defaults: tuple[tuple[str, int], ...] = ()

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the names of one kind."""
        return next((names for of, names in self.names if of == kind), ())


@dataclass(frozen=True, slots=True)
class Additions:
    """What is added to the catalog.

    packages  in the order in which they are merged: of what two say, the later holds
    handlers  how often a function is called ("request", "task"; "once"), and the names of what
              calls it: decorators, functions it is given to, methods of classes ("Api.get")
    """

    packages: tuple[Package, ...] = ()
    handlers: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __add__(self, other: Additions) -> Additions:
        return Additions((*self.packages, *other.packages), (*self.handlers, *other.handlers))


NOTHING = Additions()


def owner(name: str) -> tuple[str, str]:
    """Return class and method of "acme.db.Pool.get"; ("", "") for a function or a class."""
    of, _, method = name.rpartition(".")
    return (of, method) if of.rpartition(".")[2][:1].isupper() else ("", "")
