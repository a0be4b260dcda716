"""What runs: names, categories, modes, and what each file is spared."""

from __future__ import annotations

import pytest

from poollint.engine.registry import Registry
from poollint.engine.request import Mode
from poollint.engine.settings.selection import Selection, select
from poollint.engine.settings.settings import Named, Settings
from poollint.model.finding import Severity
from poollint.model.usage import UsageError

OWN = {"blanket-ignore", "unknown-rule", "unreadable-file", "unused-ignore"}


def names(*texts: str) -> tuple[Named, ...]:
    return tuple(Named(text, "select") for text in texts)


def ran(selection: Selection) -> set[str]:
    return set(selection.names) - OWN


def test_default_leaves_out_what_is_off(registry: Registry) -> None:
    found = select(registry, Settings(), Mode.ALL)
    assert ran(found) == {"bad-thing", "far-thing", "too-many", "unsure-thing"}
    assert found.names >= OWN


def test_all_takes_in_what_is_off(registry: Registry) -> None:
    found = select(registry, Settings(select=names("all")), Mode.ALL)
    assert "raising-thing" in found.names


def test_category_and_alias_select(registry: Registry) -> None:
    assert ran(select(registry, Settings(select=names("budget", "evil-thing")), Mode.ALL)) == {
        "bad-thing",
        "too-many",
    }


def test_modes_divide_the_categories(registry: Registry) -> None:
    everything = Settings(select=names("all"))
    check = select(registry, everything, Mode.CHECK)
    audit = select(registry, everything, Mode.AUDIT)
    assert ran(check) == {"bad-thing", "far-thing", "raising-thing", "unsure-thing"}
    assert ran(audit) == {"far-thing", "too-many"}
    assert check.names & audit.names >= OWN


def test_command_line_replaces_both_lists_of_the_settings(registry: Registry) -> None:
    settings = Settings(select=names("all"), ignore=names("bad-thing"))
    assert ran(select(registry, settings, Mode.ALL, ("leak",), ("raising-thing",))) == {"bad-thing"}
    assert "bad-thing" not in select(registry, settings, Mode.ALL, (), ("too-many",)).names
    assert "too-many" not in select(registry, settings, Mode.ALL, (), ("too-many",)).names


def test_rules_about_the_run_can_be_ignored_by_name(registry: Registry) -> None:
    found = select(registry, Settings(ignore=names("unused-ignore")), Mode.ALL)
    assert OWN - found.names == {"unused-ignore"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bad-thin", "there is a rule `bad-thing`"),
        ("evl-thing", "there is a rule `evil-thing`"),
        ("budgets", "there is a category `budget`"),
        ("qqqq", "`poollint rules` lists all rules"),
    ],
)
def test_unknown_name_is_refused_with_the_nearest(registry: Registry, name: str, hint: str) -> None:
    for settings, asked, where in (
        (Settings(select=names(name)), (), "select"),
        (Settings(), (name,), "--select"),
    ):
        with pytest.raises(UsageError) as caught:
            select(registry, settings, Mode.ALL, asked)
        assert caught.value.message == f"unknown rule `{name}` in `{where}`"
        assert caught.value.hint == hint


@pytest.mark.parametrize("key", ["ignore", "per_file", "severity"])
def test_unknown_name_is_refused_everywhere(registry: Registry, key: str) -> None:
    named = Named("no-such", key)
    settings = {
        "ignore": Settings(ignore=(named,)),
        "per_file": Settings(per_file=(("tests/**", (named,)),)),
        "severity": Settings(severity=((named, Severity.NOTE),)),
    }[key]
    with pytest.raises(UsageError, match="unknown rule `no-such`"):
        select(registry, settings, Mode.ALL)


@pytest.mark.parametrize(
    ("mode", "asked", "command"), [(Mode.CHECK, "budget", "audit"), (Mode.AUDIT, "leak", "check")]
)
def test_selection_that_does_not_belong_to_the_command_is_refused(
    registry: Registry, mode: Mode, asked: str, command: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(registry, Settings(), mode, (asked,))
    assert caught.value.hint == f"`poollint {command}` runs it"


def test_selection_of_nothing_is_refused(registry: Registry) -> None:
    with pytest.raises(UsageError, match="selects no rule"):
        select(registry, Settings(), Mode.ALL, ("bad-thing",), ("leak",))
    with pytest.raises(UsageError, match="selects no rule"):
        select(registry, Settings(), Mode.ALL, ("pool",))


def test_file_is_spared_what_its_pattern_names(registry: Registry) -> None:
    settings = Settings(per_file=(("tests/**", names("leak")),))
    found = select(registry, settings, Mode.ALL)
    assert not found.wanted("bad-thing", "tests/a.py")
    assert found.wanted("far-thing", "tests/a.py")
    assert found.wanted("bad-thing", "shop/a.py")
