"""Servers that have each process serve one request after another.

gunicorn's sync workers do, and that is what it has unasked. What outlives a request is then used
by one of them at a time, whatever the framework is able to.

Source: gunicorn 27.0.1, config.py: `worker_class` is "sync", and `threads` above one make it
"gthread".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import normpath

from poollint.facts.code import Function, Module
from poollint.facts.connections import Concurrency
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis
from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.processes.applications import UNTOLD, Applications
from poollint.reading.running.processes.launching import Launch

_SERVERS = frozenset({"gunicorn", "waitress", "uwsgi", "mod_wsgi"})


def without_one_by_one(
    modules: Iterable[Module], launches: Iterable[Launch], exports: Exports
) -> tuple[Module, ...]:
    """Return the modules, nothing shared by requests that a server lets follow each other.

    An application is all that stands in the folder that its module's name counts from. It is
    one that a server of each launch serves so: where one lets requests run at the same time,
    or may, they do.
    """
    roots = _one_by_one(launches, Applications(exports))
    if not any(roots.values()):
        return tuple(modules)
    return tuple(
        replace(module, functions=tuple(_alone(f, roots) for f in module.functions))
        for module in modules
    )


def _alone(function: Function, roots: dict[str, bool]) -> Function:
    why = function.recurrence
    if why is None or why.concurrency is not Concurrency.SERVED:
        return function
    path = f"/{normpath(why.chain[0].span.path)}"
    around = [root for root in roots if path.startswith(f"/{root}/" if root else "/")]
    if not around or not roots[max(around, key=len)]:
        return function
    kept = (shared for shared in function.shared if shared.at_once is not None)
    return replace(function, shared=tuple(kept))


def _one_by_one(launches: Iterable[Launch], applications: Applications) -> dict[str, bool]:
    """Return the folders of what servers serve, and whether one request at a time."""
    found: dict[str, bool] = {}
    for root, alone in _served(launches, applications):
        found[root] = found.get(root, True) and alone
    return found


def _served(launches: Iterable[Launch], applications: Applications) -> Iterator[tuple[str, bool]]:
    for launch in launches:
        process = launch.process
        if process.tool not in _SERVERS:
            continue
        told = applications.settings(launch) if process.tool == "gunicorn" else None
        application = applications.of(launch, told or UNTOLD)
        if application is not None:
            alone = told is not None and not told.abreast and _is_sync(process)
            yield application.root, alone


def _is_sync(process: Process) -> bool:
    """Tell whether a command of gunicorn asks for no threads, and no other class of workers.

    Of one with a configuration file it is not told how many threads there are.
    """
    threads = process.threads
    if process.kind not in ("", "sync", "gthread"):
        return False
    if threads is None:
        return bool(process.config) and process.kind != "gthread"
    return threads.basis is not Basis.UNKNOWN and threads.low == threads.high == 1
