"""What runs, as manifests place it: workloads with what only linking needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Container, Process, Variable, Workload
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.images.dockerfile import copied
from poollint.reading.deployment.limits import NONE, Limits
from poollint.reading.deployment.linking.documents import DaemonFile, ImageFile, Part
from poollint.reading.deployment.linking.variables import environment, expand, is_secret
from poollint.reading.deployment.programs import commands, kept
from poollint.reading.deployment.programs.commands import Sources, processes
from poollint.reading.deployment.programs.entrypoints import exported, followed
from poollint.syntax.daemons import Daemon

TASK = "task"
"""The kind of a workload that is started for something, and ends."""
RELEASE = "release"
"""The kind of a workload that runs while a version is released, and ends."""
SCHEDULED = "schedule"
"""The kind of a workload that a schedule starts, and that ends."""
UNSTARTED = "unstarted"
"""The kind of a workload of which no file says what starts it, or how often."""
_ENDS = {
    TASK: "which ends",
    RELEASE: "which runs while a version is released, and ends",
    SCHEDULED: "which a schedule starts, and which ends",
    UNSTARTED: "for no file says what starts it",
}


def how_it_ends(kind: str) -> str:
    """Return what is told of a workload of this kind that does not stay, "" of one that does."""
    return _ENDS.get(kind, "")


@dataclass(frozen=True, slots=True)
class Unit:
    """A container, and what only linking needs of it.

    argv      the words of its command, None where no file states them
    base      the image that its own image begins with, "" where no file says
    complete  all of its variables are known by name: no file of them is missing
    replaced  what the image starts by itself is replaced by another program
    file      the Dockerfile that its image is built from, where it is in the tree
    folder    where it starts within the container, "" where that is not said
    handler   the file that a platform calls a function of, "" where it runs a command
    taken     no file says that its image is built from `file`: no other fits
    """

    container: Container
    argv: tuple[Part, ...] | None
    base: str = ""
    complete: bool = True
    replaced: bool = False
    file: ImageFile | None = None
    folder: str = ""
    handler: str = ""
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """A name under which a workload is reached; `ports` leads from its ports to the containers'."""

    host: str
    namespace: str = ""
    ports: tuple[tuple[int, int], ...] = ()

    def target(self, port: int) -> int:
        """Return the container's port behind `port`."""
        return dict(self.ports).get(port, port)


