"""The user's settings: which file, and what it says, every name with its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike

from poollint.engine.outcome import FAIL_ON
from poollint.engine.settings import settings_audit, settings_catalog, settings_table
from poollint.engine.settings.assumptions import MODES
from poollint.engine.settings.places import places
from poollint.model.finding import Severity
from poollint.model.source import Span
from poollint.model.usage import UsageError
from poollint.reading.reader import Options
from poollint.syntax import toml


@dataclass(frozen=True, slots=True)
class Named:
    """A rule, or a group of rules, that someone names, and where.

    `where` is the setting or option ("select", "--select"); `span` and `line` are the place
    and the text of its line, None and "" on the command line.
    """

    text: str
    where: str
    span: Span | None = None
    line: str = ""

    def refused(self, message: str, hint: str = "") -> UsageError:
        """Return the error that points here."""
        return UsageError(message, hint, self.span, self.line)


DEFAULT = (Named("default", "select"),)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the settings file says; without one, the defaults.

    path      the file as shown, "" without one; `folder` where it stands
    per_file  a pattern, and what is ignored in the files it covers
    fail_on   the mildest severity that fails the run, None for never
    """

    path: str = ""
    folder: str = ""
    select: tuple[Named, ...] = DEFAULT
    ignore: tuple[Named, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[Named, ...]], ...] = ()
    severity: tuple[tuple[Named, Severity], ...] = ()
    fail_on: Severity | None = Severity.WARNING
    require_reason: bool = False
    options: Options = field(default_factory=Options)


def find(start: str | PathLike[str], top: str | PathLike[str]) -> Settings:
    """Return the settings nearest to the folder `start`, looking up to the folder `top`.

    In one folder `poollint.toml` wins over `pyproject.toml`; a `pyproject.toml` without a table
    `tool.poollint` is none. One file wins, nothing is merged.
    """
    for place in places(os.fspath(start), os.fspath(top)):
        found = load(place)
        if found.path:
            return found
    return Settings()


def load(path: str | PathLike[str]) -> Settings:
    """Return the settings in `path`; `UsageError` where they cannot be read or make no sense."""
    table = settings_table.read(path, os.path.relpath(path).replace(os.sep, "/"))
    node: toml.Node | None = table.node
    if os.path.basename(path) == "pyproject.toml":
        node = _at(_at(table.node, "tool"), "poollint")
    return Settings() if node is None else _settings(settings_table.Table(table.source, node), path)


def _at(node: toml.Node | None, key: str) -> toml.Node | None:
    return node.value.get(key) if node and isinstance(node.value, Mapping) else None


def _settings(table: settings_table.Table, path: str | PathLike[str]) -> Settings:
    table.only(
        "select", "ignore", "exclude", "fail-on", "pool-mode", "require-reason",
        "per-file-ignores", "severity", "assume", "audit", "drivers", "handlers",
    )  # fmt: skip
    fail_on = table.choice("fail-on", FAIL_ON, "warning")
    return Settings(
        path=table.source.path,
        folder=os.path.dirname(os.path.realpath(path)),
        select=_named(table, "select") or DEFAULT,
        ignore=_named(table, "ignore"),
        exclude=_patterns(table, "exclude"),
        per_file=_per_file(table.table("per-file-ignores")),
        severity=_severities(table.table("severity")),
        fail_on=None if fail_on == "never" else Severity(fail_on),
        require_reason=table.flag("require-reason"),
        options=_options(table),
    )


def _named(table: settings_table.Table, key: str) -> tuple[Named, ...]:
    found = (table.text(node, key) for node in table.items(key))
    return tuple(Named(text, key, span, table.line(span)) for text, span in found)


def _patterns(table: settings_table.Table, key: str) -> tuple[str, ...]:
    found = [table.text(node, key) for node in table.items(key)]
    for text, span in found:
        _check_pattern(table, text, span)
    return tuple(text for text, _ in found)


def _check_pattern(table: settings_table.Table, text: str, span: Span) -> None:
    if text.startswith("!"):
        raise table.refused(f"`{text}` would take back an exclusion", "there is no such form", span)
    if not text.strip("/"):
        raise table.refused("an empty pattern covers nothing", "name files or folders", span)


def _per_file(table: settings_table.Table) -> tuple[tuple[str, tuple[Named, ...]], ...]:
    found = []
    for pattern, node in table.pairs():
        _check_pattern(table, pattern, node.key)
        found.append((pattern, _named(table, pattern)))
    return tuple(found)


def _severities(table: settings_table.Table) -> tuple[tuple[Named, Severity], ...]:
    found = []
    for name, node in table.pairs():
        value = Severity(table.choice(name, [severity.value for severity in Severity], ""))
        found.append((Named(name, "severity", node.key, table.line(node.key)), value))
    return tuple(found)


def _options(table: settings_table.Table) -> Options:
    assume = table.table("assume")
    return Options(
        pool_mode=table.choice("pool-mode", MODES, ""),
        assume=tuple((name, *_range(assume, name, node)) for name, node in assume.pairs()),
        additions=settings_catalog.additions(table),
        declared=settings_audit.declared(table),
    )


def _range(table: settings_table.Table, name: str, node: toml.Node) -> tuple[int, int]:
    """Return the lowest and the highest number; without `min` nothing is known but zero."""
    if not isinstance(node.value, Mapping):
        value = table.number(node, name)
        return value, value
    inner = settings_table.Table(table.source, node)
    inner.only("min", "max")
    high = inner.get("max")
    if high is None:
        raise table.refused(f"`{name}` has no `max`", "write `{ max = 40 }`", node.span)
    low = inner.get("min")
    first, last = (inner.number(low, "min") if low else 0), inner.number(high, "max")
    if first > last:
        raise table.refused(f"`min` of `{name}` is above its `max`", "", node.span)
    return first, last
