"""What an application keeps, by the names of the place."""

from __future__ import annotations

import ast

import pytest

from poollint.reading.naming.application_state import assigned, place, read_in, set_in
from poollint.reading.naming.shapes import of_ast


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app.state.pool", "state.pool"),
        ("request.app.state.pool", "state.pool"),
        ("self.application.state.pool", "state.pool"),
        ("web_app.ctx.pool", "ctx.pool"),
        ("myapp.state.pool", "state.pool"),
        ("request.state.pool", ""),
        ("self.state.pool", ""),
        ("happy.state.pool", ""),
        ("app.states.pool", ""),
        ("app.state", ""),
        ("app().state.pool", ""),
        ("app.state.pool.size", ""),
    ],
)
def test_a_place_is_known_by_what_stands_before_it(text: str, found: str) -> None:
    node = ast.parse(text, mode="eval").body
    assert place(of_ast(node)) == found
    assert isinstance(node, ast.Attribute)
    assert assigned(node) == found


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b"app.state.pool = make()", {"state.pool"}),
        (b"app.state.pool: Pool = make()", {"state.pool"}),
        (b"app.ctx.a = request.app.state.b", {"ctx.a"}),
        (b"if app.state.pool == None: pass", set()),
        (b"print(app.state.pool)", set()),
    ],
)
def test_bytes_tell_which_places_may_be_set(data: bytes, places: set[str]) -> None:
    assert set(set_in(data)) == places
    assert places <= set(read_in(data))
