"""A task definition of ECS as a file of its own: how many tasks run is stated elsewhere."""

from __future__ import annotations

from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.screening import Root
from poollint.reading.deployment.terraform import aws_services, modules
from poollint.reading.deployment.terraform import plan as plans
from poollint.syntax.yaml import Mapping, Scalar

NAME = "ECS task"
_KEYS = ("containerDefinitions",)


def _suits(root: Mapping, path: str) -> bool:
    return any(c.text("image") for c in root.mappings("containerDefinitions"))


def _read(manifest: Manifest, around: Around) -> Environment:
    root, source = manifest.root, manifest.source
    family = root.get("family")
    name = family.text if isinstance(family, Scalar) else "task"
    span = (family or root).span
    node = root.get("containerDefinitions") or root
    body = Mapping((hosting.entry("container_definitions", node),), "", root.span)
    scope = below(source.path, around.top)
    task = modules.Resource(
        aws_services.TASK, name, f"{aws_services.TASK}.{name}", body, span, source
    )
    plan = plans.Plan((task,), scope, around, {})
    service = hosting.Service(
        name=name,
        span=span,
        platform="aws",
        kind="task definition",
        replicas=unknown("replicas", "the service's desired count, stated in no file"),
        sketches=tuple(aws_services.sketches(task, plan)),
        sources={source.path: source},
    )
    return Environment(scope, source.path, (hosting.placed(service, scope, around.options),))


FORMAT = Format(NAME, Root(_KEYS, tuple(k.encode() for k in _KEYS)), _suits, _read)
