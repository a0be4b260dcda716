"""Sessions that only what is asked of them tells."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import calls, drivers
from poollint.reading.naming.objects.by_use import may_have, shown
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, of_ast

TEXT = """
import sqlalchemy.orm
from sqlalchemy import select, text
class Order: ...
class Database:
    def query(self, kind): ...
def queried(session): return session.query(Order).all()
def of_a_column(db): return db.query(Order.id)
async def executed(session): return await session.execute(select(Order).where(Order.id == 1))
def plain(db): return db.execute(text("select 1"))
async def fetched(session, key): return await session.get(Order, key)
async def named(session):
    stmt = select(Order)
    stmt = stmt.where(Order.id == 1)
    return await session.scalars(stmt)
async def both(session): return session.query(Order), await session.scalars(select(Order))
def text_only(session): return session.execute("select 1")
def http(session, url): return session.get(url, timeout=3)
def of_another_name(conn): return conn.execute(select(Order))
def said(session: "Client"): return session.query(Order)
def own(db): return db.query(Order)
own(Database())
def lent(session): return queried(session)
def lent_by_its_name(key, db_session): return fetched(key=key, session=db_session)
def lent_to_one_that_says_so(session): return of_type(session)
def of_type(given: "sqlalchemy.orm.Session"): ...
def lent_to_both(session): return queried(session), fetched(session, 1)
def lent_to_another(session): return said(session)
def lent_unpacked(session, *keys): return fetched(*keys, session)
def lends_itself(session): return lends_itself(session)
def far(session): return nearer(session)
def nearer(session): return near(session)
def near(session): return lent(session)
async def made(self, session_factory):
    async with session_factory() as session:
        return await session.scalar(select(Order))
def made_to_connect(session_factory):
    with session_factory() as session:
        return session.get("https://orders")
def made_by_the_module(session_factory=Database):
    with session_factory() as session:
        return session.query(Order)
"""


def _names(text: str = TEXT) -> Names:
    return Names(ast.parse(text), drivers())


@pytest.mark.parametrize(
    ("function", "parameter", "kind"),
    [
        ("queried", "session", "sqlalchemy.session"),
        ("of_a_column", "db", "sqlalchemy.session"),
        ("executed", "session", "sqlalchemy.async_session"),
        ("plain", "db", "sqlalchemy.session"),
        ("fetched", "session", "sqlalchemy.async_session"),
        ("named", "session", "sqlalchemy.async_session"),
        ("both", "session", ""),
        ("text_only", "session", ""),
        ("http", "session", ""),
        ("of_another_name", "conn", ""),
        ("said", "session", ""),
        ("own", "db", ""),
        ("lent", "session", "sqlalchemy.session"),
        ("lent_by_its_name", "db_session", "sqlalchemy.async_session"),
        ("lent_to_one_that_says_so", "session", "sqlalchemy.session"),
        ("lent_to_both", "session", ""),
        ("lent_to_another", "session", ""),
        ("lent_unpacked", "session", ""),
        ("lends_itself", "session", ""),
        ("near", "session", "sqlalchemy.session"),
        ("far", "session", ""),  # by way of too many
    ],
)
def test_what_is_asked_of_a_bare_parameter_tells_what_it_is(
    function: str, parameter: str, kind: str
) -> None:
    names = _names()
    assert names.type(Name(parameter), function) == kind
    (argument,) = [a for a in names.functions[function].args.args if a.arg == parameter]
    told = shown(argument, function, names)
    assert (told is not None) == bool(kind)
    assert told is None or (told.lineno, told.col_offset) == (argument.lineno, argument.col_offset)


def test_a_file_that_has_nothing_to_do_with_sqlalchemy_has_no_sessions() -> None:
    names = _names("def queried(session): return session.query(Order).all()")
    assert names.type(Name("session"), "queried") == ""


@pytest.mark.parametrize(
    ("function", "driver"),
    [("made", "sqlalchemy"), ("made_to_connect", ""), ("made_by_the_module", "")],
)
def test_what_a_block_asks_tells_what_made_it(function: str, driver: str) -> None:
    api = _names().api(of_ast(ast.parse("session_factory", mode="eval").body), function)
    assert (api.driver if api is not None else "") == driver
    assert api is None or (api.kind, api.yields) == ("session", "sqlalchemy.async_session")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (b"self.session.query(Order)", True),
        (b"db.query(models.Order)", True),
        (b"session.get(\n    Order, key)", True),
        (b"with self._session_factory() as session", True),
        (b"session.get(url, timeout=5)", False),
        (b"db.query(sql)", False),
    ],
)
def test_a_file_that_may_have_one_is_seen_by_its_bytes(text: bytes, seen: bool) -> None:
    assert may_have(text) is seen


def test_other_catalogs_know_no_sessions() -> None:
    names = _names().under(calls())
    assert names.api(Name("session_factory"), "made") is None
