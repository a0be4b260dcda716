"""The rules there are: the engine's own, the built-in ones, and those of installed packages.

With them comes what installed packages add to the catalog.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import poollint
from poollint.catalog.own import NOTHING, Additions
from poollint.engine import catalogs, plugins
from poollint.engine.own_rules import OWN_RULES
from poollint.facts.project import SUBJECTS
from poollint.model.finding import Category
from poollint.model.rule import Rule
from poollint.model.usage import UsageError, nearest

if TYPE_CHECKING:
    from importlib import metadata

GROUP = "poollint.rules"
BUILTIN = "builtin"
_BUILTIN = "poollint_rules"  # the package that this entry point leads to

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,3}")  # kebab-case, at most four words
_RESERVED = {"all", "default", *(category.value for category in Category)}


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule and where it came from ("builtin 0.1.0")."""

    rule: Rule[Any]
    origin: str


@dataclass(frozen=True)
class Registry:
    """Every rule, alphabetical, and what their packages add to the catalog."""

    entries: tuple[Registered, ...]
    additions: Additions = NOTHING

    @cached_property
    def _by_name(self) -> dict[str, Rule[Any]]:
        rules = [entry.rule for entry in self.entries]
        return {name: rule for rule in rules for name in (rule.name, *rule.aliases)}

    @property
    def rules(self) -> tuple[Rule[Any], ...]:
        """Return the rules without their origins."""
        return tuple(entry.rule for entry in self.entries)

    def find(self, name: str) -> Rule[Any] | None:
        """Return the rule of this name or alias, None where there is none."""
        return self._by_name.get(name)

    def nearest(self, name: str) -> str:
        """Return the name or alias closest to `name`, "" where none is near."""
        return nearest(name, self._by_name)


def load() -> Registry:
    """Return the rules of every installed package; `UsageError` where one breaks the contract."""
    if not plugins.may_have():
        return builtin()
    from importlib import metadata  # it takes long, and there is `builtin`

    entries = _own()
    points = metadata.entry_points()
    for point in sorted(points.select(group=GROUP), key=lambda p: (p.name != BUILTIN, p.name)):
        entries += _registered(point)
    return replace(registry(entries), additions=catalogs.load(points.select(group=catalogs.GROUP)))


def builtin() -> Registry:
    """Return the rules of poollint, for where it is known that no other package has any."""
    rules = importlib.import_module(_BUILTIN).RULES
    origin = f"{BUILTIN} {poollint.__version__}"
    return registry((*_own(), *(Registered(rule, origin) for rule in rules)))


def _own() -> list[Registered]:
    return [Registered(rule, f"{BUILTIN} {poollint.__version__}") for rule in OWN_RULES]


def registry(entries: Iterable[Registered]) -> Registry:
    """Return the registry of `entries`; `UsageError` for the first that breaks the contract."""
    found = tuple(sorted(entries, key=lambda entry: entry.rule.name))
    taken: dict[str, Registered] = {}
    for entry in found:
        for flaw in _flaws(entry):
            raise UsageError(f"rule `{entry.rule.name}` of {entry.origin} {flaw}")
        for name in (entry.rule.name, *entry.rule.aliases):
            other = taken.setdefault(name, entry)
            if other is not entry:
                raise UsageError(
                    f"two rules are called `{name}`: of {other.origin}, of {entry.origin}"
                )
    return Registry(found)


def _registered(point: metadata.EntryPoint) -> Iterator[Registered]:
    version = point.dist.version if point.dist else ""
    origin = point.name if point.name == BUILTIN or not point.dist else point.dist.name
    try:
        rules = point.load()
    # Another package's code runs here: whatever it raises, the user must learn whose it is.
    except Exception as error:
        raise UsageError(
            f"the rules of `{origin}` cannot be imported", f"{type(error).__name__}: {error}"
        ) from error
    for rule in rules:
        if not isinstance(rule, Rule):
            raise UsageError(f"`{point.value}` of `{origin}` lists something that is no rule")
        yield Registered(rule, f"{origin} {version}".strip())


def _flaws(entry: Registered) -> Iterator[str]:
    """Yield what is wrong with a declaration, as the end of a sentence."""
    rule = entry.rule
    for name in (rule.name, *rule.aliases):
        if not _NAME.fullmatch(name):
            yield f"has the name `{name}`: kebab-case, at most four words"
        if name in _RESERVED:
            yield f"has the name `{name}`, which selects many"
    if not rule.summary:
        yield "has no page: the docstring of its module is empty"
    elif "## Why" not in rule.docs:
        yield "does not say why: its page has no heading `## Why`"
    own = rule in OWN_RULES
    if not own and rule.category is Category.POOLLINT:
        yield "has the category `poollint`, which is for findings about the run"
    if not own and rule.subject not in SUBJECTS:
        yield f"judges {rule.subject.__name__}, which is no fact"
    home = f"{rule.category.value}.{rule.name.replace('-', '_')}"
    if not own and entry.origin.startswith(f"{BUILTIN} ") and not rule.module.endswith(f".{home}"):
        yield f"stands in {rule.module}, not in {home.replace('.', '/')}.py"
