"""The files of settings that a server is told to read, whatever they are called in the tree.

Source: PostgreSQL, "File Locations" (config_file); bitnami/containers, postgresql, "Configuration
file": the image takes what is mounted below /bitnami/postgresql/conf.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, join, normpath

from poollint.facts.infrastructure import Server
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.servers.configured import Configured


def by_command(told: Figure | None, placed: Placed, configured: Configured) -> Server | None:
    """Return what the file says that the command names, None where it is not known to be read.

    A file is that of a mount or a copy; else one that the container sees, of that very name.
    """
    path = told.hint.partition("=")[2].strip("\"'") if told else ""
    if not path.startswith("/"):
        return None
    every = (*configured.servers, *configured.elsewhere)
    for outer in placed_at(path, placed):
        found = [server for server in every if server.span.path == outer]
        if found:
            return found[0]
    seen = [server for server in every if placed.sees(server.span)]
    named = [server for server in seen if basename(server.name) == basename(path)]
    return named[0] if len(named) == 1 else None


def below(folder: str, placed: Placed, configured: Configured) -> Server | None:
    """Return what the one file says that a container has in a folder, None of several or none."""
    found = [
        server
        for server in (*configured.servers, *configured.elsewhere)
        for inner, outer in placed.files
        if _is_below(inner, folder) and _is_below(server.span.path, outer)
    ]
    return found[0] if len(found) == 1 else None


def numbers(server: Server) -> dict[str, Figure]:
    """Return what a file states that a server reads, by the names of the settings."""
    return {
        "max_connections": server.max_connections,
        "superuser_reserved_connections": server.superuser_reserved,
        "reserved_connections": server.reserved,
        "port": Figure(server.port, server.port, "port", Basis.STATED, server.span),
    }


def placed_at(path: str, placed: Placed) -> Iterator[str]:
    """Yield the files of the tree that a container may have at `path`, the likeliest first."""
    for inner, outer in placed.files:
        if path == inner:
            yield outer
        elif _is_below(path, inner):
            rest = path.removeprefix(inner.rstrip("/")).lstrip("/")
            yield outer if basename(outer) == rest else normpath(join(outer, rest))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
