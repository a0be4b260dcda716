"""What is kept for the time of a request, by the names of the place."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.given.request_state import kept, place, places_in
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, of_ast

SESSION = "sqlalchemy.session"
START = (
    "from flask import g\nfrom sqlalchemy.orm import Session, sessionmaker\nL = sessionmaker()\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("g.db", "g.db"),
        ("flask.g.db_session", "g.db_session"),
        ("request.state.db", "request.db"),
        ("self.request.state.session", "request.session"),
        ("websocket.state.conn", "request.conn"),
        ("request.ctx.database", "request.database"),
        ('request["db"]', "request.db"),
        ("g.user", ""),
        ("request.state.user", ""),
        ("request.db", ""),
        ("request.app.state.db", ""),
        ('request["user"]', ""),
        ("request[db]", ""),
        ("img.db", ""),
    ],
)
def test_a_place_is_known_by_how_it_is_kept_and_by_its_name(text: str, found: str) -> None:
    assert place(of_ast(ast.parse(text, mode="eval").body)) == found


def test_bytes_tell_what_a_file_reads_and_sets() -> None:
    text = (
        b"import flask, aiohttp\ng.db = L()\nrequest.state.session: S = L()\nreq['conn'] = x\n"
        b"g.user = 1\nother.g.db2 = 1\ng.db_b == 1\nprint(g.sql, request.ctx.db)\n"
    )
    sets = {"g.db", "request.session", "request.conn"}
    assert set(places_in(text).sets) == sets
    assert set(places_in(text).reads) == sets | {"g.sql", "g.db_b", "request.db"}
    assert places_in(b"g.db = L()") == ((), ())  # a file that does not speak of Flask


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("g.db = L()", SESSION),
        ("g.db = None\ng.db = L()", SESSION),
        ("g.db = L()\ng.db = object()", ""),
        ("g.other_db = L()", ""),
    ],
)
def test_a_place_has_the_type_of_all_that_is_put_there(text: str, found: str) -> None:
    names = Names(ast.parse(f"{START}{text}\ndef f():\n    return g.db\n"), drivers())
    shape = of_ast(ast.parse("g.db", mode="eval").body)
    assert names.type(shape, "f") == found
    assert isinstance(shape, Attribute)
    assert bool(kept(names, shape, "f")) is ("g.db =" in text)


def test_another_g_keeps_nothing_for_a_request() -> None:
    text = START.replace("flask", "graphs")
    names = Names(ast.parse(f"{text}g.db = L()\ndef f():\n    return g.db\n"), drivers())
    shape = of_ast(ast.parse("g.db", mode="eval").body)
    assert isinstance(shape, Attribute)
    assert not kept(names, shape, "f")
    assert names.type(shape, "f") == SESSION  # what this file puts there, it has there
