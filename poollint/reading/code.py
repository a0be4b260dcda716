"""The facts of one Python file."""

from __future__ import annotations

import ast
from posixpath import relpath
from typing import TYPE_CHECKING

from poollint.catalog.merged import drivers, frameworks
from poollint.facts.code import Function, Module, Pool, Recurrence
from poollint.facts.forking import Inherited
from poollint.model.finding import Step
from poollint.model.source import SourceFile, Unreadable
from poollint.reading.beginning import beginning
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.file import File, Runs
from poollint.reading.found import Found
from poollint.reading.gate import Worth, worth
from poollint.reading.naming.files.looked import NOTHING as UNTIED
from poollint.reading.naming.scopes.names import Names
from poollint.reading.reader import FileReading, Options
from poollint.reading.running.processes.forking import forked, may_fork
from poollint.reading.session import django, tortoise
from poollint.reading.session.alembic import environment
from poollint.reading.session.pgoptions import told
from poollint.syntax.python import PythonTree, parse

if TYPE_CHECKING:
    from poollint.reading.running.surroundings import Surroundings


def read(source: SourceFile, options: Options) -> FileReading:
    """Read a Python file: its functions that touch a database, its pools and statements."""
    exports = options.exports() if options.exports else None
    tree = exports.files.parsed(source) if exports else parse(source)
    if isinstance(tree, Unreadable):
        own = UNTIED if exports is None else exports.looked.behind(source.path)
        return FileReading(source.path, "python", unread=(tree,), behind=own)
    file = _file(tree, source.path, options)
    found = list(_units(file, source, options.sums))
    lends = file.names.outside.lends()
    functions = tuple(function for one in found for function in one.functions)
    if lends and not options.sums:
        from poollint.reading.whole import (  # most of Django's projects lend none
            script,
            with_shared,
        )

        found.append(script(file))
        functions = with_shared((*functions, *found[-1].functions), file, exports, options.top)
    projects = (django.stated(tree, file.names), tortoise.stated(tree, file.names))
    environments = tuple(environment(tree, file.names))
    inside = relpath(source.path, options.top or ".")
    forks = not options.sums and may_fork(source.text)
    module = Module(
        source.path,
        _drivers(file.names),
        functions,
        (
            *(statement for one in found for statement in one.statements),
            *(statement for project in projects for statement in project.statements),
            *told(tree, file.names),
        ),
        # What is lent may be inherited by processes: of each file that says anything it is asked.
        _offered(file.names) if options.followed or lends else (),
        _serverless(file.runs) if lends else None,  # it counts for pools
        inherited=_inherited(file, functions, inside) if forks else (),
        databases=(*(d for project in projects for d in project.databases), *environments),
        others=any(one.others for one in found),
        singles=_singles(file) if lends else (),
    )
    unread = tuple(lost for one in found for lost in one.unread)
    behind = exports.looked.behind(source.path) if exports else UNTIED
    return FileReading(source.path, "python", module=module, unread=unread, behind=behind)


def _file(tree: PythonTree, path: str, options: Options) -> File:
    exports = options.exports() if options.exports else None
    outside = exports.seen_from(path) if exports else None
    names = Names(tree.module, drivers(options.additions), outside)

    # What both take is imported where they are asked: of few files they are.
    def find_runs() -> Runs:
        from poollint.reading.connections.waits.reach.given import Making
        from poollint.reading.running.entry.from_other_files import from_other_files
        from poollint.reading.running.entry.recurrence import recurrences
        from poollint.reading.running.entry.through_decorators import through_decorators

        known = frameworks(options.additions)
        spared = Making(names, tree).spared
        handed, made = through_decorators(names, known), from_other_files(names, known)
        return recurrences(
            tree.module, path, names.imports, known, tree.span,
            spared=spared, handed=handed, made=made,
        )  # fmt: skip

    def find_around(runs: Runs) -> dict[str, Surroundings]:
        from poollint.reading.running.surroundings import surroundings

        return surroundings(tree.module, relpath(path, options.top or "."), names, runs)

    waits = Waits(tree, names, exports.files.tree if exports else None)
    return File(tree, names, find_runs, find_around, waits)


def _units(file: File, source: SourceFile, sums: bool) -> list[Found]:
    """Return what the units of a file hold."""
    found = []
    for prefix, group in file.tree.statements():
        most = max(worth(statement, prefix, file.names, source.text, sums) for statement in group)
        told = _quickly(most, group, prefix, file, sums)
        if told is not None:
            found.append(told)
            continue
        from poollint.reading.functions import found_in

        unit = file.tree.unit(prefix, group)
        if isinstance(unit, Unreadable):
            found.append(Found((), (), (unit,)))
        else:
            found.append(found_in(unit, file, sums))
    return found


def _quickly(
    most: Worth, group: tuple[ast.stmt, ...], prefix: str, file: File, sums: bool
) -> Found | None:
    """Return what a unit holds that needs no tree of libcst, None where that has to be seen."""
    if most is Worth.NOTHING:
        return Found((), ())
    if most is Worth.BEGINNING:
        return beginning(group, prefix, file.tree, file.names, None if sums else file.waits)
    return None


def _inherited(file: File, functions: tuple[Function, ...], inside: str) -> tuple[Inherited, ...]:
    """Return what children that the file forks inherit open; tests fork to see what happens."""
    from poollint.reading.running.surroundings import is_test  # few files fork

    if is_test(inside):
        return ()
    return forked(file.tree, file.names, {p.span.start: p for f in functions for p in f.pools})


def _offered(names: Names) -> tuple[str, ...]:
    """Return what a file offers to those that import it: what they do with it tells the rest."""
    from poollint.reading.connections.offering import offered

    return tuple(offered(names))


def _singles(file: File) -> tuple[Pool, ...]:
    from poollint.reading.connections.shared.single import singles

    return singles(file)


def _serverless(runs: Runs) -> Step | None:
    """Return the handler of a platform that freezes instances between two events."""
    platforms = {f.title for f in frameworks().frameworks.values() if f.serverless}
    for run in runs.values():
        if isinstance(run, Recurrence) and run.framework in platforms:
            return Step(run.chain[0].span, f"{run.framework} runs this for one event at a time")
    return None


def _drivers(names: Names) -> tuple[str, ...]:
    roots = {name.partition(".")[0] for name in names.imports.values()}
    known = names.catalog.drivers.values()
    return tuple(sorted(d.id for d in known if roots & {i.partition(".")[0] for i in d.imports}))
