"""What a service of Compose has of the repository, and where within its containers that stands.

Source: compose-spec 170098b, 05-services.md (volumes, configs, secrets).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from poollint.reading.deployment.compose.projects import Project
from poollint.syntax.yaml import Mapping, Node, Scalar


class Context(Protocol):
    """What is asked of the project."""

    @property
    def project(self) -> Project:
        """Return the project itself."""

    def path(self, text: str) -> str:
        """Return a path that a service names, as the paths of files are written."""

    def text(self, node: Node | None) -> str:
        """Return a text with what its variables stand for."""


def mounts(service: Mapping, context: Context) -> Iterator[str]:
    """Yield the files and folders of the repository that the service sees."""
    yield from (outer for _, outer in files(service, context))


def files(service: Mapping, context: Context) -> Iterator[tuple[str, str]]:
    """Yield the files and folders of the repository, each behind its place in a container."""
    for volume in service.sequence("volumes"):
        if isinstance(volume, Mapping):
            path = context.text(volume.get("source")) if volume.text("type") == "bind" else ""
        else:
            path = context.text(volume).partition(":")[0]
        if path.startswith((".", "/")) or (path and isinstance(volume, Mapping)):
            yield _target(volume, context), context.path(path)
    for key, folder in (("configs", "/"), ("secrets", "/run/secrets/")):
        for entry in service.sequence(key):
            name = entry.text("source") if isinstance(entry, Mapping) else context.text(entry)
            file = context.project.root.get(key, name, "file")
            if isinstance(file, Scalar):
                own = _target(entry, context) if isinstance(entry, Mapping) else ""
                yield own or f"{folder}{name}", context.path(context.text(file))


def targets(service: Mapping, context: Context) -> Iterator[str]:
    """Yield the paths within the container at which something is mounted."""
    for volume in service.sequence("volumes"):
        yield _target(volume, context)
    for key in ("configs", "secrets"):
        for entry in service.sequence(key):
            if isinstance(entry, Mapping):
                yield _target(entry, context)


def _target(entry: Node, context: Context) -> str:
    if isinstance(entry, Mapping):
        return context.text(entry.get("target"))
    return context.text(entry).partition(":")[2].partition(":")[0]
