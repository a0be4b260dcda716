"""What a change does to the budgets: those of the files against those of a revision in git."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

from poollint.engine.files.contents import Contents
from poollint.engine.files.disk import SKIPPED, Disk
from poollint.engine.files.neighbours import Neighbours
from poollint.engine.files.revision import files_at
from poollint.engine.gather import Gathered
from poollint.engine.judge import masked_budget
from poollint.engine.plan import Plan, plan
from poollint.engine.request import Request
from poollint.engine.work.derive import deriving
from poollint.engine.work.executors import here
from poollint.model.report import Budget, Change, Changes
from poollint.reading import linking
from poollint.reading import project as reading


def changes(request: Request, name: str, budgets: tuple[Budget, ...]) -> Changes:
    """Return what became of the budgets since the revision `name`; `budgets` are those of now.

    The settings are those of now for both. `UsageError` where git does not know the revision.
    """
    before, after = _by_name(_before(plan(request, Disk()), name)), _by_name(budgets)
    pairs = tuple(
        Change(*key, before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after))
    )
    return Changes(name, tuple(change for change in pairs if change.lines), len(pairs))


def _by_name(budgets: tuple[Budget, ...]) -> dict[tuple[str, str], Budget]:
    """Return the budgets by server and environment, those that come to the same sum included."""
    alike = {(b.server, scope): b for b in budgets for scope in b.alike}
    return {**alike, **{(b.server, b.scope): b for b in budgets}}


def _before(todo: Plan, name: str) -> tuple[Budget, ...]:
    """Return the budgets of a revision, to which a file below the paths asked for contributes."""
    tree = todo.tree
    told = {
        tree.file(os.path.join(tree.root, path)): data
        for path, data in files_at(tree.root, name, lambda path: _wanted(path, todo)).items()
    }
    files = tuple(sorted(told, key=lambda file: file.shown))
    contents = Contents(tree.root, {file.shown: data for file, data in told.items()})
    neighbours = Neighbours(files, tree, contents, around=False)
    exports = reading.exports(
        neighbours.paths, neighbours.load, todo.options.additions, home=neighbours.home
    )
    todo = replace(todo, options=replace(todo.options, exports=exports))
    with (
        deriving(todo.options, neighbours, here(1), None) as derive,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # Python warns of what it parses; that is not our say
        given = Gathered(tree, contents, derive)
        for file in files:
            given.add(file)
        given.facts += given.read()
        given.follow(around=False)
        project = linking.link(given.facts, todo.options)
    shown = {file.shown for file in files if _asked_for(file.full, todo)}
    return tuple(
        masked_budget(budget)
        for budget in linking.budgets(project)
        if any(span.path in shown for span in (budget.at, *budget.ledger.places))
    )


def _wanted(path: str, todo: Plan) -> bool:
    tree = todo.tree
    aside = not SKIPPED.isdisjoint(path.split("/")[:-1])
    return not aside and tree.claims(path) and not tree.excluded(path, frozenset())


def _asked_for(full: str, todo: Plan) -> bool:
    return any(full == path or full.startswith(path.rstrip(os.sep) + os.sep) for path in todo.paths)
