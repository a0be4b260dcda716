"""Files of settings within another file: where a ConfigMap, a Secret or a chart's values hold one.

Each is read by the reader of its name, at the lines where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache, lru_cache
from importlib import import_module
from posixpath import basename
from typing import TypeVar

from poollint.facts.infrastructure import Server
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.kubernetes.kustomize import in_place
from poollint.reading.deployment.linking.documents import Manifest, OtherSettings, ServerScript
from poollint.reading.deployment.servers import first_start
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax.yaml import Item, Scalar

T = TypeVar("T")

# What the names of all files hold that one of the readers takes; or a sign, escaped.
_NAMED = re.compile(r"\.(?:ini|conf|toml)|\\[xuU\r\n]", re.I)

# Of their names, too; `first_start.ENDINGS`.
_RUN = re.compile(r"\.(?:sh|bash|sql)\b|\\[xuU\r\n]")

_SETTINGS = "poollint.reading.settings"

# By their modules, which are imported where such a file is held: few manifests hold one.
_READERS = ("pgbouncer", "postgresql", "pgpool", "odyssey", "pgcat", "hba", "pointed_at")


def may_hold(text: str) -> bool:
    """Tell whether a file of manifests may hold configuration files, by their names in it."""
    return _NAMED.search(text) is not None


def may_run(text: str) -> bool:
    """Tell whether a file of manifests may hold what a server runs at first, by names in it."""
    return _RUN.search(text) is not None


def of_manifest(manifest: Manifest, options: Options) -> Iterator[FileReading]:
    """Yield what the configuration files within a ConfigMap or a Secret say."""
    for item in _texts(manifest):
        if isinstance(item.value, Scalar):
            name = basename(item.key.text)
            yield from of_text(item.value, name, manifest.source, options)


def others(found: Iterable[FileReading]) -> Iterator[OtherSettings]:
    """Yield what such files set up that count only where a server is told to read them."""
    for reading in found:
        server: Server | None = import_module(f"{_SETTINGS}.pointed_at").server(reading)
        if server:
            yield OtherSettings(server)


def scripts_of(manifest: Manifest) -> Iterator[ServerScript]:
    """Yield what scripts and statements within a ConfigMap or a Secret may set of a server."""
    for item in _texts(manifest):
        if isinstance(item.value, Scalar) and item.key.text.endswith(first_start.ENDINGS):
            source, name = in_place(item.value, manifest.source), basename(item.key.text)
            found = first_start.script(source, name, item.value.span)
            if found:
                yield found


def _texts(manifest: Manifest) -> tuple[Item, ...]:
    if manifest.kind == "ConfigMap":
        return manifest.root.mapping("data").items
    if manifest.kind == "Secret":
        return manifest.root.mapping("stringData").items
    return ()


def of_text(
    node: Scalar, name: str, source: SourceFile, options: Options, head: str = ""
) -> Iterator[FileReading]:
    """Yield what a text says that becomes a file called `name`; nothing where that is none of ours.

    `head` stands above it in that file, on a line of its own ("[pgbouncer]").
    """
    readers = _claiming(name)
    if not readers:
        return
    data = f"{head}\n{node.text}".encode(errors="replace")
    for reader in readers:
        if reader.screen(data, options):
            path = f"{source.path}/{name}"
            text = in_place(node, source).text
            if head:
                text = _below(head, text, node)
            yield _relocated(reader.read(SourceFile(path, text), options), path, source.path)
            return


@lru_cache(maxsize=4096)  # keys of ConfigMaps are the same few in many files
def _claiming(name: str) -> tuple[Reader, ...]:
    return tuple(r for r in _readers() if r.claims(name)) if _NAMED.search(name) else ()


@cache
def _readers() -> tuple[Reader, ...]:
    return tuple(import_module(f"{_SETTINGS}.{name}").READER for name in _READERS)


def _below(head: str, text: str, node: Scalar) -> str:
    """Return a text with a line put in where its key stands, so that no other line moves."""
    lines = text.split("\n")
    lines[node.span.start.line - 1] = head
    return "\n".join(lines)


def _relocated(value: T, before: str, after: str) -> T:
    """Return a fact with the places in the file `before` moved to the file `after`."""
    if isinstance(value, Span):
        return replace(value, path=after) if value.path == before else value
    if isinstance(value, tuple):
        return tuple(_relocated(part, before, after) for part in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in fields(value))
        parts = {name: _relocated(getattr(value, name), before, after) for name in names}
        return replace(value, **parts)
    return value
