"""The registry refuses what breaks the contract of a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from typing import Any

import pytest

from poollint.engine import registry as registries
from poollint.engine.registry import Registered, Registry
from poollint.facts.code import Function, Statement
from poollint.model.finding import Category, Problem, Severity
from poollint.model.rule import Rule
from poollint.model.usage import UsageError


def _nothing(statement: Statement) -> Iterator[Problem]:
    yield from ()


GOOD: Rule[Any] = Rule(
    "bad-thing", Category.LEAK, Severity.ERROR, "0.1.0", Statement, _nothing,
    "What it finds.\n\n## Why\n\nBecause.", "acme_rules.leak.bad_thing",
)  # fmt: skip


def of(*rules: Rule[Any], origin: str = "acme 1") -> Registry:
    return registries.registry([Registered(rule, origin) for rule in rules])


def test_installed_rules_keep_the_contract() -> None:
    found = registries.load()
    names = [rule.name for rule in found.rules]
    assert names == sorted(names)
    assert {"unused-ignore", "unknown-rule", "blanket-ignore", "unreadable-file"} <= set(names)
    assert {entry.origin.partition(" ")[0] for entry in found.entries} == {"builtin"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Bad-thing"}, "kebab-case, at most four words"),
        ({"name": "bad_thing"}, "kebab-case, at most four words"),
        ({"name": "one-two-three-four-five"}, "kebab-case, at most four words"),
        ({"name": "leak"}, "selects many"),
        ({"aliases": ("all",)}, "selects many"),
        ({"aliases": ("X",)}, "kebab-case"),
        ({"docs": ""}, "has no page"),
        ({"docs": "What it finds."}, "no heading `## Why`"),
        ({"subject": str}, "judges str, which is no fact"),
        ({"category": Category.POOLLINT}, "for findings about the run"),
    ],
)
def test_declaration_that_breaks_the_contract_is_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        of(replace(GOOD, **change))


def test_builtin_rule_stands_in_the_module_of_its_name() -> None:
    of(replace(GOOD, module="poollint_rules.leak.bad_thing"), origin="builtin 0.1.0")
    with pytest.raises(UsageError, match=r"not in leak/bad_thing\.py"):
        of(replace(GOOD, module="poollint_rules.leak.other"), origin="builtin 0.1.0")
    of(replace(GOOD, module="anywhere"), origin="acme 1")


@pytest.mark.parametrize("aliases", [("bad-thing",), ("evil-thing",)])
def test_name_is_taken_once(aliases: tuple[str, ...]) -> None:
    other = replace(GOOD, name="other-thing", subject=Function, aliases=aliases)
    with pytest.raises(UsageError, match="two rules are called"):
        of(replace(GOOD, aliases=("evil-thing",)), other)


def test_alias_finds_its_rule() -> None:
    found = of(replace(GOOD, aliases=("evil-thing",)))
    assert found.find("evil-thing") is found.find("bad-thing") is not None
    assert found.find("x") is None
    assert found.nearest("bad-thin") == "bad-thing"
    assert found.nearest("evl-thing") == "evil-thing"
    assert found.nearest("qqqqqq") == ""


def test_package_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("acme", "no_such_module_at_all:RULES", registries.GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda: metadata.EntryPoints([point]))
    with pytest.raises(UsageError, match="the rules of `acme` cannot be imported"):
        registries.load()


def test_list_of_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("acme", "sys:path", registries.GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda: metadata.EntryPoints([point]))
    with pytest.raises(UsageError, match="lists something that is no rule"):
        registries.load()


def test_what_is_known_to_be_alone_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("builtin", "poollint_rules:RULES", registries.GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda: metadata.EntryPoints([point]))
    assert registries.builtin().rules == registries.load().rules
