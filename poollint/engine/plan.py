"""What a run is asked to do, and what follows from it before a file is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from poollint.engine import settings
from poollint.engine.discovery import Tree, located, printable, repository
from poollint.engine.executors import Place
from poollint.engine.glob import Glob
from poollint.engine.registry import Registry, load
from poollint.engine.selection import Mode, Selection, select
from poollint.engine.settings import Settings
from poollint.reading import project as reading
from poollint.reading.reader import Options

STDIN = "-"
_MARKS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "manage.py",
    "docker-compose.yml", "compose.yaml", "Dockerfile", "Procfile",
)  # fmt: skip


def _no_clock() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do.

    paths      files, folders, and "-" for `stdin`, whose name is `stdin_filename`
    select     rules and categories, instead of those of the settings; `ignore` on top
    assume     numbers no file states: name, lowest, highest
    pool_mode  the mode of endpoints no file tells, instead of that of the settings; "" not said
    pedantic   findings of low confidence are reported too
    ignores    comments that ignore findings are obeyed
    config     the settings file; `isolated` none at all
    root       the project's root, where it is known already
    context    the rest of the project is read where the files given depend on it
    registry   the rules, the installed ones if None
    jobs       processes that read Python files, where there is much to read
    executor   another place where they are read
    cwd        the folder from which paths count and are shown, "" the working directory
    cache      the folder in which facts are remembered, "" to remember nothing
    now        when the run begins, in nanoseconds since 1970; without it files that did not change
               since an earlier run are looked at again
    clock      for `timings`; the engine itself asks for no time
    """

    paths: tuple[str, ...] = (".",)
    mode: Mode = Mode.ALL
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    assume: tuple[tuple[str, int, int], ...] = ()
    pool_mode: str = ""
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
    jobs: int = 1
    executor: Place | None = None
    cwd: str = ""
    cache: str = ""
    now: int = 0
    clock: Callable[[], float] = _no_clock


@dataclass(frozen=True, slots=True)
class Plan:
    """The request, made definite. `paths` are absolute; standard input is not among them."""

    paths: tuple[str, ...]
    settings: Settings
    registry: Registry
    selection: Selection
    tree: Tree
    options: Options


def plan(request: Request) -> Plan:
    """Return what is to be done; `UsageError` for what cannot be."""
    cwd = os.path.realpath(request.cwd or os.getcwd())
    paths = tuple(located(path, cwd) for path in request.paths if path != STDIN)
    start = _start(request, paths, cwd)
    found = _settings(request, start, cwd)
    registry = request.registry or load()
    tree = _tree(request, found, start, cwd)
    options = replace(
        found.options,
        assume=(*found.options.assume, *request.assume),
        pool_mode=request.pool_mode or found.options.pool_mode,
        additions=registry.additions + found.options.additions,
    )
    return Plan(
        paths=paths,
        settings=found,
        registry=registry,
        selection=select(registry, found, request.mode, request.select, request.ignore),
        tree=tree,
        options=replace(options, top=printable(tree.root, cwd)),
    )


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
    """Return the project's root where no settings file tells it.

    Without a repository it is the folder above that has what projects have at their root, up to
    the working directory. That may be anything, a home directory among others: it counts only
    where it is what is asked for.
    """
    found = repository(start)
    if found is not None:
        return found
    if os.path.commonpath([start, cwd]) != cwd:
        return start
    for folder in (Path(start), *Path(start).parents):
        if any(os.path.exists(folder / mark) for mark in _MARKS):
            return str(folder)
        if str(folder) == cwd:
            break
    return start


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
