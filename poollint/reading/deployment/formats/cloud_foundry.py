"""Cloud Foundry's app manifest: applications, their processes, and the services bound to them.

What `((name))` stands for a file of variables says when the manifest is pushed: it is not known.

Source: docs.cloudfoundry.org/devguide/deploy-apps, manifest-attributes (one instance of the web
process where nothing says otherwise, none of any other) and deploy-app (a command of the
manifest wins over the Procfile's).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath, splitext

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Sketch
from poollint.reading.deployment.linking.documents import Manifest, Part, ProcessFile
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.programs import commands
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Mapping, Node, Scalar

NAME = "Cloud Foundry"
_WEB = "web"
_OWN = frozenset(
    ("buildpack", "buildpacks", "command", "disk_quota", "docker", "instances", "memory", "path",
     "processes", "random-route", "default-route", "no-route", "routes", "services", "sidecars",
     "stack", "health-check-type", "timeout", "lifecycle")
)  # fmt: skip
_OPEN = re.compile(r"\(\([\w./-]+\)\)|\$\{")
_DATABASE = re.compile(
    r"(?:^|[^a-z])(?:db|rds|aurora|postgres\w*|psql|pgsql|pg|database)(?:[^a-z]|$)", re.I
)


def _suits(root: Mapping, path: str) -> bool:
    found = root.mappings("applications")
    keys = {item.key.text for one in found for item in one.items}
    return _claims(path) and len(keys & _OWN) > (0 if "manifest" in basename(path) else 1)


def _claims(path: str) -> bool:
    return path.endswith((".yml", ".yaml"))


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    placed = tuple(
        hosting.placed(service, scope, around.options)
        for application in manifest.root.mappings("applications")
        for service in _services(application, manifest, around)
    )
    return Environment(scope, manifest.source.path, placed)


FORMAT = Format(NAME, Root(("applications",), claims=_claims), _suits, _read)


def describes(file: ProcessFile, documents: tuple[object, ...]) -> bool:
    """Tell whether a manifest pushes the folder of a Procfile, and says how much of it runs."""
    return any(
        dirname(file.source.path) in (_home(one, document), dirname(document.source.path))
        for document in documents
        if isinstance(document, Manifest) and document.kind == NAME
        for one in document.root.mappings("applications")
    )


def _home(application: Mapping, manifest: Manifest) -> str:
    """Return the folder that is pushed: of an archive the one it lies in."""
    path = application.text("path")
    path = dirname(path) if splitext(path)[1] in (".jar", ".war", ".zip") else path
    found = normpath(join(dirname(manifest.source.path), path or "."))
    return "" if found == "." else found


# --- Processes -------------------------------------------------------------------------------


def _services(
    application: Mapping, manifest: Manifest, around: Around
) -> Iterator[hosting.Service]:
    """Yield each type of process: those of the manifest, and the others of its Procfile."""
    home = _home(application, manifest)
    files = (d for d in around.documents if isinstance(d, ProcessFile))
    own = next((f for f in files if dirname(f.source.path) == home), None)
    lines = {} if application.get("docker") or own is None else {x.name: x for x in own.lines}
    described = {p.text("type") or _WEB: p for p in application.mappings("processes")}
    for kind in dict.fromkeys((_WEB, *described, *lines)):
        process = described.get(kind, Mapping((), "", application.span))
        command: tuple[Part, ...] | None = hosting.line(_command(kind, process, application))
        if command is None and kind in lines:
            command = commands.line(lines[kind].command, lines[kind].command_span)
        if kind != "release":
            yield _service(kind, process, application, command, manifest, around)


def _command(kind: str, process: Mapping, application: Mapping) -> Node | None:
    node = process.get("command") or (application.get("command") if kind == _WEB else None)
    return None if isinstance(node, Scalar) and node.is_null else node


def _service(
    kind: str, process: Mapping, application: Mapping, command: tuple[Part, ...] | None,
    manifest: Manifest, around: Around,
) -> hosting.Service:  # fmt: skip
    title = application.text("name") or basename(dirname(manifest.source.path)) or "app"
    name = title if kind == _WEB else f"{title}-{kind}"
    at = process.get("type") or application.get("name") or application
    image = application.text("docker", "image")
    build, file = around.images.of(image) if image else ("", None)
    sketch = Sketch(
        name=name,
        span=at.span,
        image=image,
        variables=(*_bound(application), *hosting.variables(_variables(application))),
        entrypoint=command,
        build=build if image else _home(application, manifest) or ".",
        file=file,
        complete=not application.sequence("services"),
    )
    return hosting.Service(
        name=name,
        span=at.span,
        platform="cloud foundry",
        kind="process",
        replicas=_replicas(kind, process, application),
        sketches=(sketch,),
        sources={manifest.source.path: manifest.source},
    )


def _replicas(kind: str, process: Mapping, application: Mapping) -> Figure:
    node = process.get("instances")
    if node is None and kind == _WEB:
        node = application.get("instances")
    stated = hosting.stated(node, "replicas", "instances")
    if stated:
        return stated
    if kind != _WEB and not process.items:  # of the Procfile alone
        return unknown("replicas", "the platform's scale, stated in no file")
    number = 1 if kind == _WEB else 0
    source = f"Cloud Foundry default: {number or 'no'} {'instance' if number else 'instances'}"
    return Figure.defaulted(number, "replicas", source)


# --- What they are given ---------------------------------------------------------------------


def _variables(application: Mapping) -> Iterator[tuple[str, Node | Word | None]]:
    for name, node in hosting.of_mapping(application.mapping("env")):
        if isinstance(node, Scalar) and _OPEN.search(node.text):
            yield name, Word(None, Basis.STATED, node.span)
        else:
            yield name, node


def _bound(application: Mapping) -> Iterator[Variable]:
    """Yield the address of the first database among the services, as `VCAP_SERVICES` has it.

    Services that are all put in at the push (`services: ((bound))`) may hold one.
    """
    whole = application.get("services")
    if isinstance(whole, Scalar) and _OPEN.search(whole.text):
        yield Variable("DATABASE_URL", Word(None, Basis.STATED, whole.span), secret=True)
    for node in application.sequence("services"):
        name = node.get("name") if isinstance(node, Mapping) else node
        if isinstance(name, Scalar) and _DATABASE.search(name.text):
            yield Variable("DATABASE_URL", _address(name.text, name.span), secret=True)
            return


def _address(service: str, span: Span) -> Word:
    host = None if _OPEN.search(service) else f"postgresql://{service.lower()}/"
    return Word(host, Basis.DERIVED, span)
