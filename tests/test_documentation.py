"""Every rule is documented, and its examples are what it says of them.

The page of a rule is the docstring of its module. Fences marked `avoid` and `prefer` are run:
an *avoid* yields exactly one finding of the rule, a *prefer* none of any rule. Neighbouring
fences of the same word are the files of one repository; a third word names the file
(`yaml avoid deploy/web.yaml`). An excerpt that is no whole file is marked `text`, and not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from poollint import Rule
from poollint.engine.registry import load
from poollint.model.finding import Category, Confidence
from poollint.testing.run import findings

ROOT = Path(__file__).parents[1]
RULES = load().rules
BUILTIN = tuple(rule for rule in RULES if rule.module.startswith("poollint_rules."))
NAMES = {
    "python": "example.py",
    "ini": "pgbouncer.ini",
    "conf": "postgresql.conf",
    "yaml": "compose.yaml",
    "toml": "poollint.toml",
}

_FENCE = re.compile(r"^```(\w+) (avoid|prefer)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Example:
    """One case of a page: files by their names."""

    rule: Rule[Any]
    word: str
    files: tuple[tuple[str, str], ...]

    def write(self, folder: Path) -> None:
        for name, text in self.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def examples(rule: Rule[Any]) -> Iterator[Example]:
    word, files = "", dict[str, str]()
    for match in _FENCE.finditer(rule.docs):
        language, kind, named, text = match.groups()
        if language == "text":
            continue
        name = named or NAMES[language]
        if files and (kind != word or name in files):
            yield Example(rule, word, tuple(files.items()))
            files = {}
        word = kind
        files[name] = text
    if files:
        yield Example(rule, word, tuple(files.items()))


EXAMPLES = tuple(example for rule in RULES for example in examples(rule))
AVOID = tuple(example for example in EXAMPLES if example.word == "avoid")
PREFER = tuple(example for example in EXAMPLES if example.word == "prefer")


def name_of(subject: Any) -> str:
    return str(getattr(subject, "rule", subject).name)


@pytest.mark.parametrize("example", AVOID, ids=name_of)
def test_avoid_yields_exactly_one_finding_of_its_rule(example: Example, tmp_path: Path) -> None:
    example.write(tmp_path)
    found = [f.problem.message for f in findings(tmp_path) if f.rule == example.rule.name]
    assert len(found) == 1, found


@pytest.mark.parametrize("example", PREFER, ids=name_of)
def test_prefer_yields_nothing_of_any_rule(example: Example, tmp_path: Path) -> None:
    example.write(tmp_path)
    shown = [f for f in findings(tmp_path) if f.problem.confidence is not Confidence.LOW]
    assert [(f.rule, f.problem.message) for f in shown] == []


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_page_has_its_parts(rule: Rule[Any]) -> None:
    headings = re.findall(r"^## (.+)$", rule.docs, re.M)
    assert headings[0] == "Why"
    assert "Limits" in headings
    assert rule.summary.endswith(".")


@pytest.mark.parametrize("rule", BUILTIN, ids=name_of)
def test_page_shows_what_to_avoid_and_what_to_prefer(rule: Rule[Any]) -> None:
    assert {example.word for example in examples(rule)} == {"avoid", "prefer"}


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_every_fence_of_a_page_is_run_or_plain(rule: Rule[Any]) -> None:
    marked = re.findall(r"^```\w+ .*$", rule.docs, re.M)
    assert len(marked) == len(_FENCE.findall(rule.docs))


@pytest.mark.parametrize("rule", BUILTIN, ids=name_of)
def test_name_module_function_and_fixtures_agree(rule: Rule[Any]) -> None:
    snake = rule.name.replace("-", "_")
    assert rule.module == f"poollint_rules.{rule.category.value}.{snake}"
    assert rule.check.__name__ == snake
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,3}", rule.name)
    assert (ROOT / "fixtures" / rule.category.value / rule.name).is_dir()


def test_rules_are_listed_by_hand_in_alphabetical_order() -> None:
    import poollint_rules

    names = [rule.name for rule in poollint_rules.RULES]
    assert names == sorted(names)
    assert names == sorted(rule.name for rule in BUILTIN)


def test_every_module_that_declares_a_rule_is_in_the_list() -> None:
    folder = ROOT / "rules" / "poollint_rules"
    modules = {path.stem for path in folder.glob("*/*.py") if "\n@rule(" in path.read_text()}
    assert modules == {rule.name.replace("-", "_") for rule in BUILTIN}


@pytest.mark.parametrize("folder", sorted((ROOT / "fixtures").glob("*/*/")), ids=str)
def test_fixture_folder_belongs_to_a_rule(folder: Path) -> None:
    category = folder.parent.name
    if category in {item.value for item in Category}:
        assert (category, folder.name) in {(r.category.value, r.name) for r in RULES}
