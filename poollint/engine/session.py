"""One run: the ten steps, in order. The only module that knows them all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

from poollint.engine.collecting import fewer_collections
from poollint.engine.decide import Terms, decide, sources_of
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File, Tree, discover, left_out, printable
from poollint.engine.files.disk import Disk
from poollint.engine.files.neighbours import Neighbours
from poollint.engine.gather import Gathered, context
from poollint.engine.judge import judge, masked_budget, told
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.index import Index
from poollint.engine.memory.links import CachedLinks
from poollint.engine.outcome import Outcome
from poollint.engine.plan import Plan, plan
from poollint.engine.request import STDIN, Mode, Request
from poollint.engine.settings.selection import Selection
from poollint.engine.work.derive import deriving, stamp
from poollint.engine.work.executors import here
from poollint.facts.project import Project
from poollint.facts.topology import Topology
from poollint.model.finding import Category
from poollint.model.report import Budget, Coverage, Page, Report
from poollint.model.secret import mask
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.model.usage import UsageError
from poollint.reading import linking
from poollint.reading import project as reading
from poollint.reading.deployment.linking.sizing import advised


def run(request: Request, disk: Disk | None = None) -> Outcome:
    """Do what is asked; `disk` notes what is seen.

    Raises `UsageError` for what cannot be asked, and nothing else.
    """
    with fewer_collections():
        return _run(request, disk or Disk())


def _run(request: Request, disk: Disk) -> Outcome:
    watch = _Watch(request.clock)
    todo = plan(request, disk)
    watch.mark("settings")
    discovered = discover(todo.paths, todo.tree, request.force_exclude)
    watch.mark("discover")
    around = request.context and todo.tree.root not in todo.paths
    stdin = _stdin(request, todo.tree)
    files = (*discovered.files, *stdin)
    stamped = stamp(todo.options) if request.cache else b""
    cache, index, links = _remembered(request, todo, disk, stamped)
    given_text = {file.shown: request.stdin for file in stdin}
    contents = Contents(todo.tree.root, given_text, index=index, disk=disk)
    neighbours = Neighbours(files, todo.tree, contents, around)
    exports = reading.exports(
        neighbours.paths, neighbours.load, todo.options.additions, neighbours.scripts,
        neighbours.remember, neighbours.answer, links, neighbours.home,
    )  # fmt: skip
    known = replace(todo.options, beside=neighbours.text, tracked=neighbours.tracked)
    todo = replace(todo, options=replace(known, exports=exports))
    place = request.executor or here(request.jobs)
    with deriving(
        todo.options, neighbours, place, cache, request.progress, stamped
    ) as derive:  # fmt: skip
        given, rest = _read(request, Gathered(todo.tree, contents, derive), files, around)
    watch.mark("read")
    project, budgets, failed = _link(given, rest, todo)
    beside = (*discovered.unread, *_overlooked(request.mode, todo, given, rest))
    index.keep(request.now)
    watch.mark("link")
    stating = _stating(todo)
    shown = {**stating, **{file.shown: file.inside for file in given.files}}
    seen, crashes = judge(project, todo.selection.rules, shown.__contains__)
    watch.mark("judge")
    unjudged = {crash.rule for crash in crashes} | (_beyond(todo) if rest.alone else set())
    terms = Terms(
        todo.registry, todo.selection, shown, frozenset(unjudged),
        request.ignores, todo.settings.require_reason, request.pedantic, whole=not failed,
    )  # fmt: skip
    stated = {path: SourceFile(path, neighbours.text(path)) for path in stating}
    sources = {**neighbours.shown_by(seen), **stated, **rest.sources, **given.sources}
    given.unread = [u for u in given.unread if u.span not in project.followed]
    given.unread += [u for u in project.refused if u.span.path in shown]
    findings, hidden = decide(seen, sources, given.unread, terms)
    watch.mark("decide")
    loads = todo.options.declared.loads
    report = Report(
        findings=findings,
        coverage=_coverage(request.mode, given, beside, project),
        budgets=() if request.mode is Mode.CHECK else _reported(advised(budgets, loads), shown),
        pages=_pages(todo.selection),
        crashes=crashes,
        hidden=hidden,
    )
    named = {printable(path, todo.tree.cwd) for path in todo.paths}
    unlisted = (folder for folder in discovered.unread if folder.span.path in named)
    lost = (*unlisted, *given.lost, *failed)
    kept = sources_of(sources, findings)
    places = {file.shown: file.full for file in files if file.shown in kept}
    of = todo.settings
    return Outcome(report, kept, of.path, of.fail_on, lost, tuple(watch.laps), places, todo.agreed)


def _remembered(
    request: Request, todo: Plan, disk: Disk, stamped: bytes
) -> tuple[Cache | None, Index, CachedLinks | None]:
    """Return what earlier runs left, of all sorts; nothing where none is to be remembered."""
    if not request.cache:
        return None, Index(), None
    cache = Cache(request.cache)
    return cache, Index(cache, todo.tree.root, stamped, disk), CachedLinks(cache, stamped)


def _read(
    request: Request, given: Gathered, files: tuple[File, ...], around: bool
) -> tuple[Gathered, Gathered]:
    """Read the files given, and what else their facts depend on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of what it parses; that is not our say
        for file in files:
            given.add(file)
        given.facts += given.read()
        given.follow(around)
        if not around:
            return given, Gathered(given.tree, given.contents, given.derive)
        return given, context(given, request.mode)


