"""What follows from what a run is asked to do, before a file is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.catalog.own import NOTHING
from poollint.engine.files import roots
from poollint.engine.files.discovery import Tree, located, printable
from poollint.engine.files.disk import Disk, repository, upwards
from poollint.engine.files.glob import Glob
from poollint.engine.memory.agreed import Agreed
from poollint.engine.registry import Registry, load
from poollint.engine.request import STDIN, Mode, Request
from poollint.engine.settings import settings
from poollint.engine.settings.selection import Selection, select
from poollint.engine.settings.settings import Settings
from poollint.engine.work.derive import stamp
from poollint.facts.declared import NONE
from poollint.reading import project as reading
from poollint.reading.reader import Options

_OWN = frozenset({"poollint", "poollint_rules"})
_NEAREST = 2_000  # files around what is given, in a folder that may be anything


@dataclass(frozen=True, slots=True)
class Plan:
    """The request, made definite. `paths` are absolute; standard input is not among them."""

    paths: tuple[str, ...]
    settings: Settings
    registry: Registry
    selection: Selection
    tree: Tree
    options: Options

    @property
    def agreed(self) -> Agreed | None:
        """Return what holds of the settings by themselves.

        None where they add to what is known, or others than poollint have rules.
        """
        added = self.options.additions != NOTHING or self.options.declared != NONE
        modules = {rule.module.partition(".")[0] for rule in self.registry.rules}
        if added or not modules <= _OWN:
            return None
        found = self.settings
        known_by = stamp(self.options).hex()
        return Agreed(found.path, found.folder, found.exclude, found.fail_on, known_by)


def plan(request: Request, disk: Disk) -> Plan:
    """Return what is to be done; `UsageError` for what cannot be. `disk` notes what was seen."""
    cwd = os.path.realpath(request.cwd or os.getcwd())
    paths = tuple(located(path, cwd) for path in request.paths if path != STDIN)
    stdin = request.stdin_filename if STDIN in request.paths else None
    start = roots.start(paths, stdin, cwd)
    disk.watch((*paths, *_telling(request, start, cwd)))
    found = _settings(request, start, cwd)
    registry = request.registry or load()
    tree = replace(_tree(request, found, start, cwd), disk=disk)
    if tree.root not in paths and not _is_project(request, found, tree.root):
        tree = replace(tree, bound=_NEAREST)
    options = replace(
        found.options,
        assume=(*found.options.assume, *request.assume),
        pool_mode=request.pool_mode or found.options.pool_mode,
        additions=registry.additions + found.options.additions,
        sums=request.mode is Mode.AUDIT,
    )
    return Plan(
        paths=paths,
        settings=found,
        registry=registry,
        selection=select(registry, found, request.mode, request.select, request.ignore),
        tree=tree,
        options=replace(options, top=printable(tree.root, cwd)),
    )


def _is_project(request: Request, found: Settings, root: str) -> bool:
    """Tell whether something says that a folder is a project, and not just any."""
    told = request.root or (found.folder and not request.config) or repository(root)
    return bool(told) or roots.is_marked(root)


def _telling(request: Request, start: str, cwd: str) -> Iterator[str]:
    """Yield what tells the project's root and its settings, whether it is there or not.

    A repository that is there has more to say than when it changed: git is asked for it.
    """
    if request.config:
        yield located(request.config, cwd)
    for folder in upwards(start):
        for name in (".git", "poollint.toml", "pyproject.toml", *roots.MARKS):
            path = os.path.join(folder, name)
            if name != ".git" or not os.path.exists(path):
                yield path
                if os.path.islink(path):
                    yield os.path.realpath(path)


def _settings(request: Request, start: str, cwd: str) -> Settings:
    if request.isolated:
        return Settings()
    if request.config:
        return settings.load(located(request.config, cwd))
    return settings.find(start, request.root or roots.top(start, cwd))


def _tree(request: Request, found: Settings, start: str, cwd: str) -> Tree:
    """Return the project: patterns and fingerprints count from its settings file, if any."""
    folder = "" if request.config else found.folder
    root = os.path.realpath(request.root) if request.root else folder or roots.top(start, cwd)
    exclude = tuple(Glob(pattern) for pattern in found.exclude)
    return Tree(root, cwd, exclude, lambda path: reading.reader_of(path) is not None)
