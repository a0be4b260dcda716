"""JSON and TOML files that describe what a platform runs."""

from __future__ import annotations

import re
from posixpath import basename

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment import trees
from poollint.reading.deployment.formats import may_hold, recognised
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import toml, yaml
from poollint.syntax.yaml import Mapping, Node

NAME = "described"
_TOML = re.compile(r"fly[\w.-]*\.toml|railway\.toml")
# Files of TOML that are no platform's, and often large.
_OTHERS = frozenset(("pyproject.toml", "Cargo.toml", "poetry.toml", "uv.toml", "ruff.toml"))
# JSON files are many and mostly data: these are called, or lie, as people call such ones.
_JSON = re.compile(
    r"app\.json|railway\.json|.*(?:task|template|stack|cloudformation|cfn|ecs).*\.json"
)
_FOLDERS = frozenset(("cloudformation", "cfn", "ecs", "aws", "infra", "infrastructure", "deploy"))


def _claims(path: str) -> bool:
    name = basename(path)
    if name.endswith(".toml"):
        return name not in _OTHERS
    if name.endswith(".template"):
        return True
    return bool(_JSON.fullmatch(name.lower())) or not _FOLDERS.isdisjoint(path.split("/")[:-1])


def _screen(data: bytes, options: Options) -> bool:
    return may_hold(data)


def _read(source: SourceFile, options: Options) -> FileReading:
    if not may_hold(source.text.encode(errors="replace"), source.path):
        return FileReading(source.path, NAME)
    root = _root(source)
    if isinstance(root, Unreadable):
        return FileReading(
            source.path, NAME, unread=(root,) if _TOML.fullmatch(basename(source.path)) else ()
        )
    kind = recognised(root, source.path) if isinstance(root, Mapping) else ""
    if not kind or not isinstance(root, Mapping):
        return FileReading(source.path, NAME)
    return FileReading(source.path, NAME, documents=(Manifest(kind, root, source),))


def _root(source: SourceFile) -> Node | Unreadable | None:
    if source.path.endswith(".toml"):
        table = toml.parse(source)
        return table if isinstance(table, Unreadable) else trees.of_toml(table)
    stream = yaml.read(source)  # JSON is YAML, but for what neither has in such files
    if stream.unread:
        return stream.unread[0]
    return stream.documents[0] if stream.documents else None


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