def _link(
    given: Gathered, rest: Gathered, todo: Plan
) -> tuple[Project, tuple[Budget, ...], tuple[Unreadable, ...]]:
    """Link what was read; where that fails, go on with what a file says for certain by itself."""
    facts = [*given.facts, *rest.facts]
    try:
        project = linking.link(facts, todo.options, given.derive.keep)
        return project, linking.budgets(project), ()
    # A fault of linking costs what depends on it; it is told, and the run counts as failed.
    except Exception as error:
        lost = "what several files tell together is not judged"
        why = f"linking the files failed: {told(error)}; {lost}"
        return linking.apart(facts), (), (Unreadable(Span.at("."), why, broken=False),)


def _overlooked(mode: Mode, todo: Plan, given: Gathered, rest: Gathered) -> tuple[Unreadable, ...]:
    """Return what was not looked at, and files that may say what runs, of which nothing was read.

    The latter count where sums are asked for.
    """
    if mode is Mode.CHECK:
        return left_out(todo.tree)
    from poollint.engine.files.overlooked import overlooked

    facts = (*given.facts, *rest.facts)
    known = {one.path for one in facts if one.says_something}
    known |= {unread.span.path for unread in (*given.unread, *rest.unread)}
    found = overlooked(todo.paths, todo.tree, given.contents, frozenset(known))
    return (*left_out(todo.tree), *found)


def _stating(todo: Plan) -> dict[str, str]:
    """Return the settings file where it describes databases: what is wrong with these is there."""
    if not todo.options.declared.servers or not todo.settings.path:
        return {}
    file = todo.tree.file(os.path.join(todo.tree.cwd, todo.settings.path))
    asked = any(file.full.startswith(os.path.join(path, "")) for path in todo.paths)
    return {file.shown: file.inside} if asked else {}


def _beyond(todo: Plan) -> set[str]:
    """Return the rules that might find more if the rest of the project were read."""
    wide = (Category.SESSION, Category.BUDGET)
    rules = todo.selection.rules
    return {r.name for r in rules if r.category in wide or r.subject in (Project, Topology)}


class _Watch:
    """Seconds between marks, by a clock that is given."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self.laps: list[tuple[str, float]] = []

    def mark(self, step: str) -> None:
        """Note what the step that ends here took."""
        now = self._clock()
        self.laps.append((step, now - self._last))
        self._last = now


def _stdin(request: Request, tree: Tree) -> tuple[File, ...]:
    if STDIN not in request.paths:
        return ()
    name = request.stdin_filename
    if not name:
        if request.mode is Mode.ALL:
            raise UsageError(
                "standard input has no name", "say what it is: `--stdin-filename shop/db.py`"
            )
        name = "stdin.py" if request.mode is Mode.CHECK else "stdin.yaml"
    return (tree.file(os.path.join(tree.cwd, name), named=True),)


def _coverage(
    mode: Mode, given: Gathered, beside: tuple[Unreadable, ...], project: Project
) -> Coverage:
    described = [r for r in given.facts if reading.describes_infrastructure(r)]
    modules = tuple(r.module for r in given.facts if r.module)
    assumed = (mask(text) for topology in project.topologies for text in topology.assumed)
    return Coverage(
        files=len(given.files),
        python_files=given.python_files,
        candidates=len(modules),
        infrastructure=len(described),
        drivers=reading.driver_titles(modules),
        unread=tuple(replace(u, reason=mask(u.reason)) for u in (*beside, *given.unread)),
        assumed=tuple(dict.fromkeys(assumed)),
        uncounted=() if mode is Mode.CHECK else tuple(map(mask, linking.uncounted(project))),
    )


def _reported(budgets: tuple[Budget, ...], shown: Mapping[str, str]) -> tuple[Budget, ...]:
    """Return the budgets to which a file reported on contributes."""
    return tuple(
        masked_budget(budget)
        for budget in budgets
        if any(_is_shown(span.path, shown) for span in (budget.at, *budget.ledger.places))
    )


def _is_shown(path: str, shown: Mapping[str, str]) -> bool:
    """Tell whether a file is reported on, or the packed chart in which it lies."""
    archive, packed, _ = path.partition(".tgz/")
    return path in shown or (bool(packed) and f"{archive}.tgz" in shown)


def _pages(selection: Selection) -> tuple[Page, ...]:
    return tuple(
        Page(
            rule.name,
            rule.category.value,
            selection.severity.get(rule.name, rule.severity).value,
            rule.summary,
            rule.docs,
        )
        for rule in selection.rules
    )
