"""What a Compose file says with all that it includes, extends, or is laid over.

Source: compose-spec 170098b, 10-fragments.md, 13-merge.md, 14-include.md and the `extends`
part of 05-services.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import dirname, join, normpath

from poollint.model.source import Span
from poollint.reading.deployment.compose import rebasing
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

MAX_DEPTH = 10
# Both forms, a list of `NAME=value` and a mapping, merge by name.
_BY_NAME = ("environment", "labels", "extra_hosts", "sysctls", "annotations")
_DEFAULT = re.compile(r"\$\{\w+:?-([^${}]*)\}")
_REPLACED = ("command", "entrypoint")


def includes(manifest: Manifest) -> Iterator[tuple[str, Node]]:
    """Yield the paths of the files that a Compose file includes, and what names them."""
    for entry in manifest.root.sequence("include"):
        node: Node | None = entry.get("path") if isinstance(entry, Mapping) else entry
        nodes = node.items if isinstance(node, Sequence) else (node,)
        for path in nodes:
            if isinstance(path, Scalar):
                yield within(manifest, _by_default(path.text)), path


def _way(other: Manifest, manifest: Manifest, at: Node) -> str:
    """Return the way to the folder that the paths of an included file count from."""
    for entry in manifest.root.sequence("include"):
        stated = entry.text("project_directory") if isinstance(entry, Mapping) else ""
        if stated and entry.span.start <= at.span.start < entry.span.end:
            return "" if normpath(stated) == "." else normpath(stated)
    return rebasing.between(other.source.path, manifest.source.path)


def _by_default(text: str) -> str:
    """Return a path with the defaults of its variables (`compose.${DB:-postgresql}.yml`)."""
    return _DEFAULT.sub(lambda match: match[1], text)


def within(manifest: Manifest, path: str) -> str:
    """Return a path that stands in a manifest, as the paths of files are written."""
    return normpath(join(dirname(manifest.source.path), path))


def whole(manifest: Manifest, files: dict[str, Manifest], around: tuple[str, ...] = ()) -> Mapping:
    """Return the document with what it includes and extends put in."""
    root = manifest.root
    here = (*around, manifest.source.path)
    if len(around) < MAX_DEPTH:
        for path, at in includes(manifest):
            other = files.get(path)
            if other and path not in here:
                taken = rebasing.project(whole(other, files, here), _way(other, manifest, at))
                root = merged(taken, root, ())
    services = root.mapping("services")
    last = {item.key.text: item for item in services.items}  # of a name that is stated twice
    items = tuple(
        replace(item, value=_extended(item.value, manifest, files, 0)) for item in last.values()
    )
    return _with(root, "services", replace(services, items=items))


def _extended(service: Node, manifest: Manifest, files: dict[str, Manifest], depth: int) -> Node:
    if not isinstance(service, Mapping) or depth >= MAX_DEPTH:
        return service
    extends = service.get("extends")
    if isinstance(extends, Scalar):
        name, home = extends.text, manifest
    elif isinstance(extends, Mapping):
        name = extends.text("service")
        file = extends.text("file")
        named = files.get(within(manifest, file)) if file else manifest
        if named is None:
            return service
        home = named
    else:
        return service
    found = _stated(name, home, files)
    if found is None or found[0] is service:
        return service
    base, home = found
    whole = _extended(base, home, files, depth + 1)
    whole = rebasing.service(whole, rebasing.between(home.source.path, manifest.source.path))
    own = replace(service, items=tuple(i for i in service.items if i.key.text != "extends"))
    return merged(whole, own, ("services", name)) if isinstance(whole, Mapping) else service


def _stated(
    name: str, manifest: Manifest, files: dict[str, Manifest], around: tuple[str, ...] = ()
) -> tuple[Mapping, Manifest] | None:
    """Return a service of a file, or of one that it includes, and where it stands."""
    own = manifest.root.get("services", name)
    if isinstance(own, Mapping):
        return own, manifest
    here = (*around, manifest.source.path)
    for path, _ in includes(manifest) if len(here) <= MAX_DEPTH else ():
        other = files.get(path)
        found = _stated(name, other, files, here) if other and path not in here else None
        if found:
            return found
    return None


def merged(base: Mapping, over: Mapping, path: tuple[str, ...]) -> Mapping:
    """Return `base` with `over` laid over it: maps merge, lists append, commands replace."""
    items = {item.key.text: item for item in base.items}
    for item in over.items:
        name = item.key.text
        before = items.get(name)
        if item.value.tag == "!reset":
            items.pop(name, None)
            continue
        items[name] = item
        if before is None or item.value.tag == "!override" or name in _REPLACED:
            continue
        items[name] = Item(before.key, _joined(before.value, item.value, (*path, name)))
    return replace(over, items=tuple(items.values()))


def _joined(before: Node, after: Node, path: tuple[str, ...]) -> Node:
    if path[-1] in _BY_NAME:
        before, after = by_name(before), by_name(after)
    if len(path) > MAX_DEPTH:
        return after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return merged(before, after, path)
    if isinstance(before, Sequence) and isinstance(after, Sequence):
        return replace(after, items=(*before.items, *after.items))
    return after


def by_name(node: Node) -> Node:
    """Return a list of `NAME=value` as a mapping; a bare NAME has the null value."""
    if not isinstance(node, Sequence):
        return node
    items: dict[str, Item] = {}
    for entry in node.items:
        if isinstance(entry, Scalar):
            name, equals, value = entry.text.partition("=")
            style = '"' if equals else ""
            scalar = Scalar(value, style, "", _tail(entry, len(name) + len(equals)))
            items[name] = Item(replace(entry, text=name), scalar)
    return Mapping(tuple(items.values()), "", node.span)


def _tail(entry: Scalar, offset: int) -> Span:
    """Return where the value begins, where the text stands as it is on one line."""
    start, end = entry.span.start, entry.span.end
    quotes = 2 if entry.style in ("'", '"') else 0
    if start.line != end.line or end.column - start.column != len(entry.text) + quotes:
        return entry.span
    column = start.column + quotes // 2 + offset
    return Span.at(entry.span.path, start.line, column, len(entry.text) - offset)


def _with(root: Mapping, name: str, value: Mapping) -> Mapping:
    items = tuple(
        replace(item, value=value) if item.key.text == name else item for item in root.items
    )
    return replace(root, items=items)
