"""Libraries that talk to PostgreSQL, as the files name them that say what an application needs.

Such a file tells no number. That an application needs one of these tells that it connects, also
where nothing else says so.
"""

from __future__ import annotations

import json
import re
from posixpath import basename, dirname

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.stating import StatedFile

KIND = "requirements"
MARK = re.compile(
    rb"\bgem[ \t(]+[\"']pg[\"']|org\.postgresql|quarkus-(?:jdbc-postgresql|reactive-pg)"
    rb"|\{:postgrex\b"
)
_NODE = frozenset(
    ("pg", "pg-native", "pg-pool", "pg-promise", "postgres", "slonik", "@neondatabase/serverless")
)
# By the name of the file: the language, and what names a library in it.
_NAMED = {
    "go.mod": (
        "go",
        re.compile(
            r"^\s*(?:require\s+)?((?:github\.com/(?:jackc/pgx|lib/pq|go-pg/pg|uptrace/bun/driver/pgdriver)"
            r"|gorm\.io/driver/postgres)(?:/v\d+)?)[ \t]+v(?![^\n]*//[ \t]*indirect)",
            re.M,
        ),
    ),
    "Cargo.toml": (
        "rust",
        re.compile(
            r"^[ \t]*((?:tokio-|deadpool-|bb8-|r2d2_)?postgres|(?:sqlx|diesel|sea-orm)(?=[ \t]*="
            r"[^\n\]]*features[^\]]*postgres))[ \t]*=",
            re.M,
        ),
    ),
    "composer.json": ("php", re.compile(r"\"(ext-(?:pdo_)?pgsql)\"\s*:")),
    "Gemfile": ("ruby", re.compile(r"^[ \t]*gem[ \t(]+[\"'](pg)[\"']", re.M)),
    "mix.exs": ("elixir", re.compile(r"^[^#\n]*\{:(postgrex)\b", re.M)),
    "pom.xml": (
        "java",
        re.compile(
            r"<groupId>\s*org\.postgresql\s*</groupId>\s*<artifactId>\s*((?:r2dbc-)?postgresql)\s*<"
            r"(?!(?:(?!</dependency>).)*<scope>\s*test)"
            r"|<artifactId>\s*(quarkus-(?:jdbc-postgresql|reactive-pg-client))\s*<",
            re.S,
        ),
    ),
}
_GRADLE = re.compile(
    r"^[ \t]*(?!test)\w*(?:implementation|runtimeOnly|compile|api|Only)\w*\W+(?:\w+\()?[\"']"
    r"(?:org\.postgresql:((?:r2dbc-)?postgresql)"
    r"|io\.quarkus:(quarkus-(?:jdbc-postgresql|reactive-pg-client)))",
    re.M,
)
_PROJECT = re.compile(
    r"<PackageReference\s+Include=\"(Npgsql(?:\.EntityFrameworkCore\.PostgreSQL)?)\""
)
_ALONE = frozenset(("Gemfile", "mix.exs", "pom.xml", "build.gradle", "build.gradle.kts"))
_ASIDE = re.compile(r"(?:^|/)(?:node_modules|vendor)/")


def claims(path: str) -> bool:
    """Tell whether this is such a file, of those that tell nothing else."""
    return basename(path) in _ALONE and not _ASIDE.search(path)


def read(source: SourceFile) -> StatedFile | None:
    """Return what a file says that it needs, None where it needs no such library."""
    language, driver = driver_of(source)
    if not driver:
        return None
    home = dirname(source.path) or "."
    return StatedFile(language, KIND, source.path, home, driver=driver)


def driver_of(source: SourceFile) -> tuple[str, str]:
    """Return the language of a file's application, and the first such library it names, or ""."""
    name = basename(source.path)
    if name == "package.json":
        return "node", _of_node(source.text)
    if name.startswith("build.gradle"):
        language, pattern = "java", _GRADLE
    elif name.endswith(".csproj"):
        language, pattern = "dotnet", _PROJECT
    else:
        language, pattern = _NAMED[name]
    found = pattern.search(source.text)
    return language, next((text for text in found.groups() if text), "") if found else ""


def _of_node(text: str) -> str:
    """Return the library that a `package.json` names among what it runs with."""
    if not any(f'"{name}"' in text for name in _NODE):
        return ""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    needed = whole.get("dependencies") if isinstance(whole, dict) else None
    return next((n for n in needed if n in _NODE), "") if isinstance(needed, dict) else ""
