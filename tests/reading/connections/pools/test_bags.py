"""What a dictionary of settings holds that may be one or another."""

from __future__ import annotations

import ast

import pytest

from poollint.reading.connections.pools.bags import items


def held(text: str) -> dict[str | None, str] | None:
    found = items(ast.parse(text, mode="eval").body)
    return None if found is None else {key: ast.unparse(value) for key, value in found}


def test_plain_dictionary_holds_what_is_written() -> None:
    assert held('{"size": 5, key: 6, **more}') == {"size": "5", None: "more"}
    assert held("dict(size=5, **more)") == {"size": "5", None: "more"}
    assert held("{}") == {}


@pytest.mark.parametrize("text", ["settings", "settings() if told else {}", "dict(pairs)"])
def test_anything_else_is_not_known(text: str) -> None:
    assert held(text) is None


@pytest.mark.parametrize(
    "condition",
    [
        "TESTING",
        "settings.testing",
        "is_test",
        'os.environ.get("APP_TEST")',
        'settings.env == "test"',
        '"pytest" in sys.modules',
    ],
)
def test_what_holds_in_tests_only_is_left_out(condition: str) -> None:
    expected = {"size": "50"}
    assert held(f'{{"pool": None}} if {condition} else {{"size": 50}}') == expected
    assert held(f'{{"size": 50}} if not ({condition}) else {{"pool": None}}') == expected


@pytest.mark.parametrize("condition", ["latest", "settings.contest", "bouncer", "a < b"])
def test_what_holds_sometimes_may_hold(condition: str) -> None:
    text = f'{{"size": 5, "pool": p}} if {condition} else {{"size": 50}}'
    assert held(text) == {
        "size": f"5 if {condition} else 50",
        "pool": f"p if {condition} else None",
    }
