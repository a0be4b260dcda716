"""What a function waits for with a session of which nothing tells whose it is.

`def service(db: Session)` does not say whose session that is, nor does a factory that is handed
in: `async with session_factory() as session`. Where every engine that a project builds for itself
is of another database, as SQLite's, so are its sessions; one engine whose URL no file tells is
enough for them to be PostgreSQL's, where a file that imports it imports the function too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from posixpath import normpath

from poollint.facts.code import Function, Module
from poollint.facts.connections import Acquisition, Taking
from poollint.reading.naming.files.exports import Exports

_DRIVER = "sqlalchemy"
_LOOKING_UP = ("import_module", "__import__", "autodiscover", "walk_packages", "iter_modules")


def without_foreign(
    modules: tuple[Module, ...], exports: Callable[[], Exports] | None
) -> tuple[Module, ...]:
    """Return the modules without what is held of sessions that are none of PostgreSQL's.

    Unchanged where no module builds an engine of another database, and those which may be handed
    sessions of an engine of PostgreSQL's or of nobody knows what. Engines of tests, scripts and
    migrations do not count.
    """
    others = frozenset(normpath(m.path) for m in modules if m.others)
    ours = frozenset(normpath(m.path) for m in modules if _may_be_postgresql(m))
    if not others or (ours and exports is None):
        return modules
    theirs = _served_alone(others, ours, exports()) if ours and exports else None
    return tuple(
        replace(module, functions=tuple(map(_without, module.functions)))
        if theirs is None or normpath(module.path) in theirs
        else module
        for module in modules
    )


def _may_be_postgresql(module: Module) -> bool:
    return any(not pool.aside for pool in module.pools)


def _served_alone(others: frozenset[str], ours: frozenset[str], exports: Exports) -> frozenset[str]:
    """Return the files that are handed sessions of the engines in `others`, and not in `ours`.

    Whoever imports an engine, or from who does, may hand its sessions to all that it imports.
    """
    files = exports.dependencies
    able = ours | files.before(ours)
    if any(exports.reaches(path, word) for path in able for word in _LOOKING_UP):
        return frozenset()
    return files.behind(others | files.before(others))[0] - files.behind(able)[0]


def _without(function: Function) -> Function:
    return replace(
        function,
        holds=tuple(h for h in function.holds if not _is_session(h.held)),
        nested=tuple(n for n in function.nested if not _is_session(n.outer)),
    )


def _is_session(held: Acquisition) -> bool:
    return held.driver == _DRIVER and held.taking is Taking.SESSION
