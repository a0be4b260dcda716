"""Which Dockerfile an image is built from, and which images are PostgreSQL or PgBouncer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import basename, dirname, join, normpath, relpath
from typing import Any

from poollint.catalog.platforms import PoolerImage, platforms
from poollint.model.source import SourceFile
from poollint.reading.deployment.images import supervised
from poollint.reading.deployment.images.dockerfile import image_file
from poollint.reading.deployment.linking.documents import DaemonFile, ImageFile, ScriptFile
from poollint.reading.deployment.programs.entrypoints import put_in, with_scripts

_TAG = re.compile(r"(?:@sha256:[0-9a-f]+|:[\w][\w.-]*)$")
_VERSION = re.compile(r":v?(\d+(?:\.\d+)*)(?![\d.:/])[^/:]*$")
_NUMBERED = re.compile(r"(postgresql|postgres)[-_]?\d[\w.-]*")
_CONFIGURATION = re.compile(r"pgbouncer|postgres|initdb|\.(?:ini|conf)(?:\.sample)?$", re.I)
_PURPOSE = re.compile(
    r"(?:docker|container)file[.-]([\w-]+)|([\w-]+)\.(?:docker|container)file", re.I
)
_VARIABLE_TAG = re.compile(r":[\w.-]*\$\{[^}]*\}[\w.-]*$|:-?\$\w+[\w.-]*$")


@lru_cache(maxsize=20_000)
def reference(image: str) -> tuple[str, str]:
    """Return the owner and the name of an image, without registry and tag.

    `docker.io/bitnami/pgbouncer:1.23` gives ("bitnami", "pgbouncer"), `postgres:16`
    ("library", "postgres").
    """
    path = _TAG.sub("", _VARIABLE_TAG.sub("", image.strip()))
    path = _TAG.sub("", path)
    parts = [part for part in path.split("/") if part]
    if not parts:
        return "", ""
    return (parts[-2] if len(parts) > 1 else "library"), parts[-1]


def version(image: str) -> str:
    """Return the version that the tag of an image tells ("1.23.1"), "" where it tells none."""
    found = _VERSION.search(image.partition("@")[0])
    return found[1] if found else ""


def is_server(image: str) -> bool:
    """Tell whether the image is known to start PostgreSQL."""
    owner, name = reference(image.lower())
    known = platforms()
    if name in known.owners and name in known.servers:
        return owner in known.owners[name]
    return name in known.servers or _NUMBERED.fullmatch(name) is not None


def pooler_image(image: str) -> PoolerImage | None:
    """Return what is known of an image that runs PgBouncer from its environment."""
    owner, name = reference(image.lower())
    return next(
        (p for p in platforms().pooler_images if p.name == name and owner in p.owners), None
    )


def is_pooler(image: str) -> bool:
    """Tell whether the name of the image says PgBouncer, and not something that watches it."""
    name = reference(image.lower())[1]
    return "pgbouncer" in name and not re.search(r"exporter|monitor|metrics|test|client", name)


@dataclass(frozen=True, slots=True)
class Build:
    """An image that a pipeline builds: of which folder and Dockerfile, and which file says so.

    What the file leaves to whoever runs the pipeline is a `*` in the name of the image.
    """

    image: str
    folder: str
    path: str
    origin: str


@dataclass(frozen=True, slots=True)
class Images:
    """The Dockerfiles of the tree.

    `built` holds what Compose files say of images: name, build folder, Dockerfile; `services`
    the same by the name of the service that is built; `released` what pipelines build. `charts`
    holds the name of each chart, and the folder it lies in.
    """

    files: tuple[ImageFile, ...]
    built: tuple[tuple[str, str, str], ...] = ()
    services: tuple[tuple[str, str, str], ...] = ()
    released: tuple[Build, ...] = ()
    charts: tuple[tuple[str, str], ...] = ()
    _known: dict[tuple[str, str], tuple[str, ImageFile | None]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _index: _Index = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index(self))

    def at(self, path: str, target: str = "") -> ImageFile | None:
        """Return the Dockerfile at `path`, as far as its stage `target`."""
        found = self._index.at.get(path)
        staged = image_file(found.source, target) if found and target else None
        if found is None or staged is None:
            return found
        return replace(staged, scripts=found.scripts, kept=found.kept)

    def of(self, image: str, container: str = "") -> tuple[str, ImageFile | None]:
        """Return the build folder and the Dockerfile of an image, as far as files tell.

        A Compose file, or a pipeline, that builds it says so. Else the one Dockerfile counts whose
        folder has the image's name, or holds a chart of that name, or that of the Compose service
        after which it is called (`shop-api`, `shop:api`), or that is called so itself
        (`Dockerfile.api`); of an image that no registry holds the name of its container is as good.
        """
        asked = (image, container)
        if asked not in self._known:
            self._known[asked] = self._of(image, container)
        return self._known[asked]

    def _of(self, image: str, container: str) -> tuple[str, ImageFile | None]:
        name = reference(image)[1]
        if name in self._index.built:
            folder, path = self._index.tagged.get((name, _tag(image)), self._index.built[name])
            return folder, self.at(path)
        released = self._released(image)
        if len(released) == 1:
            return self._home(released[0]), self.at(released[0].path)
        around = {self._home(build) for build in released}
        if len(around) == 1:
            return around.pop(), None  # of several Dockerfiles: none is known to be the one
        if reference(image)[0] in platforms().publishers:
            return "", None
        homes = self._index.folders.get(name, [])
        if len(homes) == 1:
            folder = dirname(homes[0].source.path) or "."
            rivals = self._rivals(name, folder, homes[0])
            return self._context(homes[0]) or folder, None if rivals else homes[0]
        if not name or is_server(image) or is_pooler(image):
            return "", None
        known = self._titles(image, container)
        called = {ending for title in known for ending in _endings(title)}
        found = {made for ending in called for made in self._index.services.get(ending, ())}
        found = found or {
            (home(path), path) for ending in called for path in self._index.purposes.get(ending, ())
        }
        if len(found) != 1:
            return "", None
        ((folder, path),) = found
        return folder, self.at(path)

    def _released(self, image: str) -> tuple[Build, ...]:
        """Return the builds of pipelines whose image this is, one for each way that it starts.

        They have its name in a registry, and no other tag than it has.
        """
        owner, name = reference(image)
        same = [b for b in self._index.released.get(name, ()) if self.at(b.path)]
        owned = [b for b in same if reference(b.image)[0] == owner] or same
        tag = _tag(image)
        fitting = [b for b in owned if not tag or _tag(b.image) in ("", tag)] or owned
        return self._told_apart(fitting)

    def _told_apart(self, every: Iterable[Build]) -> tuple[Build, ...]:
        """Return one build for each folder and each way to start that Dockerfiles state."""
        made: dict[object, Build] = {}
        for build in every:
            file = self.at(build.path)
            made.setdefault((self._home(build), _start(file) if file else None), build)
        return tuple(made.values())

    def _home(self, build: Build) -> str:
        """Return the folder whose code is in an image: that of its Dockerfile, below the context.

        It is the context where the Dockerfile takes nothing of its own folder.
        """
        own, file = home(build.path), self.at(build.path)
        below = own.startswith(f"{build.folder}/") or build.folder == "."
        return own if below and _takes(file, relpath(own, build.folder)) else build.folder

    def _context(self, file: ImageFile) -> str:
        """Return the folder whose code is in an image, as all say that build it, else ""."""
        path = file.source.path
        made = (Build("", folder, at, "") for _, folder, at in (*self.built, *self.services))
        homes = {self._home(b) for b in (*self.released, *made) if b.path == path}
        return homes.pop() if len(homes) == 1 else ""

    def _rivals(self, name: str, folder: str, file: ImageFile) -> tuple[Build, ...]:
        """Return what pipelines build in a folder that may be an image, but starts otherwise."""
        nameless = (
            b
            for b in self._index.nameless
            if fnmatchcase(name, b.image)
            and folder in (self._home(b), home(b.path))
            and self.at(b.path)
        )
        return tuple(
            b for b in self._told_apart(nameless) if _start(self._index.at[b.path]) != _start(file)
        )

    def why(self, image: str, container: str = "") -> str:
        """Return what tells of which Dockerfile an image is made, "" where a Compose file says so.

        An image that is not built where it runs is taken for the one of its name.
        """
        name = reference(image)[1]
        if not name or name in self._index.built:
            return ""
        folder, file = self.of(image, container)
        released = self._released(image)
        if file:
            built = f", which {released[0].origin} builds" if released else ", by its name"
            return f"`{image}` is taken to be made of {file.source.path}{built}"
        ways = [f"{build.path}, which {build.origin} builds" for build in released]
        if folder and not released:
            own = next(iter(self._index.folders.get(name, ())), None)
            if own is None:
                return ""  # a Compose file builds it of a folder that lies elsewhere
            ways = [f"{own.source.path}, by its name"]
            ways += [f"{b.path}, which {b.origin} builds" for b in self._rivals(name, folder, own)]
        return f"`{image}` may be made of {', or of '.join(ways)}" if folder else ""

    def _titles(self, image: str, container: str) -> tuple[str, ...]:
        """Return what an image may be called after: its name, with its tag, its container's."""
        owner, name = reference(image)
        tag = image.rpartition(":")[2] if ":" in image.rpartition("/")[2] else ""
        tagged = f"{name}-{tag}" if tag else name
        if owner != "library":
            return (name, tagged)
        own = (container,) if container and self._made_here(image) else ()
        # What Docker publishes itself has hardly ever a name of several words.
        plain = (name,) if tag in ("", "latest") and re.search("[-_]", name) else ()
        return (tagged, *own, *plain)

    @staticmethod
    def _made_here(image: str) -> bool:
        """Tell whether the name of an image without an owner is that of no published one."""
        return re.search(r"(?:^|[-_])(?:img|image|local|dev|app)\b", image) is not None


