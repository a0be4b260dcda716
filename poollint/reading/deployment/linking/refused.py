"""What Compose and Kustomize refuse to start or build, though each file by itself can be read.

Files that include each other, services that extend each other or one that is not there, two
numbers for one thing: a budget without them would be smaller without a word. What is not in the
tree may be made before it is started; it is told, and is no fault of the file.

Source: docker-compose 5.6.1 and kustomize 5.8.1, which were asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from posixpath import dirname, normpath

from poollint.model.source import Unreadable
from poollint.reading.deployment.compose.merging import includes, within
from poollint.reading.deployment.kubernetes import kustomize
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping, Node, Scalar

COMPOSE = "Compose"
_FILES = (".yaml", ".yml", ".json")
_REMOTE = re.compile(r"://|\?ref=|//|^git@|^[\w-]+\.\w+/|\$\{")


def refused(
    documents: Iterable[object], beside: Callable[[str], str] | None = None
) -> tuple[Unreadable, ...]:
    """Return what the programs refuse, and what is taken in and not in the tree.

    `beside` gives the text of a file of the tree that describes nothing, "" where there is none.
    """
    manifests = [d for d in documents if isinstance(d, Manifest)]
    files = {m.source.path: m for m in manifests if m.kind == COMPOSE}
    folders = {
        dirname(normpath(m.source.path)) or ".": m for m in manifests if m.kind == kustomize.KIND
    }
    known = {normpath(m.source.path) for m in manifests}
    missing = _missing(folders, known, beside) if beside else ()
    return (*_of_compose(files), *_of_kustomize(folders), *missing)


def _of_compose(files: dict[str, Manifest]) -> Iterator[Unreadable]:
    for path, manifest in files.items():
        for target, node in includes(manifest):
            if _leads_to(target, path, lambda at: _included(files.get(at))):
                yield Unreadable(node.span, "Compose refuses it: the file includes itself")
            elif target not in files:
                reason = "Compose takes in a file that is not in the tree, or is none of its own"
                yield Unreadable(node.span, reason, broken=False)
        yield from _of_services(manifest, files)


def _included(manifest: Manifest | None) -> Iterator[str]:
    yield from (target for target, _ in includes(manifest)) if manifest else ()


def _of_services(manifest: Manifest, files: dict[str, Manifest]) -> Iterator[Unreadable]:
    seen: set[str] = set()
    for item in manifest.root.mapping("services").items:
        name, service = item.key.text, item.value
        if name in seen:
            reason = f"Compose refuses it: the service `{name}` is stated twice"
            yield Unreadable(item.key.span, reason)
        seen.add(name)
        if isinstance(service, Mapping):
            yield from _extending(name, service, manifest, files)
            yield from _counted(service)


def _extending(
    name: str, service: Mapping, manifest: Manifest, files: dict[str, Manifest]
) -> Iterator[Unreadable]:
    node = service.get("extends")
    base = _base((manifest.source.path, name), files)
    if node is None or base is None:
        return
    path, other = base
    if path not in files:
        reason = f"Compose extends a service of `{path}`, which is not in the tree"
        yield Unreadable(node.span, reason, broken=False)
    elif path == manifest.source.path and _has_not(manifest, other):
        reason = f"Compose refuses it: there is no service `{other}` to extend"
        yield Unreadable(node.span, reason)
    elif _circles((manifest.source.path, name), files):
        yield Unreadable(node.span, "Compose refuses it: the service extends itself")


def _has_not(manifest: Manifest, name: str) -> bool:
    """Tell whether a file has no service of a name, and takes in none that may."""
    known = manifest.root.get("services", name)
    return known is None and not manifest.root.get("include")


def _base(service: tuple[str, str], files: dict[str, Manifest]) -> tuple[str, str] | None:
    """Return the file and the name of what a service extends."""
    path, name = service
    node: Node | None = files[path].root.get("services", name, "extends") if path in files else None
    if isinstance(node, Scalar):
        return path, node.text
    if not isinstance(node, Mapping) or not node.text("service"):
        return None
    file = node.text("file")
    return (within(files[path], file) if file else path), node.text("service")


def _circles(start: tuple[str, str], files: dict[str, Manifest]) -> bool:
    seen: set[tuple[str, str]] = set()
    at: tuple[str, str] | None = start
    while at is not None and at not in seen:
        seen.add(at)
        at = _base(at, files)
    return at == start


def _counted(service: Mapping) -> Iterator[Unreadable]:
    scale, replicas = service.get("scale"), service.get("deploy", "replicas")
    numbers = [n.text for n in (scale, replicas) if isinstance(n, Scalar) and n.text.isdecimal()]
    if scale and len(set(numbers)) > 1:
        reason = f"Compose refuses it: `scale` is {numbers[0]}, `deploy.replicas` {numbers[1]}"
        yield Unreadable(scale.span, reason)


def _of_kustomize(folders: dict[str, Manifest]) -> Iterator[Unreadable]:
    for folder, manifest in folders.items():
        for target, node in kustomize.taken(manifest):
            if target in folders and _leads_to(target, folder, lambda at: _taken(folders.get(at))):
                yield Unreadable(node.span, "Kustomize refuses it: it takes in itself")


def _missing(
    folders: dict[str, Manifest], known: set[str], beside: Callable[[str], str]
) -> Iterator[Unreadable]:
    """Yield what kustomizations take in that is neither remote nor in the tree."""
    for manifest in folders.values():
        for target, node in kustomize.taken(manifest):
            text = node.text if isinstance(node, Scalar) else ""
            remote = _REMOTE.search(text) is not None
            if remote or target in folders or target in known or target.startswith(".."):
                continue
            is_file = target.endswith(_FILES)
            if not is_file or not beside(target):
                # Of a file that is too large, or no text, there is nothing to be asked for either.
                unread = ", or is not read" if is_file else ""
                reason = f"Kustomize takes in `{text}`, which is not in the tree{unread}"
                yield Unreadable(node.span, reason, broken=False)


def _taken(manifest: Manifest | None) -> Iterator[str]:
    yield from (target for target, _ in kustomize.taken(manifest)) if manifest else ()


def _leads_to(start: str, end: str, following: Callable[[str], Iterable[str]]) -> bool:
    """Tell whether what is at `start` takes in, by whatever way, what is at `end`."""
    waiting, seen = [start], set[str]()
    while waiting:
        at = waiting.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            waiting += following(at)
    return False
