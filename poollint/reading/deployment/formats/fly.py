"""Fly's `fly.toml`, or files of other names for `fly deploy --config`.

How many machines run is stated in none of them.

Source: superfly/docs 5c22c8ce, reference/configuration and launch/scale-count; superfly/flyctl,
internal/command/deploy (a Dockerfile that a file names lies beside it, any other where `fly` runs).
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Sketch
from poollint.reading.deployment.linking.documents import Manifest, Part
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Node, Scalar

NAME = "Fly"


def _suits(root: Mapping, path: str) -> bool:
    if not path.endswith(".toml"):
        return False
    return _is_certain(root) or (_is_usual(path) and _describes(root))


def _is_usual(path: str) -> bool:
    return basename(path).startswith("fly")


def _describes(root: Mapping) -> bool:
    keys = ("app", "processes", "http_service", "services", "build", "env", "vm")
    return sum(root.get(key) is not None for key in keys) > 1


def _is_certain(root: Mapping) -> bool:
    """Tell whether a file of any name says at which port an application listens, or its region."""
    ports = (service.text("internal_port") for service in root.mappings("services"))
    listens = root.text("http_service", "internal_port") or any(ports)
    return bool(root.text("app") and (listens or root.text("primary_region")))


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    found = (
        hosting.placed(service, scope, around.options) for service in _services(manifest, around)
    )
    return Environment(scope, manifest.source.path, tuple(found))


_ROOT = Root(  # of TOML, whose keys are found by no line of YAML
    marks=(b"[http_service]", b"[[services]]", b"[processes]", b"[[vm]]", b"primary_region"),
    claims=lambda path: path.endswith(".toml"),
)
FORMAT = Format(NAME, _ROOT, _suits, _read)


def _services(manifest: Manifest, around: Around) -> Iterator[hosting.Service]:
    root = manifest.root
    processes = root.mapping("processes").items
    name, at = root.text("app") or "app", root.get("app") or root
    whole = _service(name, at, None, manifest, around)
    own = hosting.with_release(whole, _words(root.get("deploy", "release_command")))
    yield from (each for each in own if each is not whole or not processes)
    for item in processes:
        yield _service(item.key.text, item.key, item.value, manifest, around)


def _service(
    name: str, at: Node, command: Node | None, manifest: Manifest, around: Around
) -> hosting.Service:
    root = manifest.root
    build = root.mapping("build")
    folder, path = _context(manifest, around)
    sketch = Sketch(
        name=name,
        span=at.span,
        image=build.text("image"),
        variables=hosting.variables(hosting.of_mapping(root.mapping("env"))),
        arguments=_words(command),
        build="" if build.text("image") else folder,
        file=around.images.at(path, build.text("build-target")),
        complete=False,  # secrets are set elsewhere
    )
    replicas = unknown("replicas", "`fly scale count`, stated in no file")
    return hosting.Service(
        name=name,
        span=at.span,
        platform="fly",
        kind="service",
        replicas=replicas,
        sketches=(sketch,),
        surge=_surge(root, replicas),
        sources={manifest.source.path: manifest.source},
    )


def _context(manifest: Manifest, around: Around) -> tuple[str, str]:
    """Return the folder that an image is built from, and the path of its Dockerfile.

    A file of another name lies where it is kept: its application is in the nearest folder around
    it with a Dockerfile.
    """
    home = dirname(manifest.source.path) or "."
    named = manifest.root.text("build", "dockerfile")
    if named:
        path = normpath(join(home, named))
        inside = home == "." or path.startswith(f"{home}/")
        return (home if inside else dirname(path) or "."), path
    folder = home
    while not _is_usual(manifest.source.path) and folder not in (".", around.top):
        if around.images.at(normpath(join(folder, "Dockerfile"))):
            break
        folder = dirname(folder) or "."
    return folder, normpath(join(folder, "Dockerfile"))


def _words(command: Node | None) -> tuple[Part, ...] | None:
    if isinstance(command, Scalar) and command.text.strip():
        return hosting.parts(Scalar(command.text, command.style, "", command.span))
    return None


def _surge(root: Mapping, replicas: Figure) -> Figure | None:
    """Return the machines that are started besides; those of `rolling` are replaced in turn."""
    strategy = root.get("deploy", "strategy")
    if not isinstance(strategy, Scalar) or strategy.text not in ("bluegreen", "canary"):
        return None
    extra = replicas.high if strategy.text == "bluegreen" else 1
    hint = f"strategy {strategy.text}"
    return Figure(extra or 1, extra, "surge", Basis.DERIVED, strategy.span, hint)
