"""YAML files: what they hold decides whether they describe Kubernetes objects or a Compose project.

Everything else (workflows, playbooks) is no business of ours and leaves no trace. Texts of
pgbouncer.ini, postgresql.conf and others within a ConfigMap are read where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.ansible import playbooks
from poollint.reading.deployment.formats import FORMATS, argocd, argocd_apps, flux, recognised
from poollint.reading.deployment.helm import charts
from poollint.reading.deployment.images import builds
from poollint.reading.deployment.kubernetes import embedded, kustomize, processed
from poollint.reading.deployment.kubernetes.kubernetes import OTHERS, WORKLOADS
from poollint.reading.deployment.kubernetes.kustomize import KIND as KUSTOMIZATION
from poollint.reading.deployment.kubernetes.kustomize import is_kustomization
from poollint.reading.deployment.kubernetes.operators import KINDS, is_operated
from poollint.reading.deployment.linking.documents import SETTINGS, Manifest, SettingsFile
from poollint.reading.deployment.screening import Root, Screen
from poollint.reading.deployment.servers import patroni
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Sequence, Stream

NAME = "manifest"
PATCH = "Patch"
# What editors write for themselves, from files that lie beside it.
_GENERATED = re.compile(r"(?:^|/)\.(?:idea|vs)/")
_LINE = re.compile(rb"^kind: *[\"']?([A-Za-z]+)", re.M)
# What a template writes at its root, where its objects are made elsewhere.
_WRITES = re.compile(
    rb"^[ \t]*\{\{-?[ \t]*(?:include|template|tpl|toYaml)\b(?![^}\n]*indent)", re.M
)
_COMPOSE_KEYS = frozenset(
    ("version", "name", "services", "networks", "volumes", "configs", "secrets", "include",
     "models")
)  # fmt: skip
_SERVICE_KEYS = frozenset(
    ("image", "build", "extends", "command", "environment", "deploy", "scale")
)
_COMPOSE = (
    Root(("services",), tuple(key.encode() for key in sorted(_SERVICE_KEYS))),
    Root(("include",)),
)
# Settings of an application that lie beside its code, for a generator to put into a ConfigMap.
_BESIDE = Root(
    ("spring", "quarkus"),
    (b"datasource", b"r2dbc"),
    claims=lambda path: "application" in path and SETTINGS.fullmatch(basename(path)) is not None,
)
_ALL_KINDS = WORKLOADS | OTHERS | KINDS | argocd_apps.KINDS
_ALL_KINDS |= {kustomize.KIND, "Component", builds.KIND, processed.KIND, flux.KIND}
SCREEN = Screen(
    (*_COMPOSE, _BESIDE, kustomize.ROOT, patroni.ROOT, *(known.root for known in FORMATS)),
    _ALL_KINDS,
)


def _claims(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and not _GENERATED.search(path)


def _screen(data: bytes, options: Options) -> bool:
    return SCREEN.takes(data) or _WRITES.search(data) is not None or playbooks.suits(data)


def _read(source: SourceFile, options: Options) -> FileReading:
    if playbooks.suits(source.text.encode(errors="replace")):
        plays = playbooks.read(source)
        if plays:
            return FileReading(source.path, NAME, documents=plays)
    template = (charts.ChartFile(source),) if "templates/" in source.path else ()
    stream = yaml.read(source if template else _wanted(source))
    if template and stream.unread and charts.is_readable(source):
        return FileReading(source.path, NAME, documents=template)
    found = tuple(held(stream, source))
    plain = kindless(stream)
    members = [told for root in plain for told in patroni.configurations(root)]
    holding = found if embedded.may_hold(source.text) else ()
    running = found if embedded.may_run(source.text) else ()
    inner = [reading for m in holding for reading in embedded.of_manifest(m, options)]
    return FileReading(
        source.path,
        NAME,
        configurations=(*members, *(c for r in inner for c in r.configurations)),
        poolers=tuple(p for reading in inner for p in reading.poolers),
        servers=(
            *(server for root in plain for server in patroni.servers(root)),
            *(s for reading in inner for s in reading.servers),
        ),
        documents=(
            *found,
            *template,
            *_beside(stream, source),
            *embedded.others(inner),
            *(s for m in running for s in embedded.scripts_of(m)),
        ),
        unread=(
            *_ours(stream.unread, source),
            *_listed(stream, source.path),
            *(u for r in inner for u in r.unread),
        ),
    )


def held(stream: Stream, source: SourceFile) -> Iterator[Manifest]:
    """Yield the documents of a file that describe something."""
    for document in stream.documents:
        if isinstance(document, Mapping):
            yield from _manifests(document, source)
        elif isinstance(document, Sequence) and _is_patch(document):
            empty = Mapping((), "", document.span)
            yield Manifest(PATCH, empty, source, patch=document)


def kindless(stream: Stream) -> list[Mapping]:
    """Return the roots that are no objects of Kubernetes: Patroni's settings, and others'."""
    roots = (document for document in stream.documents if isinstance(document, Mapping))
    return [root for root in roots if not root.text("kind")]


def _beside(stream: Stream, source: SourceFile) -> Iterator[SettingsFile]:
    """Yield the file itself where it holds an application's settings."""
    roots = (document for document in stream.documents if isinstance(document, Mapping))
    if _BESIDE.claims(source.path) and any(r.get(key) for r in roots for key in _BESIDE.keys):
        yield SettingsFile(source)


