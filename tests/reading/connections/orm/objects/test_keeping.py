"""Objects that keep a session: what of it is known, and what is not."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.keeping import (
    Keeper,
    Mark,
    keeper,
    of_names,
)
from poollint.reading.connections.orm.objects.keeping import made as made_of
from poollint.reading.connections.orm.objects.widening import widened
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

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

    class Factory:
        def __init__(self, session):
            self.session = session

        def orders(self):
            return Orders(self.session)

        async def service(self):
            return Service(self.session)

        def itself(self):
            return self.session

        def either(self, flag):
            if flag:
                return Orders(self.session)
            return Service(self.session)

        def again(self):
            return self.again()

        def rows(self):
            return self.session.query(1)
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


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("f.orders()", "Orders"),
        ("await f.service()", "Service"),
        ("Factory(s).orders()", "Orders"),
        ("Service(f.itself())", "Service"),
        ("f.either(1)", ""),
        ("f.again()", ""),
        ("f.rows()", ""),
        ("f.elsewhere()", ""),
    ],
)
def test_factories_make_keepers_of_the_session_that_they_keep(text: str, cls: str) -> None:
    found = names(f"async def work(s):\n    f = Factory(s)\n    made = {text}\n")
    kept = widened(of_names({"s"}), Member(found, "work")).keepers.get("made")
    assert (kept.of.cls if kept is not None else "") == cls


def test_a_method_that_gives_the_session_gives_the_session() -> None:
    found = names("def work(s):\n    f = Factory(s)\n    made = f.itself()\n")
    view = widened(of_names({"s"}), Member(found, "work"))
    assert view.own == {"s", "made"}
    assert view.meant(ast.parse("made", mode="eval").body) is Mark.ITSELF


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("s if s else make()", Mark.ITSELF),
        ("s if s is not None else make()", Mark.ITSELF),
        ("make() if s is None else s", Mark.ITSELF),
        ("make() if not s else s", Mark.ITSELF),
        ("make() if s else s", None),
        ("s if limit else make()", None),
        ("s or make()", Mark.ITSELF),
    ],
)
def test_a_session_that_is_given_is_there(value: str, meant: Mark | None) -> None:
    assert of_names({"s"}).meant(ast.parse(value, mode="eval").body) is meant


INHERITED = """
class Base:
    def __init__(self, session):
        self.session = session
    @classmethod
    def of(cls, session):
        return cls(session)
class Orders(Base): ...
class Other(Base):
    def __init__(self, session, limit=1):
        self.own = session
def f(session): ...
"""


@pytest.mark.parametrize(
    ("call", "cls"),
    [("Base.of(session)", "Base"), ("Orders.of(session)", "Orders"), ("Other.of(session)", "Base")],
)
def test_what_makes_an_object_of_its_class_makes_one_of_that_it_is_called_on(
    call: str, cls: str
) -> None:
    names = Names(ast.parse(INHERITED), drivers())
    value = ast.parse(call, mode="eval").body
    found = made_of(value, of_names({"session"}), Member(names, "f"))
    assert isinstance(found, Keeper)
    assert found.of.cls == cls
    assert found.own == {"self.session"}
