"""Which rules run, and where their findings count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from poollint.engine.files.glob import Glob
from poollint.engine.registry import Registry
from poollint.engine.request import Mode
from poollint.engine.settings.settings import Named, Settings
from poollint.model.finding import Category, Severity
from poollint.model.rule import Rule
from poollint.model.usage import UsageError, nearest


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that run, alphabetical, and what the settings say about their findings."""

    rules: tuple[Rule[Any], ...]
    severity: Mapping[str, Severity]
    per_file: tuple[tuple[Glob, frozenset[str]], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the rules that run."""
        return frozenset(rule.name for rule in self.rules)

    def wanted(self, rule: str, path: str) -> bool:
        """Tell whether findings of `rule` count in the file `path`, relative to the root."""
        return not any(rule in names and glob.covers(path) for glob, names in self.per_file)


def select(
    registry: Registry,
    settings: Settings,
    mode: Mode,
    asked: tuple[str, ...] = (),
    refused: tuple[str, ...] = (),
) -> Selection:
    """Return what runs.

    `asked` and `refused` are what the command line selects and ignores. What it selects
    replaces both lists of the settings; what it ignores comes on top.
    """
    wanted = tuple(Named(name, "--select") for name in asked) or settings.select
    unwanted = tuple(Named(name, "--ignore") for name in refused)
    if not asked:
        unwanted += settings.ignore
    chosen = _rules_of(registry, wanted) - _rules_of(registry, unwanted)
    rules = tuple(r for r in registry.rules if r.name in chosen and mode.includes(r.category))
    if asked and not any(rule.category is not Category.POOLLINT for rule in rules):
        _refuse_empty(registry, chosen, wanted[0], unwanted)
    always = _rules_of(registry, (Named("poollint", ""),)) - _rules_of(registry, unwanted)
    rules = tuple(r for r in registry.rules if r in rules or r.name in always)
    return Selection(
        rules=rules,
        severity={_one(registry, named).name: value for named, value in settings.severity},
        per_file=tuple(
            (Glob(pattern), frozenset(_rules_of(registry, names)))
            for pattern, names in settings.per_file
        ),
    )


def _rules_of(registry: Registry, names: Iterable[Named]) -> set[str]:
    return {name for named in names for name in _named(registry, named)}


def _named(registry: Registry, named: Named) -> Iterator[str]:
    rules = registry.rules
    if named.text == "all":
        yield from (rule.name for rule in rules)
    elif named.text == "default":
        yield from (rule.name for rule in rules if rule.default)
    elif named.text in {category.value for category in Category}:
        yield from (rule.name for rule in rules if rule.category.value == named.text)
    else:
        yield _one(registry, named).name


def _one(registry: Registry, named: Named) -> Rule[Any]:
    rule = registry.find(named.text)
    if rule is None:
        raise named.refused(
            f"unknown rule `{named.text}` in `{named.where}`", hint_for(registry, named.text)
        )
    return rule


def hint_for(registry: Registry, name: str) -> str:
    """Return what an unknown name of a rule may have meant."""
    near = registry.nearest(name)
    if near:
        return f"there is a rule `{near}`"
    group = nearest(name, ["all", "default", *(category.value for category in Category)])
    return f"there is a category `{group}`" if group else "`poollint rules` lists all rules"


def _refuse_empty(
    registry: Registry, chosen: set[str], first: Named, unwanted: tuple[Named, ...]
) -> None:
    """Refuse a selection of which nothing runs: a green result would mean nothing."""
    other = next((r for r in registry.rules if r.name in chosen), None)
    if other is None:
        hint = "`--ignore` takes away all that `--select` names" if unwanted else ""
        raise UsageError(f"`{first.text}` in `--select` selects no rule", hint)
    if other.category is Category.POOLLINT:
        return
    command = "audit" if other.category is Category.BUDGET else "check"
    raise UsageError(
        f"`{first.text}` does not belong to this command", f"`poollint {command}` runs it"
    )
