"""AWS Copilot's manifests: `copilot/NAME/manifest.yml`, and what its addons make.

All services of one folder are an application, which runs once in each of its environments: there
a manifest says something else under that name. The templates of an addon are CloudFormation's; what
they put out is a variable of their service.

Source: aws.github.io/copilot-cli/docs/manifest (lb-web-service, backend-service, worker-service,
rd-web-service, scheduled-job), docs/developing/addons/workload and addons/environment; AWS App
Runner Developer Guide, "Managing automatic scaling" (25 instances where nothing is stated).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import dirname, join, normpath

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import cloudformation, hosting
from poollint.reading.deployment.formats import stack as stacks
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import SCHEDULED, Sketch
from poollint.reading.deployment.linking.documents import ImageFile, Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format, Operated
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.screening import Root
from poollint.reading.deployment.terraform import amazon
from poollint.reading.deployment.terraform import plan as plans
from poollint.syntax.yaml import Item, Mapping, Node, Scalar

NAME = "Copilot"
PLATFORM = "copilot"
_PATH = re.compile(r"(?:(?P<root>.*)/)?copilot/(?:environments/)?(?P<name>[^/]+)/manifest\.ya?ml")
_ENVIRONMENT, _JOB, _RUNNER = "Environment", "Scheduled Job", "Request-Driven Web Service"
_TYPES = ("Load Balanced Web Service", "Backend Service", "Worker Service", _RUNNER, _JOB)
_MARKS = tuple(kind.encode() for kind in (*_TYPES, _ENVIRONMENT))
_RANGE = re.compile(r"(\d{1,6})\s*-\s*(\d{1,6})")
_RUNNER_MOST = 25  # instances of App Runner
_GIVEN = re.compile(r"\$\{COPILOT_ENVIRONMENT_NAME\}")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and root.text("type") in (*_TYPES, _ENVIRONMENT)


def _claims(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _nothing(manifest: Manifest, around: Around) -> Environment | None:
    return None  # those of a folder run together


FORMAT = Format(NAME, Root(("type",), _MARKS, _claims), _suits, _nothing)


@dataclass(frozen=True, slots=True)
class _Addons:
    """What the templates of a folder make, and the variables that they give to a service."""

    plan: plans.Plan
    outputs: tuple[tuple[str, Mapping, stacks.Stack], ...]
    made: Environment

    def variables(self) -> tuple[Variable, ...]:
        """Return what is put out, as variables of the service that the addon is one of."""
        pairs = (
            (_WORD.sub("_", name).upper(), stack.value(output.get("Value")))
            for name, output, stack in self.outputs
        )
        return tuple(self.plan.variables(pairs))

    def exported(self, name: str) -> Node | None:
        """Return what is put out for others under a name, told by the end of that."""
        wanted = _ending(name)
        for _, output, stack in self.outputs:
            told = output.get("Export", "Name")
            if wanted and isinstance(told, Scalar) and _ending(told.text) == wanted:
                return stack.value(output.get("Value"))
        return None


def environments(around: Around) -> Iterator[Environment]:
    """Yield what runs in each environment of each application."""
    every: dict[str, list[Manifest]] = {}
    for document in around.documents:
        if not isinstance(document, Manifest) or document.kind != NAME:
            continue
        if found := _PATH.fullmatch(document.source.path):
            every.setdefault(found["root"] or "", []).append(document)
    for root, manifests in every.items():
        services = [m for m in manifests if m.root.text("type") != _ENVIRONMENT]
        named = [m.root.text("name") for m in manifests if m not in services]
        named = named or [""]  # any of which nothing tells
        named += [i.key.text for m in services for i in m.root.mapping("environments").items]
        for name in dict.fromkeys(named):
            yield _Application(root, name, around).environment(services)


class _Application:
    """An application in one of its environments; `root` is the folder that holds `copilot`."""

    def __init__(self, root: str, name: str, around: Around) -> None:
        self._root, self._name, self._around = root, name, around
        own = below(join(root, "copilot", "manifest.yml"), around.top).removesuffix("/copilot")
        self._scope = name or own
        self._shared = self._addons("environments")

    def environment(self, manifests: Iterable[Manifest]) -> Environment:
        """Return what the services are, and what their addons make."""
        made = [self._shared.made]
        placed = []
        for manifest in manifests:
            addons = self._addons(manifest.root.text("name"))
            service = self._service(manifest, addons)
            placed.append(hosting.placed(service, self._scope, self._around.options))
            made.append(addons.made)
        path = normpath(join(self._root, "copilot"))
        operated: tuple[Operated, ...] = tuple(one for e in made for one in e.operated)
        configured = tuple(one for e in made for one in e.configured)
        return Environment(
            self._scope, path, tuple(placed), (), operated, configured=configured,
            unseen=tuple(one for e in made for one in e.unseen),
        )  # fmt: skip

    def _addons(self, name: str) -> _Addons:
        folder = normpath(join(self._root, "copilot", name, "addons"))
        templates = [
            stacks.Stack(d.root, d.source)
            for d in self._around.documents
            if isinstance(d, Manifest) and d.kind == cloudformation.NAME
            and normpath(dirname(d.source.path)) == folder
        ]  # fmt: skip
        resources = tuple(resource for stack in templates for resource in stack.resources())
        plan = plans.Plan(resources, self._scope, self._around, {}, PLATFORM)
        amazon.learn(plan)
        outputs = tuple(
            (item.key.text, item.value, stack)
            for stack in templates
            for item in stack.root.mapping("Outputs").items
            if isinstance(item.value, Mapping)
        )
        made = amazon.environment(resources, self._scope, folder, self._around, PLATFORM)
        return _Addons(plan, outputs, made)

    def _service(self, manifest: Manifest, addons: _Addons) -> hosting.Service:
        root = _laid_over(manifest.root, manifest.root.mapping("environments", self._name))
        at = root.get("name") or root
        name, kind = root.text("name"), root.text("type")
        replicas, floor = _instances(root)
        rolling = root.text("deployment", "rolling") != "recreate" and kind != _JOB
        sketches = (
            self._sketch(name, root, at, addons),
            *(
                self._sketch(item.key.text, item.value, item.key, None)
                for item in root.mapping("sidecars").items
                if isinstance(item.value, Mapping)
            ),
        )
        servers = (one for e in (addons.made, self._shared.made) for one in e.operated)
        return hosting.Service(
            name=name,
            span=at.span,
            platform=PLATFORM,
            kind=SCHEDULED if kind == _JOB else kind.lower(),
            replicas=replicas,
            sketches=sketches,
            surge=_surge(replicas) if rolling else None,
            floor=floor,
            autoscaled=floor is not None,
            needs=tuple(what.hosts[0] for _, what in servers if what.hosts),
            sources={manifest.source.path: manifest.source},
        )

    def _sketch(self, name: str, body: Mapping, at: Node, addons: _Addons | None) -> Sketch:
        build, file = self._built(body)
        own = hosting.variables(self._variables(body))
        known = {variable.name for variable in own}
        given = addons.variables() if addons else ()
        image = body.get("image")
        return Sketch(
            name=name,
            span=at.span,
            image=image.text if isinstance(image, Scalar) else body.text("image", "location"),
            variables=(*(v for v in given if v.name not in known), *own),
            entrypoint=hosting.parts(body.get("entrypoint")),
            arguments=hosting.parts(body.get("command")),
            build=build,
            file=file,
            complete=body.get("env_file") is None,
        )

    def _built(self, body: Mapping) -> tuple[str, ImageFile | None]:
        """Return the folder that an image is built from, and its Dockerfile."""
        node = body.get("image", "build")
        if isinstance(node, Scalar):
            path, context = node.text, dirname(node.text)
        elif isinstance(node, Mapping):
            context = node.text("context")
            path = node.text("dockerfile") or join(context, "Dockerfile")
            context = context or dirname(path)
        else:
            return "", None
        at = normpath(join(self._root, path))
        return normpath(join(self._root, context)), self._around.images.at(at)

    def _variables(self, body: Mapping) -> Iterator[tuple[str, Node | Word | None]]:
        for item in body.mapping("variables").items:
            value = item.value
            if isinstance(value, Scalar):
                text = _GIVEN.sub(self._name, value.text) if self._name else value.text
                known = None if "${" in text and "://" not in text else text
                yield item.key.text, Word(known, Basis.STATED, value.span)
            elif isinstance(value, Mapping):
                node = self._shared.exported(value.text("from_cfn"))
                yield (
                    item.key.text,
                    self._shared.plan.word(node) or Word(None, Basis.STATED, value.span),
                )
        for item in body.mapping("secrets").items:
            yield item.key.text, Word(None, Basis.STATED, item.value.span)


def _instances(root: Mapping) -> tuple[Figure, Figure | None]:
    """Return how many instances of a service there are at most, and at least if that differs."""
    count = root.get("count")
    if root.text("type") == _RUNNER:
        if count is not None:  # the name of a configuration of its own
            return unknown("replicas", count.span, "count"), None
        source = f"App Runner default: {_RUNNER_MOST} instances"
        most = Figure.defaulted(_RUNNER_MOST, "replicas", source)
        return most, Figure.defaulted(1, "replicas", "App Runner default: one instance kept")
    if count is None:
        return Figure.defaulted(1, "replicas", "Copilot default: one task"), None
    if not isinstance(count, Mapping):
        return hosting.stated(count, "replicas", "count") or unknown("replicas", count.span), None
    if count.get("range") is not None:
        return _between(count.get("range") or count)
    spot = hosting.stated(count.get("spot"), "replicas", "spot")
    return spot or unknown("replicas", count.span, "count"), None


def _between(node: Node) -> tuple[Figure, Figure | None]:
    """Return the most and the least instances of a range: `2-6`, or its `min` and `max`."""
    if isinstance(node, Mapping):
        least = hosting.stated(node.get("min"), "replicas", "range")
        most = hosting.stated(node.get("max"), "replicas", "range")
        return most or unknown("replicas", node.span, "range"), least
    told = _RANGE.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
    if told is None:
        return unknown("replicas", node.span, "range"), None
    low, high = (Figure.stated(int(n), "replicas", node.span, "range") for n in told.groups())
    return high, low


def _surge(replicas: Figure) -> Figure | None:
    """Return the tasks that run besides while a version is rolled out: as many again."""
    if not replicas.high or replicas.basis is Basis.UNKNOWN:
        return None
    return Figure.defaulted(replicas.high, "surge", "Copilot default: maximum percent 200")


def _laid_over(base: Mapping, over: Mapping) -> Mapping:
    """Return what a manifest says in an environment: there a list, or a number, takes the place."""
    above = {item.key.text: item for item in over.items}
    items = []
    for item in base.items:
        more = above.pop(item.key.text, None)
        if more and isinstance(more.value, Mapping) and isinstance(item.value, Mapping):
            more = Item(more.key, _laid_over(item.value, more.value))
        items.append(more or item)
    return replace(base, items=(*items, *above.values()))


def _ending(name: str) -> str:
    """Return the end of a name behind what Copilot puts in: `${App}-${Env}-Host`, "Host"."""
    return name.rpartition("}")[2].lstrip("-") if "}" in name else ""
