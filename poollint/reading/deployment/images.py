"""Which Dockerfile an image is built from, and which images are PostgreSQL or PgBouncer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from poollint.catalog.platforms import PoolerImage, platforms
from poollint.reading.deployment.dockerfile import image_file
from poollint.reading.deployment.documents import ImageFile

_TAG = re.compile(r"(?:@sha256:[0-9a-f]+|:[\w][\w.-]*)$")
_VERSION = re.compile(r":v?(\d+(?:\.\d+)*)(?![\d.:/])[^/:]*$")
_NUMBERED = re.compile(r"(postgresql|postgres)[-_]?\d[\w.-]*")
_CONFIGURATION = re.compile(r"pgbouncer|postgres|\.(?:ini|conf)(?:\.sample)?$", re.I)
_VARIABLE_TAG = re.compile(r":\$\{[^}]*\}$|:-?\$\w+$")


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
class Images:
    """The Dockerfiles of the tree.

    `built` holds what Compose files say of images: name, build folder, Dockerfile.
    """

    files: tuple[ImageFile, ...]
    built: tuple[tuple[str, str, str], ...] = ()

    def at(self, path: str, target: str = "") -> ImageFile | None:
        """Return the Dockerfile at `path`, as far as its stage `target`."""
        found = next((f for f in self.files if f.source.path == path), None)
        return image_file(found.source, target) if found and target else found

    def of(self, image: str) -> tuple[str, ImageFile | None]:
        """Return the build folder and the Dockerfile of an image, as far as files tell.

        A Compose file that builds it says so. Else the one Dockerfile counts whose folder has
        the image's name.
        """
        name = reference(image)[1]
        for built, folder, path in self.built:
            if reference(built)[1] == name and name:
                return folder, self.at(path)
        homes = [f for f in self.files if name and basename(dirname(f.source.path)) == name]
        if len(homes) == 1:
            return dirname(homes[0].source.path), homes[0]
        return "", None


def copied(file: ImageFile | None, folder: str) -> Iterator[str]:
    """Yield the files of the tree that are configuration of a server or pooler in an image.

    `folder` is what the image is built from. A folder counts if its name, or the place it is
    copied to, says what it is for: `COPY . .` does not make every file configuration.
    """
    for source, place in file.copies if file else ():
        if _CONFIGURATION.search(source) or _CONFIGURATION.search(place):
            for home in {folder, dirname(file.source.path) if file else folder}:
                yield normpath(join(home, source.lstrip("/")))


def images(documents: Iterable[object], built: Iterable[tuple[str, str, str]] = ()) -> Images:
    """Return the Dockerfiles among the documents of a tree."""
    return Images(tuple(d for d in documents if isinstance(d, ImageFile)), tuple(built))
