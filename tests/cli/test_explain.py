"""The page of every rule, and the table of all."""

from __future__ import annotations

import re

import pytest

from poollint.catalog.own import KINDS, ROLES
from poollint.cli.topics import DRIVERS, HANDLERS, TOPICS
from poollint.engine.registry import load
from poollint.engine.settings.settings_catalog import RATES

from .conftest import Shell

RULES = load().rules


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_every_rule_has_a_page(shell: Shell, name: str) -> None:
    result = shell("explain", name)
    rule = next(rule for rule in RULES if rule.name == name)
    assert result.exit_code == 0
    first, second, *_ = result.stdout.splitlines()
    assert first == name
    assert second.startswith(f"{rule.category.value} · {rule.severity.value} · ")
    assert rule.summary in result.stdout
    assert "\nWhy\n" in result.stdout
    assert f"# poollint: ignore[{name}] the reason" in result.stdout
    assert "```" not in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("alias", "name"), [(alias, rule.name) for rule in RULES for alias in rule.aliases]
)
def test_alias_is_explained(shell: Shell, alias: str, name: str) -> None:
    result = shell("explain", alias)
    assert result.stdout.startswith(f"{name}\n")
    assert f"also called {alias}" in result.stdout


def test_headings_are_bold_where_there_is_colour(shell: Shell) -> None:
    shown = shell("explain", "unused-ignore", "--color", "always").stdout
    assert "\x1b[1mWhy\x1b[0m" in shown


def test_table_names_every_rule_with_its_origin(shell: Shell) -> None:
    head, *rows = shell("rules").stdout.splitlines()
    assert head.split() == ["rule", "category", "severity", "default", "from"]
    assert sorted(row.split()[0] for row in rows) == sorted(rule.name for rule in RULES)
    assert all("builtin" in row for row in rows)


def test_markdown_table_says_what_each_rule_finds(shell: Shell) -> None:
    lines = shell("rules", "--markdown").stdout.splitlines()
    assert lines[1] == "|---|---|---|---|---|"
    assert len(lines) == len(RULES) + 2
    for rule in RULES:
        (row,) = [line for line in lines if line.startswith(f"| `{rule.name}` |")]
        assert row.endswith(f"| {rule.summary} |")


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_settings_that_need_a_page_have_one(shell: Shell, name: str) -> None:
    shown = shell("explain", name)
    assert shown.exit_code == 0
    assert f"[tool.poollint.{name}]" in shown.output
    assert "```" not in shown.output


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_settings_of_a_page_are_accepted(shell: Shell, name: str) -> None:
    examples = re.findall(r"```toml\n(.*?)```", TOPICS[name], re.S)
    assert examples
    for text in examples:
        shell.write("poollint.toml", text)
        assert shell(".").exit_code == 0, shell(".").output


def test_pages_name_every_kind_and_role_there_is() -> None:
    assert [word for word in (*KINDS, *ROLES, "like") if word not in DRIVERS] == []
    assert [word for word in RATES if word not in HANDLERS] == []
