"""Files that tell where an application begins: `package.json`, `Cargo.toml`, `go.mod` and such."""

from __future__ import annotations

import re
from posixpath import basename, dirname

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.stating import StatedFile

KIND = "manifest"
MARK = re.compile(
    rb"^module\s|\"(?:scripts|dependencies|workspaces|require)\"\s*:|^\[package\]|<Project\s", re.M
)
_LANGUAGES = {"package.json": "node", "composer.json": "php", "go.mod": "go", "Cargo.toml": "rust"}
_PROJECT = ".csproj"
_ADAPTER = re.compile(r"\"@prisma/adapter-[\w-]+\"\s*:")
_ASIDE = re.compile(r"(?:^|/)(?:node_modules|vendor)/")


def claims(path: str) -> bool:
    """Tell whether this is such a file of the project's own."""
    named = basename(path) in _LANGUAGES or path.endswith(_PROJECT)
    return named and not _ASIDE.search(path)


def read(source: SourceFile) -> StatedFile:
    """Return the application that begins here."""
    language = _LANGUAGES.get(basename(source.path), "dotnet")
    adapts = bool(_ADAPTER.search(source.text))
    return StatedFile(language, KIND, source.path, dirname(source.path) or ".", adapts=adapts)
