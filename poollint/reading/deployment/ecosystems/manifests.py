"""Files that tell where an application begins: `package.json`, `composer.json`, `go.mod`."""

from __future__ import annotations

import re
from posixpath import basename, dirname

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.stating import StatedFile

KIND = "manifest"
MARK = re.compile(rb"^module\s|\"(?:scripts|dependencies|workspaces|require)\"\s*:", re.M)
_LANGUAGES = {"package.json": "node", "composer.json": "php", "go.mod": "go"}
_ADAPTER = re.compile(r"\"@prisma/adapter-[\w-]+\"\s*:")
_ASIDE = re.compile(r"(?:^|/)(?:node_modules|vendor)/")


def claims(path: str) -> bool:
    """Tell whether this is such a file of the project's own."""
    return basename(path) in _LANGUAGES and not _ASIDE.search(path)


def read(source: SourceFile) -> StatedFile:
    """Return the application that begins here."""
    language = _LANGUAGES[basename(source.path)]
    adapts = bool(_ADAPTER.search(source.text))
    return StatedFile(language, KIND, source.path, dirname(source.path) or ".", adapts=adapts)
