"""What a machine keeps running without containers: units of systemd, programs of supervisord, PM2.

They count where no other file describes what runs: a project that is deployed by Compose often
has a unit besides, for whoever does without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import basename, dirname, isabs, join, normpath

from poollint.facts.infrastructure import Workload
from poollint.model.source import SourceFile
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Placed, Sketch, units
from poollint.reading.deployment.linking.documents import DaemonFile
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.reach import MACHINE
from poollint.reading.deployment.linking.variables import settled
from poollint.reading.deployment.programs import commands, kept
from poollint.reading.reader import Options
from poollint.syntax import daemons
from poollint.syntax.daemons import Daemon

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
    folders: dict[str, list[DaemonFile]] = {}
    every = [document for document in documents if isinstance(document, DaemonFile)]
    for document in every:
        home = _taken_in_by(document, every) or document
        folders.setdefault(dirname(home.source.path), []).append(document)
    for folder, files in sorted(folders.items()):
        scope = below(f"{folder}/" if folder else "", top)
        placed = tuple(_placed(d, f.source, scope, options) for f in files for d in f.daemons)
        yield Environment(scope, files[0].source.path, placed, machine=True)


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
