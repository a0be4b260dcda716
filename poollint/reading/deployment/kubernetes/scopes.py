"""Which manifests are applied together: environments, each a budget of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import commonpath, dirname, join, relpath

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.kubernetes import instances, shared
from poollint.reading.deployment.kubernetes.kubernetes import WORKLOADS
from poollint.reading.deployment.kubernetes.operators import KINDS
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.wording import quoted

_PLACED = WORKLOADS | KINDS | {"Knative"}  # as its format calls it


@dataclass(frozen=True, slots=True)
class Scope:
    """Kubernetes objects that are applied together, and what their environment is called.

    `notes` say in words what else connects to servers that it shares with others.
    """

    name: str
    manifests: tuple[Manifest, ...]
    notes: tuple[str, ...] = ()


def root(paths: Iterable[str]) -> str:
    """Return the folder that all paths are in: names of folders above it say nothing."""
    folders = {path.rpartition("/")[0] if "/" in path else "" for path in paths}  # of thousands
    try:
        return commonpath(folders) if folders else ""
    except ValueError:  # absolute and relative ones
        return ""


def below(path: str, top: str) -> str:
    """Return `path` as it is seen from the folder `top`; "" for the folder itself."""
    if not top:
        return path
    found = relpath(path, top)
    return "" if found == "." else found


def environment(path: str) -> str:
    """Return the folder on the way to `path` that names an environment, "" where none does.

    `path` is seen from the root of the tree.
    """
    known = platforms()
    parts = path.split("/")[:-1]
    for index, part in enumerate(parts):
        if part.lower() in known.environments or (index and parts[index - 1] in known.parents):
            return "/".join(parts[: index + 1])
    return ""


def scopes(manifests: Iterable[Manifest], top: str) -> tuple[Scope, ...]:
    """Return the environments of the objects that are applied in the tree at `top`.

    A folder that names an environment is one. Objects that would overwrite each other (the same
    kind, name and namespace) are not applied together: then folders are, as far up as none clash.
    """
    groups: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        name = environment(below(manifest.path, top))
        groups.setdefault(name, []).append(manifest)
    notes = _share(groups, top)
    found: list[Scope] = []
    for name, members in groups.items():
        parts = list(_apart(members, root(m.path for m in members)))
        for part in parts:
            title = name if name and len(parts) == 1 else _title(part, top, split=len(parts) > 1)
            made = by_namespace(title, part)
            found += (replace(scope, notes=tuple(notes.get(name, ()))) for scope in made)
    return tuple(found)


def _share(groups: dict[str, list[Manifest]], top: str) -> dict[str, list[str]]:
    """Give environments the namespaces of no environment that they lead to by full names.

    These then serve there, and not by themselves, unless other objects of none are beside them.
    Returns what is told in each of a namespace that others lead to as well.
    """
    common = groups.get("", [])
    spaces = {m.namespace for m in common if m.kind in _PLACED and shared.serves(m)} - {""}
    given: dict[str, list[str]] = {}
    for name, members in [pair for pair in groups.items() if pair[0] and spaces]:
        own = {m.namespace for m in members}
        led_to = set().union(*shared.referred(members, spaces).values()) - own
        members += [m for m in common if m.namespace in led_to and _is_shared(m)]
        for space in sorted(led_to):
            given.setdefault(space, []).append(name)
    common = _beside(common, groups, given)
    own_ = (m for m in common if m.kind in _PLACED)
    if given and all(m.namespace in given and shared.serves(m) for m in own_):
        del groups[""]
    elif common:
        asked = _asked(common, given)
        given = {s: ["", *names] if s in asked else names for s, names in given.items()}
    return _counted_elsewhere(given, _title(common, top, split=False) if common else "")


def _beside(
    common: list[Manifest], groups: dict[str, list[Manifest]], given: dict[str, list[str]]
) -> list[Manifest]:
    """Return what is of no environment, without what the only other one is joined by.

    Two that lead to one namespace by its full name ask one server. Several environments may be
    clusters of their own, in which the same names lead to other servers.
    """
    only = {space: names[0] for space, names in given.items() if len(names) == 1}
    moved = dict[str, str]()
    for space, led_to in shared.referred(common, only).items():
        names = {only[other] for other in led_to}
        if space and len(names) == 1:
            moved[space] = names.pop()
    for name in set(moved.values()):
        own = [m for m in common if moved.get(m.namespace) == name and m not in groups[name]]
        if not clash([*groups[name], *own]):
            groups[name] += own
            common = [m for m in common if not any(m is other for other in own)]
    if moved:
        groups[""] = common
    return common


def _asked(manifests: list[Manifest], spaces: Iterable[str]) -> set[str]:
    """Return the namespaces in which something runs beside servers, or to which something leads."""
    clients = [m for m in manifests if m.kind in _PLACED and not shared.serves(m)]
    led_to = shared.referred(manifests, spaces)
    return {m.namespace for m in clients}.union(*led_to.values())


def _counted_elsewhere(given: dict[str, list[str]], rest: str) -> dict[str, list[str]]:
    """Return what is told of namespaces; `rest` is what all of no environment is called."""
    found: dict[str, list[str]] = {}
    for space, names in given.items():
        for name in names if len(names) > 1 else ():
            others = quoted(other or rest or "." for other in names if other != name)
            text = f"what connects to the namespace `{space}` in {others} is counted there"
            found.setdefault(name, []).append(text)
    return found


def _is_shared(manifest: Manifest) -> bool:
    """Tell whether an object is a server or a pooler, or may be something of one."""
    return shared.serves(manifest) or manifest.kind not in _PLACED


def _title(manifests: list[Manifest], top: str, *, split: bool) -> str:
    """Return the folder that the manifests are in, or their one file among several."""
    own = [m for m in manifests if not instances.is_scaler(m)] or manifests
    paths = {m.path for m in own}
    return below(paths.pop() if split and len(paths) == 1 else root(paths), top)


def clash(manifests: list[Manifest]) -> bool:
    """Tell whether objects would overwrite each other: the same kind, name and namespace."""
    seen: set[tuple[str, str, str]] = set()
    for manifest in manifests:
        if manifest.kind not in _PLACED:
            continue
        key = (manifest.kind, manifest.name, manifest.namespace)
        if key in seen:
            return True
        seen.add(key)
    return False


def _apart(manifests: list[Manifest], folder: str = "") -> Iterator[list[Manifest]]:
    """Yield what is applied together of all below `folder`: the highest folders without a clash.

    What lies in a folder itself is for itself where those within it are divided; of one without
    others each file is.
    """
    if not clash(manifests):
        yield manifests
        return
    within: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        rest = below(dirname(manifest.path), folder)
        within.setdefault(rest.partition("/")[0], []).append(manifest)
    for name, members in within.items():
        if name:
            yield from _apart(members, join(folder, name))
        elif not clash(members):
            yield members
        else:
            yield from instances.with_scalers(_by_file(members))


def _by_file(manifests: Iterable[Manifest]) -> Iterable[list[Manifest]]:
    files: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        files.setdefault(manifest.path, []).append(manifest)
    return files.values()


def by_namespace(name: str, manifests: list[Manifest]) -> list[Scope]:
    """Divide an environment by namespaces that hold the same workloads (`dev`, `prod`).

    Other namespaces belong together: an application in one may use a database in another. So do
    those that lead to the same other one by the full name of a Service.
    """
    spaces: dict[str, set[tuple[str, str]]] = {}
    for manifest in manifests:
        if manifest.kind in _PLACED and manifest.namespace:
            spaces.setdefault(manifest.namespace, set()).add((manifest.kind, manifest.name))
    names = sorted(spaces)
    overlap = any(
        spaces[one] & spaces[other] for i, one in enumerate(names) for other in names[i + 1 :]
    )
    if not overlap:
        return [Scope(name, tuple(manifests))]
    return [
        Scope(
            "/".join(part for part in (name, title) if part),
            tuple(m for m in manifests if m.namespace in ("", *together)),
        )
        for title, together in _together(spaces, manifests)
    ]


def _together(
    spaces: dict[str, set[tuple[str, str]]], manifests: list[Manifest]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the namespaces that share one, called after that, and the others, each for itself."""
    serving = {manifest.namespace for manifest in manifests if shared.serves(manifest)}
    alone = [
        one
        for one, own in spaces.items()
        if one in serving
        and not any(own & theirs for other, theirs in spaces.items() if other != one)
    ]
    leads = shared.referred(manifests, alone)
    taken: set[str] = set()
    for one in sorted(alone):
        users = [space for space in spaces if one in leads.get(space, ()) and space not in taken]
        if users and one not in taken:
            taken.update((one, *users))
            yield one, (one, *users)
    yield from ((one, (one,)) for one in sorted(spaces) if one not in taken)
