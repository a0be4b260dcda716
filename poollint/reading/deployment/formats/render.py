"""Render's blueprint: `render.yaml`.

Source: render.com/docs/blueprint-spec; render.com/tutorials/postgres-on-render (limits by plan,
instances old and new side by side while a version is deployed).
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, join, normpath

from poollint.catalog import plans
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import TASK, Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format, Operated
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Node, Scalar

NAME = "Render"
_KEYS = ("services", "databases")
_TYPES = frozenset(("web", "pserv", "worker", "cron", "job"))
_NAME = "max_connections"


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and any(root.sequence(key) for key in _KEYS)


def _claims(path: str) -> bool:
    return basename(path) in ("render.yaml", "render.yml")


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    services = tuple(
        hosting.placed(service, scope, around.options)
        for node in manifest.root.mappings("services")
        if node.text("type") in _TYPES
        for service in _services(node, manifest, around)
    )
    databases = tuple(_databases(manifest, scope))
    return Environment(scope, manifest.source.path, services, (), databases)


FORMAT = Format(NAME, Root(_KEYS, claims=_claims), _suits, _read)


def _services(node: Mapping, manifest: Manifest, around: Around) -> Iterator[hosting.Service]:
    service = _service(node, manifest, around)
    before = hosting.line(node.get("preDeployCommand"))
    return hosting.with_release(service, before)


def _service(node: Mapping, manifest: Manifest, around: Around) -> hosting.Service:
    at = node.get("name") or node
    most = hosting.stated(node.get("scaling", "maxInstances"), "replicas", "maxInstances")
    least = hosting.stated(node.get("scaling", "minInstances"), "replicas", "minInstances")
    replicas = most or hosting.stated(node.get("numInstances"), "replicas", "numInstances")
    replicas = replicas or Figure.defaulted(1, "replicas", "Render default: one instance")
    home = normpath(join(manifest.path, "..", node.text("rootDir") or "."))
    file = around.images.at(normpath(join(home, node.text("dockerfilePath") or "Dockerfile")))
    docker = "docker" in (node.text("runtime"), node.text("env"))
    command = node.get("dockerCommand") if docker else node.get("startCommand")
    sketch = Sketch(
        name=node.text("name"),
        span=at.span,
        image=node.text("image", "url"),
        variables=hosting.variables(_variables(node, manifest)),
        entrypoint=hosting.line(command),
        build="" if node.text("image", "url") else home,
        file=file if docker else None,
        complete=not any(e.get("fromGroup") for e in node.mappings("envVars")),
    )
    return hosting.Service(
        name=node.text("name"),
        span=at.span,
        platform="render",
        kind=TASK if node.text("type") == "job" else node.text("type"),
        replicas=replicas,
        sketches=(sketch,),
        surge=_surge(node, replicas),
        floor=least if most else None,
        autoscaled=most is not None,
        sources={manifest.source.path: manifest.source},
    )


def _surge(node: Mapping, replicas: Figure) -> Figure | None:
    """Return the instances of the version before: they end when the new ones run."""
    if node.text("type") == "cron" or node.get("disk") or not replicas.high:
        return None
    source = "Render: old instances end when new ones run"
    return Figure.defaulted(replicas.high, "surge", source)


def _variables(node: Mapping, manifest: Manifest) -> Iterator[tuple[str, Node | Word | None]]:
    groups = {g.text("name"): g for g in manifest.root.mappings("envVarGroups")}
    for entry in node.mappings("envVars"):
        group = groups.get(entry.text("fromGroup"))
        for own in group.mappings("envVars") if group else ():
            yield own.text("key"), own.get("value") or own
        source = entry.mapping("fromDatabase")
        if source.items:
            yield entry.text("key"), _of_database(source, manifest)
        elif entry.text("key"):
            yield entry.text("key"), entry.get("value") or entry


def _of_database(source: Mapping, manifest: Manifest) -> Word:
    """Return what a variable takes from a database, without its user and password."""
    name = source.text("name")
    made = next((d for d in manifest.root.mappings("databases") if d.text("name") == name), None)
    database = made.text("databaseName") if made else ""
    values = {
        "connectionString": f"postgresql://{name}/{database}",
        "host": name,
        "port": str(hosting.PORT),
        "database": database or name,
    }
    return Word(values.get(source.text("property")), Basis.DERIVED, source.span)


def _databases(manifest: Manifest, scope: str) -> Iterator[Operated]:
    for node in manifest.root.mappings("databases"):
        name = node.text("name")
        at = node.get("name") or node
        if name:
            database = hosting.Database(name, at.span, (name,), _limit(node))
            yield hosting.server(database, "render", scope)


def _limit(node: Mapping) -> Figure:
    plan = node.get("plan")
    if not isinstance(plan, Scalar):
        return hosting.unstated(_NAME, (node.get("name") or node).span, "no file states its plan")
    number = plans.render(plan.text)
    if number is None:
        return hosting.unstated(_NAME, plan.span, f"what the plan {plan.text} takes is not known")
    return Figure(number, number, _NAME, Basis.ASSUMED, plan.span, f"Render: plan {plan.text}")
