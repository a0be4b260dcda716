"""Sessions and engines of projects that run on another database than PostgreSQL.

An engine whose URL no file tells may be anybody's. Where a project requires the driver of another
database and none of PostgreSQL's, and none of its files speaks of PostgreSQL, it is not ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from posixpath import dirname, normpath

from poollint.facts.code import Function, Module
from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.requirements import POSTGRESQL, on_another
from poollint.reading.running.versions import Text

_SEVERAL = frozenset(
    """sqlalchemy sqlmodel flask_sqlalchemy fastapi_sqlalchemy sqlalchemy_helpers advanced_alchemy
    databases ormar tortoise""".split()
)
"""Libraries of several databases, told by the URL, by their ids in the catalog."""

_WORDS = ("postgres", "psycopg", "asyncpg")  # in what a file imports from other folders
_QUESTION = f"speaks of PostgreSQL: {POSTGRESQL.pattern}"


def _may_be(module: Module) -> bool:
    """Tell whether a file takes anything by a library of several databases."""
    return any(_SEVERAL & set(_drivers(function)) for function in module.functions)


def without_others(
    modules: tuple[Module, ...], exports: Callable[[], Exports], text: Text, top: str
) -> tuple[Module, ...]:
    """Return the modules without what projects on another database take of such libraries.

    `top` is the folder in which the tree begins, as paths are shown.
    """
    files: dict[str, bool] = {}
    homes: dict[str, str | None] = {}

    def told(folder: str) -> bool:
        if folder not in homes:
            homes[folder] = on_another(folder, text, top)
        home = homes[folder]
        if home is None:
            return False
        if home not in files:
            files[home] = _speaks(home, exports())
        return not files[home]

    def is_told(module: Module) -> bool:
        if not _may_be(module) or not told(dirname(module.path)):
            return False
        return not any(exports().reaches(module.path, word) for word in _WORDS)

    return tuple(_without(module) if is_told(module) else module for module in modules)


def _speaks(home: str, exports: Exports) -> bool:
    """Tell whether a Python file of a project, which lies in `home`, speaks of PostgreSQL."""
    whole = not home.rpartition("/")[2].strip(".")  # ".", "../..": what is in it begins anyhow
    within = "" if whole else f"{normpath(home)}/"
    found = exports.files.passing(_QUESTION, lambda said: POSTGRESQL.search(said) is not None)
    return any(path.startswith(within) for path in found)


def _drivers(function: Function) -> Iterator[str]:
    yield from (taken.driver for taken in function.acquisitions)
    yield from (pool.driver for pool in function.pools)
    yield from (shared.driver for shared in function.shared)
    yield from (hold.held.driver for hold in (*function.holds, *function.idle))
    yield from (nested.outer.driver for nested in function.nested)


def _without(module: Module) -> Module:
    kept = tuple(one for one in module.inherited if one.driver not in _SEVERAL)
    return replace(module, functions=tuple(map(_stripped, module.functions)), inherited=kept)


def _stripped(function: Function) -> Function:
    return replace(
        function,
        acquisitions=tuple(a for a in function.acquisitions if a.driver not in _SEVERAL),
        pools=tuple(p for p in function.pools if p.driver not in _SEVERAL),
        shared=tuple(s for s in function.shared if s.driver not in _SEVERAL),
        holds=tuple(h for h in function.holds if h.held.driver not in _SEVERAL),
        idle=tuple(h for h in function.idle if h.held.driver not in _SEVERAL),
        nested=tuple(n for n in function.nested if n.outer.driver not in _SEVERAL),
    )