class _Index:
    """What is asked of images, by the names that it is asked by; none is empty.

    at        Dockerfiles by their path
    folders   Dockerfiles by the name of their folder
    purposes  paths of Dockerfiles by what they are called after
    built     build folder and Dockerfile by the name of the image, the first one that says so;
              `tagged` by its name and its tag
    services  all of them by the name of the service
    released  builds of pipelines by the name of the image; of `nameless` no file tells all of it
    """

    def __init__(self, images: Images) -> None:
        self.at: dict[str, ImageFile] = {}
        self.folders: dict[str, list[ImageFile]] = {}
        self.purposes: dict[str, list[str]] = {}
        self.built: dict[str, tuple[str, str]] = {}
        self.tagged: dict[tuple[str, str], tuple[str, str]] = {}
        self.services: dict[str, list[tuple[str, str]]] = {}
        self.released: dict[str, list[Build]] = {}
        for file in images.files:
            path = file.source.path
            self.at.setdefault(path, file)
            self.folders.setdefault(basename(dirname(path)), []).append(file)
            self.purposes.setdefault(_purpose(path), []).append(path)
        charts = (chart for chart in images.charts if chart[0] not in self.folders)
        made = {name: _around(folder, self.at) for name, folder in charts}
        paths = [around.source.path for around in made.values() if around]
        for name, around in made.items():
            # Of several charts below one Dockerfile some are of what others publish.
            if around and paths.count(around.source.path) == 1:
                self.folders[name] = [around]
        for image, folder, path in images.built:
            name = reference(image)[1]
            self.built.setdefault(name, (folder, path))
            self.tagged.setdefault((name, _tag(image)), (folder, path))
        for service, folder, path in images.services:
            self.services.setdefault(service, []).append((folder, path))
        for build in images.released:
            self.released.setdefault(reference(build.image)[1], []).append(build)
        self.nameless = [build for build in images.released if "*" in build.image]
        named: tuple[dict[str, Any], ...] = (
            self.folders, self.purposes, self.built, self.services, self.released
        )  # fmt: skip
        for names in named:
            names.pop("", None)


