"""Heroku's `heroku.yml`: the images that are built, and what each process type runs of them.

How many dynos run the `app.json` beside it may say.

Source: devcenter.heroku.com/articles/build-docker-images-heroku-yml (a process type without a
command runs that of its image, and the Procfile is not read).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from poollint.model.figure import Figure, Word
from poollint.reading.deployment.formats import heroku, hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import RELEASE, Placed, Sketch
from poollint.reading.deployment.linking.documents import Manifest, Part
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.variables import settled, unknown
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

NAME = heroku.BUILT
_KEYS = ("run", "build", "setup")


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and any(root.mapping(key).items for key in _KEYS)


def _claims(path: str) -> bool:
    return basename(path) in ("heroku.yml", "heroku.yaml")


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    beside = heroku.beside(manifest, around.documents)
    root = manifest.root
    databases = tuple(heroku.databases(root.sequence("setup", "addons"), scope))
    if beside and not databases:
        databases = tuple(heroku.databases(beside.root.sequence("addons"), scope))
    placed = (_placed(kind, node, manifest, around) for kind, node in _types(root))
    scaled = (
        heroku.scaled(each, beside, scope, around, databases, tuple(_set(root, beside)))
        for each in placed
    )
    return Environment(scope, manifest.source.path, tuple(scaled), (), databases)


FORMAT = Format(NAME, Root(_KEYS, claims=_claims), _suits, _read)


def _types(root: Mapping) -> Iterator[tuple[str, Node]]:
    """Yield the process types, each with what is run: without any those that are built.

    What runs at a release is one of them, in an image of another (`release: {image: web}`).
    """
    found = root.mapping("run").items or root.mapping("build", "docker").items
    for item in found:
        yield item.key.text, item.value if root.mapping("run").items else item.key
    if isinstance(root.get("release"), Mapping):
        yield RELEASE, root.mapping("release")


def _placed(kind: str, node: Node, manifest: Manifest, around: Around) -> Placed:
    inner = node if isinstance(node, Mapping) else Mapping((), "", node.span)
    home = dirname(manifest.source.path)
    docker = manifest.root.mapping("build", "docker")
    path = docker.text(inner.text("image") or kind)
    own = manifest.root.mapping("run").items and isinstance(node, Scalar)
    sketch = Sketch(
        name=kind,
        span=node.span,
        image="",
        variables=(),
        entrypoint=hosting.line(node) if own else _line(inner.get("command")),
        build=home or ".",
        file=around.images.at(normpath(join(home, path))) if path else None,
    )
    service = hosting.Service(
        name=kind,
        span=node.span,
        platform="heroku",
        kind=RELEASE if kind == RELEASE else "process type",
        replicas=_dynos(kind),
        sketches=(sketch,),
        sources={manifest.source.path: manifest.source},
    )
    placed = hosting.placed(service, below(manifest.source.path, around.top), around.options)
    replicas = settled(placed.workload.replicas, around.options.assume, f"{kind}.replicas")
    return replace(placed, workload=replace(placed.workload, replicas=replicas))


def _dynos(kind: str) -> Figure:
    if kind == RELEASE:
        return Figure.defaulted(1, "replicas", "one run a release")
    return unknown("replicas", "the platform's scale, stated in no file")


def _line(node: Node | None) -> tuple[Part, ...] | None:
    """Return the command of a list of lines: the last one stays."""
    if isinstance(node, Sequence):
        return hosting.line(node.items[-1]) if node.items else None
    return hosting.line(node)


def _set(root: Mapping, beside: Manifest | None) -> Iterator[tuple[str, Node | Word | None]]:
    yield from hosting.of_mapping(root.mapping("setup", "config"))
    if beside:
        yield from heroku.variables(beside)
