"""App Engine's `app.yaml`.

Source: cloud.google.com/appengine/docs/standard/how-instances-are-managed: one kind of scaling a
service; without `max_instances` automatic scaling stops at 20 in projects made since March 2025,
and nowhere in older ones.
"""

from __future__ import annotations

from posixpath import basename, dirname

from poollint.model.figure import Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.deployed import Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Scalar

NAME = "App Engine"
_SCALING = (
    ("manual_scaling", "instances"),
    ("automatic_scaling", "max_instances"),
    ("automatic_scaling", "max_num_instances"),
    ("basic_scaling", "max_instances"),
)


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and bool(root.text("runtime")) and not root.text("kind")


def _claims(path: str) -> bool:
    name = basename(path)
    return name.startswith("app") and name.endswith((".yaml", ".yml"))


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    placed = hosting.placed(_service(manifest, around), scope, around.options)
    return Environment(scope, manifest.source.path, (placed,))


FORMAT = Format(NAME, Root(("runtime",), claims=_claims), _suits, _read)


def _service(manifest: Manifest, around: Around) -> hosting.Service:
    root = manifest.root
    name = root.text("service") or "default"
    at = root.get("service") or root.get("runtime") or root
    home = dirname(manifest.source.path) or "."
    entry = root.get("entrypoint")
    custom = root.text("runtime") == "custom"
    path = f"{dirname(manifest.source.path)}/Dockerfile".lstrip("/")
    sketch = Sketch(
        name=name,
        span=at.span,
        image="",
        variables=hosting.variables(hosting.of_mapping(root.mapping("env_variables"))),
        entrypoint=hosting.line(entry) if isinstance(entry, Scalar) else None,
        build=home,
        file=around.images.at(path) if custom else None,
        complete=not root.sequence("includes"),
    )
    return hosting.Service(
        name=name,
        span=at.span,
        platform="app engine",
        kind="service",
        replicas=_replicas(root),
        sketches=(sketch,),
        floor=_floor(root),
        autoscaled=not root.get("manual_scaling"),
        needs=cloud_sql.listed(root.text("beta_settings", "cloud_sql_instances")),
        sources={manifest.source.path: manifest.source},
    )


def _replicas(root: Mapping) -> Figure:
    for path in _SCALING:
        stated = hosting.stated(root.get(*path), "replicas", path[-1])
        if stated:
            return stated
    return unknown("replicas", "no max_instances is stated, and older projects have none")


def _floor(root: Mapping) -> Figure | None:
    if not root.get("automatic_scaling", "max_instances"):
        return None
    least = hosting.stated(root.get("automatic_scaling", "min_instances"), "replicas")
    return least or Figure.defaulted(0, "replicas", "App Engine default: min_instances 0")
