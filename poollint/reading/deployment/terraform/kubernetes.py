"""Kubernetes objects that Terraform makes, read as manifests are.

Source: hashicorp/terraform-provider-kubernetes, docs/resources: blocks are Kubernetes' fields in
snake case, and a block that may come several times is a list under a plural name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.source import Span
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Operated
from poollint.reading.deployment.linking.reach import named
from poollint.reading.deployment.terraform import releases
from poollint.reading.deployment.terraform.documents import document
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import Plan
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_KINDS = {
    "deployment": ("Deployment", "apps/v1"),
    "stateful_set": ("StatefulSet", "apps/v1"),
    "daemonset": ("DaemonSet", "apps/v1"),
    "daemon_set": ("DaemonSet", "apps/v1"),
    "job": ("Job", "batch/v1"),
    "cron_job": ("CronJob", "batch/v1"),
    "pod": ("Pod", "v1"),
    "replication_controller": ("ReplicationController", "v1"),
    "horizontal_pod_autoscaler": ("HorizontalPodAutoscaler", "autoscaling/v2"),
    "service": ("Service", "v1"),
    "config_map": ("ConfigMap", "v1"),
    "secret": ("Secret", "v1"),
}
_LISTS = {
    "container": "containers",
    "init_container": "initContainers",
    "env": "env",
    "env_from": "envFrom",
    "port": "ports",
    "volume": "volumes",
    "volume_mount": "volumeMounts",
}
_MAPS = frozenset(("labels", "match_labels", "data", "string_data", "annotations", "selector"))
_RAW = re.compile(r"kubernetes_manifest|kubectl_manifest")


def workloads(plan: Plan) -> tuple[tuple[Placed, ...], tuple[Operated, ...]]:
    """Return the workloads among the objects, and what operators run for others of them."""
    manifests = tuple(_manifests(plan))
    found = kubernetes.read(manifests, plan.scope, plan.around.images, plan.around.options)
    return found, operators.read(manifests, plan.scope, named(found))


def _manifests(plan: Plan) -> Iterator[Manifest]:
    for resource in plan.resources:
        name = resource.kind.removeprefix("kubernetes_")
        known = _KINDS.get(re.sub(r"_v\d\w*$", "", name)) if name != resource.kind else None
        if known:
            yield _manifest(resource, *known, plan)
        elif resource.kind == releases.KIND:
            yield from releases.made(resource, plan)
        elif _RAW.fullmatch(resource.kind):
            root = resource.body.get("manifest")
            text = resource.body.get("yaml_body")
            if isinstance(text, Scalar):
                root = document(text)
            if isinstance(root, Mapping) and root.text("kind"):
                yield Manifest(root.text("kind"), root, resource.source)


def _manifest(resource: Resource, kind: str, api: str, plan: Plan) -> Manifest:
    at = resource.span
    head = (("kind", kind), ("apiVersion", api))
    items = [Item(_word(name, at), _word(text, at)) for name, text in head]
    items += _fields(resource.body, plan).items
    return Manifest(kind, Mapping(tuple(items), "", at), resource.source)


def _word(text: str, at: Span) -> Scalar:
    return Scalar(text, "", "", at)


def _field(item: Item, plan: Plan) -> Node:
    """Return a field as Kubernetes has it: a single block is a mapping there."""
    name, value = item.key.text, item.value
    if isinstance(value, Scalar):
        return _put_in(value, plan)
    if isinstance(value, Mapping):
        return value if name in _MAPS else _fields(value, plan)
    inner = tuple(_element(node, plan) for node in value.items)
    blocks = inner and all(isinstance(node, Mapping) for node in inner)
    if name in _LISTS or not blocks:
        return Sequence(inner, "", value.span)
    return inner[0]


def _element(node: Node, plan: Plan) -> Node:
    if isinstance(node, Mapping):
        return _fields(node, plan)
    return _put_in(node, plan) if isinstance(node, Scalar) else node


def _put_in(value: Scalar, plan: Plan) -> Scalar:
    """Return a text with the hosts of databases put in."""
    if not is_unknown(value):
        return value
    word = plan.word(value)
    text = word.value if word and word.value is not None else value.text
    return Scalar(text, value.style, value.tag, value.span)


def _fields(body: Mapping, plan: Plan) -> Mapping:
    items: list[Item] = []
    for item in body.items:
        name = _LISTS.get(item.key.text) or _camel(item.key.text)
        items.append(Item(_word(name, item.key.span), _field(item, plan)))
    return Mapping(tuple(items), "", body.span)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
