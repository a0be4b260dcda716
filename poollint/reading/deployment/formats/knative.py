"""Knative's services, Cloud Run's YAML among them.

Source: knative/serving 98e5ef90 (config-autoscaler, pkg/apis/autoscaling/register.go: no limit
where none is stated); Cloud Run Admin API, RevisionScaling (100).
"""

from __future__ import annotations

from poollint.model.figure import Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.deployed import Placed, Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Format
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping

NAME = "Knative"
CLOUD_RUN_MAXIMUM = 100
_PREFIX = "autoscaling.knative.dev/"


def _suits(root: Mapping, path: str) -> bool:
    return root.text("kind") == "Service" and root.text("apiVersion").startswith(
        "serving.knative.dev/"
    )


def _read(manifest: Manifest, around: Around) -> None:
    return None  # it is applied with other objects: `placed` places it among them


def placed(manifest: Manifest, scope: str, around: Around) -> Placed:
    """Return a service where it runs; what is applied with it is of the same scope."""
    return hosting.placed(_service(manifest, around), scope, around.options)


FORMAT = Format(NAME, Root(("apiVersion",), (b"serving.knative.dev",)), _suits, _read)


def _service(manifest: Manifest, around: Around) -> hosting.Service:
    root = manifest.root
    template = root.mapping("spec", "template")
    annotations = template.mapping("metadata", "annotations")
    name = root.get("metadata", "name") or root
    replicas = _replicas(annotations, root)
    floor = _scale(annotations, "min-scale", "minScale")
    return hosting.Service(
        name=manifest.name or "service",
        span=name.span,
        platform="knative",
        kind="service",
        replicas=replicas,
        sketches=tuple(
            _sketch(container, manifest, around)
            for container in template.mappings("spec", "containers")
        ),
        surge=_revisions(replicas),
        floor=floor or Figure.defaulted(0, "replicas", "Knative default: none kept"),
        autoscaled=True,
        needs=cloud_sql.listed(annotations.text("run.googleapis.com/cloudsql-instances")),
        sources={manifest.source.path: manifest.source},
    )


def _replicas(annotations: Mapping, root: Mapping) -> Figure:
    stated = _scale(annotations, "max-scale", "maxScale")
    if stated and stated.high:
        return stated
    on_cloud_run = any(
        item.key.text.startswith("run.googleapis.com/")
        for place in (annotations, root.mapping("metadata", "annotations"))
        for item in place.items
    )
    if on_cloud_run:
        source = "Cloud Run default: 100 instances"
        return Figure.defaulted(CLOUD_RUN_MAXIMUM, "replicas", source)
    return unknown("replicas", "no max-scale is stated, and Knative has none of its own")


def _scale(annotations: Mapping, *names: str) -> Figure | None:
    for name in names:
        node = annotations.get(_PREFIX + name)
        found = hosting.stated(node, "replicas", name)
        if found:
            return found
    return None


def _revisions(replicas: Figure) -> Figure | None:
    """Return the instances of the revision before, while traffic moves: none, or as many."""
    if not replicas.high:
        return None
    source = "Knative: the revision before runs until traffic has moved"
    return Figure(0, replicas.high, "surge", replicas.basis, source)


def _sketch(container: Mapping, manifest: Manifest, around: Around) -> Sketch:
    image = container.text("image")
    build, file = around.images.of(image)
    at = container.get("name") or container.get("image") or container
    return Sketch(
        name=container.text("name") or manifest.name,
        span=at.span,
        image=image,
        variables=hosting.variables(hosting.of_list(container.mappings("env"))),
        entrypoint=hosting.parts(container.get("command")),
        arguments=hosting.parts(container.get("args")),
        build=build,
        file=file,
        complete=not container.sequence("envFrom"),
    )
