"""What an object of the project keeps open, and what of its class ends it."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.ownership.owning import Owner, connecting, owner, takes
from poollint.reading.naming.objects.instances import Instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name

HEAD = """
import asyncpg, atexit, psycopg, psycopg2, threading
from abc import ABC
from sqlalchemy.orm import Session
from psycopg2.pool import SimpleConnectionPool
pool = SimpleConnectionPool(1, 2)
"""


def _names(text: str) -> Names:
    return Names(ast.parse(HEAD + dedent(text)), drivers())


def _of(body: str, bases: str = "") -> Owner | None:
    """Return what `One()` keeps, whose class has this body."""
    text = f"class One{bases}:\n" + indent(dedent(body), "    ")
    return owner(Name("One"), "", _names(text))


def _init(statements: str) -> Owner | None:
    return _of("def __init__(self, given=None):\n" + indent(dedent(statements), "    "))


@pytest.mark.parametrize(
    "statements",
    [
        "self.conn = psycopg2.connect()",
        "self.conn: object = pool.getconn()",
        "self.conn = None\nself.conn = psycopg2.connect()",
        "try:\n    self.conn = psycopg2.connect()\nexcept OSError as error:\n    print(error)",
        "with given:\n    self.conn = psycopg2.connect()",
        "if self.conn is None:\n    self.conn = psycopg2.connect()",
        "if not self.conn or self.conn.closed:\n    self.conn = psycopg2.connect()",
        "self.conn = Session()",
    ],
)
def test_an_object_keeps_what_it_takes_whenever_it_is_made(statements: str) -> None:
    found = _init(statements)
    assert found is not None
    assert found.attribute == "conn"


@pytest.mark.parametrize(
    "statements",
    [
        "self.conn = given",
        "self.conn = given or psycopg2.connect()",
        "if given:\n    self.conn = psycopg2.connect()",
        "self.conn = psycopg2.connect()\nself.conn = given",
        "self.conn = given.connect()",
        "conn = psycopg2.connect()\nconn.close()",
        "return\nself.conn = psycopg2.connect()",
        "self.conn = psycopg2.connect()\natexit.register(self.close)",
        "self.conn = psycopg2.connect()\ngiven.append(self)",
        "self.conn = psycopg2.connect()\nself.__dict__.update(given(self))",
    ],
)
def test_what_may_be_another_s_is_not_the_object_s_own(statements: str) -> None:
    init = "def __init__(self, given=None):\n" + indent(statements, "    ")
    assert _of(f"{init}\ndef close(self):\n    self.conn.close()") is None


@pytest.mark.parametrize("bases", ["(threading.Thread)", "(Unknown)", "(metaclass=Once)"])
def test_of_a_class_that_is_not_all_in_sight_nothing_is_said(bases: str) -> None:
    assert _of("def __init__(self):\n    self.conn = psycopg2.connect()", bases) is None
    assert _of("def __init__(self):\n    self.conn = psycopg2.connect()", "(ABC)") is not None


@pytest.mark.parametrize("name", ["__del__", "__new__", "__getattr__"])
def test_a_class_with_a_life_of_its_own_is_left_alone(name: str) -> None:
    rest = f"def {name}(self, *args):\n    pass"
    assert _of(f"def __init__(self):\n    self.conn = psycopg2.connect()\n{rest}") is None


def test_leaving_the_block_ends_it_where_the_exit_does() -> None:
    init = "def __init__(self):\n    self.conn = psycopg2.connect()\n"
    found = _of(f"{init}def __exit__(self, *exc):\n    self.conn.close()")
    assert found is not None
    assert found.api.exit == "release"
    assert found.api.guard == "{call}"
    found = _of(f"{init}def __exit__(self, *exc):\n    self.conn.commit()")
    assert found is not None
    assert found.api.exit == "transaction"
    assert not found.api.guard


def test_an_object_keeps_what_its_objects_keep() -> None:
    names = _names(
        """
        class Inner:
            def __init__(self):
                self.conn = psycopg2.connect()
            def close(self):
                self.conn.close()
        class Outer:
            def __init__(self):
                self.inner = Inner()
            def end(self):
                self.inner.close()
            def use(self):
                self.inner.conn.cursor()
        """
    )
    found = owner(Name("Outer"), "", names)
    assert found is not None
    assert found.attribute == "inner"
    assert found.api.released_by == ("end",)


def test_a_class_that_makes_objects_of_itself_keeps_nothing() -> None:
    assert _init("self.conn = One()") is None


def test_what_connects_when_told_to_takes_it_then() -> None:
    names = _names(
        """
        class One:
            def __init__(self):
                self.conn = None
            def connect(self):
                self.conn = psycopg2.connect()
        one = One()
        """
    )
    assert owner(Name("One"), "", names) is None
    found = connecting(Instance(names, "One"), "connect")
    assert found is not None
    assert found.attribute == "conn"
    assert takes(Attribute(Name("one"), "connect"), "", names)
    assert not takes(Attribute(Name("one"), "close"), "", names)
    assert not takes(Called(Name("one")), "", names)
