"""Servers that have each process serve one request after another.

gunicorn's sync workers do, and that is what it has unasked. What outlives a request is then used
by one of them at a time, whatever the framework is able to. Where only a Procfile names gunicorn,
and an image starts the file that serves by itself (`app.run(host="0.0.0.0")`), that has threads.

Sources: gunicorn 27.0.1, config.py: `worker_class` is "sync", and `threads` above one make it
"gthread". Flask 3.1, app.py: `run` sets `threaded`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename, normpath

from poollint.facts.code import Function, Module
from poollint.facts.connections import Concurrency
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis
from poollint.reading.naming.files.exports import Exports
from poollint.reading.running.processes.applications import UNTOLD, Applications
from poollint.reading.running.processes.launching import Launch
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

_SERVERS = frozenset({"gunicorn", "waitress", "uwsgi", "mod_wsgi"})
_PROCFILE = "Procfile"
_IMAGE = re.compile(r"(?:Dockerfile|Containerfile|(?:docker-)?compose\.ya?ml)", re.I)


def without_one_by_one(
    modules: Iterable[Module], launches: Iterable[Launch], exports: Exports
) -> tuple[Module, ...]:
    """Return the modules, no request beside another where a server lets them follow each other.

    An application is all that stands in the folder that its module's name counts from. It is
    one that a server of each launch serves so: where one lets requests run at the same time,
    or may, they do.
    """
    roots = _one_by_one(tuple(launches), Applications(exports), exports)
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
    if all(shared.at_once is not None for shared in function.shared):
        return function
    return replace(function, recurrence=replace(why, concurrency=None))


def _one_by_one(
    launches: tuple[Launch, ...], applications: Applications, exports: Exports
) -> dict[str, bool]:
    """Return the folders of what servers serve, and whether one request at a time."""
    found: dict[str, bool] = {}
    for root, alone in _served(launches, applications):
        found[root] = found.get(root, True) and alone
    for root in _served_by_themselves(launches, applications, exports):
        found[root] = False
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


def _served_by_themselves(
    launches: Iterable[Launch], applications: Applications, exports: Exports
) -> Iterator[str]:
    """Yield the folders of files that an image starts, where servers stand in Procfiles only."""
    servers = [one for one in launches if one.process.tool in _SERVERS]
    if any(basename(one.process.span.path) != _PROCFILE for one in servers):
        return
    for launch in launches:
        if launch.process.tool != "python" or not _IMAGE.fullmatch(
            basename(launch.process.span.path)
        ):
            continue
        started = applications.of(launch)
        tree = exports.files.tree(started.path) if started is not None else None
        if started is not None and tree is not None and _has_threads(tree):
            yield started.root


def _has_threads(tree: PythonTree) -> bool:
    """Tell whether a file that is started serves others by itself, without a debugger."""
    tests = (node for node in tree.module.body if isinstance(node, ast.If))
    mains = (node for node in tests if "__name__" in ast.unparse(node.test))
    runs = [
        {keyword.arg: keyword.value for keyword in node.keywords}
        for main in mains
        for node in walk(main)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr == "run" and not node.args
    ]
    return any(
        "host" in told and None not in told and not _is(told.get("threaded"), wanted=False)
        and "processes" not in told and not _is(told.get("debug"), wanted=True)
        for told in runs
    )  # fmt: skip


def _is(value: ast.expr | None, *, wanted: bool) -> bool:
    return isinstance(value, ast.Constant) and bool(value.value) is wanted


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
