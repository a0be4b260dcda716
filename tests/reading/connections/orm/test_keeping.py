"""Objects that keep a session: what of it is known, and what is not."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.keeping import Keeper, keeper, of_names, widened
from poollint.reading.naming.instances import Member
from poollint.reading.naming.names import Names

CLASSES = """
    class Orders:
        def __init__(self, session, limit=10):
            self._session = session
            self.limit = limit

    class Typed(Orders):
        pass

    class Service:
        def __init__(self, db):
            self.orders = Orders(db)
            self.db = db
            self.again: Orders = Orders(session=self.db)

    class Asks:
        def __init__(self, session):
            self.session = session
            session.execute("SELECT 1")

    class Registers:
        def __init__(self, session):
            self.session = session
            everywhere.append(session)

    class Hands:
        def __init__(self, session):
            super().__init__(session)

    class Outside:
        def __init__(self, session):
            self.session = session
            self.other = elsewhere.Thing(session)

    class Bare:
        pass
"""


def names(more: str = "") -> Names:
    return Names(ast.parse(dedent(CLASSES) + dedent(more)), drivers())


def made(text: str) -> Keeper | None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    return keeper(call, of_names({"s"}), "", names())


@pytest.mark.parametrize("text", ["Orders(s)", "Orders(session=s)", "Orders(s, 3)", "Typed(s)"])
def test_an_attribute_is_the_session(text: str) -> None:
    found = made(text)
    assert found is not None
    assert found.own == {"self._session"}
    assert not found.inner


def test_a_keeper_may_keep_keepers() -> None:
    found = made("Service(s)")
    assert found is not None
    assert found.own == {"self.db"}
    assert {name: inner.own for name, inner in found.inner.items()} == {
        "orders": {"self._session"},
        "again": {"self._session"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "Registers(s)",
        "Hands(s)",
        "Outside(s)",
        "Bare(s)",
        "Orders(other)",
        "Orders(s, s)",
        "Unknown(s)",
        "Orders(*s)",
    ],
)
def test_what_does_more_than_keep_it_is_unknown(text: str) -> None:
    assert made(text) is None


def test_the_keepers_of_a_function_have_names() -> None:
    text = """
        def use(s):
            orders = Orders(s)
            unknown = Registers(s)
            number = int("1")
            same = s
            return orders
    """
    known = names(text)
    found = widened(of_names({"s"}), Member(known, "use"))
    assert list(found.keepers) == ["orders", "unknown"]
    assert found.keepers["orders"] is not None
    assert found.keepers["unknown"] is None
    assert found.own == {"s", "same"}
