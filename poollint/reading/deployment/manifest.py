"""YAML files: what they hold decides whether they describe Kubernetes objects or a Compose project.

Everything else (workflows, playbooks) is no business of ours and leaves no trace. Texts of
pgbouncer.ini, postgresql.conf and others within a ConfigMap are read where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment import embedded, patroni
from poollint.reading.deployment.documents import Manifest
from poollint.reading.deployment.formats import may_hold, recognised
from poollint.reading.deployment.helm.charts import ChartFile, is_readable
from poollint.reading.deployment.kubernetes import OTHERS, WORKLOADS
from poollint.reading.deployment.kustomize import KIND as KUSTOMIZATION
from poollint.reading.deployment.kustomize import is_kustomization
from poollint.reading.deployment.operators import GROUPS, is_operated
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Sequence

NAME = "manifest"
PATCH = "Patch"
_KINDS = tuple(kind.encode() for kind in sorted(WORKLOADS | OTHERS | {"kind: List"}))
_DEFINITION = b"kind: CustomResourceDefinition"
_LINE = re.compile(rb"^kind: *[\"']?([A-Za-z]+)", re.M)
_COMPOSE_KEYS = frozenset(
    ("version", "name", "services", "networks", "volumes", "configs", "secrets", "include",
     "models")
)  # fmt: skip
_SERVICE_KEYS = frozenset(("image", "build", "extends", "command", "environment", "deploy"))


def _claims(path: str) -> bool:
    return path.endswith((".yaml", ".yml"))


def _screen(data: bytes, options: Options) -> bool:
    likely = _may_be_compose(data) or _may_be_kubernetes(data) or _may_be_kustomize(data)
    return likely or may_hold(data) or patroni.may_be(data)


def _may_be_compose(data: bytes) -> bool:
    if b"services:" not in data:
        return b"include:" in data and b"compose" in data
    return any(key in data for key in (b"image:", b"build:", b"extends:", b"environment:"))


def _may_be_kubernetes(data: bytes) -> bool:
    if b"kind:" not in data and b'"kind"' not in data:
        return False
    operated = any(group.encode() in data for group in GROUPS)
    if not operated and not any(kind in data for kind in _KINDS):
        return False
    if _DEFINITION not in data:  # whose descriptions name every kind there is
        return True
    known = {kind.decode() for kind in _LINE.findall(data)}
    return (operated and len(known) > 1) or bool(known & (WORKLOADS | OTHERS | {"List"}))


def _may_be_kustomize(data: bytes) -> bool:
    if b"kustomize.config.k8s.io" in data or b"path: /spec/" in data:
        return True
    heads = (b"resources:", b"bases:")
    return data.startswith(heads) or any(b"\n" + head in data for head in heads)


def _read(source: SourceFile, options: Options) -> FileReading:
    stream = yaml.read(source)
    template = (ChartFile(source),) if "templates/" in source.path else ()
    if template and stream.unread and is_readable(source):
        return FileReading(source.path, NAME, documents=template)
    found: list[Manifest] = []
    for document in stream.documents:
        if isinstance(document, Mapping):
            found += _manifests(document, source)
        elif isinstance(document, Sequence) and _is_patch(document):
            empty = Mapping((), "", document.span)
            found.append(Manifest(PATCH, empty, source, patch=document))
    roots = (document for document in stream.documents if isinstance(document, Mapping))
    members = [told for root in roots for told in patroni.configurations(root)]
    inner = [reading for m in found for reading in embedded.of_manifest(m, options)]
    return FileReading(
        source.path,
        NAME,
        configurations=(*members, *(c for r in inner for c in r.configurations)),
        poolers=tuple(p for reading in inner for p in reading.poolers),
        servers=tuple(s for reading in inner for s in reading.servers),
        documents=(*found, *template),
        unread=(*_ours(stream.unread, source), *(u for r in inner for u in r.unread)),
    )


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _ours(unread: tuple[Unreadable, ...], source: SourceFile) -> tuple[Unreadable, ...]:
    """Return what of it is worth a word: a template counts if it would make a workload."""
    if not unread or unread[0].broken:
        return unread
    kinds = {kind.decode() for kind in _LINE.findall(source.text.encode(errors="replace"))}
    return unread if not kinds or kinds & WORKLOADS else ()


def _manifests(root: Mapping, source: SourceFile) -> Iterator[Manifest]:
    kind = root.text("kind")
    described = recognised(root, source.path)
    if described:
        yield Manifest(described, root, source)
    elif is_kustomization(root, source.path):
        yield Manifest(KUSTOMIZATION, root, source)
    elif kind == "List" or (kind.endswith("List") and root.get("items")):
        for item in root.mappings("items"):
            yield from _manifests(item, source)
    elif root.text("apiVersion"):
        if kind in WORKLOADS or kind in OTHERS or is_operated(root):
            yield Manifest(kind, root, source)
    elif _is_compose(root):
        yield Manifest("Compose", root, source)


def _is_patch(document: Sequence) -> bool:
    """Tell whether a document is a list of operations (RFC 6902), for a kustomization."""
    return bool(document.items) and all(
        isinstance(node, Mapping) and node.text("op") and node.text("path").startswith("/")
        for node in document.items
    )


def _is_compose(root: Mapping) -> bool:
    names = {item.key.text for item in root.items}
    if any(name not in _COMPOSE_KEYS and not name.startswith("x-") for name in names):
        return False
    services = root.mapping("services").items
    if not services:
        return "include" in names and bool(root.sequence("include"))
    return any(
        isinstance(item.value, Mapping)
        and any(key.key.text in _SERVICE_KEYS for key in item.value.items)
        for item in services
    )
