"""Images that no file builds, in a tree with one Dockerfile: what tells that they are made of it.

An image is taken for that of the tree if it has the name of a package that the tree is, or if it
is the only one that lies where images of one's own do: the registry of an account in a cloud, or
none at all. What others publish, and what stands beside a container that is built of the
Dockerfile, is not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from posixpath import join, normpath

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.images.images import home, is_pooler, is_server, reference
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.limits import Limits
from poollint.reading.deployment.linking.deployed import Placed, Sketch, Unit, units
from poollint.reading.deployment.linking.documents import ImageFile, Manifest
from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.pools.pools import aside
from poollint.reading.deployment.programs.commands import Sources

# Registries of accounts in clouds, and of one's own machine. What Google publishes is not listed.
_OWN = re.compile(
    r"\d+\.dkr\.ecr\.[\w-]+\.amazonaws\.com/.+|[\w-]+-docker\.pkg\.dev/(?!cloudrun/).+"
    r"|[\w-]+\.azurecr\.io/.+|registry\.digitalocean\.com/.+|localhost:\d+/.+"
)
_WORDS = re.compile(r"\w+(?:[-_]\w+)+")
_TRIED = re.compile(r"[.-](?:dev|devel|development|test|tests|testing|local|ci|debug)$", re.I)
# Where a package says what it is called: in a table of TOML, in JSON, or behind its address.
_NAMES = (
    ("pyproject.toml", re.compile(r'(?m)^name\s*=\s*["\']([\w.-]+)["\']')),
    ("Cargo.toml", re.compile(r'(?m)^name\s*=\s*"([\w.-]+)"')),
    ("go.mod", re.compile(r"(?m)^module\s+(?:\S*/)?([\w.-]*[A-Za-z][\w.-]*?)(?:/v\d+)?\s*$")),
)


@dataclass(frozen=True, slots=True)
class _Only:
    """The Dockerfile, and the names of the packages that the tree is."""

    file: ImageFile
    names: frozenset[str]

    def makes(self, image: str) -> bool:
        """Tell whether an image is called after a package of the tree."""
        return _plain(reference(image)[1]) in self.names


def taken(described: Sequence[Environment], around: Around) -> Iterator[Environment]:
    """Yield environments, containers of the tree's own image with what its Dockerfile says."""
    file = _only(around)
    images = {unit.container.image for unit in _unknown(described, file)} if file else set()
    own = sorted(image for image in images if _is_own(image))
    if file is None or not images:
        yield from described
        return
    only = _Only(file, _packages(file, around))
    alone = len({reference(image) for image in own}) == 1 and _is_top(file, around)
    meant = {image for image in images if only.makes(image) or (alone and image in own)}
    sources = {d.source.path: d.source for d in around.documents if isinstance(d, Manifest)}
    for one in described:
        fits = meant and not _builds(one, file)
        yield _with(one, meant, file, sources) if fits else one


def _only(around: Around) -> ImageFile | None:
    """Return the one Dockerfile of the tree whose image is neither tried out nor a server's."""
    found = [
        file
        for file in around.images.files
        if not aside(below(file.source.path, around.top))
        and not _TRIED.search(file.source.path)
        and ".devcontainer" not in file.source.path
    ]
    if len(found) != 1 or not (found[0].command or found[0].entrypoint):
        return None
    base = found[0].base
    return None if is_server(base) or is_pooler(base) else found[0]


def _unknown(described: Iterable[Environment], file: ImageFile) -> Iterator[Unit]:
    """Yield the containers of which no file tells what their image is made of."""
    for one in described:
        if not _builds(one, file):
            yield from (u for placed in one.placed for u in placed.units if _is_unknown(u, placed))


def _builds(one: Environment, file: ImageFile) -> bool:
    """Tell whether something of an environment is built of a Dockerfile, as its files say."""
    path = file.source.path
    every = (unit.file for placed in one.placed for unit in placed.units)
    return any(made and made.source.path == path for made in every)


def _is_unknown(unit: Unit, placed: Placed) -> bool:
    container, known = unit.container, platforms()
    if unit.file or container.build or placed.workload.kind == "function":
        return False
    owner, name = reference(container.image)
    if is_server(container.image) or is_pooler(container.image) or owner in known.publishers:
        return False
    return bool(name) and not known.is_idle(name) and name not in (*known.foreign, *known.migrating)


def _is_own(image: str) -> bool:
    """Tell whether an image lies in a registry of one's own, or in none and is of several words.

    What Docker publishes itself has hardly ever a name of several words.
    """
    owner, name = reference(image)
    bare = owner == "library" and "/" not in image and _WORDS.fullmatch(name)
    return bool(bare or _OWN.fullmatch(image))


def _is_top(file: ImageFile, around: Around) -> bool:
    return home(file.source.path) == normpath(around.top or ".")


def _packages(file: ImageFile, around: Around) -> frozenset[str]:
    """Return what the files of packages beside a Dockerfile, and around it, call themselves."""
    text = around.options.beside
    if text is None:
        return frozenset()
    found: set[str] = set()
    for folder in {home(file.source.path), normpath(around.top or ".")}:
        for name, pattern in _NAMES:
            match = pattern.search(text(normpath(join(folder, name))))
            found |= {match[1]} if match else set()
        found.add(_of_json(text(normpath(join(folder, "package.json")))))
    return frozenset(filter(None, map(_plain, found)))


def _of_json(text: str) -> str:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    name = root.get("name") if isinstance(root, dict) else ""
    return name.rpartition("/")[2] if isinstance(name, str) else ""


def _plain(name: str) -> str:
    """Return a name as others may write it; one of a plain word is that of many."""
    plain = re.sub(r"[-_.]+", "-", name.lower())
    return "" if plain in ("app", "api", "web", "backend", "server", "frontend") else plain


def _with(one: Environment, meant: set[str], file: ImageFile, sources: Sources) -> Environment:
    """Return an environment whose containers of these images start what the Dockerfile says."""
    placed = tuple(_placed(each, meant, file, sources) for each in one.placed)
    why = f"taken to be made of {file.source.path}: no other Dockerfile of the tree fits"
    joins = tuple((image, f"`{image}` is {why}") for image in sorted(meant))
    return replace(one, placed=placed, joins=(*one.joins, *joins))


def _placed(placed: Placed, meant: set[str], file: ImageFile, sources: Sources) -> Placed:
    every = Counter(unit.container.span for unit in placed.units)
    found: list[Unit] = []
    for unit in placed.units:
        # Of what a command starts side by side each program is a unit: these are as they are.
        fits = unit.container.image in meant and every[unit.container.span] == 1
        fits = fits and _is_unknown(unit, placed)
        found += _made(unit, file, sources) if fits else (unit,)
    return placed.of(found)


def _made(unit: Unit, file: ImageFile, sources: Sources) -> tuple[Unit, ...]:
    """Return a container of unknown image as what the Dockerfile, and its own command, start."""
    container, argv = unit.container, unit.argv
    sketch = Sketch(
        name=container.name,
        span=container.span,
        image=container.image,
        variables=container.variables,
        entrypoint=argv if unit.replaced else None,
        arguments=None if unit.replaced else argv,
        build=home(file.source.path),
        file=file,
        complete=unit.complete,
        limits=Limits(container.memory, container.descriptors, container.cores),
        folder=unit.folder,
    )
    return tuple(replace(one, taken=True) for one in units(sketch, sources))
