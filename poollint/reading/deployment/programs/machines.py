"""What a machine keeps running without containers: units of systemd, programs of supervisord, PM2.

They count where no other file describes what runs: a project that is deployed by Compose often
has a unit besides, for whoever does without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from posixpath import basename, dirname, isabs, join, normpath

from poollint.facts.infrastructure import Workload
from poollint.model.source import SourceFile
from poollint.reading.deployment.compose import named_files
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Placed, Sketch, units
from poollint.reading.deployment.linking.documents import DaemonFile, EnvironmentFile
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.reach import MACHINE
from poollint.reading.deployment.linking.variables import settled
from poollint.reading.deployment.programs import commands, kept
from poollint.reading.reader import Options
from poollint.syntax import daemons
from poollint.syntax.daemons import Daemon, Text

_UNIT = ".service"
# Whatever a folder is called in the tree, on the machine the application lies elsewhere.
_TOP = "."


def file(source: SourceFile) -> DaemonFile | None:
    """Return what a unit, or a file of supervisord, keeps running; None where that is nothing."""
    name = basename(source.path)
    if name.endswith(_UNIT):
        one = daemons.of_unit(source, name.removesuffix(_UNIT))
        found: tuple[Daemon, ...] = (one,) if one else ()
    else:
        found = tuple(daemons.of_supervisor(source))
    names = () if name.endswith(_UNIT) else tuple(t.text for t in daemons.included(source))
    return DaemonFile(source, found, names) if found or names else None


def environments(documents: Iterable[object], top: str, options: Options) -> Iterator[Environment]:
    """Yield what runs on one machine: the files of one folder."""
    documents = tuple(documents)
    known = {d.path: d for d in documents if isinstance(d, EnvironmentFile)}
    folders: dict[str, list[DaemonFile]] = {}
    every = [document for document in documents if isinstance(document, DaemonFile)]
    for document in every:
        home = _taken_in_by(document, every) or document
        folders.setdefault(dirname(home.source.path), []).append(document)
    for folder, files in sorted(folders.items()):
        scope = below(f"{folder}/" if folder else "", top)
        placed: list[Placed] = []
        unread: list[str] = []
        for daemon, source in ((d, f.source) for f in files for d in f.daemons):
            daemon_, missing = _given(daemon, known, options)
            placed.append(_placed(daemon_, source, scope, options))
            unread += missing
        yield Environment(scope, files[0].source.path, tuple(placed), tuple(unread), machine=True)


def _given(
    daemon: Daemon, known: Mapping[str, EnvironmentFile], options: Options
) -> tuple[Daemon, tuple[str, ...]]:
    """Return a unit with what its files of variables say, and in words which are not read.

    They count before what the unit itself says, the last one first (systemd.exec(5)).
    """
    variables = dict(daemon.variables)
    missing = []
    for file in daemon.files:
        paths = tuple(_in_tree(file, daemon.folder))
        read = {**known, **named_files.read(paths, known, options)}
        found = next((read[path] for path in paths if path in read), None)
        if found is None:
            missing.append(f"`{file}`, with variables of `{daemon.name}`, is not read")
        for binding in found.bindings if found else ():
            variables[binding.name] = Text(binding.value, binding.span)
    complete = daemon.complete or bool(daemon.files and not missing)
    given = replace(daemon, variables=tuple(variables.items()), complete=complete)
    return given, tuple(missing)


def _in_tree(file: str, folder: str) -> Iterator[str]:
    """Yield where a file of the machine may lie in the tree, the most exact path first.

    The tree, or a folder of it, is the one that the program starts in: `/srv/shop` holds
    `/srv/shop/deploy/web.env`, and `/srv/shop/api` stands beside `/srv/shop/.env`.
    """
    if not isabs(file) or not isabs(folder) or "%" in file:
        return
    root = "/"
    for part in normpath(folder).split("/")[1:]:
        root = join(root, part)
        if normpath(file).startswith(f"{root}/"):
            yield normpath(file).removeprefix(f"{root}/")


def _taken_in_by(file: DaemonFile, every: list[DaemonFile]) -> DaemonFile | None:
    """Return the one file of supervisord that takes another in: `files = conf.d/*.conf`."""
    found = [f for f in every if f is not file and any(_means(f, file, n) for n in f.included)]
    return found[0] if len(found) == 1 else None


def _means(file: DaemonFile, other: DaemonFile, pattern: str) -> bool:
    """Tell whether a pattern means a file: on the machine its folder may lie somewhere else."""
    path = other.source.path
    if isabs(pattern):
        return fnmatchcase("/".join(path.split("/")[-2:]), "/".join(pattern.split("/")[-2:]))
    return fnmatchcase(path, normpath(join(dirname(file.source.path), pattern)))


def _placed(daemon: Daemon, source: SourceFile, scope: str, options: Options) -> Placed:
    sketch = Sketch(
        name=daemon.name,
        span=daemon.span,
        image="",
        variables=kept.variables(daemon),
        entrypoint=commands.line(daemon.command.text, daemon.command.span),
        build=_home(daemon, source),
        complete=daemon.complete,
    )
    found = units(sketch, {source.path: source})
    workload = Workload(
        name=daemon.name,
        platform=MACHINE,
        kind="daemon",
        span=daemon.span,
        scope=scope,
        replicas=settled(kept.count(daemon), options.assume, f"{daemon.name}.replicas"),
        surge=None,
        containers=tuple(unit.container for unit in found),
    )
    return Placed(workload, found)


def _home(daemon: Daemon, source: SourceFile) -> str:
    """Return the folder of the tree in which a program starts, as far as its file tells."""
    if not daemon.folder or isabs(daemon.folder) or "$" in daemon.folder:
        return _TOP
    return normpath(join(dirname(source.path), daemon.folder))
