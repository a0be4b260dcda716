"""Compose projects: services, how many instances, their containers and their names.

Sources: compose-spec 170098b (05-services.md, deploy.md); Docker Compose 5.6.1 as it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from posixpath import dirname, join, normpath

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Variable, Workload
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment import limits
from poollint.reading.deployment.compose import named_files, scaled, volumes
from poollint.reading.deployment.compose.interpolation import Interpolation, plain
from poollint.reading.deployment.compose.merging import by_name
from poollint.reading.deployment.compose.projects import Project
from poollint.reading.deployment.compose.shellwords import ended
from poollint.reading.deployment.images.images import Images, copied, placed_by
from poollint.reading.deployment.linking.deployed import TASK, Address, Placed, Sketch, units
from poollint.reading.deployment.linking.documents import EnvironmentFile, ImageFile, Part
from poollint.reading.deployment.linking.environments import Dormant
from poollint.reading.deployment.linking.variables import is_secret, number, settled, unknown
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.programs import commands
from poollint.reading.reader import Options
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_SOURCE = "Compose default"
# What only Swarm takes notice of, below `deploy`.
_SWARM = ("update_config", "rollback_config", "placement", "endpoint_mode", "mode")
_ACTIVE = "COMPOSE_PROFILES"
BESIDE = (EnvironmentFile, scaled.ScaleFile)  # what else than its own files a project reads
_FIXED = re.compile(r"(?:[\d.]+:)?\d+:\d+(?:/\w+)?")  # HOST:CONTAINER, one port each


@dataclass(frozen=True, slots=True)
class _Context:
    """What the services of one project share.

    ends   the services for whose end another one waits
    links  the further names by which others know a service, by its name
    ups    the commands that start the project, where one of them scales a service
    """

    project: Project
    interpolation: Interpolation
    files: dict[str, EnvironmentFile]
    images: Images
    options: Options
    ends: frozenset[str] = frozenset()
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ups: tuple[scaled.Up, ...] = ()

    @property
    def sources(self) -> commands.Sources:
        return {m.source.path: m.source for m in self.project.files}

    def path(self, text: str) -> str:
        """Return a path that a service names, as the paths of files are written."""
        return normpath(join(self.project.folder, text))

    def text(self, node: Node | None) -> str:
        word = self.interpolation.word(node) if isinstance(node, Scalar) else None
        return (word.value or "") if word else ""


def read(
    project: Project, documents: Iterable[object], images: Images, options: Options
) -> tuple[tuple[Placed, ...], tuple[Dormant, ...], tuple[str, ...]]:
    """Return the services that start by default, those that only a profile starts, and notes.

    Profiles that the project's `.env` turns on count as turned on.
    """
    documents = tuple(documents)
    files = {d.path: d for d in documents if isinstance(d, EnvironmentFile)}
    own = files.get(normpath(join(project.folder, ".env")))
    bindings = {b.name: b for b in own.bindings} if own else {}
    context = _Context(project, Interpolation(bindings), files, images, options)
    services = project.root.mapping("services").items
    named = (path for item in services for path in _of_service(item.value, context))
    context = replace(
        context,
        files=files | named_files.read(named, files, options),
        ends=_ends(services),
        links=_links(services, context),
        ups=scaled.of(project, documents),
    )
    found: list[Placed] = []
    dormant: list[Dormant] = []
    active = frozenset(bindings[_ACTIVE].value.split(",")) if _ACTIVE in bindings else frozenset()
    for item in services:
        if not isinstance(item.value, Mapping):
            continue
        profiles = tuple(context.text(p) for p in item.value.sequence("profiles"))
        placed = _placed(item.key, item.value, context)
        if profiles and active.isdisjoint((*profiles, "*")):
            dormant.append((profiles, placed))
        else:
            found.append(placed)
    started = frozenset(one.workload.name for one in found)
    return tuple(found), tuple(dormant), tuple(_unread(services, started, context))


def _unread(services: Iterable[Item], started: frozenset[str], context: _Context) -> Iterator[str]:
    """Yield in words which files of variables nothing is known of: most often they are ignored."""
    given: dict[str, list[str]] = {}
    for item in services:
        if item.key.text in started:
            for path in _of_service(item.value, context):
                if path not in context.files:
                    given.setdefault(path, []).append(item.key.text)
    for path, names in given.items():
        yield f"`{path}`, with variables of {quoted(names)}, is not read"


def builds(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield for each service that names its image and builds it: image, folder, Dockerfile."""
    for item in project.root.mapping("services").items:
        if isinstance(item.value, Mapping) and item.value.get("build"):
            folder, path = _build(item.value, project.folder)
            if item.value.text("image"):
                yield item.value.text("image"), folder, path