@dataclass(frozen=True, slots=True)
class Placed:
    """A workload where it runs.

    mounts   paths of files of the repository, and places of texts within manifests, that its
             containers see as files
    targets  paths within its containers at which something is mounted, or copied to
    needs    names of the workloads that start before it
    published ports of the machine, each with that of the container behind it
    on_machine  it has the network of the machine itself, and reaches what that publishes
    before   containers that run and end before those of `units` start
    private  nothing reaches it but what is described with it
    held     settings of applications that a container, by its name, sees as files: path there, and
             the text where it stands, all around it blank
    files    paths within its containers, each with that of the tree which stands there; where
             several stand at one, the first does
    called   what its platform calls it, "" where that is not known
    renews   what the platform calls a service that it only gives a new image; if other files make
             one of that name, it is that
    """

    workload: Workload
    units: tuple[Unit, ...]
    namespace: str = ""
    addresses: tuple[Address, ...] = ()
    mounts: tuple[str | Span, ...] = ()
    targets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    published: tuple[tuple[int, int], ...] = ()
    before: tuple[Unit, ...] = ()
    private: bool = False
    held: tuple[tuple[str, str, SourceFile], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    called: str = ""
    renews: str = ""
    on_machine: bool = False

    def of(self, units: Iterable[Unit]) -> Placed:
        """Return the same workload with other containers."""
        units = tuple(units)
        if units == self.units:
            return self
        workload = replace(self.workload, containers=tuple(unit.container for unit in units))
        return replace(self, workload=workload, units=units)

    def sees(self, span: Span) -> bool:
        """Tell whether what stands at `span` is in a file that a container sees."""
        for mount in self.mounts:
            if isinstance(mount, str):
                if span.path == mount or span.path.startswith(f"{mount}/"):
                    return True
            elif span.path == mount.path and mount.start <= span.start < mount.end:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a manifest says of one container, before commands are understood.

    entrypoint, arguments  words that replace, or follow, what the image starts; None where the
                           manifest leaves them to the image
    file                   the Dockerfile that the image is built from, where it is in the tree
    complete               every file of variables that it names is in the tree
    limits                 what it may use at most
    given                  arguments that the build of its image is given
    folder                 where it starts, "" where the manifest leaves that to the image
    handler                the file that a platform calls a function of, as `Unit` has it
    """

    name: str
    span: Span
    image: str
    variables: tuple[Variable, ...]
    entrypoint: tuple[Part, ...] | None = None
    arguments: tuple[Part, ...] | None = None
    build: str = ""
    file: ImageFile | None = None
    complete: bool = True
    limits: Limits = NONE
    given: tuple[Variable, ...] = ()
    folder: str = ""
    handler: str = ""


def units(sketch: Sketch, sources: Sources) -> tuple[Unit, ...]:
    """Return the container, once for each program that runs side by side in it."""
    if sketch.file:
        copies = copied(sketch.file, sketch.given)
        sketch = replace(sketch, file=replace(sketch.file, copies=copies))
    variables = (*_image_variables(sketch.file, sketch.given), *sketch.variables)
    argv = _argv(sketch)
    read = dict(sources)
    if sketch.file:
        read[sketch.file.source.path] = sketch.file.source
    known = environment(variables)
    if argv and sketch.file and sketch.file.scripts:
        argv_, read_ = followed(argv, known, dict(sketch.file.scripts), read)
        found = processes(argv_, known, read_)
        variables += exported(argv_, known, read_) if argv_ is not argv else ()
    else:
        found = processes(argv or (), known, read)
    partial = sketch.entrypoint is None and sketch.file is None
    if partial and found and not found[0].tool and found[0].role == "other":
        found = ()  # arguments for a program that only the image knows
    container = Container(
        sketch.name, sketch.span, sketch.image, variables, build=sketch.build,
        memory=sketch.limits.memory, descriptors=sketch.limits.descriptors,
        cores=sketch.limits.cores,
    )  # fmt: skip
    one = Unit(
        container,
        argv,
        sketch.file.base if sketch.file else "",
        sketch.complete,
        bool(sketch.entrypoint or (sketch.file and sketch.file.entrypoint)),
        sketch.file,
        sketch.folder or (sketch.file.folder if sketch.file else ""),
        sketch.handler,
    )
    if sketch.file and sketch.file.kept and argv:
        started = kept.meant(found, argv, dict(sketch.file.kept))
        if started:
            return tuple(of_apps(started, one))
    return side_by_side(one, found)


def side_by_side(unit: Unit, found: tuple[Process, ...]) -> tuple[Unit, ...]:
    """Return a container, once for each program that runs in it."""
    if not found:
        return (unit,)
    name = unit.container.name
    several = len(found) > 1
    return tuple(
        replace(
            unit,
            container=replace(
                unit.container,
                name=f"{name} {process.tool}" if several else name,
                process=process,
            ),
        )
        for process in found
    )


def of_apps(apps: tuple[tuple[DaemonFile, Daemon], ...], unit: Unit) -> Iterator[Unit]:
    """Yield what PM2 or supervisord starts in a container, each app with its own variables."""
    outer = environment(unit.container.variables)
    for file, app in apps:
        own = kept.variables(app, outer)
        variables = tuple({**outer, **environment(own)}.values())
        process = kept.process(app, file, environment(variables))
        name = app.name if len(apps) > 1 else unit.container.name
        one = replace(unit.container, name=name, variables=variables, process=process)
        line = commands.line(app.command.text, app.command.span)
        complete = unit.complete and app.complete
        yield replace(unit, container=one, argv=line, complete=complete, replaced=True)


def _argv(sketch: Sketch) -> tuple[Part, ...] | None:
    file = sketch.file
    if sketch.entrypoint is not None:
        return (*sketch.entrypoint, *(sketch.arguments or ()))
    head = file.entrypoint if file and file.entrypoint else ()
    if sketch.arguments is not None:
        return (*head, *sketch.arguments)
    if file and (head or file.command):
        return (*head, *(file.command or ()))
    return None


def _image_variables(file: ImageFile | None, given: tuple[Variable, ...]) -> Iterator[Variable]:
    """Yield what `ENV` sets, with the arguments of the build put in, as far as they are known."""
    if file is None:
        return
    known: dict[str, Variable] = {}
    told = environment(given)
    for name, default in file.arguments:
        if name in told:
            known[name] = told[name]
        elif default:
            known[name] = Variable(name, expand(default, known), is_secret(name))
    for name, part in file.variables:
        word = expand(part, known)
        if word.value is None:  # for whoever starts it: shown as it is written
            word = Word(part.text, Basis.STATED, part.span)
        known[name] = Variable(name, word, is_secret(name))
        yield known[name]
