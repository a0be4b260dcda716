"""Patches laid over Kubernetes objects: strategic merges, and the simple ones of JSON 6902.

Source: Kubernetes' patchMergeKey tags of core/v1 types.go; RFC 6902.
"""

from __future__ import annotations

from dataclasses import replace

from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

# Lists that merge by a key of their elements; all others are replaced.
_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
}
MAX_DEPTH = 50


def patched(root: Mapping, patch: Node) -> Mapping:
    """Return `root` with a patch: a mapping is merged, a sequence is a list of operations."""
    if isinstance(patch, Mapping):
        return _merged(root, patch, 0)
    for operation in patch.items if isinstance(patch, Sequence) else ():
        if isinstance(operation, Mapping):
            root = _operated(root, operation)
    return root


def _operated(root: Mapping, operation: Mapping) -> Mapping:
    """Return `root` with one `replace` or `add` whose path leads through mappings only."""
    path = tuple(
        part.replace("~1", "/").replace("~0", "~") for part in operation.text("path").split("/")[1:]
    )
    value = operation.get("value")
    if operation.text("op") not in ("replace", "add") or value is None or not path:
        return root
    above = root.get(*path[:-1]) if len(path) > 1 else root
    return with_value(root, path, value) if isinstance(above, Mapping) else root


def with_value(root: Mapping, path: tuple[str, ...], value: Node) -> Mapping:
    """Return `root` with `value` under `path`; mappings that are missing are made."""
    name, *rest = path
    if rest:
        inner = root.get(name)
        below = inner if isinstance(inner, Mapping) else Mapping((), "", value.span)
        value = with_value(below, tuple(rest), value)
    items = {item.key.text: item for item in root.items}
    key = items[name].key if name in items else Scalar(name, "", "", value.span)
    items[name] = Item(key, value)
    return replace(root, items=tuple(items.values()))


def _merged(base: Mapping, patch: Mapping, depth: int) -> Mapping:
    if patch.text("$patch") == "replace" or depth > MAX_DEPTH:
        return patch
    items = {item.key.text: item for item in base.items}
    for item in patch.items:
        name = item.key.text
        before = items.get(name)
        if name == "$patch":
            continue
        if isinstance(item.value, Scalar) and item.value.is_null:
            items.pop(name, None)
        elif before is None:
            items[name] = item
        else:
            items[name] = Item(before.key, _joined(name, before.value, item.value, depth + 1))
    return replace(base, items=tuple(items.values()))


def _joined(name: str, before: Node, after: Node, depth: int) -> Node:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _merged(before, after, depth)
    if name in _KEYS and isinstance(before, Sequence) and isinstance(after, Sequence):
        return _by_key(_KEYS[name], before, after, depth)
    return after


def _by_key(key: str, before: Sequence, after: Sequence, depth: int) -> Sequence:
    found = {node.text(key): node for node in before.items if isinstance(node, Mapping)}
    for node in after.items:
        if not isinstance(node, Mapping):
            continue
        name = node.text(key)
        if node.text("$patch") == "delete":
            found.pop(name, None)
        elif name in found:
            found[name] = _merged(found[name], node, depth)
        else:
            found[name] = node
    return replace(before, items=tuple(found.values()))
