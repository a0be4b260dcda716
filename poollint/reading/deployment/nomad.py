"""Nomad's jobs: groups of tasks, each in a number of instances.

Source: hashicorp/nomad aa026cc9, api/tasks.go and api/jobs.go: a group has one instance where it
states no count, or its scaling's least; `canary` instances run beside the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.model.figure import Figure
from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment import hosting
from poollint.reading.deployment.deployed import Address, Sketch
from poollint.reading.deployment.environments import Around, Environment
from poollint.reading.deployment.scopes import below
from poollint.reading.deployment.terraform.plan import first
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.reading.deployment.terraform.values import Values
from poollint.reading.deployment.variables import unknown
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import hcl
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

NAME = "nomad"
_EACH = frozenset(("system", "sysbatch"))


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
                found = Values(lambda steps: None).of(block.body.get("default"))
                return (found, 2) if found is not None else None
        return None


def _claims(path: str) -> bool:
    return path.endswith((".nomad", ".nomad.hcl"))


def _screen(data: bytes, options: Options) -> bool:
    return b"group" in data and b"task" in data


def _read(source: SourceFile, options: Options) -> FileReading:
    body = hcl.read(source)
    if isinstance(body, Unreadable):
        return FileReading(source.path, NAME, unread=(body,))
    return FileReading(source.path, NAME, documents=(NomadFile(source, body),))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def environments(around: Around) -> Iterator[Environment]:
    """Yield what the jobs of each file run."""
    for file in (d for d in around.documents if isinstance(d, NomadFile)):
        path = file.source.path
        scope = below(path, around.top)
        placed = tuple(
            hosting.placed(_service(group, job, file, around), scope, around.options)
            for job in file.body.of("job")
            for group in job.body.of("group")
        )
        yield Environment(scope, path, placed)


def _service(group: hcl.Block, job: hcl.Block, file: NomadFile, around: Around) -> hosting.Service:
    values = Values(file.names)
    body = values.body(group.body)
    kind = values.of(job.body.get("type"))
    each = isinstance(kind, Scalar) and kind.text in _EACH
    most, least = _count(body)
    name = ".".join(group.labels) or "group"
    return hosting.Service(
        name=name,
        span=group.head,
        platform="nomad",
        kind="group",
        replicas=unknown("replicas", "one on each client of Nomad") if each else most,
        sketches=tuple(
            _sketch(values.body(task.body), task, around) for task in group.body.of("task")
        ),
        surge=_canaries(body, values.body(job.body)),
        floor=least,
        autoscaled=least is not None,
        addresses=tuple(_addresses(body, name)),
        sources={file.source.path: file.source},
    )


def _count(body: Mapping) -> tuple[Figure, Figure | None]:
    """Return the most instances of a group, and the least where they are scaled."""
    scaling = first(body, "scaling")
    stated = hosting.stated(body.get("count"), "replicas", "count")
    most = hosting.stated(scaling.get("max"), "replicas", "max of scaling")
    least = hosting.stated(scaling.get("min"), "replicas", "min of scaling")
    if most:
        return most, least or stated or Figure.defaulted(1, "replicas", "Nomad default: one")
    return stated or least or Figure.defaulted(1, "replicas", "Nomad default: one"), None


def _canaries(group: Mapping, job: Mapping) -> Figure | None:
    for body in (group, job):
        canaries = hosting.stated(first(body, "update").get("canary"), "surge", "canary")
        if canaries:
            return canaries if canaries.high else None
    return None


def _addresses(body: Mapping, name: str) -> Iterator[Address]:
    yield Address(name)
    for service in body.mappings("service"):
        if service.text("name"):
            yield Address(service.text("name"))


def _sketch(task: Mapping, block: hcl.Block, around: Around) -> Sketch:
    config = first(task, "config")
    image = config.get("image")
    text = image.text if isinstance(image, Scalar) and not is_unknown(image) else ""
    build, file = around.images.of(text)
    environment = first(task, "env")
    command = hosting.parts(config.get("command"))
    arguments = config.get("args")
    return Sketch(
        name=".".join(block.labels) or "task",
        span=block.head,
        image=text,
        variables=hosting.variables(hosting.of_mapping(environment)),
        entrypoint=command,
        arguments=hosting.parts(arguments) if isinstance(arguments, Sequence) else None,
        build=build,
        file=file,
        complete=not task.mappings("template"),
    )
