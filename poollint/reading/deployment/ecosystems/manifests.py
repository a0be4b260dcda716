"""Files that tell where an application begins: `package.json`, `Cargo.toml`, `go.mod` and such.

Source for .NET: learn.microsoft.com/dotnet/core/project-sdk ("Available SDKs", `OutputType`: a
project is a library unless its SDK or this says otherwise; `ProjectReference`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import drivers
from poollint.reading.deployment.ecosystems.stating import StatedFile

KIND = "manifest"
MARK = re.compile(
    rb"^module\s|\"(?:scripts|dependencies|workspaces|require)\"\s*:|^\[package\]|<Project\s", re.M
)
_LANGUAGES = {"package.json": "node", "composer.json": "php", "go.mod": "go", "Cargo.toml": "rust"}
_PROJECT = ".csproj"
_RUNS = re.compile(
    r"\bSdk=\"[^\"]*\.(?:Web|Worker)\b|<OutputType>\s*(?:Win)?Exe\s*<|<AzureFunctionsVersion>"
    r"|<Sdk\s+Name=\"Aspire\.AppHost\.Sdk\"",
    re.I,
)
_TAKES = re.compile(r"<ProjectReference\s[^>]*?Include=\"([^\"]+\.csproj)\"")
_ADAPTER = re.compile(r"\"@prisma/adapter-[\w-]+\"\s*:")
_WORKSPACE = re.compile(r"\*$|(?:workspace|file|link):")
_ASIDE = re.compile(r"(?:^|/)(?:node_modules|vendor)/")


def claims(path: str) -> bool:
    """Tell whether this is such a file of the project's own."""
    named = basename(path) in _LANGUAGES or path.endswith(_PROJECT)
    return named and not _ASIDE.search(path)


def read(source: SourceFile) -> StatedFile:
    """Return the application that begins here."""
    language = _LANGUAGES.get(basename(source.path), "dotnet")
    adapts = bool(_ADAPTER.search(source.text))
    home = dirname(source.path) or "."
    driver = drivers.driver_of(source)[1]
    found = StatedFile(language, KIND, source.path, home, adapts=adapts, driver=driver)
    if source.path.endswith(_PROJECT):
        return replace(found, is_library=not _RUNS.search(source.text), takes=tuple(_takes(source)))
    if basename(source.path) != "package.json":
        return found
    found = replace(found, title=_title(source.text), takes=tuple(_local(source.text)))
    return replace(found, scripts=tuple(_scripts(source))) if '"scripts"' in source.text else found


def _takes(source: SourceFile) -> Iterator[str]:
    """Yield the projects of .NET that one takes in."""
    for match in _TAKES.finditer(source.text):
        yield normpath(join(dirname(source.path), match[1].replace("\\", "/")))


def _local(text: str) -> Iterator[str]:
    """Yield the packages, by their names, that one takes in from its own workspace, as it may be.

    Source: docs.npmjs.com, "workspaces"; pnpm.io, "Workspace protocol".
    """
    needed = parsed(text).get("dependencies")
    for name, version in needed.items() if isinstance(needed, dict) else ():
        if isinstance(version, str) and _WORKSPACE.match(version):
            yield name


def _title(text: str) -> str:
    found = parsed(text).get("name")
    return found if isinstance(found, str) else ""


def _scripts(source: SourceFile) -> Iterator[tuple[str, str, Span]]:
    """Yield the scripts of a `package.json`: name, line for a shell, place of that."""
    scripts = parsed(source.text).get("scripts")
    at = source.text.index('"scripts"')
    for name, line in scripts.items() if isinstance(scripts, dict) else ():
        if isinstance(line, str) and line.strip():
            written = json.dumps(line, ensure_ascii=False)
            start = source.text.find(written, at)
            place = (start + 1, start + len(written) - 1) if start >= 0 else (at, at + 9)
            yield name, line, source.span(*place)


def parsed(text: str) -> dict[str, object]:
    """Return what a `package.json` says, nothing of what cannot be read."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
