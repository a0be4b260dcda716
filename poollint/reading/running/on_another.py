"""Sessions and engines of projects that run on another database than PostgreSQL.

An engine whose URL no file tells may be anybody's. Where a project requires the driver of another
database and none of PostgreSQL's, and none of its files speaks of PostgreSQL, it is not ours; nor
where all its engines fall back on another database, and nothing brings a driver of PostgreSQL's.
What is SQLite's unless the environment says another may be so on the desk alone: there the lists
have to say what the project needs. Flask-SQLAlchemy's engine has the URL that all its files set.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from posixpath import dirname, normpath

from poollint.facts.code import Function, Module
from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.requirements import POSTGRESQL, on_another, without_driver
from poollint.reading.running.surroundings import is_test
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
_FLASK = "flask_sqlalchemy"
_SETTING = "SQLALCHEMY_DATABASE_URI"


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
        if found is None or not _falls_back(*found, modules, exports):
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


def _falls_back(
    home: str, needs: bool, modules: tuple[Module, ...], exports: Callable[[], Exports]
) -> bool:
    """Tell whether all engines of a project are another database's unless the environment tells.

    `needs` tells that its lists say what it needs.
    """
    within = _within(home)
    own = [module for module in modules if normpath(module.path).startswith(within)]
    engines = [p for m in own for p in m.pools if p.driver in _SEVERAL and not p.aside]
    on = {
        pool.fallback or (_set_for_flask(home, exports()) if pool.driver == _FLASK else "")
        for pool in engines
    }
    return bool(on) and "" not in on and (needs or _LOCAL not in on)


def _set_for_flask(home: str, exports: Exports) -> str:
    """Return "sqlite" where all files of a project that set Flask's URL fall back on it."""
    within = _within(home)
    local = exports.files.passing("sets Flask's URL", lambda said: True in _set(said))
    other = exports.files.passing("sets Flask's URL for another", lambda said: False in _set(said))
    mine = [path for path in local if path.startswith(within) and not is_test(path)]
    return _LOCAL if mine and not any(path.startswith(within) for path in other) else ""


def _set(said: str) -> set[bool]:
    """Return whether what a file sets Flask's URL to is SQLite's, of each place where it does."""
    if _SETTING not in said:
        return set()
    try:
        tree = ast.parse(said)
    except (SyntaxError, ValueError, RecursionError):
        return {False}
    values = (value for node in ast.walk(tree) for value in _values(node))
    return {any(map(_is_local, ast.walk(value))) for value in values}


def _values(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a statement, a keyword or a table sets Flask's URL to."""
    match node:
        case ast.Assign(targets=[target], value=value) if _is_setting(target):
            yield value
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_setting(target):
            yield value
        case ast.keyword(arg=word, value=value) if word == _SETTING:
            yield value
        case ast.Dict(keys=keys, values=values):
            yield from (v for k, v in zip(keys, values, strict=True) if k and _names_it(k))


def _is_setting(target: ast.expr) -> bool:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == _SETTING
        case ast.Subscript(slice=key):
            return _names_it(key)
    return False


def _names_it(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) and key.value == _SETTING


def _is_local(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return text.startswith(_LOCAL)
    return False


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
