"""One run: the ten steps, in order. The only module that knows them all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from poollint.engine import settings
from poollint.engine.decide import Terms, decide, sources_of
from poollint.engine.discovery import File, Tree, discover, located, repository
from poollint.engine.gather import Gathered, context, gather
from poollint.engine.glob import Glob
from poollint.engine.judge import judge, masked_budget
from poollint.engine.registry import Registry, load
from poollint.engine.selection import Mode, Selection, select
from poollint.engine.settings import Settings
from poollint.facts.project import Project
from poollint.model.report import Budget, Coverage, Page, Report
from poollint.model.secret import mask
from poollint.model.source import SourceFile, Unreadable
from poollint.model.usage import UsageError
from poollint.reading import project as reading

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do.

    paths      files, folders, and "-" for `stdin`, whose name is `stdin_filename`
    select     rules and categories, instead of those of the settings; `ignore` on top
    assume     numbers no file states: name, lowest, highest
    pedantic   findings of low confidence are reported too
    ignores    comments that ignore findings are obeyed
    config     the settings file; `isolated` none at all
    root       the project's root, where it is known already
    context    the rest of the project is read where the files given depend on it
    registry   the rules, the installed ones if None
    clock      for `timings`; the engine itself asks for no time
    """

    paths: tuple[str, ...] = (".",)
    mode: Mode = Mode.ALL
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    assume: tuple[tuple[str, int, int], ...] = ()
    pedantic: bool = False
    ignores: bool = True
    config: str = ""
    isolated: bool = False
    force_exclude: bool = False
    stdin: bytes = b""
    stdin_filename: str = ""
    root: str = ""
    context: bool = True
    registry: Registry | None = None
    clock: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    sources  the text of the files that findings point into, by the path as shown
    lost     what poollint should have read and could not: files named on the command line, and
             files on which a reader failed. The job was not done, which the exit code tells
    timings  seconds by step
    """

    report: Report
    sources: Mapping[str, SourceFile]
    settings: Settings
    lost: tuple[Unreadable, ...] = ()
    timings: tuple[tuple[str, float], ...] = ()


def run(request: Request) -> Outcome:
    """Do what is asked. Raises `UsageError` for what cannot be asked, and nothing else."""
    watch = _Watch(request.clock)
    cwd = os.path.realpath(os.getcwd())
    paths = tuple(located(path, cwd) for path in request.paths if path != STDIN)
    start = _start(request, paths, cwd)
    found = _settings(request, start, cwd)
    registry = request.registry or load()
    selection = select(registry, found, request.mode, request.select, request.ignore)
    watch.mark("settings")
    tree = _tree(request, found, start, cwd)
    discovered = discover(paths, tree, request.force_exclude)
    watch.mark("discover")
    options = replace(found.options, assume=(*found.options.assume, *request.assume))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of what it parses; that is not our say
        given = gather(discovered.files, tree, options)
        if STDIN in request.paths:
            given.add(_stdin(request, tree), tree, options, request.stdin)
        whole = not request.context or tree.root in paths
        rest = Gathered() if whole else context(given, request.mode, tree, options)
    watch.mark("read")
    project = reading.link([*given.facts, *rest.facts], options)
    watch.mark("link")
    shown = {file.shown: file.inside for file in given.files}
    seen, crashes = judge(project, selection.rules, shown.__contains__)
    watch.mark("judge")
    terms = Terms(
        registry, selection, shown, frozenset(crash.rule for crash in crashes),
        request.ignores, found.require_reason, request.pedantic,
    )  # fmt: skip
    sources = {**rest.sources, **given.sources}
    decided, hidden = decide(seen, sources, given.unread, terms)
    watch.mark("decide")
    report = Report(
        findings=decided,
        coverage=_coverage(given, discovered.unread, project),
        budgets=() if request.mode is Mode.CHECK else _budgets(project, shown),
        pages=_pages(selection),
        crashes=crashes,
        hidden=hidden,
    )
    return Outcome(
        report, sources_of(sources, decided), found, tuple(given.lost), tuple(watch.laps)
    )


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


def _start(request: Request, paths: tuple[str, ...], cwd: str) -> str:
    """Return the folder that all paths lie in."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    if STDIN in request.paths:
        folder = os.path.realpath(os.path.dirname(os.path.join(cwd, request.stdin_filename)))
        folders.append(folder if os.path.isdir(folder) else cwd)
    try:
        return os.path.commonpath(folders)
    except ValueError:  # nothing in common: two drives
        return cwd


def _top(start: str, cwd: str) -> str:
    """Return the project's root where no settings file tells it."""
    found = repository(start)
    if found is not None:
        return found
    return cwd if os.path.commonpath([start, cwd]) == cwd else start


def _settings(request: Request, start: str, cwd: str) -> Settings:
    if request.isolated:
        return Settings()
    if request.config:
        return settings.load(Path(located(request.config, cwd)))
    return settings.find(Path(start), Path(request.root or _top(start, cwd)))


def _tree(request: Request, found: Settings, start: str, cwd: str) -> Tree:
    """Return the project: patterns and fingerprints count from its settings file, if any."""
    folder = "" if request.config else found.folder
    root = os.path.realpath(request.root) if request.root else folder or _top(start, cwd)
    exclude = tuple(Glob(pattern) for pattern in found.exclude)
    return Tree(root, cwd, exclude, lambda path: reading.reader_of(path) is not None)


def _stdin(request: Request, tree: Tree) -> File:
    name = request.stdin_filename
    if not name:
        if request.mode is Mode.ALL:
            raise UsageError(
                "standard input has no name", "say what it is: `--stdin-filename shop/db.py`"
            )
        name = "stdin.py" if request.mode is Mode.CHECK else "stdin.yaml"
    return tree.file(os.path.join(tree.cwd, name), named=True)


def _coverage(given: Gathered, folders: tuple[Unreadable, ...], project: Project) -> Coverage:
    described = [r for r in given.facts if reading.describes_infrastructure(r)]
    modules = tuple(r.module for r in given.facts if r.module)
    assumed = (mask(text) for topology in project.topologies for text in topology.assumed)
    return Coverage(
        files=len(given.files),
        python_files=given.python_files,
        candidates=len(modules),
        infrastructure=len(described),
        drivers=reading.driver_titles(modules),
        unread=tuple(replace(u, reason=mask(u.reason)) for u in (*folders, *given.unread)),
        assumed=tuple(dict.fromkeys(assumed)),
    )


def _budgets(project: Project, shown: Mapping[str, str]) -> tuple[Budget, ...]:
    """Return the budgets to which a file reported on contributes."""
    return tuple(
        masked_budget(budget)
        for budget in reading.budgets(project)
        if any(span.path in shown for span in (budget.at, *budget.ledger.places))
    )


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
