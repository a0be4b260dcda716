"""Which function a call runs with a session, and what it has of it."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.keeping import Keeper, View, of_names
from poollint.reading.connections.orm.objects.widening import widened
from poollint.reading.connections.orm.use.calling import called, queries
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

TEXT = """
def find(db, name=None): ...
class Rows:
    def __init__(self, s):
        self.s = s
    def first(self, name): ...
class Shop:
    def __init__(self, rows):
        self.rows = rows
def f(s, x):
    rows = Rows(s)
    shop = Shop(rows)
    q = s.query(x)
    q = q.filter(x)
    all = s.query(x).all()
    r = s.query(x)
    r = x
"""
NAMES = Names(ast.parse(TEXT), drivers())
HERE = Member(NAMES, "f")


@pytest.mark.parametrize(
    ("text", "member", "own", "keeps"),
    [
        ("find(s)", "find", {"db"}, set()),
        ("find(name=1, db=s)", "find", {"db"}, set()),
        ("find(x, rows)", "find", set(), {"name"}),
        ("rows.first(x)", "Rows.first", set(), {"self"}),
        ("Rows(s).first(x)", "Rows.first", set(), {"self"}),
        ("shop.rows.first(x)", "Rows.first", set(), {"self"}),
        ("Rows(s)", "Rows.__init__", {"s"}, {"self"}),
        ("Shop(Rows(s))", "Shop.__init__", set(), {"rows", "self"}),
    ],
)
def test_a_function_has_the_session_by_its_own_names(
    text: str, member: str, own: set[str], keeps: set[str]
) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    found = called(call, widened(of_names({"s"}), HERE), HERE)
    assert found is not None
    assert found.member.name == member
    assert found.view.own == own
    assert {name for name, one in found.view.keepers.items() if isinstance(one, Keeper)} == keeps


@pytest.mark.parametrize("text", ["find(x)", "s.get(x)", "unknown(s)", "find(*s)", "find(s, 1, s)"])
def test_what_is_not_lent_it_in_a_known_way_is_no_such_function(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert called(call, of_names({"s"}), HERE) is None


def test_a_query_is_one_until_it_is_asked() -> None:
    assert queries(NAMES.functions["f"], View(frozenset({"s"}))) == {"q"}
