"""Which functions can come to a registry's session is told before anything is judged of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.orm.registry.ambient import LEVELS, acting
from poollint.reading.connections.orm.registry.coming import comes_to_one
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.outsiders import Here
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, parse
from tests.reading.connections.orm.registry.test_registered import HEAD

FIXTURES = Path(__file__).parents[5] / "fixtures"
WORDS = ("SQLAlchemy(", "scoped_session")
TEXT = (
    HEAD.format(options="")
    + """\
    pass
class Counter:
    def __init__(self):
        self.rows = ask()
def quiet(): return len("row")
def loud(): return ask()
def deep(): return loud()
def deeper(): return deep()
def makes(): return Counter()
def again(n): return again(n - 1)
def one(n): return other(n)
def other(n): return one(n) or ask()
def picked(key): return {"quiet": quiet, "loud": loud}[key]()
def listed(): return [row for row in Row.query]
def caught():
    try: quiet()
    except ValueError: Row.query.first()
"""
)


def names_of(text: str, path: str = "shop.py") -> Names:
    tree = parse(SourceFile(path, text))
    assert isinstance(tree, PythonTree)
    return Names(tree.module, drivers())


@pytest.mark.parametrize(
    ("name", "comes"),
    [
        ("ask", True),
        ("quiet", False),
        ("loud", True),
        ("deeper", True),
        ("makes", True),
        ("again", False),
        ("one", True),
        ("other", True),
        ("caught", True),
        ("Row.twice", False),
        ("Own.first", True),
    ],
)
def test_comes_to_one(name: str, comes: bool) -> None:
    assert comes_to_one(Member(names_of(TEXT), name)) is comes


def test_what_is_told_does_not_depend_on_who_is_asked_first() -> None:
    backwards, names = names_of(TEXT), names_of(TEXT)
    told = {name: comes_to_one(Member(names, name)) for name in names.functions}
    assert told == {
        name: comes_to_one(Member(backwards, name)) for name in [*names.functions][::-1]
    }


def _fixtures() -> Iterator[tuple[Path, str]]:
    for path in sorted(FIXTURES.rglob("*.py")):
        text = path.read_text()
        if any(word in text for word in WORDS):
            yield path, text


def test_whoever_takes_a_connection_of_a_registry_comes_to_one() -> None:
    takes, spared = 0, 0
    for path, text in _fixtures():
        names = names_of(text, path.name)
        for name, node in names.functions.items():
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            taken = any(use is Use.TAKES for _, use in acting(Here(names, name), LEVELS))
            comes = comes_to_one(Member(names, name))
            assert comes or not taken, f"{path}: {name}"
            takes, spared = takes + taken, spared + (not comes)
    assert takes > 50
    assert spared > 50
