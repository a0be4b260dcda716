"""Functions that only ask of a connection that they are lent, and those that may end it."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.pools.lent_on import keeps
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names


def kept(body: str, call: str = "f(1, db)") -> bool:
    """Tell whether `f` leaves as it is what `call` lends it of `db` and `conn`."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    names = Names(ast.parse(f"def f(number, lent=None, *more, own=None):\n{lines}"), drivers())
    told = ast.parse(call, mode="eval").body
    assert isinstance(told, ast.Call)
    return keeps(told, frozenset({"db", "conn"}), Member(names, "f"))


@pytest.mark.parametrize(
    "body",
    [
        "return 1",
        "lent.execute('SELECT 1')",
        "with lent.cursor() as cur:\n    cur.execute('SELECT 1')",
        "lent.add(number)\nlent.flush()",
        "if lent is not None:\n    return lent.scalar('SELECT 1')",
        "if lent:\n    return 2",
    ],
)
def test_who_only_asks_leaves_it_as_it_is(body: str) -> None:
    assert kept(body)


@pytest.mark.parametrize(
    "body",
    [
        "lent.commit()",
        "lent.close()",
        "end(lent)",
        "self.lent = lent",
        "with lent:\n    lent.execute('SELECT 1')",
        "with lent.begin():\n    lent.execute('SELECT 1')",
        "lent = other()",
        "end = lent.close\nend()",
        "def later():\n    lent.commit()\nlater()",
    ],
)
def test_who_may_end_it_does_not(body: str) -> None:
    assert not kept(body)


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("f(1, lent=db)", True),
        ("f(1, own=db)", True),
        ("f(1, 2, own=other)", True),
        ("f(db, conn)", True),
        ("f(1, 2, db)", False),  # of those without a name
        ("f(1, wrapped(db))", False),
        ("f(*db)", False),
        ("f(**db)", False),
        ("f(1, unknown=db)", False),
    ],
)
def test_what_it_is_lent_as_has_to_be_told(call: str, found: bool) -> None:
    assert kept("return 1", call) is found
