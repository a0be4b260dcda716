"""DigitalOcean's app specification: `.do/app.yaml`.

Source: docs.digitalocean.com/products/app-platform/reference/app-spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import RELEASE, Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format, Operated
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Node, Scalar

NAME = "App Platform"
_BOUND = re.compile(r"\$\{([\w-]+)\.(\w+)\}")
_NAME = "max_connections"


def _suits(root: Mapping, path: str) -> bool:
    parts = any(root.sequence(key) for key in ("services", "workers"))
    return _claims(path) and (parts or bool(root.mapping("spec").items))


def _claims(path: str) -> bool:
    return ".do" in dirname(path).split("/") or basename(path) in ("app-spec.yaml", "do-app.yaml")


def _read(manifest: Manifest, around: Around) -> Environment:
    spec = manifest.root.mapping("spec")
    root = spec if spec.items else manifest.root
    scope = below(manifest.source.path, around.top)
    placed = tuple(
        hosting.placed(_service(node, kind, root, manifest, around), scope, around.options)
        for kind in ("services", "workers", "jobs")
        for node in root.mappings(kind)
    )
    return Environment(scope, manifest.source.path, placed, (), tuple(_databases(root, scope)))


_ROOT = Root(("services", "workers", "spec"), claims=_claims)
FORMAT = Format(NAME, _ROOT, _suits, _read)


def _service(
    node: Mapping, kind: str, root: Mapping, manifest: Manifest, around: Around
) -> hosting.Service:
    at = node.get("name") or node
    scaling = node.mapping("autoscaling")
    most = hosting.stated(scaling.get("max_instance_count"), "replicas", "max_instance_count")
    least = hosting.stated(scaling.get("min_instance_count"), "replicas", "min_instance_count")
    stated = most or hosting.stated(node.get("instance_count"), "replicas", "instance_count")
    home = normpath(join(manifest.path, "../..", node.text("source_dir").lstrip("/") or "."))
    path = node.text("dockerfile_path")
    entries = (*root.mappings("envs"), *node.mappings("envs"))
    sketch = Sketch(
        name=node.text("name"),
        span=at.span,
        image=node.text("image", "repository"),
        variables=hosting.variables(_variables(entries, root)),
        entrypoint=hosting.line(node.get("run_command")),
        build="" if node.get("image") else home,
        file=around.images.at(normpath(join(manifest.path, "../..", path))) if path else None,
    )
    return hosting.Service(
        name=node.text("name"),
        span=at.span,
        platform="app platform",
        kind=RELEASE if kind == "jobs" else kind.removesuffix("s"),
        replicas=stated or Figure.defaulted(1, "replicas", "App Platform default: one instance"),
        sketches=(sketch,),
        floor=least if most else None,
        autoscaled=most is not None,
        sources={manifest.source.path: manifest.source},
    )


def _variables(
    entries: tuple[Mapping, ...], root: Mapping
) -> Iterator[tuple[str, Node | Word | None]]:
    names = {d.text("name") for d in root.mappings("databases")}
    for entry in entries:
        node = entry.get("value")
        if not isinstance(node, Scalar):
            yield entry.text("key"), entry
            continue

        def put_in(match: re.Match[str]) -> str:
            if match[1] not in names:
                return match[0]
            values = {
                "DATABASE_URL": f"postgresql://{match[1]}/",
                "HOSTNAME": match[1],
                "PORT": str(hosting.PORT),
            }
            return values.get(match[2], match[0])

        text = _BOUND.sub(put_in, node.text)
        known = None if text.startswith("${") else text
        yield entry.text("key"), Word(known, Basis.STATED, node.span)


def _databases(root: Mapping, scope: str) -> Iterator[Operated]:
    for node in root.mappings("databases"):
        name, at = node.text("name"), node.get("name") or node
        if name and node.text("engine") in ("", "PG"):
            limit = hosting.unstated(_NAME, at.span, "no file states its size")
            yield hosting.server(
                hosting.Database(name, at.span, (name,), limit), "app platform", scope
            )
