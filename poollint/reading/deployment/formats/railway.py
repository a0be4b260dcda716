"""Railway's `railway.toml` and `railway.json`.

Source: docs.railway.com/reference/config-as-code: the file is stronger than the dashboard.
"""

from __future__ import annotations

from posixpath import basename, dirname, join, normpath

from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Node, Sequence

NAME = "Railway"
_NAMES = ("railway.toml", "railway.json")


def _suits(root: Mapping, path: str) -> bool:
    if not path.endswith(_NAMES) or basename(path) not in _NAMES:
        return False
    return bool(root.mapping("deploy").items or root.mapping("build").items)


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    before = hosting.line(_last(manifest.root.get("deploy", "preDeployCommand")))
    services = hosting.with_release(_service(manifest, around), before)
    placed = (hosting.placed(service, scope, around.options) for service in services)
    return Environment(scope, manifest.source.path, tuple(placed))


def _last(node: Node | None) -> Node | None:
    """Return a command, of a list of them the last one."""
    if isinstance(node, Sequence):
        return node.items[-1] if node.items else None
    return node


_ROOT = Root(
    marks=(b"dockerfilePath", b"builder", b"startCommand", b"numReplicas", b"multiRegionConfig"),
    claims=lambda path: path.endswith((".toml", ".json")),
)
FORMAT = Format(NAME, _ROOT, _suits, _read)


def _service(manifest: Manifest, around: Around) -> hosting.Service:
    root = manifest.root
    deploy = root.mapping("deploy")
    home = dirname(manifest.source.path)
    path = root.text("build", "dockerfilePath")
    name = basename(home) or "app"
    at = root.get("deploy") or root
    sketch = Sketch(
        name=name,
        span=at.span,
        image="",
        variables=(),
        entrypoint=hosting.line(deploy.get("startCommand")),
        build=home or ".",
        file=around.images.at(normpath(join(home, path or "Dockerfile"))),
        complete=False,  # variables are set elsewhere
    )
    return hosting.Service(
        name=name,
        span=at.span,
        platform="railway",
        kind="service",
        replicas=_replicas(deploy),
        sketches=(sketch,),
        sources={manifest.source.path: manifest.source},
    )


def _replicas(deploy: Mapping) -> Figure:
    """Return the instances, those of all regions together."""
    found = [
        stated
        for item in deploy.mapping("multiRegionConfig").items
        if isinstance(item.value, Mapping)
        for stated in [hosting.stated(item.value.get("numReplicas"), "replicas", "numReplicas")]
        if stated
    ]
    if len(found) > 1:
        total = sum(figure.low for figure in found)
        hint = f"{len(found)} regions"
        basis = max((Basis.DERIVED, *(f.basis for f in found)), key=lambda b: b.strength)
        return Figure(total, total, "replicas", basis, found[0].origin, hint)
    stated = hosting.stated(deploy.get("numReplicas"), "replicas", "numReplicas")
    single = found[0] if found else stated
    return single or Figure.defaulted(1, "replicas", "Railway default: one instance")
