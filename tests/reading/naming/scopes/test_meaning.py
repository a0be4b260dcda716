"""What a test asks, in words that mean the same in another function and file."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.scopes.meaning import told, told_at
from poollint.reading.naming.scopes.names import Names

MODULE = """
import os
import settings
URL = os.environ.get("URL")
LOCAL = not URL
SERVER = bool(URL)
twice = 1
twice = 2

def one(given, kept=settings.DSN):
    url = os.environ.get("URL")
    made = given.make()

class Store:
    def one(self):
        pass
"""


def _told(text: str, truth: bool = True) -> set[tuple[str, bool]]:
    names = Names(ast.parse(MODULE), drivers())
    return set(told(ast.parse(text, mode="eval").body, truth, "one", names))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("URL", "SERVER"),
        ("URL", "url"),
        ("not URL", "not SERVER"),
        ("settings.kind == 'pg'", 'settings.kind == "pg"'),
        ("settings.kind != 'pg'", "not settings.kind == 'pg'"),
        ("URL is not None", "not (url is None)"),
        ("settings.of('a')", "settings.of('a')"),
        ("URL and twice", "twice and bool(url)"),
        ("os.getenv('A').startswith('pg')", "os.getenv('A').startswith('pg')"),
    ],
)
def test_tests_that_ask_the_same(text: str, other: str) -> None:
    assert _told(text)
    assert _told(text) == _told(other)


@pytest.mark.parametrize("text", ["given", "given == 1", "1 < 2 < 3", "lambda: 1"])
def test_what_means_nothing_elsewhere(text: str) -> None:
    assert not _told(text)


@pytest.mark.parametrize("text", ["given.kind == 1", "made"])
def test_what_a_function_was_given_means_something_in_that_function_alone(text: str) -> None:
    assert _told(text)
    assert all(":one:" in meant for meant, _ in _told(text))


def test_what_is_known_of_all_or_of_one() -> None:
    both = {("settings.a", True), ("settings.b", True)}
    assert _told("settings.a and settings.b") == both
    assert not _told("settings.a and settings.b", truth=False)
    neither = {(name, False) for name, _ in both}
    assert _told("settings.a or settings.b", truth=False) == neither
    assert not _told("settings.a or settings.b")


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("if s.a:\n  here()", {("s.a", True)}),
        ("if s.a:\n  pass\nelse:\n  here()", {("s.a", False)}),
        ("if s.a:\n  return\nhere()", {("s.a", False)}),
        ("if s.a:\n  pass\nhere()", set()),
        ("return here() if s.a else None", {("s.a", True)}),
        ("try:\n  if not s.a:\n    raise E\n  with x:\n    here()\nfinally:\n  y", {("s.a", True)}),
        ("if s.a:\n  if s.b:\n    return\n  here()", {("s.a", True), ("s.b", False)}),
        ("if here():\n  pass", set()),
    ],
)
def test_what_tests_have_told_at_a_call(body: str, known: set[tuple[str, bool]]) -> None:
    text = "import s\ndef one():\n" + "\n".join("  " + line for line in body.splitlines())
    module = ast.parse(text)
    calls = [n for n in ast.walk(module) if isinstance(n, ast.Call)]
    assert set(told_at(calls[0], "one", Names(module, drivers()))) == known
