"""Kubernetes objects as a renderer writes them, compared with those that poollint makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from poollint.reading.deployment.images.images import Images
from poollint.reading.deployment.kubernetes import kubernetes
from poollint.reading.deployment.kubernetes.kubernetes import WORKLOADS
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.reader import Options
from poollint.syntax.yaml import Mapping, Scalar
from tests.lab.renderers import Comparison

_PODS = {"Pod": ("spec",), "CronJob": ("spec", "jobTemplate", "spec", "template", "spec")}
_SCALED = frozenset(("Deployment", "StatefulSet", "ReplicaSet"))


def compared_objects(
    manifests: Iterable[Manifest], objects: Iterable[dict[str, Any]], where: str,
    found: Comparison,
) -> None:  # fmt: skip
    """Compare workloads by kind and name, whatever a renderer puts before or behind that."""
    known = {(m.kind, m.name): m for m in manifests if m.kind in WORKLOADS}
    theirs = {_key(o, known): o for o in objects if o.get("kind") in WORKLOADS}
    theirs = {key: value for key, value in theirs.items() if _has_images(value)}
    placed = kubernetes.read(known.values(), "", Images(()), Options())
    ours = {(p.workload.kind, p.workload.name): p for p in placed}
    for key in sorted(ours.keys() | theirs.keys()):
        unknown = any("${" in name for _, name in ours) and key not in ours
        found.take("workload", f"{where} {key}", None if unknown else key in ours, key in theirs)
    for key in sorted(ours.keys() & theirs.keys()):
        _workload(known[key], theirs[key], f"{where} {key[0]} {key[1]}", found)


def _key(object_: dict[str, Any], known: Iterable[tuple[str, str]]) -> tuple[str, str]:
    kind, name = str(object_["kind"]), str(object_.get("metadata", {}).get("name", ""))
    inside = [own for other, own in known if other == kind and own in name]
    return kind, name if name in inside or not inside else max(inside, key=len)


def _has_images(object_: dict[str, Any]) -> bool:
    return any(c.get("image") for c in _pod(object_).get("containers") or ())


def _pod(object_: Any) -> dict[str, Any]:
    for key in _PODS.get(object_["kind"], ("spec", "template", "spec")):
        object_ = (object_ or {}).get(key) or {}
    return dict(object_)


def _workload(manifest: Manifest, theirs: dict[str, Any], where: str, found: Comparison) -> None:
    if manifest.kind in _SCALED:
        count = theirs["spec"].get("replicas")
        found.take("replicas", where, *_pair(manifest.root.get("spec", "replicas"), count))
    path = _PODS.get(manifest.kind, ("spec", "template", "spec"))
    ours = {c.text("name"): c for c in manifest.root.mapping(*path).mappings("containers")}
    containers = {str(c.get("name")): c for c in _pod(theirs).get("containers") or ()}
    if not any("${" in name for name in ours):
        found.take("containers", where, sorted(ours), sorted(containers))
    for name in sorted(ours.keys() & containers.keys()):
        _container(ours[name], containers[name], f"{where} {name}", found)


def _container(ours: Mapping, theirs: dict[str, Any], where: str, found: Comparison) -> None:
    for key in ("command", "args"):
        node = ours.get(key)
        words = [n.text for n in ours.sequence(key) if isinstance(n, Scalar)]
        unknown = isinstance(node, Scalar) or any("${" in w or "HELM_" in w for w in words)
        told = [str(word) for word in theirs.get(key) or ()]
        found.take(key, where, None if unknown and node else words, told)
    given = {
        str(e["name"]): e.get("value") for e in theirs.get("env") or () if "valueFrom" not in e
    }
    env = ours.get("env")
    known = {
        e.text("name"): e.get("value") for e in ours.mappings("env") if e.get("valueFrom") is None
    }
    partial = any(isinstance(node, Scalar) for node in ours.sequence("env"))
    if partial or isinstance(env, Scalar) or any("${" in name for name in known):
        found.unknown["variables"] += 1
        return
    for name in sorted(known.keys() | given.keys()):
        if name in known and name in given:
            found.take("variable", f"{where} {name}", *_pair(known[name], given[name]))
        else:
            found.take("variable", f"{where} {name}", name in known, name in given)


def _pair(node: object, value: object) -> tuple[object, object]:
    """Return a value of both sides as texts, ours None where it is not known."""
    told = "" if value is None else str(value)
    if node is None:
        return "", told
    if not isinstance(node, Scalar) or node.tag.startswith("!unknown") or "${" in node.text:
        return None, told
    ours = "" if node.is_null else node.text
    if told in ("True", "False") and not node.style:
        ours = ours.capitalize()
    return ours, told
