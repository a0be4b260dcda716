"""Which Compose files make up a project, merged as Docker Compose merges them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.compose import merging, said_over
from poollint.reading.deployment.linking.documents import EnvironmentFile, Manifest
from poollint.syntax.yaml import Item, Mapping, Scalar, Sequence

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDE = re.compile(r"(?:docker-)?compose\.override\.ya?ml")
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
    manifests: Iterable[Manifest],
    given: Iterable[EnvironmentFile] = (),
    commands: tuple[tuple[str, ...], ...] = (),
) -> tuple[Project, ...]:
    """Return the projects of all Compose files of a tree.

    `given` are its files of variables, `commands` what its makefiles and scripts lay over each
    other.

    The default file of a folder takes its override file in. Another file of the folder is a
    project of its own where every service of it can start alone; else it is laid over what its
    comments or such commands say, or the default file (`-f a -f b`), which is a project besides.
    Without a default file those make up one that say so by their name, or by what their services
    wait for. A file that others take most of its services from (`extends: {file: …}`) is none.
    Where a `.env` says which files make up the project of its folder (`COMPOSE_FILE`), these do.
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
        found += _of_folder(folder, members, files, told.get(folder, ())[:1], commands)
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
    folder: str,
    members: list[Manifest],
    files: dict[str, Manifest],
    told: Iterable[Manifest],
    commands: tuple[tuple[str, ...], ...],
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
            usual = [manifest] if _complete(manifest, main) else [main, manifest]
            layers = said_over.layers(manifest, files, commands) or usual
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
    root = merging.whole(layers[0], files)
    for layer in layers[1:]:
        root = merging.merged(root, merging.whole(layer, files), ())
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

    Of those that include each other one is no other's; a default file is started by itself, too,
    whatever else of its folder includes it.
    """
    found: set[str] = set()
    above: dict[str, set[str]] = {}
    stores = _stores(files)
    for path in sorted(files, key=lambda p: (basename(p) not in NAMES, p)):
        taken = (home for home, _ in _extends(files[path]) if home in stores)
        for target in (*(target for target, _ in merging.includes(files[path])), *taken):
            alone = dirname(target) == dirname(path) and basename(target) in NAMES
            if target != path and target not in above.get(path, ()):
                found |= set() if alone and basename(path) not in NAMES else {target}
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
            yield merging.within(manifest, file), item.value.text("extends", "service")