def services_built(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield for each service that is built: its name, folder, Dockerfile."""
    for item in project.root.mapping("services").items:
        if isinstance(item.value, Mapping) and item.value.get("build"):
            yield item.key.text, *_build(item.value, project.folder)


def _placed(name: Scalar, service: Mapping, context: _Context) -> Placed:
    stated = scaled.replicas(name.text, _replicas(service, context), context.ups)
    replicas = settled(stated, context.options.assume, f"{name.text}.replicas")
    image = context.text(service.get("image"))
    build, path = "", ""
    file: ImageFile | None = None
    if service.get("build"):
        build, path = _build(service, context.project.folder)
        file = context.images.at(path, context.text(service.get("build", "target")))
    elif image:
        build, file = context.images.of(image, name.text)
    sketch = Sketch(
        name=name.text,
        span=name.span,
        image=image or (file.base if file else ""),
        variables=tuple(_variables(service, context)),
        entrypoint=_parts(service, "entrypoint", context),
        arguments=_parts(service, "command", context),
        build=build,
        file=file,
        complete=all(path in context.files for path in _of_service(service, context)),
        limits=limits.of_compose(service),
        given=tuple(_named(service.get("build", "args"), context)),
        folder=context.text(service.get("working_dir")),
    )
    found = units(sketch, context.sources)
    workload = Workload(
        name=name.text,
        platform="compose",
        kind=TASK if name.text in context.ends else "service",
        span=name.span,
        scope=context.project.scope,
        replicas=replicas,
        surge=_surge(service, replicas),
        containers=tuple(unit.container for unit in found),
        alone=_alone(service, context),
    )
    addresses = tuple(Address(host) for host in _hosts(name, service, context))
    home = context.path(service.text("build", "context") or service.text("build") or ".")
    return Placed(
        workload,
        found,
        "",
        addresses,
        (*volumes.mounts(service, context), *copied(file, home)),
        (*volumes.targets(service, context), *(p for _, p in (file.copies if file else ()))),
        tuple(_needs(service, context)),
        tuple(_published(service, context)),
        private=_is_private(service, context),
        files=(*volumes.files(service, context), *placed_by(file, home)),
        on_machine=context.text(service.get("network_mode")) == "host",
    )


def _replicas(service: Mapping, context: _Context) -> Figure:
    if service.text("deploy", "mode") in ("global", "global-job"):
        return unknown("replicas", "one on each node", "mode: global")
    for path, hint in ((("deploy", "replicas"), ""), (("scale",), "scale")):
        node = service.get(*path)
        if isinstance(node, Scalar) and not node.is_null:
            word = context.interpolation.word(node)
            figure = number(word, "replicas", hint or _reference(node))
            sound = figure if figure and figure.low >= 0 else None
            return sound or unknown("replicas", node.span, node.text)
    return Figure.defaulted(1, "replicas", _SOURCE)


def _alone(service: Mapping, context: _Context) -> Span | None:
    """Return what two containers of a service cannot share, where Compose itself starts them.

    Swarm takes no notice of `container_name`, and publishes a port once for all instances.
    """
    if any(service.get("deploy", key) for key in _SWARM):
        return None
    name = service.get("container_name")
    if isinstance(name, Scalar) and not name.is_null:
        return name.span
    if service.get("scale") is None and (service.get("build") is None or service.get("image")):
        return None
    for entry in service.sequence("ports"):
        if _FIXED.fullmatch(context.text(entry)):
            return entry.span
    return None


def _ends(services: Iterable[Item]) -> frozenset[str]:
    """Return the names of the services for whose end another service waits."""
    return frozenset(
        need.key.text
        for item in services
        if isinstance(item.value, Mapping)
        for need in item.value.mapping("depends_on").items
        if isinstance(need.value, Mapping)
        and need.value.text("condition") == "service_completed_successfully"
    )


def _links(services: Iterable[Item], context: _Context) -> dict[str, tuple[str, ...]]:
    """Return the names that `links` give to services, by the name of the service."""
    found: dict[str, tuple[str, ...]] = {}
    for item in services:
        if isinstance(item.value, Mapping):
            for link in item.value.sequence("links"):
                target, _, shown = context.text(link).partition(":")
                if shown:
                    found[target] = (*found.get(target, ()), shown)
    return found


def _reference(node: Scalar) -> str:
    return node.text if "$" in node.text else ""


def _surge(service: Mapping, replicas: Figure) -> Figure | None:
    """Return what Swarm starts besides the old instances; Compose itself stops them first.

    One after another by default, all at once where `parallelism` is 0 (docs.docker.com, "Compose
    Deploy Specification").
    """
    update = service.mapping("deploy", "update_config")
    order = update.get("order")
    if not isinstance(order, Scalar) or order.text != "start-first" or not replicas.high:
        return None
    node = update.get("parallelism")
    stated = number(Word(node.text, Basis.STATED, node.span), "surge") if (
        isinstance(node, Scalar)
    ) else None  # fmt: skip
    at_once = stated.low if stated else 1
    extra = min(at_once, replicas.high) if at_once > 0 else replicas.high
    return Figure(extra, extra, "surge", Basis.DERIVED, order.span, "order: start-first")


def _build(service: Mapping, folder: str) -> tuple[str, str]:
    """Return the folder whose code an image is built from, and its Dockerfile.

    Where one context serves several Dockerfiles (`backend/Dockerfile`), that is the folder of
    this one, unless it is a folder of Dockerfiles only.
    """
    node = service.get("build")
    context, file = ".", "Dockerfile"
    if isinstance(node, Scalar):
        context = node.text
    elif isinstance(node, Mapping):
        context = node.text("context") or "."
        file = node.text("dockerfile") or file
    home = normpath(join(folder, context))
    path = normpath(join(home, file))
    parts = dirname(normpath(file)).split("/")
    if parts[0] in ("", "..") or parts[0].lower() in platforms().docker:
        return home, path
    return dirname(path), path


# --- Environment and commands ----------------------------------------------------------------


def _variables(service: Mapping, context: _Context) -> Iterator[Variable]:
    found: dict[str, Variable] = {}
    for path in _of_service(service, context):
        file = context.files.get(path)
        for line in file.bindings if file else ():
            word = context.interpolation.value(line)
            found[line.name] = Variable(line.name, word, is_secret(line.name))
    found |= {v.name: v for v in _named(service.get("environment"), context)}
    yield from found.values()


def _named(node: Node | None, context: _Context) -> Iterator[Variable]:
    """Yield the variables that a mapping, or a list of `NAME=value`, holds."""
    named = by_name(node) if node else None
    for item in named.items if isinstance(named, Mapping) else ():
        if not isinstance(item.value, Scalar):
            continue
        name = item.key.text
        if item.value.is_null:  # its value comes from `.env` or the shell
            own = context.interpolation.bindings.get(name)
            unset = Word(None, Basis.STATED, item.key.span)
            word = context.interpolation.value(own) if own else unset
        else:
            word = context.interpolation.word(plain(item.value))
        yield Variable(name, word, is_secret(name))


def _of_service(service: Node, context: _Context) -> Iterator[str]:
    """Yield the paths of the files of variables that a service names."""
    node = service.get("env_file") if isinstance(service, Mapping) else None
    nodes = node.items if isinstance(node, Sequence) else (node,)
    for entry in nodes:
        path = entry.get("path") if isinstance(entry, Mapping) else entry
        if isinstance(path, Scalar) and path.text:
            yield context.path(context.text(path))


def _parts(service: Mapping, key: str, context: _Context) -> tuple[Part, ...] | None:
    """Return the words of a command. A text is split as a shell would, but none runs it."""
    node = service.get(key)
    if isinstance(node, Sequence):
        found: list[Part] = []
        for entry in node.items:
            if isinstance(entry, Scalar):
                text, known = context.interpolation.command(entry.text)
                found.append(Part(text, entry.span, not known))
        return tuple(found)
    if not isinstance(node, Scalar) or node.is_null:
        return None
    text, known = context.interpolation.command(node.text)
    return commands.words(ended(text), node.span, context.sources, shelled=not known)


# --- Names and files -------------------------------------------------------------------------


def _hosts(name: Scalar, service: Mapping, context: _Context) -> Iterator[str]:
    yield name.text
    for key in ("container_name", "hostname"):
        if service.get(key):
            yield context.text(service.get(key))
    for item in service.mapping("networks").items:
        if isinstance(item.value, Mapping):
            for alias in item.value.sequence("aliases"):
                yield context.text(alias)
    yield from context.links.get(name.text, ())


def _needs(service: Mapping, context: _Context) -> Iterator[str]:
    """Yield the names of the services that start before this one, or that it is linked to."""
    node = service.get("depends_on")
    if isinstance(node, Mapping):
        yield from (item.key.text for item in node.items)
    else:
        yield from (context.text(entry) for entry in service.sequence("depends_on"))
    for link in service.sequence("links"):
        yield context.text(link).partition(":")[0]


def _is_private(service: Mapping, context: _Context) -> bool:
    """Tell whether only services of the project reach one: it has no port of the machine.

    Source: compose-spec 170098b, 06-networks.md: an `external` network is shared with others.
    """
    if service.get("ports") or service.get("network_mode"):
        return False
    node = service.get("networks")
    names = [item.key.text for item in node.items] if isinstance(node, Mapping) else []
    names += [context.text(entry) for entry in service.sequence("networks")]
    shared = (context.project.root.get("networks", name, "external") for name in names)
    return not any(
        isinstance(one, Mapping) or (one and context.text(one) != "false")
        for one in (*shared, context.project.root.get("networks", "default", "external"))
    )


def _published(service: Mapping, context: _Context) -> Iterator[tuple[int, int]]:
    """Yield the ports of the machine, each with that of the service behind it."""
    for entry in service.sequence("ports"):
        if isinstance(entry, Mapping):
            outer, inner = context.text(entry.get("published")), context.text(entry.get("target"))
        else:
            front, _, inner = context.text(entry).partition("/")[0].rpartition(":")
            outer = front.rpartition(":")[2]
        if outer.isdecimal() and inner.isdecimal():
            yield int(outer[:5]), int(inner[:5])
