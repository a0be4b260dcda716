"""Prefixes and suffixes that kustomizations put to the names of objects, and to what names these.

Source: kustomize 12f9e6391, api/internal/builtins/PrefixTransformer.go and SuffixTransformer.go
(`namePrefix`, `nameSuffix`) and konfig/builtinpluginconsts/namereference.go (which fields name
other objects). A text such as the host in a variable is no reference: it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from poollint.reading.deployment.kubernetes.merging import with_value
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar

MAX_DEPTH = 40
# Under which key an object is named, by which field of it, and of what kind it is.
_FIELDS = {
    "configMapRef": ("name", "ConfigMap"),
    "configMapKeyRef": ("name", "ConfigMap"),
    "configMap": ("name", "ConfigMap"),
    "secretRef": ("name", "Secret"),
    "secretKeyRef": ("name", "Secret"),
    "secret": ("secretName", "Secret"),
    "scaleTargetRef": ("name", ""),
}
_Names = dict[tuple[str, str], list[Manifest]]


def affixed(found: Iterable[Manifest], prefix: str, suffix: str) -> list[Manifest]:
    """Return objects that bear a prefix and a suffix more.

    Their own names are kept until all is built, for patches may go by them.
    """
    return [
        replace(m, affixes=(f"{prefix}{m.affixes[0]}", f"{m.affixes[1]}{suffix}")) for m in found
    ]


def shown(manifest: Manifest, name: str = "") -> str:
    """Return the name of an object with its prefix and suffix; `name` instead of its own."""
    prefix, suffix = manifest.affixes
    return f"{prefix}{name or manifest.name}{suffix}"


def renamed(found: Sequence[Manifest]) -> Iterator[Manifest]:
    """Yield what a kustomization builds under the names that it is applied with."""
    if not any(any(m.affixes) for m in found):
        yield from found
        return
    names: _Names = {}
    for manifest in found:
        names.setdefault((manifest.kind, manifest.name), []).append(manifest)
    for manifest in found:
        root = _with_references(manifest.root, manifest, names, 0)
        assert isinstance(root, Mapping)
        root = _served(root, manifest, names)
        name = root.get("metadata", "name")
        if isinstance(name, Scalar) and any(manifest.affixes):
            told = replace(name, text=shown(manifest))
            root = with_value(root, ("metadata", "name"), told)
        yield replace(manifest, root=root)


def _served(root: Mapping, manifest: Manifest, names: _Names) -> Mapping:
    """Return a StatefulSet with the name of the Service that is its own."""
    node = root.get("spec", "serviceName")
    if manifest.kind != "StatefulSet" or not isinstance(node, Scalar):
        return root
    return with_value(root, ("spec", "serviceName"), _told(node, "Service", manifest, names))


def _with_references(node: Node, manifest: Manifest, names: _Names, depth: int) -> Node:
    if depth > MAX_DEPTH:
        return node
    if isinstance(node, yaml.Sequence):
        inner = (_with_references(one, manifest, names, depth + 1) for one in node.items)
        return replace(node, items=tuple(inner))
    if not isinstance(node, Mapping):
        return node
    items = []
    for item in node.items:
        value = _with_references(item.value, manifest, names, depth + 1)
        field, kind = _FIELDS.get(item.key.text, ("", ""))
        named = value.get(field) if field and isinstance(value, Mapping) else None
        if isinstance(value, Mapping) and isinstance(named, Scalar):
            told = _told(named, kind or value.text("kind"), manifest, names)
            value = with_value(value, (field,), told)
        items.append(Item(item.key, value))
    return replace(node, items=tuple(items))


def _told(node: Scalar, kind: str, manifest: Manifest, names: _Names) -> Scalar:
    """Return the name of another object with its prefix and suffix, as it is where none is meant.

    Of several that were called so it is the one that was built together with this.
    """
    every = names.get((kind, node.text), [])
    alike = [other for other in every if other.affixes == manifest.affixes] or every
    return replace(node, text=shown(alike[0])) if len(alike) == 1 else node
