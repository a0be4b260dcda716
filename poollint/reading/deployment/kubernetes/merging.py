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
    """Return `root` with one `add`, `replace` or `remove`, as it is where that leads nowhere."""
    path = tuple(
        part.replace("~1", "/").replace("~0", "~") for part in operation.text("path").split("/")[1:]
    )
    kind, value = operation.text("op"), operation.get("value")
    if not path or (value is None if kind in ("add", "replace") else kind != "remove"):
        return root
    changed = _changed(root, path, kind, value)
    return changed if isinstance(changed, Mapping) else root


def _changed(node: Node, path: tuple[str, ...], kind: str, value: Node | None) -> Node:
    """Return a node with what an operation does below it."""
    name, *rest = path
    if isinstance(node, Mapping):
        items = {item.key.text: item for item in node.items}
        if rest:
            if name in items:
                inner = _changed(items[name].value, tuple(rest), kind, value)
                items[name] = Item(items[name].key, inner)
        elif value is None or kind == "remove":
            items.pop(name, None)
        else:
            return with_value(node, path, value)
        return replace(node, items=tuple(items.values()))
    if isinstance(node, Sequence):
        return _in_list(node, name, tuple(rest), kind, value)
    return node


def _in_list(
    node: Sequence, name: str, rest: tuple[str, ...], kind: str, value: Node | None
) -> Sequence:
    at = len(node.items) if name == "-" else int(name[:6]) if name.isdecimal() else -1
    adds = kind == "add" and not rest
    if not 0 <= at < len(node.items) + adds:
        return node
    before, after = node.items[:at], node.items[at + 1 :]
    if rest:
        inner = _changed(node.items[at], rest, kind, value)
        return replace(node, items=(*before, inner, *after))
    if value is None or kind == "remove":
        return replace(node, items=(*before, *after))
    return replace(node, items=(*before, value, *(node.items[at:] if adds else after)))


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
    placed: dict[str, Node] = {}  # in the patch's order, before all others (kustomize 5)
    for node in after.items:
        if not isinstance(node, Mapping):
            continue
        name = node.text(key)
        known = found.pop(name, None)
        if node.text("$patch") == "delete":
            continue
        placed[name] = _merged(known, node, depth) if known else node
    return replace(before, items=(*placed.values(), *found.values()))
