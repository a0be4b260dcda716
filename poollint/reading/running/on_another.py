"""Sessions and engines of projects that run on another database than PostgreSQL.

An engine whose URL no file tells may be anybody's. Where a project requires the driver of another
database and none of PostgreSQL's, and none of its files speaks of PostgreSQL, it is not ours; nor
where all its engines fall back on another database, and nothing brings a driver of PostgreSQL's.
What is SQLite's unless the environment says another may be so on the desk alone: there the lists
have to say what the project needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from posixpath import dirname, normpath

from poollint.facts.code import Function, Module
from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.requirements import POSTGRESQL, on_another, without_driver
from poollint.reading.running.versions import Text

_SEVERAL = frozenset(
    """sqlalchemy sqlmodel flask_sqlalchemy fastapi_sqlalchemy sqlalchemy_helpers advanced_alchemy
    databases ormar tortoise""".split()
)
"""Libraries of several databases, told by the URL, by their ids in the catalog."""

_WORDS = ("postgres", "psycopg", "asyncpg")  # in what a file imports from other folders
_DRIVER = re.compile(r"psycopg|asyncpg|pg8000|aiopg\b|psqlpy|dialects\.postgresql|pgvector")
_DRIVERS = ("psycopg", "asyncpg", "pg8000", "dialects.postgresql")
_LOCAL = "sqlite"


def _may_be(module: Module) -> bool:
    """Tell whether a file takes anything by a library of several databases."""
    return any(_SEVERAL & set(_drivers(function)) for function in module.functions)


def without_others(
    modules: tuple[Module, ...], exports: Callable[[], Exports], text: Text, top: str
) -> tuple[Module, ...]:
    """Return the modules without what projects on another database take of such libraries.

    `top` is the folder in which the tree begins, as paths are shown.
    """
    folders: dict[str, tuple[str, ...]] = {}

    def words(folder: str) -> tuple[str, ...]:
        """Return what a file of a folder must not reach to be another database's, () for all."""
        home = on_another(folder, text, top)
        if home is not None and not _speaks(home, exports(), POSTGRESQL):
            return _WORDS
        found = without_driver(folder, text, top)
        if found is None or not _falls_back(*found, modules):
            return ()
        if found[1]:
            return () if _speaks(found[0], exports(), _DRIVER) else _DRIVERS
        return () if _speaks(found[0], exports(), POSTGRESQL) else _WORDS

    def is_told(module: Module) -> bool:
        if not _may_be(module):
            return False
        folder = dirname(module.path)
        if folder not in folders:
            folders[folder] = words(folder)
        return bool(folders[folder]) and not any(
            exports().reaches(module.path, word) for word in folders[folder]
        )

    return tuple(_without(module) if is_told(module) else module for module in modules)


def _falls_back(home: str, needs: bool, modules: tuple[Module, ...]) -> bool:
    """Tell whether all engines of a project are another database's unless the environment tells.

    `needs` tells that its lists say what it needs.
    """
    within = _within(home)
    own = [module for module in modules if normpath(module.path).startswith(within)]
    engines = [p for m in own for p in m.pools if p.driver in _SEVERAL and not p.aside]
    on = {pool.fallback for pool in engines}
    return bool(on) and "" not in on and (needs or _LOCAL not in on)


def _within(home: str) -> str:
    """Return how the paths begin of what lies in a folder."""
    whole = not home.rpartition("/")[2].strip(".")  # ".", "../..": what is in it begins anyhow
    return "" if whole else f"{normpath(home)}/"


def _speaks(home: str, exports: Exports, of: re.Pattern[str]) -> bool:
    """Tell whether a Python file of a project, which lies in `home`, speaks `of` PostgreSQL."""
    question = f"speaks of PostgreSQL: {of.pattern}"
    found = exports.files.passing(question, lambda said: of.search(said) is not None)
    return any(path.startswith(_within(home)) for path in found)


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
