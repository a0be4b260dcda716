"""What entering an object of a class of the project takes, and what gives it back."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.acquiring.entered_objects import entered_object
from poollint.reading.connections.acquiring.entering import enters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

DB = """
from contextlib import AsyncExitStack
import asyncpg, psycopg2
from sqlalchemy.orm import Session
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 9, "dbname=shop")
further = ThreadedConnectionPool(1, 9, "dbname=mail")
own: asyncpg.Pool = None

class Lent:
    def __enter__(self):
        self.open()
        return self
    def open(self):
        self.conn = pool.getconn()
    def __exit__(self, *failure):
        self.finish()
    def finish(self):
        pool.putconn(self.conn)
    def cursor(self):
        cur = self.conn.cursor()
        cur.close()
        return cur
class Further(Lent):
    pass
class Made:
    def __init__(self):
        self.conn = psycopg2.connect("dbname=shop")
    def __enter__(self): return self
    def __exit__(self, *failure): self.conn.close()
class Named:
    def __enter__(self):
        conn = pool.getconn()
        self.conn = conn
        return conn.cursor()
    def __exit__(self, *failure): pool.putconn(self.conn)
class Twice:
    def __enter__(self):
        self.conn = conn = pool.getconn()
        return conn
    def __exit__(self, *failure): pool.putconn(self.conn)
class Reversed:
    def __enter__(self):
        conn = self.conn = pool.getconn()
        return conn
    def __exit__(self, *failure): pool.putconn(self.conn)
class Passed:
    def __enter__(self):
        self.conn = other.conn = pool.getconn()
    def __exit__(self, *failure): pool.putconn(self.conn)
class Connecting:
    def connect(self):
        self.conn = psycopg2.connect("dbname=shop")
        return self.conn
    def __enter__(self):
        return self.connect()
    def __exit__(self, *failure): self.conn.close()
class Given:
    def __enter__(self):
        conn = pool.getconn()
        conn = given(conn)
        self.conn = conn
        return self
    def __exit__(self, *failure): pool.putconn(self.conn)
class Stays:
    def __enter__(self):
        self.conn = pool.getconn()
        return self
    def __exit__(self, *failure): self.conn.commit()
class Sometimes:
    def __enter__(self):
        if self.ready:
            self.conn = pool.getconn()
        return self
    def __exit__(self, *failure): pool.putconn(self.conn)
class Either:
    def __init__(self, conn): self.conn = conn
    def __enter__(self):
        self.conn = pool.getconn()
        return self
    def __exit__(self, *failure): pool.putconn(self.conn)
class Kept:
    def __enter__(self):
        self.session = Session()
        return self
    def __exit__(self, *failure): self.session.close()
class Tested:
    def __enter__(self):
        if TESTING:
            self.conn = psycopg2.connect("dbname=shop")
        else:
            self.conn = pool.getconn()
        return self.conn
    def __exit__(self, *failure):
        if TESTING:
            self.conn.close()
        else:
            pool.putconn(self.conn)
class Direct:
    def __enter__(self):
        if self.direct:
            self.conn = psycopg2.connect("dbname=shop")
        else:
            self.conn = pool.getconn()
    def __exit__(self, *failure): pool.putconn(self.conn)
class DirectByName:
    def __enter__(self):
        direct = self.direct
        if direct:
            self.conn = psycopg2.connect("dbname=shop")
        else:
            self.conn = pool.getconn()
    def __exit__(self, *failure): pool.putconn(self.conn)
class OfTwo:
    def __enter__(self):
        if TESTING:
            self.conn = pool.getconn()
        else:
            self.conn = further.getconn()
    def __exit__(self, *failure): pool.putconn(self.conn)
class OrElsewhere:
    def __enter__(self):
        if TESTING:
            self.conn = stand_in()
        else:
            self.conn = pool.getconn()
    def __exit__(self, *failure): pool.putconn(self.conn)
class OfThree(Tested):
    def __init__(self):
        self.conn = stand_in()
class Taking:
    async def __aenter__(self):
        self.taking = own.acquire()
        return await self.taking.__aenter__()
    async def __aexit__(self, *failure): await self.taking.__aexit__(*failure)
class Forgetful:
    async def __aenter__(self): self.taking = own.acquire()
    async def __aexit__(self, *failure): await self.taking.close()
class Stacked:
    async def __aenter__(self):
        self.stack = AsyncExitStack()
        self.conn = await self.stack.enter_async_context(own.acquire())
    async def __aexit__(self, *failure): await self.stack.aclose()

def made():
    return Made()
def f():
    with Lent() as lent: ...
def g():
    with open("orders") as orders: ...
async def h():
    async with Lent() as lent: ...
"""
NAMES = Names(ast.parse(dedent(DB)), drivers())


@pytest.mark.parametrize(
    ("entered", "kind"),
    [
        ("Lent()", "acquire"),
        ("Further()", "acquire"),
        ("Made()", "connect"),
        ("Named()", "acquire"),
        ("Twice()", "acquire"),
        ("Reversed()", "acquire"),
        ("Passed()", ""),
        ("Connecting()", "connect"),
        ("Given()", ""),
        ("Stays()", ""),
        ("Sometimes()", ""),
        ("Either(None)", ""),
        ("Tested()", "acquire"),
        ("Direct()", ""),
        ("DirectByName()", ""),
        ("OfTwo()", ""),
        ("OrElsewhere()", ""),
        ("OfThree()", ""),
        ("Kept()", ""),
        ("Lent", ""),
        ("made()", ""),
    ],
)
def test_an_object_holds_what_entering_takes_and_leaving_gives_back(
    entered: str, kind: str
) -> None:
    shape = of_ast(ast.parse(entered, mode="eval").body)
    found = entered_object(shape, False, "f", NAMES)
    assert (found.block.api.kind if found else "") == kind


@pytest.mark.parametrize(
    ("entered", "takes"),
    [("Taking()", True), ("Forgetful()", False), ("Stacked()", True), ("Lent()", False)],
)
def test_an_asynchronous_object_enters_what_it_is_to_hold(entered: str, takes: bool) -> None:
    shape = of_ast(ast.parse(entered, mode="eval").body)
    assert (entered_object(shape, True, "f", NAMES) is not None) is takes


def test_the_methods_that_give_back_are_told_and_not_those_that_hand_out() -> None:
    found = entered_object(of_ast(ast.parse("Lent()", mode="eval").body), False, "f", NAMES)
    assert found is not None
    assert found.enders == {"__exit__", "finish"}


@pytest.mark.parametrize(("function", "told"), [("f", True), ("g", False), ("h", False)])
def test_a_function_enters_such_an_object_by_the_fitting_with(function: str, told: bool) -> None:
    assert enters(NAMES.functions[function], function, NAMES) is told
