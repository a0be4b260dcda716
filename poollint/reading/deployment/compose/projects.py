"""Which Compose files make up a project, merged as Docker Compose merges them.

Source: compose-spec 170098b, 10-fragments.md, 13-merge.md, 14-include.md and the `extends`
part of 05-services.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join, normpath

from poollint.catalog.platforms import platforms
from poollint.model.source import Span
from poollint.reading.deployment.compose import rebasing, said_over
from poollint.reading.deployment.linking.documents import EnvironmentFile, Manifest
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

MAX_DEPTH = 10
NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDE = re.compile(r"(?:docker-)?compose\.override\.ya?ml")
# Both forms, a list of `NAME=value` and a mapping, merge by name.
_BY_NAME = ("environment", "labels", "extra_hosts", "sysctls", "annotations")
_DEFAULT = re.compile(r"\$\{\w+:?-([^${}]*)\}")
_REPLACED = ("command", "entrypoint")
_LAID = re.compile(r"(?<![a-z])override(?![a-z])", re.I)  # says that it is laid over another file
_SOURCES = ("context", "dockerfile", "dockerfile_inline")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Project:
    """What one `docker compose up` starts: the merged document and the files it comes from."""

    scope: str
    folder: str
    root: Mapping
    files: tuple[Manifest, ...]


def projects(
    manifests: Iterable[Manifest], given: Iterable[EnvironmentFile] = ()
) -> tuple[Project, ...]:
    """Return the projects of all Compose files of a tree; `given` are its files of variables.

    The default file of a folder takes its override file in. Another file of the folder is a
    project of its own where every service of it can start alone; else it is laid over what its
    comments say, or the default file (`-f a -f b`), which is a project besides. Without a default
    file those make up one that say so by their name, or by what their services wait for. A file
    that others take most of its services from (`extends: {file: …}`) is none. Where a `.env` says
    which files make up the project of its folder (`COMPOSE_FILE`), these do.
    """
    files = {m.source.path: m for m in manifests}
    folders: dict[str, list[Manifest]] = {}
    included = _included(files)
    told = _told(given, files)
    used = {m.source.path for layers in told.values() for m in layers}
    for path, manifest in sorted(files.items()):
        if path not in included | used:
            folders.setdefault(dirname(path), []).append(manifest)
    found = [
        _project(layers[0].source.path, dirname(layers[0].source.path), layers, files)
        for layers in told.values()
    ]
    for folder, members in folders.items():
        found += _of_folder(folder, members, files, told.get(folder, ())[:1])
    return tuple(found)


def _told(
    given: Iterable[EnvironmentFile], files: dict[str, Manifest]
) -> dict[str, list[Manifest]]:
    """Return the files that make up a project as the `.env` of a folder says, all in the tree.

    Source: docs.docker.com, "Set or change pre-defined environment variables" (a colon between
    them, a semicolon on Windows, or what the other variable says).
    """
    found: dict[str, list[Manifest]] = {}
    for one in given:
        if basename(one.path) != ".env":
            continue
        values = {binding.name: binding.value for binding in one.bindings}
        stated = values.get("COMPOSE_FILE", "")
        sign = values.get("COMPOSE_PATH_SEPARATOR") or (";" if ";" in stated else ":")
        paths = [normpath(join(dirname(one.path), name)) for name in stated.split(sign) if name]
        if paths and all(path in files for path in paths):
            found[dirname(one.path)] = [files[path] for path in dict.fromkeys(paths)]
    return found


def _of_folder(
    folder: str, members: list[Manifest], files: dict[str, Manifest], told: Iterable[Manifest]
) -> Iterator[Project]:
    named = {basename(m.source.path): m for m in (*members, *told)}
    main = next((named[name] for name in NAMES if name in named), None)
    overrides = [m for name, m in named.items() if _OVERRIDE.fullmatch(name)]
    default = [main, *overrides] if main else []
    if main:
        if main in members:
            yield _project(main.source.path, folder, [main, *overrides], files)
        others = (m for m in members if m not in default)
        for manifest in (m for m in others if not _only_builds(m, main)):
            laid = said_over.layers(manifest, files) or [main, manifest]
            layers = [manifest] if _complete(manifest, main) else laid
            home = dirname(layers[0].source.path)
            yield _project(manifest.source.path, home, layers, files)
        return
    for layers in _together(members):
        base = _base(layers, files) if len(layers) == 1 else None
        home = dirname(base.source.path) if base else folder  # paths count from the first file
        layers = [base, *layers] if base else layers
        yield _project(layers[-1].source.path, home, layers, files)


def _base(layers: list[Manifest], files: dict[str, Manifest]) -> Manifest | None:
    """Return the one file of another folder that a file is laid over, by its name and services."""
    (manifest,) = layers
    if not _LAID.search(basename(manifest.source.path)):
        return None
    own = _services(layers)
    found = [m for m in files.values() if m is not manifest and own <= _services([m])]
    found = [m for m in found if not _LAID.search(basename(m.source.path))]
    return found[0] if own and len(found) == 1 else None


def _together(members: list[Manifest]) -> list[list[Manifest]]:
    """Return the files of a folder without a default one, those together that one starts so.

    They are of one `name`, each with services of its own, or one waits for services that only
    the other has (`-f a -f b`).
    """
    named: dict[str, list[Manifest]] = {}
    for manifest in members:
        named.setdefault(manifest.root.text("name") or manifest.source.path, []).append(manifest)
    groups: list[list[Manifest]] = []
    for alike in named.values():
        groups += [alike] if _are_apart(alike) else [[manifest] for manifest in alike]
    used: list[list[Manifest]] = []
    for index, group in enumerate(groups):
        missing = _missing(group)
        others = [g for g in groups if g is not group and missing and missing <= _services(g)]
        if len(others) == 1 and others[0] not in used and group not in used:
            groups[index] = [*others[0], *group]
            used.append(others[0])
    return [group for group in groups if group not in used]


def _services(group: list[Manifest]) -> set[str]:
    return {item.key.text for m in group for item in m.root.mapping("services").items}


def _are_apart(group: list[Manifest]) -> bool:
    """Tell whether no service stands in two of the files: these would be kinds of one project."""
    every = [item.key.text for m in group for item in m.root.mapping("services").items]
    return len(every) == len(set(every))


def _missing(group: list[Manifest]) -> set[str]:
    """Return the services that those of some files wait for, and that none of these files has."""
    services = (i.value for m in group for i in m.root.mapping("services").items)
    needed = (n for s in services if isinstance(s, Mapping) for n in _needs(s))
    return set(needed) - _services(group)


def _needs(service: Mapping) -> Iterator[str]:
    node = service.get("depends_on")
    if isinstance(node, Mapping):
        yield from (item.key.text for item in node.items)
    elif isinstance(node, Sequence):
        yield from (n.text for n in node.items if isinstance(n, Scalar))


def _project(
    scope: str, folder: str, layers: list[Manifest], files: dict[str, Manifest]
) -> Project:
    root = _whole(layers[0], files)
    for layer in layers[1:]:
        root = merged(root, _whole(layer, files), ())
    return Project(scope, folder, root, tuple(layers))


def _only_builds(manifest: Manifest, main: Manifest) -> bool:
    """Tell whether all that a file says is how services of another are built: as many run."""
    items = manifest.root.mapping("services").items
    return bool(items) and all(
        isinstance(item.value, Mapping)
        and {i.key.text for i in item.value.items} == {"build"}
        and _is_part(item, main)
        for item in items
    )


def _is_part(item: Item, main: Manifest) -> bool:
    """Tell whether a service only changes how one of the default file is built."""
    build = item.value.get("build") if isinstance(item.value, Mapping) else None
    part = isinstance(build, Mapping) and not any(build.get(key) for key in _SOURCES)
    return part and main.root.get("services", item.key.text) is not None


def _complete(manifest: Manifest, main: Manifest) -> bool:
    """Tell whether every service has an image and everything that it waits for.

    What only changes how a service of the default file is built has none.
    """
    if _LAID.search(basename(manifest.source.path)):
        return False
    for item in manifest.root.mapping("services").items:
        if not isinstance(item.value, Mapping):
            return False
        if not any(item.value.get(key) for key in ("image", "build", "extends")):
            return False
        if not item.value.get("image") and _is_part(item, main):
            return False
    return not _missing([manifest])


def _included(files: dict[str, Manifest]) -> set[str]:
    """Return the files that are parts of others: what these include, or take their services from.

    Of those that include each other one is no other's.
    """
    found: set[str] = set()
    above: dict[str, set[str]] = {}
    stores = _stores(files)
    for path in sorted(files, key=lambda p: (basename(p) not in NAMES, p)):
        taken = (home for home, _ in _extends(files[path]) if home in stores)
        for target in (*(target for target, _ in includes(files[path])), *taken):
            if target != path and target not in above.get(path, ()):
                found.add(target)
                above.setdefault(target, set()).update({path, *above.get(path, ())})
    return found


def _stores(files: dict[str, Manifest]) -> set[str]:
    """Return the files that are there for others to extend most of their services.

    One that is started by its name alone, or that names an environment, is started as well.
    """
    taken: dict[str, set[str]] = {}
    for path, manifest in files.items():
        for home, service in _extends(manifest):
            if home in files and home != path:
                taken.setdefault(home, set()).add(service)
    found = set()
    for home, services in taken.items():
        own = _services([files[home]])
        words = set(_WORD.findall(basename(home).lower()))
        started = basename(home) in NAMES or words & platforms().environments
        if not started and 2 * len(services & own) > len(own):
            found.add(home)
    return found


def _extends(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the files, and the services of these, that the services of a file extend."""
    for item in manifest.root.mapping("services").items:
        if isinstance(item.value, Mapping) and (file := item.value.text("extends", "file")):
            yield within(manifest, file), item.value.text("extends", "service")


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


def _whole(manifest: Manifest, files: dict[str, Manifest], around: tuple[str, ...] = ()) -> Mapping:
    """Return the document with what it includes and extends put in."""
    root = manifest.root
    here = (*around, manifest.source.path)
    if len(around) < MAX_DEPTH:
        for path, at in includes(manifest):
            other = files.get(path)
            if other and path not in here:
                taken = rebasing.project(_whole(other, files, here), _way(other, manifest, at))
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
