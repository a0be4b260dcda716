"""The types that the calls of a module give parameters without annotations."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name

START = """
    import asyncpg, psycopg2
    from psycopg2.pool import SimpleConnectionPool
    pool = SimpleConnectionPool(1, 2)

    def work(db, n=0):
        return db

    class Store:
        def keep(self, db):
            return db
"""


def type_of_db(text: str, name: str = "work") -> str:
    names = Names(ast.parse(dedent(START) + dedent(text)), drivers())
    return names.type(Name("db"), name)


POOL = "psycopg2.pool"


@pytest.mark.parametrize(
    "text",
    [
        "work(pool)",
        "work(db=pool, n=2)",
        "def f():\n    inner = SimpleConnectionPool(1, 9)\n    work(inner)\n    work(pool)",
        "work(pool)\nwork(None)",
        "def f(first):\n    work(first)\nf(pool)",
        "results = [work(pool, n) for n in range(3)]",
    ],
)
def test_a_parameter_is_what_all_calls_give_it(text: str) -> None:
    assert type_of_db(text) == POOL


def test_a_method_is_given_what_follows_its_object() -> None:
    assert type_of_db("Store().keep(pool)", "Store.keep") == POOL
    assert type_of_db("store = Store()\nstore.keep(db=pool)", "Store.keep") == POOL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "work(pool)\nwork(psycopg2.connect('x'))",
        "work(pool)\nwork(something)",
        "work(*everything)",
        "work(**everything)",
        "def f(work):\n    work(pool)",
        "other.work(pool)",
        "work(work(None))",
        "def f(db):\n    f(db)\n    work(db)",
    ],
)
def test_what_calls_do_not_agree_on_is_unknown(text: str) -> None:
    assert type_of_db(text) == ""


def test_an_annotation_is_believed_before_the_calls() -> None:
    text = "def hold(db: asyncpg.Connection): return db\nhold(pool)"
    assert type_of_db(text, "hold") == "asyncpg.connection"


MADE = """
    class Kept:
        def __init__(self, db, size=3):
            self.db = db
    class Given:
        def __init__(self, *, db=pool):
            self.db = db
    def by_default(db=pool): ...
    def by_nothing(db=None): ...
"""


def test_what_makes_objects_gives_it_to_what_they_begin_with() -> None:
    assert type_of_db(MADE + "    kept = Kept(pool, size=2)", "Kept.__init__") == POOL
    assert type_of_db(MADE + "    Kept(pool)\n    Kept(other)", "Kept.__init__") == ""
    assert type_of_db(MADE, "Kept.__init__") == ""


def test_a_default_is_what_a_parameter_is_given_as_well() -> None:
    assert type_of_db(MADE, "Given.__init__") == POOL
    assert type_of_db(MADE, "by_default") == POOL
    assert type_of_db(MADE, "by_nothing") == ""
    assert type_of_db(MADE + "    by_default(psycopg2.connect('x'))", "by_default") == ""


@pytest.mark.parametrize(
    ("annotation", "found"),
    [("Any", POOL), ("typing.Any", POOL), ("object", POOL), ("Callable[[], Any]", POOL), ("T", "")],
)
def test_an_annotation_that_leaves_all_open_is_none(annotation: str, found: str) -> None:
    assert type_of_db(f"def hold(db: {annotation}): return db\nhold(pool)", "hold") == found


OWN = """
class Shop:
    def lent(self): return Lent(self)
class Other: ...
class Lent:
    def __init__(self, shop, kept=None):
        self.shop = shop
        self.kept = kept
"""


@pytest.mark.parametrize(
    ("more", "name", "cls"),
    [
        ("", "shop", "Shop"),
        ("Lent(Shop(), Other())", "shop", "Shop"),
        ("Lent(Shop(), Other())", "kept", "Other"),
        ("Lent(Other())", "shop", None),
        ("Lent(unknown)", "shop", None),
        ("Lent(*told)", "shop", None),
        ("", "kept", None),
    ],
)
def test_a_parameter_is_an_object_of_the_class_that_all_calls_give_it(
    more: str, name: str, cls: str | None
) -> None:
    names = Names(ast.parse(f"{OWN}{more}\n"), drivers())
    found = instance(Attribute(Name("self"), name), "Lent.__init__", names)
    assert (found.cls if found else None) == cls
