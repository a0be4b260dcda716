"""Nomad's jobs: groups of tasks, each in a number of instances.

Any file may be one of Nomad (`nomad job run web.job`): what it is, its first words tell. The jobs
of a tree find each other by Consul, which gives every service a name.

Source: hashicorp/nomad aa026cc9, api/tasks.go and api/jobs.go: a group has one instance where it
states no count, or its scaling's least; `canary` instances run beside the old ones;
client/taskenv/env.go: `NOMAD_JOB_NAME` and others. Consul's documentation, "Perform static DNS
queries": `[TAG.]NAME.service.consul`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.model.figure import Figure
from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.formats import hosting, nomad_templates
from poollint.reading.deployment.kubernetes.scopes import below, environment, root
from poollint.reading.deployment.linking.deployed import TASK, Address, Sketch
from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.terraform import plan, scalars, values
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import hcl
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

NAME = "nomad"
_EACH = frozenset(("system", "sysbatch"))
_ENDING = frozenset(("batch", "sysbatch"))
# What Terraform (`templatefile`) or Nomad Pack puts in, where HCL has no such sign.
_TEMPLATE = re.compile(r"^[ \t]*(?P<sign>%\{|\[\[|\$\{)|^[^\"#\n]*=[ \t]*(?P<bare>\$\{|\[\[)", re.M)
_RENDER = "template; render it, then audit what comes out"
_OTHERS = (".pkr.hcl", ".tftest.hcl", ".lock.hcl")
_JOB = re.compile(rb"^[ \t]*job[ \t]+\"?[^\"{\n]+\"?[ \t]*\{", re.M)


@dataclass(frozen=True, slots=True)
class NomadFile:
    """A file of jobs."""

    source: SourceFile
    body: hcl.Body

    def names(self, steps: tuple[str, ...]) -> tuple[Node, int] | None:
        """Return the default of a variable; everything else is known when the job runs."""
        if steps[0] != "var" or len(steps) < 2:
            return None
        for block in self.body.of("variable"):
            if block.labels == (steps[1],):
                found = values.Values(lambda steps: None).of(block.body.get("default"))
                return (found, 2) if found is not None else None
        return None


def _claims(path: str) -> bool:
    return path.endswith((".nomad", ".job", ".hcl")) and not path.endswith(_OTHERS)


def _screen(data: bytes, options: Options) -> bool:
    return b"group" in data and b"task" in data and _JOB.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    body = hcl.read(source)
    if isinstance(body, Unreadable):  # any other program may take `.job` and `.hcl` for its own
        told = replace(body, broken=".nomad" in source.path)
        template = _TEMPLATE.search(source.text)
        if template:
            at = template.span(template.lastgroup or 0)
            told = Unreadable(source.span(*at), _RENDER, broken=False)
        return FileReading(source.path, NAME, unread=(told,))
    return FileReading(source.path, NAME, documents=(NomadFile(source, body),))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def environments(around: Around) -> Iterator[Environment]:
    """Yield what the jobs of the tree run: of a folder that names an environment, or of all.

    Where two of them would be one job, as they have one name, every file is for itself.
    """
    folders: dict[str, list[NomadFile]] = {}
    for file in (d for d in around.documents if isinstance(d, NomadFile)):
        folders.setdefault(environment(below(file.source.path, around.top)), []).append(file)
    for folder, files in folders.items():
        if _clash(files):
            yield from (_environment([file], "", around) for file in files)
        else:
            yield _environment(files, folder, around)


def _clash(files: Iterable[NomadFile]) -> bool:
    names = [job.labels for file in files for job in file.body.of("job")]
    return len(set(names)) < len(names)


def _environment(files: list[NomadFile], folder: str, around: Around) -> Environment:
    paths = [file.source.path for file in files]
    alone = below(paths[0] if len(paths) == 1 else root(paths), around.top)
    scope = folder if len(files) > 1 and folder else alone or "nomad"
    services = [
        (service, "/".join((*job.labels, *group.labels)))
        for file in files
        for job in file.body.of("job")
        for group in job.body.of("group")
        for service in _services(group, job, file, around)
    ]
    often = Counter(service.name for service, _ in services)
    placed = tuple(
        hosting.placed(
            replace(service, name=whole) if often[service.name] > 1 else service,
            scope,
            around.options,
        )
        for service, whole in services
    )
    return Environment(scope, paths[0], placed)


def _services(
    group: hcl.Block, job: hcl.Block, file: NomadFile, around: Around
) -> Iterator[hosting.Service]:
    """Yield what stays of a group, and each of its tasks that only sets something up, or tidies."""
    given = values.Values(lambda steps: _named(steps, job, group) or file.names(steps))
    body = given.body(group.body)
    tasks = [(task, _task(task, job, group, file)) for task in group.body.of("task")]
    kind = given.of(job.body.get("type"))
    each = isinstance(kind, Scalar) and kind.text in _EACH
    most, least = _count(body)
    name = ".".join(group.labels) or "group"
    staying = [(task, inner) for task, inner in tasks if not _ends(inner)]
    whole = hosting.Service(
        name=name,
        span=group.head,
        platform="nomad",
        kind=TASK if isinstance(kind, Scalar) and kind.text in _ENDING else "group",
        replicas=unknown("replicas", "one on each client of Nomad") if each else most,
        sketches=tuple(_sketch(inner, task, around) for task, inner in staying),
        surge=_canaries(body, given.body(job.body)),
        floor=least,
        autoscaled=least is not None,
        addresses=tuple(_addresses(body, name, (inner for _, inner in tasks))),
        sources={file.source.path: file.source},
    )
    if staying:
        yield whole
    for task, inner in tasks:
        if _ends(inner):
            sketches = (_sketch(inner, task, around),)
            label = f"{name}/{sketches[0].name}"
            alone = (Address(label),)
            yield replace(whole, name=label, kind=TASK, sketches=sketches, addresses=alone)


def _ends(task: Mapping) -> bool:
    """Tell whether a task runs before the others of its group, or after them, and ends."""
    cycle = plan.first(task, "lifecycle")
    return bool(cycle.text("hook")) and cycle.text("sidecar") != "true"


def _count(body: Mapping) -> tuple[Figure, Figure | None]:
    """Return the most instances of a group, and the least where they are scaled."""
    scaling = plan.first(body, "scaling")
    stated = hosting.stated(body.get("count"), "replicas", "count")
    most = hosting.stated(scaling.get("max"), "replicas", "max of scaling")
    least = hosting.stated(scaling.get("min"), "replicas", "min of scaling")
    if most:
        return most, least or stated or Figure.defaulted(1, "replicas", "Nomad default: one")
    return stated or least or Figure.defaulted(1, "replicas", "Nomad default: one"), None


def _canaries(group: Mapping, job: Mapping) -> Figure | None:
    for body in (group, job):
        canaries = hosting.stated(plan.first(body, "update").get("canary"), "surge", "canary")
        if canaries:
            return canaries if canaries.high else None
    return None


def _task(task: hcl.Block, job: hcl.Block, group: hcl.Block, file: NomadFile) -> Mapping:
    """Return what stands in a task, with the names that Nomad itself knows."""
    blocks = (job, group, task)
    return values.Values(lambda steps: _named(steps, *blocks) or file.names(steps)).body(task.body)


def _named(steps: tuple[str, ...], *blocks: hcl.Block) -> tuple[Node, int] | None:
    """Return the name of a job, group or task that one asks for in it (`NOMAD_JOB_NAME`)."""
    for block in blocks:
        if steps == (f"NOMAD_{block.kind.upper()}_NAME",) and block.labels:
            return Scalar(block.labels[0], "", "", block.head), 1
    return None


def _addresses(group: Mapping, name: str, tasks: Iterable[Mapping]) -> Iterator[Address]:
    """Yield the names of a group, and of its services, as they are and as Consul answers."""
    yield Address(name)
    for body in (group, *tasks):
        for service in body.mappings("service"):
            if service.text("name"):
                yield Address(service.text("name"))
                yield Address(f"{service.text('name')}.service.consul")


def _sketch(task: Mapping, block: hcl.Block, around: Around) -> Sketch:
    config = plan.first(task, "config")
    image = config.get("image")
    text = image.text if isinstance(image, Scalar) and not scalars.is_unknown(image) else ""
    build, file = around.images.of(text)
    environment = plan.first(task, "env")
    given = nomad_templates.given(task)
    command = hosting.parts(config.get("command"))
    arguments = config.get("args")
    return Sketch(
        name=".".join(block.labels) or "task",
        span=block.head,
        image=text,
        variables=(*hosting.variables(hosting.of_mapping(environment)), *given.variables),
        entrypoint=command,
        arguments=hosting.parts(arguments) if isinstance(arguments, Sequence) else None,
        build=build,
        file=file,
        complete=given.complete,
    )
