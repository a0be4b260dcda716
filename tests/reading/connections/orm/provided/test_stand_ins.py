"""What stands for the session of a request, or of a registry."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.registry.registries import registry
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

START = """\
from contextvars import ContextVar
from flask import g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from werkzeug.local import LocalProxy
L = sessionmaker()
A = sessionmaker(autocommit=True)
db = SQLAlchemy()
g.db = L()
g.db_of_its_own = A()
held: ContextVar[Session] = ContextVar("held")
made = ContextVar[Session]("made")
other: ContextVar[int] = ContextVar("other")

def get():
    return g.db

def cached(flag):
    if flag:
        return get()
    return g.db

def either(flag):
    if flag:
        return L()
    return g.db

def again():
    return again()

def given():
    yield g.db

proxy = LocalProxy(get)
lazy = LocalProxy(lambda: db.session)
unknown = LocalProxy(either)

def f(x):
    s = get()
    t = s
    u = L()
    w = get()
    w = L()
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("g.db", True),
        ("get()", True),
        ("cached(1)", True),
        ("s", True),
        ("t", True),
        ("proxy", True),
        ("lazy", True),
        ("held.get()", True),
        ("made.get()", True),
        ("g.db_of_its_own", False),
        ("either(1)", False),
        ("again()", False),
        ("given()", False),
        ("unknown", False),
        ("other.get()", False),
        ("held.set(1)", False),
        ("u", False),
        ("w", False),
        ("x", False),
        ("get", False),
        ("L()", False),
    ],
)
def test_all_that_a_value_may_be_is_a_session_that_is_kept(text: str, found: bool) -> None:
    names = Names(ast.parse(START), drivers())
    assert registry(of_ast(ast.parse(text, mode="eval").body), "f", names) is found
