"""The registry refuses what breaks the contract of a rule."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest

from poollint.engine import plugins
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


def installed(where: Path, points: str, name: str = "acme-1.dist-info") -> None:
    """Write down what a package says of itself, and nothing else of it."""
    record = where / name
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (record / "entry_points.txt").write_text(points)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("no_such_module_at_all:RULES", "the rules of `acme` cannot be imported"),
        ("sys:path", "lists something that is no rule"),
    ],
)
def test_package_whose_rules_are_none_is_named(
    rules: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, f"[{registries.GROUP}]\nacme = {rules}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=message):
        registries.load()


OWN = "[console_scripts]\npoollint = x:y\n\n[poollint.rules]\nbuiltin = poollint_rules:RULES\n"


@pytest.mark.parametrize(
    ("points", "may"),
    [
        (OWN, False),
        (f"{OWN}\n[pytest11]\npoollint = x\n", False),
        (OWN.replace("\n", "\r\n"), False),
        ("[console_scripts]\npoollint.rules = x:y\n", False),
        (f"{OWN}acme = acme:RULES\n", True),
        (f"{OWN}\n[poollint.catalogs]\nacme = acme:x.toml\n", True),
        (" [ poollint.rules ]\nacme = acme:RULES\n", True),
    ],
)
@pytest.mark.parametrize("name", ["acme-1.dist-info", "acme.egg-info", "EGG-INFO"])
def test_other_packages_are_asked_where_one_may_have_rules(
    points: str, may: bool, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, points, name)
    assert not plugins.may_have()
    monkeypatch.syspath_prepend(tmp_path)
    assert plugins.may_have() is may


def test_what_installs_packages_in_another_way_may_have_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ZipFile(tmp_path / "packages.zip", "w") as archive:
        archive.writestr("acme-1.dist-info/entry_points.txt", "")
    for one in (tmp_path / "packages.zip", tmp_path / "nowhere.zip"):
        with monkeypatch.context() as patch:
            patch.syspath_prepend(one)
            assert plugins.may_have() is one.exists()
    finder = SimpleNamespace(find_distributions=lambda context: iter(()))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    assert plugins.may_have()


def test_what_is_known_to_be_alone_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = registries.load()
    monkeypatch.setattr(plugins, "may_have", lambda: True)
    assert found == registries.load()