def _listed(stream: Stream, path: str) -> Iterator[Unreadable]:
    """Yield the services of what is a Compose file but for them: a list has no names.

    Source: compose-spec, schema/compose-spec.json; docker-compose 5.6.1 was asked.
    """
    if "compose" not in path.lower() or "compose" not in basename(path).lower():
        return
    for document in stream.documents:
        services = document.get("services") if isinstance(document, Mapping) else None
        if not isinstance(document, Mapping) or not isinstance(services, Sequence):
            continue
        keys = {i.key.text for n in services.items if isinstance(n, Mapping) for i in n.items}
        if _is_named_so(document) and {"image", "build"} & keys:
            yield Unreadable(services.span, "Compose refuses it: `services` is a list")


def _wanted(source: SourceFile) -> SourceFile:
    """Return the file without the documents that say nothing; all else stays where it is."""
    text = SCREEN.only(source.text, source.path)
    return source if text == source.text else SourceFile(source.path, text)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _ours(unread: tuple[Unreadable, ...], source: SourceFile) -> tuple[Unreadable, ...]:
    """Return what of it is worth a word.

    A broken file counts if it says that it is one of ours, a template if it would make a workload,
    or name a chart.
    """
    if not unread:
        return ()
    if unread[0].broken:
        return unread if SCREEN.declares(source.text, source.path) else ()
    kinds = {kind.decode() for kind in _LINE.findall(source.text.encode(errors="replace"))}
    return unread if not kinds or kinds & (WORKLOADS | argocd_apps.KINDS) else ()


def _manifests(root: Mapping, source: SourceFile) -> Iterator[Manifest]:
    kind = root.text("kind")
    if kind and kind not in _ALL_KINDS and not kind.endswith("List"):
        return
    described = recognised(root, source.path)
    if described:
        yield Manifest(described, root, source)
    elif is_kustomization(root, source.path):
        yield Manifest(KUSTOMIZATION, root, source)
    elif kind == "List" or (kind.endswith("List") and root.get("items")):
        for item in root.mappings("items"):
            yield from _manifests(item, source)
    elif kind == processed.KIND and processed.is_template(root):
        for made in processed.objects(root):
            yield from _manifests(made, source)
    elif root.text("apiVersion"):
        usual = kind in WORKLOADS or kind in OTHERS
        if usual or is_operated(root) or argocd.is_one(root) or flux.is_one(root):
            yield Manifest(kind, root, source)
    elif _is_compose(root):
        yield Manifest("Compose", root, source)


def _is_patch(document: Sequence) -> bool:
    """Tell whether a document is a list of operations (RFC 6902), for a kustomization."""
    return bool(document.items) and all(
        isinstance(node, Mapping) and node.text("op") and node.text("path").startswith("/")
        for node in document.items
    )


def _is_named_so(root: Mapping) -> bool:
    """Tell whether all fields of a document are called as those of a Compose file."""
    names = (item.key.text for item in root.items)
    return all(name in _COMPOSE_KEYS or name.startswith("x-") for name in names)


def _is_compose(root: Mapping) -> bool:
    names = {item.key.text for item in root.items}
    if not _is_named_so(root):
        return False
    services = root.mapping("services").items
    if not services:
        return "include" in names and bool(root.sequence("include"))
    return any(
        isinstance(item.value, Mapping)
        and any(key.key.text in _SERVICE_KEYS for key in item.value.items)
        for item in services
    )
