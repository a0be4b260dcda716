"""What a function waits for with a session of which nothing tells whose it is.

`def service(db: Session)` does not say whose session that is, nor does a factory that is handed
in: `async with session_factory() as session`. Where every engine that a project builds for itself
is of another database, as SQLite's, so are its sessions; one engine whose URL no file tells is
enough for them to be PostgreSQL's.
"""

from __future__ import annotations

from dataclasses import replace

from poollint.facts.code import Function, Module
from poollint.facts.connections import Acquisition, Taking

_DRIVER = "sqlalchemy"


def without_foreign(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    """Return the modules without what is held of sessions that are none of PostgreSQL's.

    Unchanged where no module builds an engine of another database, or one an engine of
    PostgreSQL's or of nobody knows what. Engines of tests, scripts and migrations do not count.
    """
    if not any(module.others for module in modules) or any(map(_may_be_postgresql, modules)):
        return modules
    return tuple(
        replace(module, functions=tuple(map(_without, module.functions))) for module in modules
    )


def _may_be_postgresql(module: Module) -> bool:
    return any(not pool.aside for pool in module.pools)


def _without(function: Function) -> Function:
    return replace(
        function,
        holds=tuple(h for h in function.holds if not _is_session(h.held)),
        nested=tuple(n for n in function.nested if not _is_session(n.outer)),
    )


def _is_session(held: Acquisition) -> bool:
    return held.driver == _DRIVER and held.taking is Taking.SESSION
