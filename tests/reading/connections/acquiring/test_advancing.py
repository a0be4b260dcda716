"""Sessions out of generators: which of them nobody gives back."""

from __future__ import annotations

import ast
from textwrap import dedent

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.advancing import Advanced, advanced
from poollint.reading.naming.scopes.names import Names

HEAD = """
from contextlib import contextmanager
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession
import psycopg2
make = sessionmaker()
def get_db():
    db = make()
    try:
        yield db
    finally:
        db.close()
def entering():
    with make() as db:
        yield db
def connection():
    conn = psycopg2.connect()
    yield conn
def several():
    db = make()
    yield db
    yield None
def lent(db):
    yield db
async def awaited():
    db = make()
    yield db
async def asynchronous():
    async with AsyncSession() as db:
        yield db
@contextmanager
def managed():
    db = make()
    yield db
def either(other):
    db = make()
    if other:
        db = other
    yield db
def number():
    yield 1
kept = get_db()
"""


def _advanced(call: str) -> Advanced | None:
    names = Names(ast.parse(dedent(HEAD)), drivers())
    plain, tree = ast.parse(call, mode="eval").body, cst.parse_expression(call)
    assert isinstance(plain, ast.Call)
    assert isinstance(tree, cst.Call)
    found = advanced(plain, "", names)
    assert advanced(tree, "", names) == found
    return found


@pytest.mark.parametrize(
    "call",
    [
        "next(get_db())",
        "get_db().__next__()",
        "next(entering(), None)",
        "anext(asynchronous())",
        "asynchronous().__anext__()",
    ],
)
def test_the_session_of_a_generator_that_is_dropped_is_its_taker_s(call: str) -> None:
    found = _advanced(call)
    assert found is not None
    assert found.api.kind == "session"
    assert found.waits is ("anext" in call)


@pytest.mark.parametrize(
    "call",
    [
        "next(kept)",
        "next()",
        "next(*kept)",
        "get_db()",
        "list(get_db())",
        "next(connection())",
        "next(several())",
        "next(lent(1))",
        "next(awaited())",
        "anext(get_db())",
        "next(asynchronous())",
        "next(managed())",
        "next(either(1))",
        "next(number())",
        "next(unknown())",
    ],
)
def test_what_may_be_gone_on_with_or_is_another_s_is_not(call: str) -> None:
    assert _advanced(call) is None