def _around(folder: str, files: Mapping[str, ImageFile]) -> ImageFile | None:
    """Return the Dockerfile of the nearest folder around another that has one."""
    while folder:
        folder = dirname(folder)
        for name in ("Dockerfile", "Containerfile"):
            found = files.get(join(folder, name))
            if found:
                return found
    return None


def _endings(title: str) -> Iterator[str]:
    """Yield a title and what it ends with behind a hyphen or an underscore."""
    yield title
    for sign in re.finditer("[-_]", title):
        yield title[sign.end() :]


def _purpose(path: str) -> str:
    """Return what a Dockerfile is called after: "api" of `Dockerfile.api`, `api.Dockerfile`."""
    found = _PURPOSE.fullmatch(basename(path))
    return (found[1] or found[2]).lower() if found else ""


def home(path: str) -> str:
    """Return the folder a Dockerfile is most likely built from: not one of Dockerfiles only."""
    folder = dirname(path)
    docker = basename(folder).lower() in platforms().docker
    return normpath(dirname(folder) if docker else folder or ".")


def _tag(image: str) -> str:
    """Return the tag of an image, "" where none stands there, or a variable makes it."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return "" if re.search(r"[$_{]", tag) else tag


def _start(file: ImageFile) -> tuple[object, ...]:
    """Return what tells how an image starts, and with which variables."""
    words = (file.entrypoint or (), file.command or ())
    return (
        reference(file.base),
        tuple(tuple(part.text for part in parts) for parts in words),
        tuple((name, part.text) for name, part in file.variables),
        tuple((name, script.path) for name, script in file.scripts),
        tuple((name, daemons.source.path) for name, daemons in file.kept),
        file.programs,
    )


def _takes(file: ImageFile | None, folder: str) -> bool:
    """Tell whether an image may have something of a folder of its context."""
    sources = [normpath(source.lstrip("/") or ".") for source, _ in file.copies] if file else []
    if not sources or (file and file.staged):
        return True
    around = (folder, *_above(folder))
    return any(source in (".", *around) or source.startswith(f"{folder}/") for source in sources)


def _above(folder: str) -> Iterator[str]:
    """Yield the folders that a folder lies in."""
    while dirname(folder):
        folder = dirname(folder)
        yield folder


def copied(file: ImageFile | None, folder: str) -> Iterator[str]:
    """Yield the files of the tree that are configuration of a server or pooler in an image.

    `folder` is what the image is built from. A folder counts if its name, or the place it is
    copied to, says what it is for: `COPY . .` does not make every file configuration.
    """
    for source, place in file.copies if file else ():
        if _CONFIGURATION.search(source) or _CONFIGURATION.search(place):
            for home in {folder, dirname(file.source.path) if file else folder}:
                yield normpath(join(home, source.lstrip("/")))


def placed_by(file: ImageFile | None, folder: str) -> Iterator[tuple[str, str]]:
    """Yield what a Dockerfile puts in: the place in the image, and the file or folder of the tree.

    The last comes first. `folder` is what the image is built from.
    """
    for source, place in reversed(file.copies if file else ()):
        inner = join(place, basename(source)) if place.endswith("/") else place
        for home in dict.fromkeys((folder, dirname(file.source.path) if file else folder)):
            yield join(file.folder if file else "", inner), normpath(join(home, source.lstrip("/")))


def images(
    documents: Iterable[object],
    built: Iterable[tuple[str, str, str]] = (),
    services: Iterable[tuple[str, str, str]] = (),
    released: Iterable[Build] = (),
    charts: Iterable[tuple[str, str]] = (),
) -> Images:
    """Return the Dockerfiles among the documents of a tree."""
    every = tuple(documents)
    scripts = [d.source for d in every if isinstance(d, ScriptFile)]
    built, services, released = tuple(built), tuple(services), tuple(released)
    made = {path: folder for _, folder, path in (*built, *services) if path}
    made |= {build.path: build.folder for build in released}
    files = (d for d in every if isinstance(d, ImageFile))
    kept = {normpath(d.source.path): d for d in every if isinstance(d, DaemonFile)}
    if scripts or kept:
        files = (_with_files(file, scripts, kept, made) for file in files)
    return Images(tuple(files), built, services, released, tuple(charts))


def _with_files(
    file: ImageFile, scripts: list[SourceFile], kept: Mapping[str, DaemonFile],
    made: Mapping[str, str],
) -> ImageFile:  # fmt: skip
    """Return a Dockerfile with the scripts and the files of PM2 that it copies."""
    path = file.source.path
    contexts = (made[path],) if path in made else (home(path), dirname(path))
    named = put_in(file, kept, contexts)
    found = with_scripts(file, scripts, contexts)
    return replace(found, kept=tuple(supervised.whole(file, named, kept, contexts)))
